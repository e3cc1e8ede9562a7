"""CSV and TSV: cells between commas, semicolons, tabs or bars, whichever makes the first line a header.

The first line names the columns; blank lines are skipped, and so are lines that begin with # before the header, but
none after it, where a model may be called #1. A first line `sep=;`, as Excel writes it, is obeyed.
"""

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _text
from kleiber.importers._cells import Cells, listed, plain

SEPARATORS = ",;\t|"
EXCEL = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
NUMERIC = re.compile(r"\s*[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?\s*", re.ASCII)


def read(path: Path, known: Sequence[str]) -> Cells:
    """Give the cells of a text file; `known` are names of columns by which the separator is told.

    Raises `KleiberError` for an empty file, a missing header, a name that stands twice; and, when its rows are read, with
    the line on which a row begins that has too few cells, too many, or a quote that does not end.
    """
    place = str(path)
    skipped, separator = _opening(path, known)
    first = next(_records(path, skipped, separator), None)
    if first is None:
        raise KleiberError(f"{place}: the file has empty cells alone: its first line names the columns, such as n,loss")
    line, names = first[0], tuple(plain(name) for name in first[1])
    _check(names, f"{place}, line {line}")

    def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Sequence[Any]]]:
        for number, cells in itertools.islice(_records(path, skipped, separator), 1, None):
            if len(cells) != len(names):
                hint = "; is the comma a decimal comma? Then write a dot" if separator == "," else ""
                raise KleiberError(
                    f"{place}, line {number}: {len(cells)} cells and {len(names)} columns "
                    f"({separator!r} between them){hint}"
                )
            yield number, [cells[i] for i in wanted]

    return Cells(place, names, rows, "line", separator)


def _opening(path: Path, known: Sequence[str]) -> tuple[int, str]:
    """Give the number of lines before the header, and what separates its cells."""
    declared = None
    for number, line in enumerate(_text.lines(path)):
        if declared is None and (told := EXCEL.fullmatch(line)):
            declared = told.group(1)
        elif line.strip() and not line.startswith("#"):
            return number, declared or max(SEPARATORS, key=lambda mark: _header_like(line, mark, known))
    raise KleiberError(f"{path}: the file is empty: its first line names the columns, such as n,loss")


def _header_like(line: str, separator: str, known: Sequence[str]) -> tuple[int, int]:
    """Give how many columns of known name a line has under a separator, and how many at all."""
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return 0, 0
    return sum(plain(cell).casefold() in known for cell in cells), len(cells)


def _records(path: Path, skipped: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank, and the line on which it begins."""
    lines = itertools.islice(_text.lines(path), skipped, None)
    try:
        reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    except (TypeError, ValueError) as error:
        raise KleiberError(f"{path}, line 1: {separator!r} cannot separate cells: {error}") from error
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield skipped + start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise KleiberError(f"{path}, line {skipped + start}: {error} in the row that begins there") from error


def _check(names: Sequence[str], where: str) -> None:
    if all(NUMERIC.fullmatch(name) for name in names):
        raise KleiberError(
            f"{where}: {listed(names).replace(chr(39), '')} are numbers: the header is missing. Put a line before it that "
            f"names the columns, such as n,loss (a line that begins with # is a comment)"
        )
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise KleiberError(f"{where}: the column {twice!r} is there twice: rename one")
