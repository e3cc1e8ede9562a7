"""A column `n` that is no training-set size: the same in all rows, or a count of the rows, beside one that varies."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers import _roles
from kleiber.importers._cells import Cells, empty, typed
from kleiber.importers._numbers import Numbers
from kleiber.importers._sizes import suffixed
from kleiber.importers._spread_names import count_of
from kleiber.importers._wanted import COUNTS, Wanted, is_measured, simple
from kleiber.wording import counted

Array = NDArray[np.float64]

FEWEST = 3  # sizes of a curve
LIKELY = _roles.words("train training sample samples example examples size sizes images tokens data fraction share labels")


def require_sizes(n: Array, cells: Cells, found: Wanted) -> None:
    """Raise `KleiberError` where `n`, which nobody mapped, has too few values to be a size, and another column has more.

    So it is too where `n` counts the rows, 1, 2, 3 and on.
    """
    if "n" in found.calls or not len(n):
        return
    values = np.unique(n)
    index = len(values) == len(n) and np.array_equal(values, np.arange(1, len(n) + 1))
    if len(values) >= FEWEST and not index:
        return
    name = cells.names[found.place["n"]]
    for other in _candidates(cells, found):
        if (count := _values_of(cells, other)) >= max(FEWEST, len(values) if index else len(values) + 1):
            same = f"is {values[0]:g} in every row" if len(values) == 1 else f"has {counted(len(values), 'value')}"
            told = f"counts the rows, 1 to {len(n)}" if index else same
            raise KleiberError(
                f"{cells.place}: {name!r} {told}, and {cells.names[other]!r} has {count}. Write "
                f"{typed('--column', f'n={cells.names[other]}')} if it has the training-set sizes, else --column n={name}"
            )


def _candidates(cells: Cells, found: Wanted) -> list[int]:
    """Give the columns whose names may be those of sizes, the likeliest first."""

    def may_be(name: str) -> bool:
        known = COUNTS.search(simple(name)) or set(simple(name).split("_")) & LIKELY
        return bool(known) and not is_measured(name) and count_of(name) is None

    free = [i for i, name in enumerate(cells.names) if name and i not in found.place.values() and may_be(name)]
    return sorted(free, key=lambda i: not set(simple(cells.names[i]).split("_")) & LIKELY)


def _values_of(cells: Cells, place: int) -> int:
    """Give how many different sizes a column has, 0 where it has anything else."""
    numbers, values = Numbers(cells.separator), set[float]()
    try:
        for block in cells.blocks([place]):
            values.update(_sizes(block.columns[0], numbers))
    except (KleiberError, TypeError, ValueError):
        return 0
    return len(values) if min(values, default=0) > 0 else 0


def _sizes(cells: Sequence[Any], numbers: Numbers) -> Iterator[float]:
    for cell in cells:
        if not empty(cell):
            told = suffixed(cell)
            found = numbers.column([cell]) if told is None else None
            yield told if told is not None else float(found[0]) if found is not None else -1.0
