"""Rows that are copies of other rows under another name, or under none: evidence that may count once, and only once.

A file appended to itself, or one run listed under ten seeds, would narrow a forecast for nothing. Equal losses at one
size may be chance, since an error is a count of mistakes and losses are rounded; equal at every one of three sizes they
are copies, or rounded so far that they tell nothing of the spread, which is as good a reason to take them once.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

SIZES = 3
DIGITS = 10
COMPARED = 100  # runs with the same loss at a size that one is compared with, so that time stays in bounds

Row = tuple[float, float, float]


def find(rows: Sequence[Row], labels: Sequence[Hashable] | None) -> set[int]:
    """Give the indices of rows `(n, loss, se)` that repeat others; `labels` name the run of each, None where none are.

    Copies are a run whose rows equal another run's at each of the three or more sizes that both have; a table that
    holds all its rows of three or more sizes several times; and unlabelled rows whose equal losses have ten digits or
    more and are no share of a count.
    """
    found = set() if labels is None else _runs(rows, labels)
    left = [i for i in range(len(rows)) if i not in found]
    again = _tables([rows[i] for i in left])
    found |= {left[i] for i in again}
    if labels is None:
        left = [i for i in left if i not in found]
        found |= {b for a, b in pairwise(left) if rows[a] == rows[b] and _telling(rows[a][1])}
    return found


def _runs(rows: Sequence[Row], labels: Sequence[Hashable]) -> set[int]:
    """Give the rows of each run that another run has as well, at every size that both have, if they are three or more."""
    runs: dict[Hashable, dict[float, list[int]]] = {}
    for i, label in enumerate(labels):
        runs.setdefault(label, {}).setdefault(rows[i][0], []).append(i)
    kept: dict[Hashable, dict[float, list[int]]] = {}
    known: dict[tuple[Row, ...], list[Hashable]] = {}
    found: set[int] = set()
    for label, sizes in runs.items():
        if len(sizes) < SIZES:
            continue
        values = {n: tuple(rows[i] for i in members) for n, members in sizes.items()}
        same = Counter(other for value in values.values() for other in known.get(value, ())[:COMPARED])
        for other, count in same.most_common():
            shared = sizes.keys() & kept[other].keys()
            if SIZES <= count == len(shared):
                found.update(i for n in shared for i in sizes[n])
                values = {n: value for n, value in values.items() if n not in shared}
                break
        kept[label] = {n: sizes[n] for n in values}
        for value in values.values():
            known.setdefault(value, []).append(label)
    return found


def _tables(rows: Sequence[Row]) -> set[int]:
    """Give the rows that are there again because the table, or a part of it, was appended to itself."""
    if len(set(rows)) == len(rows):
        return set()
    sizes: dict[float, Counter[Row]] = {}
    for row in rows:
        sizes.setdefault(row[0], Counter())[row] += 1
    repeated = [counts for counts in sizes.values() if max(counts.values()) > 1]
    if len(repeated) < SIZES or any(math.gcd(*counts.values()) < 2 for counts in repeated):
        return set()
    once = max(len(counts) for counts in repeated)
    if any(counts.total() > once for counts in sizes.values() if max(counts.values()) == 1):
        return set()  # with so many runs where none repeats, the equal ones elsewhere are chance
    left = {row: count // math.gcd(*counts.values()) for counts in sizes.values() for row, count in counts.items()}
    found = set()
    for i, row in enumerate(rows):
        left[row] -= 1
        if left[row] < 0:
            found.add(i)
    return found


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
