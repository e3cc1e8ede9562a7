"""A curve by size: the mean of each size over its subsets, their number and their spread.

Several seeds on one subset are averaged before anything else, since they share the subset's own noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """The curve by size: `n`, `mean`, `count` of distinct subsets `(k,)`, and each subset's loss in `values`.

    `se (k,)` is the standard error of the mean where the rows came with standard errors, `row_se` that of one subset's
    loss at the largest size; else None.
    """

    n: Array
    mean: Array
    count: NDArray[np.int64]
    values: tuple[tuple[float, ...], ...]
    se: Array | None
    row_se: float | None

    @property
    def scatter(self) -> float:
        """Give the sum of squares of the subsets about their size's mean, relative to it."""
        if self.count.max(initial=0) < 2:
            return 0.0
        values = np.array([value for of_size in self.values for value in of_size])
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
    new_subset[1:] |= np.array([label != before for before, label in pairwise(replicate)], dtype=bool)
    start = np.flatnonzero(new_subset)
    first = np.flatnonzero(new_size[start])  # of each size, the place of its first subset
    loss = _means(loss, start)
    count = _lengths(first, len(start))
    listed = loss.tolist()
    error = None if se is None else _errors(se, start)
    return Sizes(
        n=frozen(n[start][first]),
        mean=frozen(_means(loss, first)),
        count=count.astype(np.int64),
        values=_grouped(listed, first.tolist(), count.tolist()),
        se=None if error is None else frozen(_errors(error, first)),
        row_se=None if error is None else float(np.sqrt(np.mean(error[first[-1] :] ** 2))),
    )


def _grouped(values: list[float], first: list[int], count: list[int]) -> tuple[tuple[float, ...], ...]:
    if len(first) == len(values):
        return tuple((value,) for value in values)
    return tuple(tuple(values[i : i + k]) for i, k in zip(first, count, strict=True))


def _means(values: Array, start: NDArray[np.int64]) -> Array:
    """Give the mean of each run of values that begins at `start`."""
    return np.asarray(np.add.reduceat(values, start) / _lengths(start, len(values))) if len(values) else values


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
