"""Anybody's own table: CSV or TSV, gzipped or not, or Parquet; one example a row, its features numbers.

The columns that are neither target nor group nor dropped are the features, in the order of the file. There is no
official split: validation and test set are split off by the study's seed, whole groups on one side.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets import _targets
from kleiber.datasets._dataset import Part, Raw
from kleiber.errors import KleiberError

_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")


def load(
    path: Path | None = None,
    *,
    target: str | None = None,
    task: str | None = None,
    group: str | None = None,
    drop: Sequence[str] = (),
) -> Raw:
    """Give the rows of a table, `x` `(m, d)` float32.

    `target`: the column to learn; by default the last one. `task`: "classification" or "regression", needed where the
    target holds whole numbers. `group`: a column whose equal values stay on one side of any split. `drop`: columns to
    leave out. Raises `KleiberError` with column and line for text, empty and infinite cells among the features.
    """
    if path is None:
        raise KleiberError("table needs a path: give the file itself as the data, or the option path")
    header, columns, lines = _read(path)
    target = header[-1] if target is None else target
    dropped = [drop] if isinstance(drop, str) else list(drop)
    for column in (target, *dropped, *([] if group is None else [group])):
        if column not in header:
            raise KleiberError(f"{path} has no column {column!r}; it has {', '.join(header)}")
    if target in (group, *dropped):
        raise KleiberError(f"{path}: column {target!r} is the target, so it is neither the group nor dropped")
    known = dict(zip(header, columns, strict=True))
    kind, classes, y = _targets.encode(known[target], lines, place=f"{path}, column {target}", task=task)
    features = [column for column in header if column not in (target, group, *dropped)]
    if not features:
        raise KleiberError(f"{path} has no column left for the features")
    x = np.empty((len(lines), len(features)), dtype=np.float32)
    for i, column in enumerate(features):
        x[:, i] = _feature(known[column], lines, path=path, column=column)
    name = path.name
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        name = name.removesuffix(suffix)
    groups = None if group is None else _group(known[group], lines, place=f"{path}, column {group}")
    notes = (f"the target is the column {target}, a {kind}",)
    return Raw(name=name, task=kind, classes=classes, train=Part(x, y), groups=groups, notes=notes)


def _read(path: Path) -> tuple[list[str], list[Sequence[str]], list[int]]:
    """Give the header, the columns as text, and the line of each row (its number in a Parquet file, from 1)."""
    if not path.is_file():
        raise KleiberError(f"there is no file {path}")
    if path.name.lower().endswith(".parquet"):
        return _read_parquet(path)
    rows = csv.reader(io.StringIO(_text(path), newline=""), delimiter=_delimiter(path), strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check_header(path, header)
        cells, lines = [], []
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise KleiberError(f"{path}, line {rows.line_num}: {len(row)} cells, but the header has {len(header)}")
            cells.append(row)
            lines.append(rows.line_num)
    except csv.Error as error:
        raise KleiberError(f"{path}, line {rows.line_num}: {error}") from error
    if not cells:
        raise KleiberError(f"{path} has a header but no rows")
    return header, [[cell.strip() for cell in column] for column in zip(*cells, strict=True)], lines


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if path.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise KleiberError(f"{path} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise KleiberError(f"{path} is not UTF-8 at byte {error.start:,}; save it as UTF-8") from error


def _delimiter(path: Path) -> str:
    """Give the character between the cells: a tab in .tsv; else the likeliest of the first line."""
    if ".tsv" in path.name.lower():
        return "\t"
    first = _text(path).partition("\n")[0]
    return max(",;\t|", key=first.count)


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) < 2:
        raise KleiberError(f"{path}, line 1: {len(header)} columns; features and a target are needed")
    for i, column in enumerate(header):
        if not column:
            raise KleiberError(f"{path}, line 1: column {i + 1} has no name")
        if column in header[:i]:
            raise KleiberError(f"{path}, line 1: two columns are called {column!r}; rename one")
    if all(_targets.number(column) is not None for column in header):
        raise KleiberError(f"{path}, line 1: only numbers; the first line names the columns")


def _feature(cells: Sequence[str], lines: Sequence[int], *, path: Path, column: str) -> NDArray[np.float32]:
    place = f"{path}, column {column}"
    values = [_targets.number(cell) for cell in cells]
    with np.errstate(over="ignore"):
        narrow = np.array([0.0 if value is None else value for value in values], dtype=np.float64).astype(np.float32)
    for i, cell in enumerate(cells) if None in values or not np.isfinite(narrow).all() else ():
        if values[i] is None and not cell:
            raise KleiberError(f"{place}, line {lines[i]}: empty; fill it in, remove the line, or drop = ['{column}']")
        if values[i] is None or not np.isfinite(narrow[i]):
            what = "is no finite number" if values[i] is None else "is too large for float32"
            raise KleiberError(
                f"{place}, line {lines[i]}: {cell!r} {what}; features are numbers: encode the column, or "
                f"drop = ['{column}']"
            )
    return narrow


def _group(cells: Sequence[str], lines: Sequence[int], *, place: str) -> NDArray[Any]:
    for cell, line in zip(cells, lines, strict=True):
        if not cell:
            raise KleiberError(f"{place}, line {line}: no group; fill it in or remove the line")
    return np.array(cells)


def _read_parquet(path: Path) -> tuple[list[str], list[Sequence[str]], list[int]]:
    try:
        import polars
    except ModuleNotFoundError as error:
        raise KleiberError(f"{path}: Parquet needs polars: pip install 'kleiber[import]'") from error
    try:
        frame = polars.read_parquet(path)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise KleiberError(f"{path} cannot be read as Parquet: {error}") from error
    _check_header(path, frame.columns)
    if not len(frame):
        raise KleiberError(f"{path} has no rows")
    columns = [["" if cell is None else _spelled(cell) for cell in frame[column].to_list()] for column in frame.columns]
    return list(frame.columns), list(columns), list(range(1, len(frame) + 1))


def _spelled(cell: Any) -> str:
    """Give a cell as the text that means the same in a CSV file: true and false are 1 and 0."""
    return str(int(cell)) if isinstance(cell, bool) else str(cell)
