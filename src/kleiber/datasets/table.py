"""Anybody's own table: CSV or TSV, gzipped or not, or Parquet; one example a row, its features numbers.

Several files of equal columns are one table: `parts/*.csv`, or a folder of nothing else.
The columns that are neither target nor group nor dropped are the features, in the order of the file. There is no
official split: validation and test set are split off by the study's seed, whole groups on one side.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._missing import missing_in
from kleiber.datasets._needed import OptionNeededError
from kleiber.datasets._several import TABLES, called, files_of
from kleiber.datasets._sources import groups_of, sources_of
from kleiber.datasets._targets import encode, number
from kleiber.datasets._weights import note, unit_of_column, weights_of
from kleiber.errors import KleiberError
from kleiber.wording import counted

MISSING = ("", "nan")  # cells of features without a value, in any letters


def load(
    path: Path | None = None,
    *,
    target: str | None = None,
    task: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    by: str | None = None,
    drop: Sequence[str] = (),
) -> Raw:
    """Give the rows of a table, `x` `(m, d)` float32.

    `target`: the column to learn; by default the last one. `task`: "classification" or "regression", needed where the
    target holds whole numbers. `group`: a column whose equal values stay on one side of any split. `weight`: a column
    that sizes count, such as tokens or hours, in place of examples. `by`: a column whose values are measured alone on the
    test set, such as the source. `drop`: columns to leave out. An empty cell and `nan` among the features are NaN. Raises
    `KleiberError` with column and line for text and infinite cells there.
    """
    if path is None:
        raise OptionNeededError("table needs the path of a file", {"path": "numbers.csv"})
    header, columns, lines = _read(path)
    target = header[-1] if target is None else target
    dropped = [drop] if isinstance(drop, str) else list(drop)
    for column in (target, *dropped, *filter(None, (group, weight, by))):
        if column not in header:
            raise KleiberError(f"{path} has no column {column!r}; it has {', '.join(header)}")
    if target in (group, weight, by, *dropped):
        raise KleiberError(
            f"{path}: column {target!r} is the target, so it can be no group, weight or source, nor dropped; name another"
        )
    known = dict(zip(header, columns, strict=True))
    kind, classes, y = encode(known[target], lines, place=f"{path}, column {target}", task=task)
    features = [column for column in header if column not in (target, group, weight, by, *dropped)]
    if not features:
        raise KleiberError(f"{path} has no column left for the features; drop fewer")
    x = _numbers({column: known[column] for column in features}, lines, path=path, dropped=dropped)
    where = [f"line {line}" for line in lines]
    groups = None if group is None else groups_of(known[group], where, f"{path}, column {group}")
    weights = np.empty(0) if weight is None else weights_of(known[weight], where, f"{path}, column {weight}")
    sources = {} if by is None else {by: sources_of(known[by], where, f"{path}, column {by}")}
    notes = (f"the target is the column {target}, a {kind}", *([] if weight is None else [note(weight)]))
    return Raw(
        name=called(path, TABLES),
        task=kind,
        classes=classes,
        train=Part(x, y, keys={"line": np.array(lines)}, weights=weights, sources=sources),
        groups=groups,
        unit="" if weight is None else unit_of_column(weight),
        missing=missing_in(x, path.name, where, features),
        notes=notes,
    )


def read_columns(path: Path) -> tuple[dict[str, Sequence[str]], list[Any]]:
    """Give the columns of a table's file as text, by name, and the line of each row."""
    header, columns, lines = _read(path)
    return dict(zip(header, columns, strict=True)), lines


def _read(path: Path) -> tuple[list[str], list[Sequence[str]], list[Any]]:
    """Give the header, the columns as text, and the line of each row; of several files, its file too."""
    files = files_of(path)
    tables = [_read_one(file) for file in files]
    header, columns, lines = tables[0]
    if len(files) == 1:
        return header, columns, list(lines)
    for file, (other, _, _) in zip(files, tables, strict=True):
        if other != header:
            raise KleiberError(f"{file} has the columns {', '.join(other)}, but {files[0].name} has {', '.join(header)}")
    together = [[cell for table in tables for cell in table[1][i]] for i in range(len(header))]
    places = [f"{line} of {file.name}" for file, table in zip(files, tables, strict=True) for line in table[2]]
    return header, list(together), places


def _read_one(path: Path) -> tuple[list[str], list[Sequence[str]], list[int]]:
    """Give the header, the columns as text, and the line of each row (its number in a Parquet file, from 1)."""
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
                raise KleiberError(
                    f"{path}, line {rows.line_num}: {len(row)} cells, but the header has {len(header)}; mend the line, and "
                    "quote a cell that holds the separator"
                )
            cells.append(row)
            lines.append(rows.line_num)
    except csv.Error as error:
        raise KleiberError(f"{path}, line {rows.line_num}: {error}") from error
    if not cells:
        raise KleiberError(f"{path} has a header but no rows; add some")
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
        raise KleiberError(f"{path}, line 1: {counted(len(header), 'column')}; features and a target are needed")
    for i, column in enumerate(header):
        if not column:
            raise KleiberError(f"{path}, line 1: column {i + 1} has no name")
        if column in header[:i]:
            raise KleiberError(f"{path}, line 1: two columns are called {column!r}; rename one")
    if all(number(column) is not None for column in header):
        raise KleiberError(f"{path}, line 1: only numbers; add a first line with the columns' names")


def _numbers(
    features: Mapping[str, Sequence[str]], lines: Sequence[int], *, path: Path, dropped: Sequence[str]
) -> NDArray[np.float32]:
    """Give the features `(m, d)`; raises `OptionNeededError`, which names all columns that hold anything but numbers."""
    x = np.empty((len(lines), len(features)), dtype=np.float32)
    wrong = {}
    for i, (column, cells) in enumerate(features.items()):
        values = [number(cell) for cell in cells]
        with np.errstate(over="ignore"):
            x[:, i] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        bad = [k for k in np.flatnonzero(~np.isfinite(x[:, i])).tolist() if cells[k].lower() not in MISSING]
        if bad:
            cell, value = cells[bad[0]], values[bad[0]]
            what = f"{cell!r} is no number" if value is None else f"{cell} is too large"
            wrong[column] = f"column {column}, line {lines[bad[0]]}: {what}"
    if wrong:
        raise OptionNeededError(
            f"{path}: features are numbers, but {'; '.join(list(wrong.values())[:5])}{' ...' if len(wrong) > 5 else ''}. "
            "Encode these cells, empty them if the value is missing, or leave out the columns",
            *_as_text(path, wrong, features),
            {"drop": [*dropped, *wrong]},
        )
    return x


def _as_text(path: Path, wrong: Mapping[str, str], features: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    """Give the option that takes the only wrong column as texts, where it holds a text in each row."""
    name, *others = wrong
    texts = all(cell and number(cell) is None for cell in features[name])
    return [{"source": "text", "path": str(path), "text": name}] if texts and not others else []


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
        raise KleiberError(f"{path} has no rows; add some")
    columns = [["" if cell is None else _spelled(cell) for cell in frame[column].to_list()] for column in frame.columns]
    return list(frame.columns), list(columns), list(range(1, len(frame) + 1))


def _spelled(cell: Any) -> str:
    """Give a cell as the text that means the same in a CSV file: true and false are 1 and 0."""
    return str(int(cell)) if isinstance(cell, bool) else str(cell)
