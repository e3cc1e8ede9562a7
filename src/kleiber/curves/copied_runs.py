"""Runs that are another run under another name: every size that both have, three or more, has the same losses.

Most runs can be told from all others by a sum of random numbers, one for each loss at each size: only those that cannot
are compared size by size.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int32]
Truths = NDArray[np.bool_]
Index = NDArray[np.intp]
Numbers = NDArray[np.integer[Any]]

SIZES = 3
COMPARED = 100  # runs with the same loss at a size that one is compared with, so that time stays in bounds


class _Groups(NamedTuple):
    """The rows of a run at a size, in order of size: their first row, and numbers for size, run and losses, `(g,)` each.

    Runs are numbered by first appearance; equal `value` is the same size with the same losses. `rank` counts the runs
    before with that value.
    """

    start: Index
    size: Numbers
    run: Numbers
    value: Numbers
    rank: Numbers


def find(n: Array, row: Numbers, labels: tuple[Codes, Codes]) -> Truths:
    """Say which rows belong to a run that another run has as well, `(m,)`; equal numbers in `row` are equal rows."""
    found = np.zeros(len(n), dtype=bool)
    groups, end = _groups(n, row, labels)
    if not len(groups.start):
        return found
    shared = np.bincount(groups.value)[groups.value] > 1
    runs = np.flatnonzero(np.bincount(groups.run[shared], minlength=1) >= SIZES)
    copied, whole = _compare(groups, _alike(groups, runs))
    if not whole:  # a run of which a part was a copy may equal others in what is left
        copied, _ = _compare(groups, runs)
    for group in copied:
        found[groups.start[group] : end[group]] = True
    return found


def _groups(n: Array, row: Numbers, labels: tuple[Codes, Codes]) -> tuple[_Groups, Index]:
    """Give the groups of runs that have three sizes or more, and where the rows of each end."""
    subset, seed = (codes.astype(np.int64) for codes in labels)
    key = (subset - subset.min(initial=0)) * (int(seed.max(initial=0)) + 2) + seed
    new = np.ones(len(n), dtype=bool)
    new[1:] = (key[1:] != key[:-1]) | (n[1:] != n[:-1])
    start = np.flatnonzero(new)
    end = np.append(start[1:], len(n))
    run = _by_appearance(key[start])
    kept = np.bincount(run)[run] >= SIZES
    size = np.cumsum(np.append(False, n[start][1:] != n[start][:-1])[: len(start)], dtype=np.int32)
    start, end, run, size = start[kept], end[kept], run[kept], size[kept]
    value = _values(row, start, end)
    order = np.lexsort((run, value))
    first_of = np.append(True, value[order][1:] != value[order][:-1])[: len(order)]
    rank = np.empty(len(order), dtype=np.int32)
    place = np.arange(len(order), dtype=np.int32)
    rank[order] = place - np.maximum.accumulate(np.where(first_of, place, 0))
    return _Groups(start, size, run, value, rank), end


def _by_appearance(key: NDArray[np.int64]) -> Numbers:
    """Number keys from 0 in the order in which they first appear, `(g,)`."""
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int32)
    number[np.argsort(first)] = np.arange(len(first))
    return number[place]


def _values(row: Numbers, start: Index, end: Index) -> Numbers:
    """Give a number for the rows of each group, the same where they are."""
    value = row[start].copy()
    several: dict[tuple[int, ...], int] = {}
    above = int(row.max(initial=0)) + 1
    for group in np.flatnonzero(end - start > 1).tolist():
        rows = tuple(row[start[group] : end[group]].tolist())
        value[group] = several.setdefault(rows, len(several) + above)
    return np.unique(value, return_inverse=True)[1]


def _alike(groups: _Groups, runs: Index) -> Index:
    """Leave of some runs those that may equal another at every size that both have.

    Where no run lacks more than u sizes, two have all sizes of at least one of 2 u + 1 parts, and are equal there.
    """
    member = np.zeros(int(groups.run.max()) + 1, dtype=bool)
    member[runs] = True
    kept = np.flatnonzero(member[groups.run])
    names, size = np.unique(groups.size[kept], return_inverse=True)
    if not len(kept):
        return runs
    parts = 2 * (len(names) - int(np.bincount(groups.run[kept])[runs].min())) + 1
    if parts > len(names):
        return runs
    part, run = size % parts, groups.run[kept]
    weight = np.random.default_rng(0).integers(2**62, size=int(groups.value.max()) + 1, dtype=np.uint64)
    order = np.lexsort((part, run))
    start = np.flatnonzero(np.append(True, np.diff(run[order]).astype(bool) | np.diff(part[order]).astype(bool)))
    total = np.add.reduceat(weight[groups.value[kept]][order], start)
    run, part = run[order][start], part[order][start]
    complete = np.diff(start, append=len(order)) == np.bincount(np.arange(len(names)) % parts)[part]
    run, part, total = run[complete], part[complete], total[complete]
    order = np.lexsort((total, part))
    same = (np.diff(part[order]) == 0) & (total[order][1:] == total[order][:-1])
    alike = np.append(same, False) | np.append(False, same)
    return np.unique(run[order][alike[: len(order)]])


def _compare(groups: _Groups, runs: Index) -> tuple[list[int], bool]:
    """Give the groups that are copies, of runs compared in order; and whether all were copied whole."""
    kept: dict[int, set[int]] = {}
    known: dict[int, list[tuple[int, int]]] = {}  # of each value, the rank and name of runs that have it
    removed: dict[int, list[int]] = {}  # and the ranks of those that were copies
    copied: list[int] = []
    whole = True
    for run, members in _members(groups, runs):
        same = Counter(
            other
            for _, value, _, _ in members
            for rank, other in known.get(value, ())
            if rank - bisect_left(removed.get(value, ()), rank) < COMPARED
        )
        sizes = {size for size, *_ in members}
        shared = next((s for other, count in same.most_common() if SIZES <= count == len(s := sizes & kept[other])), set())
        kept[run] = sizes - shared
        whole = whole and (not shared or len(kept[run]) < SIZES)
        for size, value, rank, group in members:
            if size in shared:
                copied.append(group)
                insort(removed.setdefault(value, []), rank)
            else:
                known.setdefault(value, []).append((rank, run))
    return copied, whole


def _members(groups: _Groups, runs: Index) -> Iterator[tuple[int, Sequence[tuple[int, int, int, int]]]]:
    """Give each run with the size, value and rank of its groups, and their places."""
    member = np.zeros(int(groups.run.max()) + 1, dtype=bool)
    member[runs] = True
    chosen = np.flatnonzero(member[groups.run])
    chosen = chosen[np.argsort(groups.run[chosen], kind="stable")]
    bounds = np.append(np.flatnonzero(np.append(True, np.diff(groups.run[chosen]) > 0)), len(chosen))
    columns = (groups.size, groups.value, groups.rank)
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True) if len(chosen) else ():
        part = chosen[first:last]
        values = zip(*(column[part].tolist() for column in columns), part.tolist(), strict=True)
        yield int(groups.run[part[0]]), list(values)
