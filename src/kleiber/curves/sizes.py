"""A curve by size: the mean of each size over its subsets, their number and their spread.

Several seeds on one subset are averaged before anything else, since they share the subset's own noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.luck import Luck
from kleiber.importers import Labels

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grouped(Sequence[tuple[float, ...]]):
    """Numbers in groups, `flat (m,)`, of which each begins at `start (k,)`; as a sequence, a tuple for each group."""

    flat: Array
    start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @overload
    def __getitem__(self, index: SupportsIndex) -> tuple[float, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[float, ...], ...]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return tuple(map(self.__getitem__, range(len(self))[index]))
        place = range(len(self))[index]
        end = self.start[place + 1] if place + 1 < len(self) else len(self.flat)
        return tuple(self.flat[self.start[place] : end].tolist())

    def __eq__(self, other: object) -> bool:
        """Say whether the groups are the same, of another of this kind or of a tuple of tuples."""
        return tuple(self) == tuple(other) if isinstance(other, Grouped | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """The curve by size: `n`, `mean`, `count` of distinct subsets `(k,)`, and each subset's loss in `values`.

    `se (k,)` is the standard error of the mean where the rows came with standard errors, `row_se` that of one subset's
    loss at the largest size; else None. `luck` is that of the searches, None where none tells. Where sizes were searched
    several times, a subset's loss is the mean over their winners: `searches (k,)` says how many, None where each size
    has one, and `apart` by how much the relative variance of one winner's runs about their mean exceeds that of these.
    """

    n: Array
    mean: Array
    count: NDArray[np.int64]
    values: tuple[tuple[float, ...], ...] | Grouped
    se: Array | None
    row_se: float | None
    luck: Luck | None = None
    searches: Array | None = None
    apart: float = 0.0

    @property
    def own(self) -> float | None:
        """Give the relative variance of single runs about their size's mean, None where none was repeated."""
        dof = int(np.sum(self.count - 1))
        return self.scatter / dof if dof else None

    @property
    def scatter(self) -> float:
        """Give the sum of squares of the subsets about their size's mean, relative to it."""
        if self.count.max(initial=0) < 2:
            return 0.0
        values = self.values.flat if isinstance(self.values, Grouped) else np.concatenate(self.values)
        return float(np.sum((values / np.repeat(self.mean, self.count) - 1.0) ** 2))

    @property
    def sd(self) -> tuple[float | None, ...]:
        """Give the standard deviation over the subsets of each size, None where there is one subset."""
        return tuple(float(np.std(v, ddof=1)) if len(v) > 1 else None for v in self.values)


def by_size(n: Array, loss: Array, replicate: Sequence[str], se: Array | None) -> Sizes:
    """Give mean, spread and count of distinct subsets at each size, of rows in order of size and subset, `(m,)` each."""
    new_size = np.ones(len(n), dtype=bool)
    new_size[1:] = n[1:] != n[:-1]
    new_subset = new_size.copy()
    new_subset[1:] |= _changes(replicate)
    start = np.flatnonzero(new_subset)
    first = np.flatnonzero(new_size[start])  # of each size, the place of its first subset
    loss = _means(loss, start)
    count = _lengths(first, len(start))
    error = None if se is None else _errors(se, start)
    return Sizes(
        n=frozen(n[start][first]),
        mean=frozen(_means(loss, first)),
        count=count.astype(np.int64),
        values=Grouped(frozen(loss), first),
        se=None if error is None else frozen(_errors(error, first)),
        row_se=None if error is None else float(np.sqrt(np.mean(error[first[-1] :] ** 2))),
    )


def _changes(labels: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each label but the first whether it is another than the one before."""
    if isinstance(labels, Labels):
        return np.asarray(labels.codes[1:] != labels.codes[:-1])
    return np.array([label != before for before, label in pairwise(labels)], dtype=bool)


def _means(values: Array, start: NDArray[np.int64]) -> Array:
    """Give the mean of each run of values that begins at `start`."""
    if len(start) == len(values):
        return values
    return np.asarray(np.add.reduceat(values, start) / _lengths(start, len(values)))


def _errors(errors: Array, start: NDArray[np.int64]) -> Array:
    """Give the standard error of each such mean."""
    return np.asarray(np.sqrt(np.add.reduceat(errors**2, start)) / _lengths(start, len(errors)))


def _lengths(start: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    """Give how long each run is that begins at `start`, the last one up to `end`."""
    return np.append(start[1:], end) - start


def frozen(values: Array) -> Array:
    """Give values that nobody can write to."""
    values = np.ascontiguousarray(values)
    values.setflags(write=False)
    return values
