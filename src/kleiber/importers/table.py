"""Tables of runs: CSV, TSV and JSON lines (gzipped or not), JSON, Parquet, data frames, dicts of columns.

One row is one run. Columns: `n` and `loss` (or `error`, `accuracy`), and where there are any `model`, `seed`,
`replicate`, `metric`, `se`; other names are mapped, other columns are not looked at. Where error and accuracy tell the
same, the error is kept. What cannot be read says its line and column. Nothing in a table is run, fetched or followed.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import Table, _delimited, _frame, _json, _losses, _parquet, _text
from kleiber.importers._cells import Cells, listed, plain
from kleiber.importers._numbers import NUMBER
from kleiber.importers._reading import LABELS, LOSSES, Reading

KNOWN = ("n", "se", *LOSSES, *LABELS)
EXAMPLE = ("runs.csv", "n,loss,model,seed\n100,1.5,a,0\n200,1.25,a,0\n")
MOST_ROWS = 1_000_000
FOREIGN = {b"PK\x03\x04": "a ZIP or Excel file", b"\x93NUMPY": "a NumPy file", b"\xd0\xcf\x11\xe0": "an old Excel file"}


def read(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    unit: str | None = None,
    higher_is_better: bool | None = None,
    best: float | None = None,
) -> Table:
    """Read a table of runs; `columns` maps our names to the table's, `unit` is "fraction" or "percent" of rates.

    `higher_is_better` and `best` say the direction of a metric and the value of a perfect score, where its name does not.

    Runs whose loss is NaN or infinite diverged: they are left out and counted in the notes. Raises `KleiberError` with
    file, line, column and the offending text, and beyond a million rows.
    """
    cells = _cells(source)
    name = Path(cells.place).name
    found, notes = _columns(cells, columns or {})
    _check(cells, found)
    reading = Reading(cells, list(found), MOST_ROWS)
    rows = reading.all(list(found.values()))
    if not reading.rows:
        raise KleiberError(f"{cells.place}: there are column names and no rows: give one row for each run")
    if reading.numbers.comma:
        notes.append(f"{name}: decimal commas were read as such.")
    if reading.diverged:
        runs, were = ("1 run", "was") if reading.diverged == 1 else (f"{reading.diverged} runs", "were")
        if not rows:
            raise KleiberError(f"{cells.place}: no loss ({runs}) is finite: there is no curve in them")
        notes.append(f"{name}: {runs} with a loss that is not finite {were} left out.")
    named = {ours: cells.names[place] for ours, place in found.items() if ours in (columns or {})}
    return _losses.as_table(rows, notes, unit, named=named, higher=higher_is_better, best=best)


def _cells(source: Any) -> Cells:
    """Open a source by what it is; a file by its first bytes, JSON by its name."""
    if isinstance(source, list | tuple):
        return _json.objects(source, "list")
    if not isinstance(source, str | os.PathLike):
        return _frame.read(source)
    path = Path(source)
    head, name = _text.head(path), path.name.lower().removesuffix(".gz")
    foreign = next((what for mark, what in FOREIGN.items() if head.startswith(mark)), None)
    if foreign is not None:
        raise KleiberError(f"{path} is {foreign}: save it as CSV, TSV, JSON or Parquet")
    if head.startswith(_parquet.MAGIC) or name.endswith(".parquet"):
        return _parquet.read(path, MOST_ROWS)
    if name.endswith((".json", *_json.LINES)):
        return _json.read(path)
    return _delimited.read(path, KNOWN)


def _columns(cells: Cells, mapping: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Find our columns in a table by the mapping, then by name, then by name in another case, which is noted."""
    found, notes = dict[str, int](), list[str]()
    for ours, theirs in mapping.items():
        if ours not in KNOWN:
            raise KleiberError(f"unknown column {ours!r} in the mapping: ours are {', '.join(KNOWN)}")
        matches = _called(cells, plain(theirs))
        if len(matches) != 1:
            problem = "no column" if not matches else "more than one column"
            raise KleiberError(f"{cells.place}: {problem} {theirs!r}; there are {listed(cells.names)}")
        found[ours] = matches[0]
    taken = set(found.values())
    for ours in KNOWN:
        matches = [] if ours in mapping else [i for i in _called(cells, ours, exact=False) if i not in taken]
        if len(matches) > 1:
            names = listed([cells.names[i] for i in matches])
            raise KleiberError(f"{cells.place}: the columns {names} are all {ours!r}: rename all but one, or map it")
        if matches:
            found[ours] = matches[0]
            if cells.names[matches[0]] != ours:
                notes.append(f"{Path(cells.place).name}: the column {cells.names[matches[0]]!r} was read as {ours!r}.")
    return found, notes


def _called(cells: Cells, name: str, *, exact: bool = True) -> list[int]:
    """Give the columns of a name; those that differ in case alone count where none is exact, or all are asked for."""
    same = [i for i, each in enumerate(cells.names) if each == name]
    if same and exact:
        return same
    return [i for i, each in enumerate(cells.names) if each.casefold() == name.casefold()]


def _check(cells: Cells, found: Mapping[str, int]) -> None:
    """Raise `KleiberError` where the size or every loss is missing, or where nothing tells which metric a value is."""
    numeric = any(NUMBER.fullmatch(name) for name in cells.names)
    hint = ". Is the header missing, which names the columns?" if numeric and not found else ""
    if "n" not in found:
        raise KleiberError(
            f"{cells.place}: no column 'n' (training examples); the columns are {listed(cells.names)}. Map it, such as "
            f"n=size{hint}"
        )
    losses = [name for name in LOSSES if name in found]
    if not losses:
        raise KleiberError(
            f"{cells.place}: no column 'loss', 'error' or 'accuracy'; the columns are {listed(cells.names)}. Map one, "
            f"such as loss=val_loss{hint}"
        )
    if "metric" in found and "loss" in found and len(losses) > 1:
        raise KleiberError(
            f"{cells.place}: a column 'metric' says what one value is, and there are several beside it: leave out "
            f"'metric', or all but one of {', '.join(losses)}"
        )
