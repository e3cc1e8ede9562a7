"""The order of a curve's rows: by size, subset and run; which of them repeat one, and what they are called unlabelled."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.importers import Labels

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Codes = NDArray[np.int32]
Truths = NDArray[np.bool_]


def ordered(n: Array, loss: Array, se: Array | None, labels: Sequence[Labels]) -> Index:
    """Give the order of rows by size, then by the text of each of their labels, loss and standard error, `(m,)`."""
    different = {id(each): each for each in labels if len(each.names) > 1}.values()
    ranks = [each.ranks() for each in reversed(different)]
    keys: tuple[NDArray[Any], ...] = (loss if se is None else se, loss, *ranks, n)
    return np.lexsort(keys)


def repeated(n: Array, loss: Array, subset: Codes, runs: Codes) -> tuple[Truths, Truths]:
    """Say of rows in order, `(m,)` each, which are of the same run as the row before, and which are the same row."""
    same = np.zeros(len(n), dtype=bool)
    same[1:] = (n[1:] == n[:-1]) & (subset[1:] == subset[:-1]) & (runs[1:] == runs[:-1])
    row = same.copy()
    row[1:] &= loss[1:] == loss[:-1]
    return same, row


def again_on_subset(n: Array, loss: Array, subset: Codes) -> Truths:
    """Say which rows in order, `(m,)` each, are further runs on a subset all of whose runs have one loss.

    So it is where a seed changes nothing; without them each mean is the same.
    """
    new = np.ones(len(n), dtype=bool)
    new[1:] = (n[1:] != n[:-1]) | (subset[1:] != subset[:-1])
    start = np.flatnonzero(new)
    if not len(start):
        return new
    count = np.diff(start, append=len(n))
    alike = np.maximum.reduceat(loss, start) == np.minimum.reduceat(loss, start)
    return np.asarray(~new & np.repeat(alike, count))


def numbered(n: Array) -> Labels:
    """Number the rows of each size, which are in order, so that each is a subset of its own."""
    start = np.ones(len(n), dtype=bool)
    start[1:] = n[1:] != n[:-1]
    if len(n) and start.all():
        return Labels.same("0", len(n))
    first = np.flatnonzero(start)
    place = np.arange(len(n)) - np.repeat(first, np.diff(first, append=len(n)))
    return Labels(place.astype(np.int32), tuple(map(str, range(int(place.max(initial=-1)) + 1))))
