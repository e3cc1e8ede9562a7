"""Tables of runs: CSV and TSV files (gzipped or not), JSON lists of objects, data frames, dicts of columns.

One row is one run. Columns: `n` and `loss` (or `error`, `accuracy`), and where there are any `model`, `seed`,
`replicate`, `metric`, `se`; other names are mapped. Where error and accuracy tell the same, the error is kept. What
cannot be read says its line and column.
"""

import csv
import gzip
import io
import json
import math
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import Row, Table, as_loss, scale_of

LOSSES = ("loss", "error", "accuracy")
LABELS = ("model", "replicate", "seed", "metric")
KNOWN = ("n", "se", *LOSSES, *LABELS)
EXAMPLE = ("runs.csv", "n,loss,model,seed\n100,1.5,a,0\n200,1.25,a,0\n")


@dataclass(frozen=True, slots=True)
class _Cells:
    """Columns of cells as they came, with the place of each row for messages."""

    place: str
    columns: Mapping[str, Sequence[Any]]
    rows: Sequence[str]
    decimal_comma: bool = False


def read(source: Any, *, columns: Mapping[str, str] | None = None, unit: str | None = None) -> Table:
    """Read a table of runs; `columns` maps our names to the table's, `unit` is "fraction" or "percent" of rates.

    Runs whose loss is NaN or infinite diverged: they are left out and counted in the notes. Raises `KleiberError` with
    file, line, column and the offending text.
    """
    cells = _rename(_cells(source), columns or {})
    _check(cells)
    losses = [name for name in LOSSES if name in cells.columns]
    notes = [f"{cells.place}: decimal commas were read as such."] if cells.decimal_comma else []
    groups: dict[tuple[str, str], list[Row]] = {}
    diverged = 0
    for name in losses:
        for i, row in enumerate(_rows(cells, name)):
            if not math.isfinite(row.loss):
                diverged += 1
            else:
                _require_finite(cells, i, row)
                groups.setdefault((row.model, row.metric), []).append(row)
    if diverged:
        notes.append(f"{cells.place}: {diverged} runs with a loss that is not finite were left out.")
    return _converted(groups, notes, unit)


def _converted(groups: Mapping[tuple[str, str], list[Row]], notes: list[str], unit: str | None) -> Table:
    """Turn each metric into a loss, all models together so that one column has one unit."""
    found: dict[str, dict[str, list[Row]]] = {}
    for metric in dict.fromkeys(metric for _, metric in groups):
        members = [row for (_, name), rows in groups.items() if name == metric for row in rows]
        losses = [row.loss for row in members]
        name, values, note = as_loss(metric, losses, unit=unit)
        scale = scale_of(metric, losses, unit=unit)
        notes += [note] if note else []
        found.setdefault(name, {})[metric] = [
            replace(row, metric=name, loss=value, se=None if row.se is None else row.se / scale)
            for row, value in zip(members, values, strict=True)
        ]
    rows = [row for name, read_from in found.items() for row in _merged(name, read_from, notes)]
    return Table(rows=tuple(rows), notes=tuple(notes))


def _merged(name: str, read_from: Mapping[str, list[Row]], notes: list[str]) -> list[Row]:
    """Give the rows of one loss that several columns tell, such as error and accuracy: each run once, or an error."""
    first = name if name in read_from else next(iter(read_from))
    kept = list(read_from[first])
    for other, rows in read_from.items():
        if other == first:
            continue
        if any(row.loss > 1 for row in kept):
            kept = [replace(row, loss=row.loss / 100, se=None if row.se is None else row.se / 100) for row in kept]
            notes[:] = [note for note in notes if not note.startswith(f"{first!r} has values above 1")]
            notes.append(f"{first!r} was read in percent, since {other!r} is there to tell; losses are fractions of 1.")
        told = _by_run(kept)
        _require_same(name, (first, kept), (other, rows))
        new = [row for row in rows if _run(row) not in told]
        notes.append(f"{first!r} and {other!r} tell the same of {len(rows) - len(new)} runs: {first!r} was kept.")
        kept += new
    return kept


def _require_same(name: str, one: tuple[str, list[Row]], two: tuple[str, list[Row]]) -> None:
    """Raise `KleiberError` where two columns disagree on a run by more than both were rounded."""
    left, right = _by_run(one[1]), _by_run(two[1])
    slack = 1e-6 + _rounding(one[1]) + _rounding(two[1])
    for run, losses in left.items():
        others = right.get(run, losses)
        if len(others) == len(losses) and all(abs(a - b) <= slack for a, b in zip(losses, others, strict=True)):
            continue
        shown, told = (", ".join(f"{v:.6g}" for v in values[:3]) for values in (losses, others))
        raise KleiberError(
            f"{one[0]!r} and {two[0]!r} disagree on {run[0]!r} at n = {run[1]:g}: as {name!r} they are {shown} and {told}. "
            f"Leave one of the columns out"
        )


