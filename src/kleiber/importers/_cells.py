"""What every kind of table gives: named columns, and blocks of cells that know where they stand.

A reader (`_delimited`, `_json`, `_parquet`, `_frame`) makes `Cells` and judges no cell; `table` asks for the columns
that it wants, and reads block by block, so that a long file is never held whole.
"""

import math
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kleiber.errors import KleiberError

MISSING = ("NAType", "NaTType")
NO_VALUE = frozenset({"", "n/a", "na", "#n/a", "<na>", "null", "none", "-", "--", "\u2013", "\u2014", "."})
"""What people write into a cell that has no number."""
SHOWN = 60
ROWS = 10_000  # of a block, where nothing else bounds it


class Block(NamedTuple):
    """Some rows of a table: the number of each, and the cells of each wanted column."""

    numbers: Sequence[int]
    columns: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Cells:
    """A table to be read: `blocks` takes the indices of the wanted columns and gives their cells, in order.

    A row that cannot be read raises once the rows before it have been given. `word` is what a row's number counts
    ("line", "row", "object"), `separator` what stands between the cells of a text.
    """

    place: str
    names: tuple[str, ...]
    blocks: Callable[[Sequence[int]], Iterator[Block]]
    word: str
    separator: str | None = None


class Where(NamedTuple):
    """The place of one cell, as a message names it."""

    place: str
    word: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.place}, {self.word} {self.row}, column {self.column!r}"


def plain(name: object) -> str:
    """Give a column's name without spaces around it, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", str(name)).strip()


def shown(value: object) -> str:
    """Give a value as an error shows it: its beginning, where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # a whole number of more than 4,300 digits, which Python does not write out
        text = f"a {type(value).__name__} of very many digits"
    short = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return repr(short) if isinstance(value, str) else short


def listed(names: Sequence[str]) -> str:
    """Give the names of columns as an error lists them: the first thirty."""
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return ", ".join(shown(name) for name in names[:30]) + more or "none"


def typed(option: str, entry: str) -> str:
    """Give an option with its value as a person types it in a shell."""
    return f"{option} {shlex.quote(entry)}"


def empty(value: Any) -> bool:
    """Say whether a cell that would hold a number holds nothing, or says that there is none."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in NO_VALUE)


def label(value: Any, where: Where) -> str:
    """Give a cell as the name that it is, in NFC; a whole number reads the same as 1, 1.0 and "1", an empty cell is "".

    Raises `KleiberError` for NaN, which hides the name that was there, for what is no text or number, and for characters
    that are none (NUL, halves of surrogate pairs).
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.isascii() and "\0" not in value:
        return value.strip()
    if not isinstance(value, str):
        if type(value).__name__ in MISSING or (isinstance(value, float | np.floating) and math.isnan(value)):
            raise KleiberError(f"{where}: NaN is no name; where pandas read the file, pass keep_default_na=False")
        if hasattr(value, "__len__"):
            raise KleiberError(f"{where}: {shown(value)} is no name: give text or a number")
        if isinstance(value, float | np.floating) and float(value).is_integer():
            return str(int(value))
        value = shown(value) if isinstance(value, int) and abs(value) >= 10**300 else str(value)
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise KleiberError(f"{where}: {shown(value)} holds a NUL or half a surrogate pair: take it out")
    return unicodedata.normalize("NFC", value).strip()


def as_text(cell: Any) -> str:
    """Give a cell as the text by which it is asked for: 0.1, "0.10" and 1e-1 are one."""
    text = "" if cell is None else str(cell).strip()
    try:
        return repr(float(text))
    except ValueError:
        return text
