"""The rows of a table, held by columns: a number for each cell, and a `Row` only when somebody asks for one.

A million rows are a few arrays so, and no million objects.
"""

import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

Array = NDArray[np.float64]
Index = NDArray[np.intp]

SHOWN = 10_000  # rows turned into objects at a time
LONGEST = 40  # characters of names in a plain alphabet that are sorted as bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One measured loss of a model at a size; labels are text, and None where the source has none."""

    model: str
    metric: str
    n: float
    loss: float
    replicate: str | None = None
    seed: str | None = None
    se: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Labels(Sequence[Any]):
    """A label for each row: `codes (m,)` are places in `names`, which are all different; -1 is no label.

    As a sequence they are each row's text, None where it has none.
    """

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> "Labels":
        """Give labels as they stand, named in order of first appearance."""
        known: dict[str | None, int] = {}
        codes = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int32)
        names = list(known)
        if None in known:
            gap = known[None]
            codes = np.where(codes == gap, -1, codes - (codes > gap)).astype(np.int32)
            del names[gap]
        return cls(codes, tuple(name for name in names if name is not None))

    @classmethod
    def same(cls, name: str | None, count: int) -> "Labels":
        """Give one label, or none, to all of `count` rows, in the room of one."""
        code = np.int32(-1 if name is None else 0)
        return cls(np.broadcast_to(code, (count,)), () if name is None else (name,))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: Index | slice) -> "Labels":
        """Give the labels of some rows; the names stay."""
        return Labels(self.codes[index], self.names)

    def __iter__(self) -> Iterator[Any]:
        return map((*self.names, None).__getitem__, self.codes.tolist())  # -1 is the last

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "Labels": ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.take(index) if isinstance(index, slice) else (*self.names, None)[self.codes[index]]

    def __eq__(self, other: object) -> bool:
        """Say whether the texts are the same, of other labels or of a tuple."""
        if not isinstance(other, Labels | tuple):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def ranks(self) -> NDArray[np.int32]:
        """Give each row's place in the alphabet of the labels, `(m,)`: sorting by it sorts by the text."""
        longest = max(map(len, self.names), default=0)
        if longest <= LONGEST and all(map(str.isascii, self.names)):
            order = np.argsort(np.array(self.names, dtype=f"S{longest or 1}"), kind="stable")
        else:
            order = np.array(sorted(range(len(self.names)), key=self.names.__getitem__), dtype=np.intp)
        place = np.full(len(self.names) + 1, -1, dtype=np.int32)
        place[order] = np.arange(len(order))
        return place[self.codes]

    def firsts(self) -> list[int]:
        """Give the codes that rows have, in order of first appearance."""
        if len(self) and self.codes.min() == self.codes.max():
            return [int(self.codes[0])]
        present, first = np.unique(self.codes, return_index=True)
        return [int(code) for code in present[np.argsort(first)]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Sequence[Row]):
    """Rows by column, `(m,)` each; `se` is NaN where a row has none, None where no row has one.

    As a sequence they are `Row`s, made when asked for.
    """

    model: Labels
    metric: Labels
    n: Array
    loss: Array
    replicate: Labels
    seed: Labels
    se: Array | None

    @classmethod
    def of(cls, rows: Sequence[Any]) -> "Rows":
        """Give rows by column; raises `KleiberError` where a size or a loss is no number."""
        if isinstance(rows, Rows):
            return rows
        errors = [math.nan if row.se is None else math.inf if row.se != row.se else row.se for row in rows]
        return cls(
            model=Labels.of(row.model for row in rows),
            metric=Labels.of(row.metric for row in rows),
            n=_floats([row.n for row in rows], "n"),
            loss=_floats([row.loss for row in rows], "loss"),
            replicate=Labels.of(map(text_of, (row.replicate for row in rows))),
            seed=Labels.of(map(text_of, (row.seed for row in rows))),
            se=None if all(row.se is None for row in rows) else _floats(errors, "se"),
        )

    def take(self, index: Index | slice) -> "Rows":
        """Give some of the rows."""
        labels = (each.take(index) for each in (self.model, self.metric, self.replicate, self.seed))
        model, metric, replicate, seed = labels
        errors = None if self.se is None else self.se[index]
        return Rows(model, metric, self.n[index], self.loss[index], replicate, seed, errors)

    def labelled(self, name: str, labels: Labels) -> "Rows":
        """Give the rows with other labels of seed or replicate."""
        return replace(self, seed=labels) if name == "seed" else replace(self, replicate=labels)

    def __len__(self) -> int:
        return len(self.n)

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self), SHOWN):
            part = self.take(slice(start, start + SHOWN))
            given = repeat(math.nan, len(part)) if part.se is None else part.se.tolist()
            errors = (None if se != se else se for se in given)
            numbers = part.n.tolist(), part.loss.tolist()
            yield from map(Row, part.model, part.metric, *numbers, part.replicate, part.seed, errors)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Rows": ...
    def __getitem__(self, index: int | slice) -> "Row | Rows":
        if isinstance(index, slice):
            return self.take(index)
        place = range(len(self))[index]
        return next(iter(self.take(slice(place, place + 1))))

    def __eq__(self, other: object) -> bool:
        """Say whether the other rows are the same, as columns or as a tuple of `Row`s."""
        if not isinstance(other, Rows | tuple):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))


def text_of(label: Any) -> str | None:
    """Give a label as text; a whole number reads the same whether it came as 1, 1.0 or a NumPy integer."""
    if label is None:
        return None
    return str(int(label)) if isinstance(label, float | np.floating) and float(label).is_integer() else str(label)


def _floats(values: Sequence[Any], name: str) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise KleiberError(f"{name} must be a sequence of numbers: {error}") from error