def _run(row: Row) -> tuple[str, float, str | None, str | None]:
    return row.model, row.n, row.replicate, row.seed


def _by_run(rows: Sequence[Row]) -> dict[tuple[str, float, str | None, str | None], list[float]]:
    found: dict[tuple[str, float, str | None, str | None], list[float]] = {}
    for row in rows:
        found.setdefault(_run(row), []).append(row.loss)
    return {run: sorted(losses) for run, losses in found.items()}


def _rounding(rows: Sequence[Row]) -> float:
    """Give half a unit of the last decimal to which a column's losses are written."""
    written = (f"{row.loss:.10f}".rstrip("0") for row in rows)
    return 0.5 * 10.0 ** -max((len(text.partition(".")[2]) for text in written), default=0)


def _rows(cells: _Cells, loss: str) -> Iterator[Row]:
    given = cells.columns
    for i in range(len(cells.rows)):
        label = {name: _label(cells, name, i) for name in LABELS if name in given}
        value = given[loss][i]
        if _empty(value) and sum(name in given for name in LOSSES) > 1:
            continue
        yield Row(
            model=label.get("model") or "model",
            metric=_metric(cells, loss, label.get("metric") or "", i),
            n=_number(cells, "n", i),
            loss=_number(cells, loss, i),
            replicate=label.get("replicate") or None,
            seed=label.get("seed") or None,
            se=_number(cells, "se", i) if "se" in given and not _empty(given["se"][i]) else None,
        )


def _metric(cells: _Cells, column: str, label: str, i: int) -> str:
    """Give a value's metric: that of its column, with what the `metric` column says of it, such as top5_error."""
    if not label or column == "loss":
        return label or column
    plain = label.strip().lower().replace(" ", "_").replace("-", "_")
    if plain in (column, column[:3]) or plain.endswith((f"_{column}", f"_{column}_rate")):
        return column if plain == column[:3] else label
    if plain in (*LOSSES, "acc") or plain.endswith(("error", "accuracy", "loss", "entropy", "_rate")):
        raise KleiberError(
            f"{_at(cells, 'metric', i)}: {label!r} stands beside the column {column!r}, which is another metric. "
            f"Name the column loss, or leave the metric out"
        )
    return f"{label}_{column}"


def _check(cells: _Cells) -> None:
    names = ", ".join(repr(name) for name in cells.columns) or "none"
    if "n" not in cells.columns:
        raise KleiberError(
            f"{cells.place}: no column 'n' (training examples); the columns are {names}. Map it, such as n=size"
        )
    if not any(name in cells.columns for name in LOSSES):
        raise KleiberError(
            f"{cells.place}: no column 'loss', 'error' or 'accuracy'; the columns are {names}. Map one, "
            f"such as loss=val_loss"
        )
    if "metric" in cells.columns and "loss" in cells.columns and sum(name in cells.columns for name in LOSSES) > 1:
        raise KleiberError(
            f"{cells.place}: a column 'metric' says what one value is, and there are several beside it: leave out "
            f"'metric', or all but one of {', '.join(name for name in LOSSES if name in cells.columns)}"
        )
    if not cells.rows:
        raise KleiberError(f"{cells.place}: there are column names and no rows: give one row for each run")


def _require_finite(cells: _Cells, i: int, row: Row) -> None:
    if not (math.isfinite(row.n) and row.n > 0):
        raise KleiberError(f"{_at(cells, 'n', i)}: {cells.columns['n'][i]!r} is not a number of training examples")


def _rename(cells: _Cells, columns: Mapping[str, str]) -> _Cells:
    for ours, theirs in columns.items():
        if ours not in KNOWN:
            raise KleiberError(f"unknown column {ours!r} in the mapping: ours are {', '.join(KNOWN)}")
        if theirs not in cells.columns:
            raise KleiberError(f"{cells.place}: no column {theirs!r}; there are {', '.join(map(repr, cells.columns))}")
    taken = {theirs: ours for ours, theirs in columns.items()}
    named = {
        taken.get(name, name): values for name, values in cells.columns.items() if name in taken or name not in columns
    }
    return _Cells(cells.place, named, cells.rows, cells.decimal_comma)


