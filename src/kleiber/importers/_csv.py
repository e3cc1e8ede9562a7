"""Logs that frameworks write as CSV, a row an epoch or step: names, then rows, and what goes wrong between them."""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._run import Run, number

BLANK = ("", "NA", "None", "none", "null")


class Log(NamedTuple):
    """The names of a log and its rows, those of the last fit where a header stands in the middle; the number of fits."""

    names: list[str]
    rows: list[dict[str, float]]
    fits: int


def header(path: Path) -> list[str]:
    """Give the names in a file's first line, without spaces around them; none where it is no such text."""
    try:
        line = _safe.head(path, 2**16).decode("utf-8-sig").splitlines()[:1]
        return [name.strip() for name in next(csv.reader(line, delimiter=_separator(line)), [])]
    except (UnicodeDecodeError, csv.Error):
        return []


def _separator(lines: list[str]) -> str:
    return max((",", ";", "\t"), key=lambda mark: lines[0].count(mark)) if lines else ","


def log(path: Path) -> Log:
    """Read a log; cells that are NA, None or empty are left out of their row, "nan" is a number.

    Raises `KleiberError` where a row has more cells than there are names, as where a later fit logs one more: nothing says
    which cell is whose.
    """
    lines = _safe.text(path).splitlines()
    try:
        read = [row for row in csv.reader(lines, delimiter=_separator(lines[:1])) if row]
    except csv.Error as error:
        raise KleiberError(f"{path} is no CSV: {error}") from error
    names, rows, fits = [name.strip() for name in read[0]] if read else [], list[dict[str, float]](), 1
    for line, row in enumerate(read[1:], 2):
        cells = [cell.strip() for cell in row]
        if cells[0] == names[0] or (len(cells) > 1 and not any(number(cell) is not None for cell in cells)):
            names, rows, fits = cells, [], fits + 1
            continue
        if len(cells) > len(names):
            raise Shifted(f"{path}, line {line}: {len(cells)} cells under {len(names)} names, so none is sure")
        rows.append(
            {
                name: value
                for name, cell in zip(names, cells, strict=False)
                if cell not in BLANK and (value := number(cell)) is not None
            }
        )
    return Log(names, rows, fits)


def run_of(path: Path, aside: Collection[str] = ()) -> Run:
    """Give the run of a log with a row an epoch; `aside` are columns that are no metrics. Shifted rows are told."""
    try:
        found = log(path)
    except Shifted as error:
        return shifted(path, error)
    run = Run(name_of(path), str(path), marks=["refit"] if found.fits > 1 else [])
    for i, row in enumerate(found.rows):
        for name, value in row.items():
            if name != "epoch" and name not in aside:
                run.add(name, float(i), value, row.get("epoch", float(i)))
    return run


class Shifted(KleiberError):  # noqa: N818  (named for what the rows are)
    """Rows have more cells than there are names."""


def shifted(path: Path, error: KleiberError) -> Run:
    """Give the run of a log whose rows are shifted, which counts for nothing and is named."""
    return Run(path.parent.name or path.stem, str(path), state=str(error), marks=["shifted"])


def name_of(path: Path) -> str:
    """Give the name of the run of a log: its file's, or its folder's where the file is called as any other."""
    usual = ("log", "history", "metrics", "results", "training", "training_log", "progress", "train_log")
    return path.parent.name if path.stem.lower() in usual and path.parent.name else path.stem
