"""Rows that are copies of other rows under another name, or under none: evidence that may count once, and only once.

A file appended to itself, or one run listed under ten seeds, would narrow a forecast for nothing. Equal losses at one
size may be chance, since an error is a count of mistakes and losses are rounded; equal at every one of three sizes they
are copies, or rounded so far that they tell nothing of the spread, which is as good a reason to take them once.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from kleiber.curves import copied_runs

Array = NDArray[np.float64]
Codes = NDArray[np.int32]
Truths = NDArray[np.bool_]
Index = NDArray[np.intp]

DIGITS = 10


def find(n: Array, loss: Array, se: Array | None, labels: tuple[Codes, Codes] | None) -> Truths:
    """Say which rows repeat others, `(m,)`; rows are in order of size, and `labels` name the run of each by two codes.

    Copies are a run whose rows equal another run's at each of the three or more sizes that both have; a table that
    holds all its rows of three or more sizes several times; and unlabelled rows whose equal losses have ten digits or
    more and are no share of a count. `labels` are None where nothing names a run.
    """
    found = np.zeros(len(n), dtype=bool)
    row = _rows(n, loss, se)
    if row.max(initial=-1) + 1 == len(row):
        return found
    if labels is not None:
        found |= copied_runs.find(n, row, labels)
    left = np.flatnonzero(~found)
    found[left[_tables(n[left], row[left])]] = True
    if labels is None:
        left = np.flatnonzero(~found)
        again = left[1:][row[left][1:] == row[left][:-1]]
        values, place = np.unique(loss[again], return_inverse=True)
        found[again[np.array([_telling(value) for value in values.tolist()], dtype=bool)[place]]] = True
    return found


def _rows(n: Array, loss: Array, se: Array | None) -> Codes:
    """Give a number for each row, `(m,)`: the same where size, loss and standard error are, which NaN never is."""
    keys = (loss, n) if se is None else (se, loss, n)
    order = np.lexsort(keys)
    new = np.zeros(len(n), dtype=bool)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    row = np.empty(len(n), dtype=np.int32)
    row[order] = np.cumsum(new)
    return row


def _tables(n: Array, row: Codes) -> Index:
    """Give the rows that are there again because the table, or a part of it, was appended to itself."""
    none = np.empty(0, dtype=np.intp)
    _, first, place, count = np.unique(row, return_index=True, return_inverse=True, return_counts=True)
    if len(first) == len(row):
        return none
    order = np.argsort(first)  # of different rows, by size
    size = n[first[order]]
    start = np.flatnonzero(np.append(True, size[1:] != size[:-1]))
    most = np.maximum.reduceat(count[order], start)
    times = np.gcd.reduceat(count[order], start)
    different = np.diff(start, append=len(size))
    again = most > 1
    if np.count_nonzero(again) < copied_runs.SIZES or np.any(times[again] < 2):
        return none
    if np.any(different[~again] > different[again].max()):
        return none  # with so many runs where none repeats, the equal ones elsewhere are chance
    kept = np.empty(len(first), dtype=np.intp)
    kept[order] = count[order] // np.repeat(times, different)
    by_row = np.argsort(row, kind="stable")
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)  # of its equals, in their order
    return np.sort(by_row[nth >= kept[place[by_row]]])


def _telling(loss: float) -> bool:
    """Say whether two runs cannot have this loss by chance: it has ten digits, and is no share of up to 100,000."""
    if not math.isfinite(loss) or loss == 0:
        return False
    narrow = np.float32(loss) if abs(loss) < 1e38 else np.float64(loss)
    written = str(narrow) if float(narrow) == loss else repr(loss)
    if len(written.partition("e")[0].replace(".", "").lstrip("-0")) < DIGITS:
        return False
    return all(
        abs(float(Fraction(value).limit_denominator(100_000)) - value) > 1e-12 * abs(value) for value in (loss, loss / 100)
    )
