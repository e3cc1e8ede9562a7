"""Which column holds the spread of a metric, which one the number of its runs, and what their cells say."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers._cells import Cells, Where, empty, listed, shown
from kleiber.importers._numbers import Numbers
from kleiber.importers._plus_minus import split, spread_of
from kleiber.importers._spread_names import (
    ERROR,
    HIGH,
    INTERVAL,
    LOW,
    SIGN,
    SPREAD,
    VARIANCE,
    Spread,
    count_of,
    named,
    words_of,
)
from kleiber.importers._wanted import Wanted, is_measured

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

ORDER = (ERROR, SPREAD, INTERVAL, VARIANCE, SIGN)
"""Of several columns of one metric the first kind counts."""
MOST_RUNS = 1000
SEVERAL = re.compile(r"[\[(]?\s*\w+(?:\s*[,;]\s*\w+)+\s*[\])]?")
"""The seeds of runs one by one, such as [0, 1, 2]."""


class UnusedError(Exception):
    """Why a column is not used, as a sentence."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the spread of a metric stands: a column, two with the ends of an interval, or the metric's own cells."""

    kind: str
    places: tuple[int, ...]
    name: str
    of: frozenset[str]
    level: float | None = None
    inside: bool = False


def source_of(cells: Cells, found: Wanted, loss: str, *, alone: bool, inside: bool) -> Source | None:
    """Give the source of the spread of one of our losses, None where there is none; `alone` says that no other is read.

    A name says whose spread it is. One that says nothing, such as std, is of the loss that it follows, or the only one.
    Raises `UnusedError` where it may be that of two.
    """
    place = found.place[loss]
    ours = words_of(cells.names[place])
    if inside:
        return Source(SIGN, (place,), f"what follows each value of {cells.names[place]!r}", ours, inside=True)
    free = {i: name for i, name in enumerate(cells.names) if i not in found.place.values()}
    told = {i: spread for i, name in free.items() if (spread := named(name, cells.names)) is not None}
    others = {i: words_of(name) for i, name in free.items() if name and i not in told and is_measured(name)}
    near = {each.of for each in told.values() if each.of and (each.of < ours or each.of > ours)} - set(others.values())
    for known in ({ours}, near):
        if source := _best({i: spread for i, spread in told.items() if spread.of in known}, cells.names):
            return source
    bare = {i: spread for i, spread in told.items() if not spread.of}
    source = _best(bare, cells.names)
    if source is None or (alone and not others) or source.places[0] == place + 1:
        return source
    if alone:
        likely = listed([cells.names[place], *(cells.names[i] for i in others)][:3])
        raise UnusedError(f"{source.name} was not used as noise: it may be of any of {likely}. Add the metric to its name.")
    return None


def _best(told: Mapping[int, Spread], names: Sequence[str]) -> Source | None:
    """Give the source of the first kind that there is; of two ends both are needed."""
    for kind in ORDER:
        for i, spread in told.items():
            if spread.kind == kind:
                return Source(kind, (i,), repr(names[i]), spread.of, spread.level)
            high = next((j for j, each in told.items() if each.kind == HIGH and each.of == spread.of), None)
            if kind == INTERVAL and spread.kind == LOW and high is not None:
                return Source(kind, (i, high), f"half of {names[i]!r} to {names[high]!r}", spread.of, spread.level)
    return None


def count_for(cells: Cells, found: Wanted, source: Source) -> int | None:
    """Give the column with the number of runs of which a source's rows are means; None where there is none."""
    counts = {
        i: of for i, name in enumerate(cells.names) if i not in found.place.values() and (of := count_of(name)) is not None
    }
    own = [i for i, of in counts.items() if of and (of <= source.of or of >= source.of)]
    return next(iter([*own, *(i for i, of in counts.items() if not of)]), None)


def spreads(cells: Cells, source: Source) -> tuple[Array, Truths]:
    """Give the spread of each of the table's rows, half the width of an interval, NaN where there is none, `(r,)`.

    Says of each whether it has a % sign. Raises `UnusedError` for a cell that is no spread.
    """
    parts_of = _after_value if source.inside else spread_of
    return _read(cells, source.places, lambda given, where, numbers: _half(given, where, numbers, parts_of))


def counts(cells: Cells, place: int) -> Array:
    """Give the number of runs of each of the table's rows, `(r,)`; raises `UnusedError` where it cannot be one."""
    found, _ = _read(cells, (place,), _number_of_runs)
    return found


def _read(
    cells: Cells, places: Sequence[int], read: Callable[[Sequence[Any], Where, Numbers], tuple[float, bool]]
) -> tuple[Array, Truths]:
    numbers = Numbers(cells.separator)
    found, percent = list[float](), list[bool]()
    for block in cells.blocks(places):
        for number, *given in zip(block.numbers, *block.columns, strict=True):
            where = Where(cells.place, cells.word, number, cells.names[places[0]])
            try:
                value, marked = read(given, where, numbers)
            except KleiberError:
                raise _unused(where, given[0]) from None
            found.append(value)
            percent.append(marked)
    return np.array(found), np.array(percent, dtype=bool)


def _half(
    given: Sequence[Any], where: Where, numbers: Numbers, parts_of: Callable[[Any], Sequence[Any]]
) -> tuple[float, bool]:
    if any(empty(cell) for cell in given):
        return math.nan, False
    parts = [part for cell in given for part in parts_of(cell) or (cell,)]
    marked = any(isinstance(part, str) and part.strip().endswith("%") for part in parts)
    values = [numbers.read(part.strip().rstrip("% ") if isinstance(part, str) else part, where) for part in parts]
    value = values[0] if len(values) == 1 else 0.5 * (values[1] - values[0])
    if value < 0:
        raise _unused(where, given[0])
    return value if math.isfinite(value) else math.nan, marked


def _number_of_runs(given: Sequence[Any], where: Where, numbers: Numbers) -> tuple[float, bool]:
    (cell,) = given
    if empty(cell):
        return math.nan, False
    if isinstance(cell, list | tuple):
        count = float(len(cell))
    elif isinstance(cell, str) and SEVERAL.fullmatch(cell.strip()):
        count = 1.0 + len(re.findall("[,;]", cell))
    else:
        count = numbers.read(cell, where)
    if not (count.is_integer() and 1 <= count <= MOST_RUNS):
        raise _unused(where, cell)
    return count, False


def _after_value(cell: Any) -> Sequence[Any]:
    """Give the spread that follows the value of a cell; a value alone has none."""
    return split(cell)[1] or (math.nan,)


def _unused(where: Where, cell: Any) -> UnusedError:
    return UnusedError(f"{where.column!r} was not used as noise: {where.word} {where.row} has {shown(cell)}.")
