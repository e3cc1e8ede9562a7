"""Which examples an estimator is fitted and judged on: nested subsets of growing size, and held-out ones.

With a `cv` the subsets are those of scikit-learn's `learning_curve(shuffle=True, random_state=...)`, to the last example.
Without one each replicate holds out its own fifth, and orders the rest so that every prefix has all classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit, check_cv
from sklearn.utils import check_random_state

from kleiber import ladder
from kleiber.errors import KleiberError

Index = NDArray[np.int64]

HELD_OUT = 0.2  # share of the examples that a replicate is judged on
MOST = 8  # sizes where nobody names them
FEWEST = 10  # examples of the smallest of them
A_CLASS = (8, 2)  # and of each class, on the mean: subsets that are not stratified, and those that are


@dataclass(frozen=True, slots=True)
class Split:
    """One fold or replicate: the examples to train on in their order, whose first n are the subset, and those held out."""

    order: Index
    test: Index


def splits_of(X: Any, y: Any, *, cv: Any, groups: Any, replicates: int, seed: int, classes: bool) -> list[Split]:
    """Give the splits of examples and targets; raises `KleiberError` where there are too few of a class or group.

    classes: whether y holds classes.
    """
    try:
        if cv is not None:
            chance = check_random_state(seed)
            folds = check_cv(cv, y, classifier=classes).split(X, y, groups)
            return [Split(chance.permutation(train), np.asarray(test)) for train, test in folds]
        found = list(_held_out(y, groups, replicates, seed, classes).split(np.zeros(len(y)), y, groups))
    except ValueError as error:
        raise KleiberError(f"y can't be split: {error}") from error
    codes = np.unique(np.asarray(y), return_inverse=True)[1] if classes else np.zeros(len(y), dtype=np.int64)
    return [
        Split(train[ladder.order(codes[train], stratified=classes, seed=seed, replicate=number)], test)
        for number, (train, test) in enumerate(found)
    ]


def _held_out(y: Any, groups: Any, replicates: int, seed: int, classes: bool) -> Any:
    if replicates < 1:
        raise KleiberError(f"replicates is {replicates}: at least one subset of each size is needed")
    if groups is not None:
        return GroupShuffleSplit(replicates, test_size=HELD_OUT, random_state=seed)
    if not classes:
        return ShuffleSplit(replicates, test_size=HELD_OUT, random_state=seed)
    names, counts = np.unique(np.asarray(y), return_counts=True)
    if counts.min() < 2:
        raise KleiberError(
            f"y: class {names[counts.argmin()]!s} has one example, which can't be both trained on and held out; add some, "
            "or leave the class out"
        )
    return StratifiedShuffleSplit(replicates, test_size=max(HELD_OUT, len(names) / len(y)), random_state=seed)


def sizes_of(sizes: Sequence[float] | None, splits: Sequence[Split], classes: int, *, stratified: bool = True) -> list[int]:
    """Give the sizes: as named, shares of the most that there is, or doubled up to it. `KleiberError` says what can't be.

    classes: how many there are, 0 of numbers.
    """
    most = min(len(split.order) for split in splits)
    if sizes is None:
        found = [most // 2**step for step in range(MOST)]
        return sorted(n for n in found if n >= max(FEWEST, A_CLASS[stratified] * classes)) or [most]
    given = np.asarray(sizes)
    if given.ndim != 1 or not len(given) or given.dtype.kind not in "iuf":
        raise KleiberError(f"sizes is {sizes!r}: give numbers of examples, or shares of the {most:,} that there are")
    if given.dtype.kind == "f":
        if given.min() <= 0 or given.max() > 1:
            raise KleiberError(
                f"sizes: shares are above 0 and at most 1, not {given.min():g} to {given.max():g}; "
                "write numbers of examples as whole numbers"
            )
        given = np.clip((given * most).astype(np.int64), 1, most)
    if given.min() < 1 or given.max() > most:
        raise KleiberError(f"sizes: {given.min():,} to {given.max():,} are named, but a subset has 1 to {most:,} examples")
    return [int(n) for n in np.unique(given)]
