"""What W&B's page exports as CSV: a table of runs (Name, State, parameters, metrics), or a chart with a column a run.

A chart's columns are called "NAME - METRIC", beside "__MIN" and "__MAX"; its points are thinned out. A table's values are
those of a run's summary, which may be the last, a minimum, or a mean.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _choice, _safe
from kleiber.importers._run import Run, number

CHART = re.compile(r"(.+) - (.+?)(__MIN|__MAX)?")
AXES = ("step", "_step", "epoch", "global_step", "train/global_step", "trainer/global_step", "relative time (process)")
STATES = ("finished", "running", "crashed", "failed", "killed", "preempted")


def places(tree: _safe.Tree) -> list[Path]:
    """Give the CSV files whose header is that of such an export."""
    files = [folder / name for folder, names in tree.items() for name in names if name.lower().endswith(".csv")]
    return [path for path in files if _is_table(names := header(path)) or _is_chart(names)]


def header(path: Path) -> list[str]:
    """Give the names in a CSV file's first line, none where it is no text."""
    try:
        line = _safe.head(path, 2**16).decode("utf-8-sig").splitlines()[:1]
        return next(csv.reader(line), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _is_table(names: Sequence[str]) -> bool:
    return "Name" in names and "State" in names


def _is_chart(names: Sequence[str]) -> bool:
    found = [name for name in names[1:] if CHART.fullmatch(name)]
    bands = any(name.endswith(("__MIN", "__MAX")) for name in names)
    return bool(names) and names[0].lower() in AXES and bands and len(found) >= len(names) - 2


def rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Give a CSV file's header and its rows; raises `KleiberError` for a row of another width."""
    try:
        read = list(csv.reader(io.StringIO(_safe.text(path))))
    except csv.Error as error:
        raise KleiberError(f"{path} is no CSV: {error}") from error
    names = read[0] if read else []
    for line, row in enumerate(read[1:], 2):
        if row and len(row) != len(names):
            raise KleiberError(f"{path}, line {line}: {len(row)} cells under {len(names)} names")
    return names, [row for row in read[1:] if row]


def runs(path: Path) -> Iterator[Run]:
    """Give the runs of an export."""
    names, cells = rows(path)
    yield from _of_table(names, cells) if _is_table(names) else _of_chart(names, cells)


def _of_table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[Run]:
    for row in cells:
        given = dict(zip(names, row, strict=True))
        run = Run(given["Name"], state=given["State"].lower(), group=given.get("Group", ""), marks=["summary"])
        for name, text in given.items():
            value = number(text)
            if name in ("Name", "State", "Group", "ID", "User", "Created", "Runtime", "Notes", "Tags", "Sweep") or not text:
                continue
            if value is not None and _choice.is_measured(name) and not _choice.is_aside(name):
                run.add(name, 0.0, value)
            else:
                run.params[name] = text if value is None else value
        yield run


def _of_chart(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[Run]:
    found: dict[str, Run] = {}
    epochs = "epoch" in names[0].lower()
    for place, name in enumerate(names):
        match = CHART.fullmatch(name)
        if place == 0 or match is None or match[3] or match[2] in ("_step", "step"):
            continue
        run = found.setdefault(match[1], Run(match[1], marks=["sampled"]))
        for row in cells:
            at, value = number(row[0]), number(row[place])
            if at is not None and value is not None:
                run.add(match[2], at, value, at if epochs else None)
    yield from found.values()
