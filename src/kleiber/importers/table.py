"""Tables of runs: CSV, TSV and JSON lines (gzipped or not), JSON, Parquet, Markdown, data frames, dicts of columns.

One row is one run. Columns: `n` and `loss` (or `error`, `accuracy`), and where there are any `model`, `seed`,
`replicate`, `metric`, `se`; other names are mapped, and other columns are looked at for what a row is (`_meaning`). Where
error and accuracy tell the same, the error is kept. What cannot be read says its line and column. Nothing in a table is
run, fetched or followed.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import (
    Table,
    _chart,
    _delimited,
    _frame,
    _json,
    _kept,
    _losses,
    _markdown,
    _meaning,
    _models,
    _parquet,
    _rules,
    _sizes,
    _spread,
    _text,
    _thousands,
    _which_n,
)
from kleiber.importers._cells import Cells
from kleiber.importers._metrics import Told
from kleiber.importers._reading import LOSSES, Reading
from kleiber.importers._wanted import KNOWN, wanted
from kleiber.wording import agreed, counted

EXAMPLE = ("runs.csv", "n,loss,model,seed\n100,1.5,a,0\n200,1.25,a,0\n")
MOST_ROWS = 1_000_000
FOREIGN = {b"PK\x03\x04": "a ZIP or Excel file", b"\x93NUMPY": "a NumPy file", b"\xd0\xcf\x11\xe0": "an old Excel file"}


def read(
    source: Any,
    *,
    column: Mapping[str, str] | None = None,
    unit: str | None = None,
    keep: str = "last",
    where: Mapping[str, Any] | None = None,
    best_of: str | Sequence[str] = (),
    leave_out: str | Sequence[str] = (),
    pool: float | None = None,
    unit_of_n: str | None = None,
    higher_is_better: bool | None = None,
    best: float | None = None,
    thousands: str | None = None,
) -> Table:
    """Read a table of runs; the arguments are those of `kleiber.importers.read`.

    Runs whose loss is NaN or infinite diverged: they are left out and counted in the notes, as are rows without a loss and
    runs that did not finish. Raises `KleiberError` with file, line, column and the offending text, and beyond a million
    rows.
    """
    wishes = _wishes(keep, best_of, Told(unit, higher_is_better, best))
    cells, columns, chart = _chart.opened(_thousands.declared(cells_of(source), thousands), column or {})
    found = wanted(cells, columns)
    kept = _kept.Kept(
        cells,
        losses=[found.place[loss] for loss in LOSSES if loss in found.place],
        status=_kept.statuses(cells, list(found.place.values())),
        where=_kept.wanted(cells, where or {}, found.place),
        rules=_rules.rules(cells, leave_out, found.place),
    )
    reading = Reading(kept.table(), list(found.place), MOST_ROWS)
    rows = reading.all(list(found.place.values()))
    kept.require_some(next(loss for loss in LOSSES if loss in found.place))
    if not reading.rows:
        raise KleiberError(f"{cells.place}: there are column names and no rows: give one row for each run")
    left, diverged = list(kept.notes()), list(_diverged(reading, len(rows), cells.place))
    said = [*chart, *left, *_remarks(reading), *diverged]
    _which_n.require_sizes(rows.n, kept.table(), found)
    rows, noise = _spread.with_noise(rows, reading, kept.table(), found)
    rows, meant, counted = _meaning.of_rows(rows, reading.entries, kept.table(), found, wishes)
    rows = replace(rows, model=_models.as_read(rows.model))
    rows, noisy = _spread.settled(rows, noise)
    n, unit_of_n, sized = _sizes.read(
        cells.names[found.place["n"]], rows.n, unit_of_n or ("share" if reading.percents else None), pool, cells.place
    )
    if gap := _sizes.jump(n):
        sized = [*sized, f"no size lies between {gap[0]:,.6g} and {gap[1]:,.6g}: are the small ones thousands?"]
    name = Path(cells.place).name
    notes = [*found.notes, *(f"{name}: {note}" for note in (*said, *meant, *noisy, *sized))]
    counting = tuple(f"{name}: {note}" for note in (*left, *diverged, *counted))
    told = replace(wishes.told, unit=wishes.told.unit or ("percent" if reading.in_percent else None))
    whole = _losses.as_table(replace(rows, n=n), notes, told, named=found.calls)
    return replace(whole, unit_of_n=unit_of_n, counted=counting)


def _wishes(keep: str, best_of: str | Sequence[str], told: Told) -> _meaning.Wishes:
    if keep not in _meaning.KEEP:
        raise KleiberError(f"keep={keep!r}: it is 'last' or 'best', the row of each run that is kept")
    return _meaning.Wishes(keep, (best_of,) if isinstance(best_of, str) else tuple(best_of), told)


def _remarks(reading: Reading) -> Iterator[str]:
    """Say how cells were read that can be read in two ways."""
    if reading.numbers.comma:
        yield "decimal commas were read as such."
    if reading.suffixed:
        were = agreed("was", one=reading.suffixed == 1)
        yield f"{counted(reading.suffixed, 'size')} such as 1k, 1.5M or 10% {were} read as numbers."


def _diverged(reading: Reading, rows: int, place: str) -> Iterator[str]:
    """Say how many runs diverged; raises `KleiberError` where all did."""
    if reading.diverged:
        runs, were = counted(reading.diverged, "run"), agreed("was", one=reading.diverged == 1)
        if not rows:
            raise KleiberError(f"{place}: no loss ({runs}) is finite: there is no curve in them")
        yield f"{runs} with a loss that is not finite {were} left out."


def cells_of(source: Any) -> Cells:
    """Open a source by what it is; a file by its first bytes, JSON by its name."""
    if isinstance(source, Cells):
        return source
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
    if name.endswith(_markdown.SUFFIXES) or head.startswith(b"|"):
        return _markdown.read(path)
    if name.endswith((".json", *_json.LINES)):
        return _json.read(path)
    return _delimited.read(path, KNOWN)
