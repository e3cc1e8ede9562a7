"""Numbers as people write them: read as they stand, or refused with their place; a thousands separator is never guessed.

A point or a comma before exactly three digits may be either mark: `1.000` is one in London and a thousand in Berlin. A
file settles it elsewhere (0.25 is no thousand), or the cell is an error.
"""

import math
import numbers
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers._cells import MISSING, Where, empty, shown

Array = NDArray[np.float64]

NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
DIGIT = re.compile(r"^[^eE]*[1-9]")
WRITTEN = b"0123456789.+-eE \nnaifityNAIFITY"  # what float() takes within these, NUMBER or NOT_FINITE takes too
PLAIN = (int, float, np.integer, np.floating)
# MLflow and others store an infinite metric as the largest number that there is.
LARGEST = 1.797e308


@dataclass(slots=True)
class Numbers:
    """Reads the numbers of one table, and remembers how their decimals are written.

    `comma` and `dot` are the first cell with each mark, `unsure` the first that may be thousands, `sure` whether some
    cell tells what the mark is, `seen` the marks of columns that `mark` was not given yet. Only texts separated by
    something other than a comma may have decimal commas.
    """

    separator: str | None = None
    comma: str | None = None
    dot: str | None = None
    unsure: str | None = None
    sure: bool = False
    seen: str = ""

    def read(self, value: Any, where: Where) -> float:
        """Give a cell's number, in which NaN and infinity are words; raises `KleiberError` naming the cell."""
        if empty(value):
            ways = (
                "fill it in, or leave the row out"
                if where.column == "n"
                else "fill it in, leave the row out, or write NaN if it diverged"
            )
            raise KleiberError(f"{where}: there is no number: {ways}")
        if isinstance(value, str):
            return self._text(value.strip(), where)
        if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real | Decimal):
            hint = ": pandas found no number there" if type(value).__name__ in MISSING else ""
            raise KleiberError(f"{where}: {shown(value)} is not a number{hint}")
        try:
            return _largest(float(value))
        except OverflowError as error:
            raise KleiberError(f"{where}: a number of {_length(value)} digits is too large") from error
        except (TypeError, ValueError) as error:
            raise KleiberError(f"{where}: {shown(value)} is not a number") from error

    def column(self, cells: Sequence[Any]) -> Array | None:
        """Give a column's numbers in one go, `(m,)`, as `read` gives each; None where a cell needs a look of its own.

        What the cells tell of the decimal mark is left to `mark`.
        """
        kinds = set(map(type, cells))
        if kinds == {str}:
            return self._texts(cells)
        if not all(issubclass(kind, PLAIN) and kind is not bool for kind in kinds):
            return None
        try:
            return _all_largest(np.array(cells, dtype=np.float64))
        except (OverflowError, TypeError, ValueError):
            return None

    def mark(self, columns: Sequence[tuple[str, Sequence[Any]]], place: Callable[[int, str], Where]) -> bool:
        """Remember how decimals are written in the columns of a block, row by row; False where there are two marks.

        `columns` are names and cells, of which all that are text are numbers or blank.
        """
        dot, comma = ("." in self.seen, "," in self.seen)
        self.seen = ""
        if (dot or self.dot) and (comma or self.comma):
            return False
        if not (dot or comma) or (self.sure and (self.dot or self.comma)):
            return True
        names = [name for name, _ in columns]
        for row, cells in enumerate(zip(*(cells for _, cells in columns), strict=True)):
            for name, cell in zip(names, cells, strict=True):
                if isinstance(cell, str) and ("." in cell or "," in cell):
                    self._mark(cell.strip(), place(row, name))
            if self.sure:
                return True
        return True

    def _texts(self, cells: Sequence[str]) -> Array | None:
        joined = "\n".join(cells)
        self.seen += "".join(mark for mark in ".," if mark in joined)
        commas = self.separator not in (None, ",") and "," in joined
        if not joined.isascii() or joined.encode().translate(None, WRITTEN) not in (b"", b"," * joined.count(",") * commas):
            return None
        if commas:
            cells = joined.replace(",", ".").split("\n") if "." not in joined else ()
        try:
            found = np.fromiter(map(float, cells), np.float64, joined.count("\n") + 1)
        except ValueError:
            return None
        over = (cells[i] for i in np.flatnonzero(np.isinf(found)).tolist())
        under = (cells[i] for i in np.flatnonzero(found == 0).tolist())
        if any("n" not in text.lower() for text in over) or any(DIGIT.search(text) for text in under):
            return None
        return _all_largest(found)

    def finish(self) -> None:
        """Raise `KleiberError` where a cell may be thousands and nothing in the table tells."""
        if self.unsure is not None and not self.sure:
            raise KleiberError(
                f"{self.unsure} may be a number in thousands or one with three decimals; no other cell shows which. "
                f"Write it without separators, such as 1000, or with other decimals, such as 1.0. If they are thousands, "
                f"say so with their mark: thousands=','"
            )

    def _text(self, text: str, where: Where) -> float:
        if NOT_FINITE.fullmatch(text):
            return float(text)
        if not NUMBER.fullmatch(text) or ("," in text and self.separator in (None, ",")):
            raise KleiberError(f"{where}: {shown(text)} is not a number{_hint(text, self.separator, where.column)}")
        if "," in text or "." in text:
            self._mark(text, where)
        text = text.replace(",", ".")
        number = float(text)
        if math.isinf(number):
            raise KleiberError(f"{where}: {shown(text)} is too large; write inf where the run diverged")
        if number == 0 and DIGIT.search(text):
            raise KleiberError(f"{where}: {shown(text)} is too small to tell from 0")
        return _largest(number)

    def _mark(self, text: str, where: Where) -> None:
        """Remember a cell with a decimal mark; two marks in one table are an error that names a cell of each."""
        if "," in text:
            self.comma = self.comma or f"{where}: {shown(text)}"
        else:
            self.dot = self.dot or f"{where}: {shown(text)}"
        if self.comma and self.dot:
            apart = "," if GROUPED.fullmatch(self.comma.rpartition("'")[0].rpartition("'")[2]) else "."
            raise KleiberError(
                f"{self.dot} has a dot, and {self.comma} a comma: one of them is the decimal mark, and the other must go: "
                f"write 1000,5 or 1000. If one sets thousands apart, name it: thousands='{apart}'"
            )
        if not GROUPED.fullmatch(text):
            self.sure = True
        elif where.column == "n" or ("," in text and self.separator != ";"):
            self.unsure = self.unsure or f"{where}: {shown(text)}"


