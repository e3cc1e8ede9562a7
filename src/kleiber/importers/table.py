"""Tables of runs: CSV, TSV and JSON lines (gzipped or not), JSON, Parquet, data frames, dicts of columns.

One row is one run. Columns: `n` and `loss` (or `error`, `accuracy`), and where there are any `model`, `seed`,
`replicate`, `metric`, `se`; other names are mapped, other columns are not looked at. Where error and accuracy tell the
same, the error is kept. What cannot be read says its line and column. Nothing in a table is run, fetched or followed.
"""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import Row, Table, _delimited, _frame, _json, _losses, _parquet, _text
from kleiber.importers._cells import Cells, Where, empty, label, listed, plain, shown
from kleiber.importers._numbers import NUMBER, Numbers

LOSSES = ("loss", "error", "accuracy")
LABELS = ("model", "replicate", "seed", "metric")
KNOWN = ("n", "se", *LOSSES, *LABELS)
EXAMPLE = ("runs.csv", "n,loss,model,seed\n100,1.5,a,0\n200,1.25,a,0\n")
MOST_ROWS = 1_000_000
FOREIGN = {b"PK\x03\x04": "a ZIP or Excel file", b"\x93NUMPY": "a NumPy file", b"\xd0\xcf\x11\xe0": "an old Excel file"}


@dataclass(slots=True)
class _Reading:
    """One pass over a table: which columns are ours, how its numbers are written, and what was seen of it so far."""

    cells: Cells
    losses: tuple[str, ...]
    numbers: Numbers
    named: dict[str, bool] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    diverged: int = 0


def read(source: Any, *, columns: Mapping[str, str] | None = None, unit: str | None = None) -> Table:
    """Read a table of runs; `columns` maps our names to the table's, `unit` is "fraction" or "percent" of rates.

    Runs whose loss is NaN or infinite diverged: they are left out and counted in the notes. Raises `KleiberError` with
    file, line, column and the offending text, and beyond a million rows.
    """
    cells = _cells(source)
    name = Path(cells.place).name
    found, notes = _columns(cells, columns or {})
    _check(cells, found)
    reading = _Reading(cells, tuple(name for name in LOSSES if name in found), Numbers(cells.separator))
    rows = list(_rows(reading, found))
    reading.numbers.finish()
    if not reading.rows:
        raise KleiberError(f"{cells.place}: there are column names and no rows: give one row for each run")
    if reading.numbers.comma:
        notes.append(f"{name}: decimal commas were read as such.")
    if reading.diverged:
        runs, were = ("1 run", "was") if reading.diverged == 1 else (f"{reading.diverged} runs", "were")
        if not rows:
            raise KleiberError(f"{cells.place}: no loss ({runs}) is finite: there is no curve in them")
        notes.append(f"{name}: {runs} with a loss that is not finite {were} left out.")
    return _losses.as_table(rows, notes, unit)


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


def _rows(reading: _Reading, found: Mapping[str, int]) -> Iterator[Row]:
    """Give a row for each finite loss, all cells of it checked, and count the runs that diverged."""
    cells = reading.cells
    names = list(found)
    for number, values in cells.rows(list(found.values())):
        reading.rows += 1
        if reading.rows > MOST_ROWS:
            raise KleiberError(
                f"{cells.place}, {cells.word} {number}: more than {MOST_ROWS:,} rows: a table has one row for each "
                f"finished run; leave out the steps on the way"
            )
        rows = list(_row(reading, dict(zip(names, values, strict=True)), number))
        reading.diverged += any(not math.isfinite(row.loss) for row in rows)
        yield from (row for row in rows if math.isfinite(row.loss))


def _row(reading: _Reading, given: Mapping[str, Any], number: int) -> Iterator[Row]:
    """Give what one row of a table says: a `Row` for each of its losses."""
    cells = reading.cells

    def where(name: str) -> Where:
        return Where(cells.place, cells.word, number, name)

    labels = {name: _label(reading, given[name], where(name)) for name in LABELS if name in given}
    n = reading.numbers.read(given["n"], where("n"))
    if not (math.isfinite(n) and n > 0):
        raise KleiberError(f"{where('n')}: {shown(given['n'])} is not a number of training examples")
    told = [name for name in reading.losses if not empty(given[name])] or reading.losses[:1]
    for name in told:
        yield Row(
            model=labels.get("model") or "model",
            metric=_metric(name, labels.get("metric") or "", where("metric")),
            n=n,
            loss=reading.numbers.read(given[name], where(name)),
            replicate=labels.get("replicate") or None,
            seed=labels.get("seed") or None,
            se=None if empty(given.get("se")) else _error(reading.numbers, given["se"], where("se")),
        )


def _label(reading: _Reading, value: Any, where: Where) -> str:
    """Give a label, one object for each text; a model or metric is named in every row or in none."""
    text = label(value, where)
    if where.column in ("model", "metric") and reading.named.setdefault(where.column, bool(text)) != bool(text):
        raise KleiberError(f"{where}: the {where.column} is named in some rows and empty in others: fill it in in all")
    return reading.texts.setdefault(text, text)


def _error(numbers: Numbers, value: Any, where: Where) -> float:
    se = numbers.read(value, where)
    if not (math.isfinite(se) and se > 0):
        raise KleiberError(f"{where}: {shown(value)} is no standard error: it is positive; leave it empty where unknown")
    return se


def _metric(column: str, named: str, where: Where) -> str:
    """Give a value's metric: that of its column, with what the `metric` column says of it, such as top5_error."""
    if not named or column == "loss":
        return named or column
    simple = named.lower().replace(" ", "_").replace("-", "_")
    if simple in (column, column[:3]) or simple.endswith((f"_{column}", f"_{column}_rate")):
        return column if simple == column[:3] else named
    if simple in (*LOSSES, "acc") or simple.endswith(("error", "accuracy", "loss", "entropy", "_rate")):
        raise KleiberError(
            f"{where}: {named!r} stands beside the column {column!r}, which is another metric. Name the column loss, or "
            f"leave the metric out"
        )
    return f"{named}_{column}"
