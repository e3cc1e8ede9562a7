"""CSV and TSV: cells between commas, semicolons, tabs or bars, whichever makes the first line a header.

The first line names the columns; blank lines are skipped, and so are lines that begin with # before the header, but
none after it, where a model may be called #1. A first line `sep=;`, as Excel writes it, is obeyed.
"""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _text
from kleiber.importers._cells import Block, Cells, listed, plain

SOME = 1000  # rows that are read one by one and handed on together
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
    lines = itertools.islice(_text.lines(path), skipped, None)
    records = _records(lines, path, skipped + 1, separator)
    first = next((record for record in records if any(map(str.strip, record[1]))), None)
    if first is None:
        raise KleiberError(f"{place}: the file has empty cells alone: its first line names the columns, such as n,loss")
    line, names = first[0], tuple(plain(name) for name in first[1])
    _check(names, f"{place}, line {line}")

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        header = 1  # the first row that is not blank
        for numbers, rows in _blocks(path, skipped, separator):
            if set(map(len, rows)) != {len(names)} or header or not all(map(str.strip, map(itemgetter(wanted[0]), rows))):
                told = [place for place, cells in enumerate(rows) if any(map(str.strip, cells))]
                numbers, rows = [numbers[place] for place in told[header:]], [rows[place] for place in told[header:]]
                header = max(header - len(told), 0)
            odd = next((place for place, cells in enumerate(rows) if len(cells) != len(names)), len(rows))
            yield Block(numbers[:odd], [list(map(itemgetter(i), rows[:odd])) for i in wanted])
            if odd < len(rows):
                hint = "; is the comma a decimal comma? Then write a dot" if separator == "," else ""
                raise KleiberError(
                    f"{place}, line {numbers[odd]}: {len(rows[odd])} cells and {len(names)} columns "
                    f"({separator!r} between them){hint}"
                )

    return Cells(place, names, blocks, "line", separator)


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


def _blocks(path: Path, skipped: int, separator: str) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """Give rows, some at a time, and the line on which each begins; blank ones too.

    Lines of which each is a row are read together; from the first on that is none, row by row.
    """
    start = 1
    pieces = _text.blocks(path)
    for block in pieces:
        lines = block[max(skipped + 1 - start, 0) :]
        first = start + len(block) - len(lines)
        rows = _each_a_row(lines, separator)
        if rows is None:
            rest = itertools.chain(lines, itertools.chain.from_iterable(pieces))
            yield from _some(_records(rest, path, first, separator))
            return
        yield range(first, first + len(rows)), rows
        start += len(block)


def _each_a_row(lines: Sequence[str], separator: str) -> list[list[str]] | None:
    """Give the cells of each line, None where a row has several lines or cannot be read."""
    try:
        rows = list(_reader(lines, separator))
    except (csv.Error, TypeError, ValueError):
        return None
    return rows if len(rows) == len(lines) else None


def _some(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Put rows together, some at a time; those before an error are given first."""
    numbers, rows = list[int](), list[list[str]]()
    try:
        for number, cells in records:
            numbers.append(number)
            rows.append(cells)
            if len(rows) == SOME:
                yield numbers, rows
                numbers, rows = [], []
    except KleiberError:
        yield numbers, rows
        raise
    yield numbers, rows


def _records(lines: Iterable[str], path: Path, first: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row of lines that begin with line `first`, and the line on which it begins."""
    try:
        reader = _reader(lines, separator)
    except (TypeError, ValueError) as error:
        raise KleiberError(f"{path}, line 1: {separator!r} cannot separate cells: {error}") from error
    start = first
    try:
        for cells in reader:
            yield start, cells
            start = first + reader.line_num
    except csv.Error as error:
        raise KleiberError(f"{path}, line {start}: {error} in the row that begins there") from error


def _reader(lines: Iterable[str], separator: str) -> Any:
    return csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)


def _check(names: Sequence[str], where: str) -> None:
    if all(NUMERIC.fullmatch(name) for name in names):
        raise KleiberError(
            f"{where}: {listed(names).replace(chr(39), '')} are numbers: the header is missing. Put a line before it that "
            f"names the columns, such as n,loss (a line that begins with # is a comment)"
        )
    count = Counter(names)
    twice = next((name for name in names if name and count[name] > 1), None)
    if twice is not None:
        raise KleiberError(f"{where}: the column {twice!r} is there twice: rename one")