def _largest(number: float) -> float:
    return math.copysign(math.inf, number) if abs(number) >= LARGEST else number


def _all_largest(numbers: Array) -> Array:
    return np.where(np.abs(numbers) >= LARGEST, np.copysign(np.inf, numbers), numbers)


def _hint(text: str, separator: str | None, column: str) -> str:
    if column == "n" and text.casefold() in ("all", "full", "whole", "everything"):
        return ": write how many examples that is, or 100% where the others are shares such as 10%"
    if text.isalpha():
        empty_it = "leave the cell empty if the run has none, or write NaN if it diverged"
        return f": {'leave the row out if it is no run, such as a mean' if column == 'n' else empty_it}"
    if text.endswith("%"):
        return ": leave the % out"
    if "\u00b1" in text or "+/-" in text:
        return ": give the value alone, and what stands after its sign in a column 'se' where it is a standard error"
    if re.fullmatch(r"[+-]?\d[\d.,_'\s]*", text) and re.search(r"[,_'\s]|\..*\.", text):
        comma = "; decimal commas need ; or TAB between the cells" if separator == "," and "," in text else ""
        return f": write it without thousands separators, such as 1000, or name the mark: thousands=','{comma}"
    return ""


def _length(value: Any) -> int:
    """Give the number of digits of a whole number, without writing it out (Python refuses beyond 4,300)."""
    return int(abs(int(value)).bit_length() * math.log10(2)) + 1