def _cells(source: Any) -> _Cells:
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        text = _text(path)
        if path.name.removesuffix(".gz").endswith(".json"):
            return _objects(_json(text, path), str(path))
        return _csv(text, str(path))
    if isinstance(source, list | tuple) and all(isinstance(item, Mapping) for item in source):
        return _objects(source, "list")
    if isinstance(source, Mapping):
        frame, names = source, list(source)
    elif hasattr(source, "columns") and hasattr(source, "__getitem__"):
        frame, names = source, list(source.columns)
    else:
        raise KleiberError(
            f"cannot read runs from a {type(source).__name__}: give a path, a data frame, a dict of columns "
            f"or a list of dicts"
        )
    if len(set(map(str, names))) < len(names):
        raise KleiberError(f"the table has two columns of one name: {', '.join(map(str, names))}")
    single = next((name for name in names if isinstance(frame[name], str) or not hasattr(frame[name], "__iter__")), None)
    if single is not None:
        raise KleiberError(f"the column {single!r} is {frame[single]!r}: give a sequence, one entry for each run")
    columns = {str(name): list(frame[name]) for name in names}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise KleiberError(f"the columns have different lengths: {', '.join(f'{k} {len(v)}' for k, v in columns.items())}")
    return _Cells("table", columns, [f"row {i}" for i in range(max(lengths, default=0))])


def _objects(items: Any, place: str) -> _Cells:
    if not isinstance(items, list | tuple) or not all(isinstance(item, Mapping) for item in items):
        raise KleiberError(f"{place}: must be a list of objects, one for each run")
    names = dict.fromkeys(str(name) for item in items for name in item)
    return _Cells(place, {n: [item.get(n) for item in items] for n in names}, [f"object {i}" for i in range(len(items))])


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KleiberError(f"{path}: not JSON: {error}") from error


def _text(path: Path) -> str:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise KleiberError(f"cannot read {path}: {error}") from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise KleiberError(
            f"{path}, line {line}: byte {data[error.start : error.start + 1]!r} is not "
            f"{encoding[:6].upper()}; save it as UTF-8"
        ) from error


def _csv(text: str, place: str) -> _Cells:
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise KleiberError(f"{place}: the file is empty: its first line names the columns, such as n,loss")
    delimiter = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, places = [], []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(cells)
                places.append(f"line {reader.line_num}")
    except csv.Error as error:
        raise KleiberError(f"{place}, line {reader.line_num}: {error}") from error
    if not rows:
        raise KleiberError(f"{place}: the file has empty cells alone: its first line names the columns, such as n,loss")
    header = [name.strip() for name in rows[0]]
    _check_header(header, place)
    for cells, where in zip(rows, places, strict=True):
        if len(cells) != len(header):
            raise KleiberError(
                f"{place}, {where}: {len(cells)} cells and {len(header)} columns ({delimiter!r} between them)"
            )
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(header)}
    comma = delimiter != "," and any(
        "," in cell for name in columns if name not in LABELS for cell in columns[name] if _digits(cell)
    )
    return _Cells(place, columns, places[1:], comma)


def _check_header(header: Sequence[str], place: str) -> None:
    if all(_digits(name) for name in header):
        raise KleiberError(
            f"{place}, line 1: {', '.join(header)} are numbers: the first line names the columns, such as n,loss"
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise KleiberError(f"{place}, line 1: the column {twice!r} is there twice: rename one")


def _number(cells: _Cells, name: str, i: int) -> float:
    """Read one cell as it stands: no thousands separators, no underscores; with decimal commas, no dots either."""
    value = cells.columns[name][i]
    if isinstance(value, bool) or _empty(value):
        raise KleiberError(f"{_at(cells, name, i)}: {value!r} is not a number")
    text = str(value).strip()
    if isinstance(value, str) and cells.decimal_comma and "." in text:
        raise KleiberError(f"{_at(cells, name, i)}: {text!r} has a dot in a file with decimal commas: write 1000,5 or 1000")
    if isinstance(value, str) and cells.decimal_comma:
        text = text.replace(",", ".")
    try:
        if "_" in text:
            raise ValueError(text)
        number = float(value) if not isinstance(value, str) else float(text)
    except OverflowError as error:
        raise KleiberError(f"{_at(cells, name, i)}: a number of {len(text)} digits is too large") from error
    except (TypeError, ValueError) as error:
        raise KleiberError(f"{_at(cells, name, i)}: {value!r} is not a number") from error
    if math.isinf(number) and "inf" not in text.lower():
        raise KleiberError(f"{_at(cells, name, i)}: {text!r} is too large")
    return number


def _label(cells: _Cells, name: str, i: int) -> str:
    value = cells.columns[name][i]
    if isinstance(value, float) and math.isnan(value):
        raise KleiberError(f"{_at(cells, name, i)}: NaN is no name; where pandas read the file, pass keep_default_na=False")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _at(cells: _Cells, name: str, i: int) -> str:
    return f"{cells.place}, {cells.rows[i]}, column {name!r}"


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _digits(text: str) -> bool:
    return bool(text.strip()) and set(text.strip()) <= set("0123456789.,+-eE") and any(c.isdigit() for c in text)
