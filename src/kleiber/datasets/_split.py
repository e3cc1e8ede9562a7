"""Splitting off what a source does not have (validation set, test set, or both) by a seed that belongs to the study.

Without groups, each class gives its share; with groups, whole groups go to one side, placed so that sizes and classes
come out as near as they can.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kleiber import seeds
from kleiber.datasets._dataset import Part, Raw
from kleiber.errors import KleiberError

Index = NDArray[np.int64]


def split_off(raw: Raw, shares: Mapping[str, float], *, seed: int) -> dict[str, Part]:
    """Give the three parts, those of `shares` (`{"test": 0.2, "validation": 0.2}`) taken from the train examples.

    A share is a part of all train examples. The examples keep the order of their source within each part. Which
    examples are in the test set does not depend on the share of the validation set, unless there are groups.
    Raises `KleiberError` where a share is not between 0 and 1, where a class has too few examples to be in each part,
    and where there are fewer groups than parts.
    """
    for label, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise KleiberError(f"[data] {label} must be a share between 0 and 1, such as {label} = 0.2, not {share!r}")
    if sum(shares.values()) >= 1:
        raise KleiberError(
            f"{raw.name}: {' and '.join(f'{k} = {v:g}' for k, v in shares.items())} leave nothing to train on; lower them"
        )
    parts = raw.parts()
    if not shares:
        return parts
    strata = raw.train.y if raw.task == "classification" else np.zeros(len(raw.train), dtype=np.int64)
    place = _by_class if raw.groups is None else _by_group
    side = place(raw, strata, shares=shares, seed=seed)
    for number, label in enumerate(["train", *shares]):
        parts[label] = raw.train.take(np.flatnonzero(side == number))
    return parts


def _by_class(raw: Raw, strata: NDArray[np.int64], *, shares: Mapping[str, float], seed: int) -> Index:
    """Give the side of each example: 0 stays in train, 1 goes to the first share, 2 to the second."""
    rng = seeds.generator(seed, "split")
    side = np.zeros(len(strata), dtype=np.int64)
    counts = np.bincount(strata)
    quotas = {label: _quota(counts, share) for label, share in shares.items()}
    for stratum in np.flatnonzero(counts):
        if counts[stratum] <= sum(quota[stratum] for quota in quotas.values()):
            raise KleiberError(
                f"{raw.name}: {_called(raw, int(stratum))} has {counts[stratum]} distinct examples, too few for train, "
                f"{' and '.join(shares)}; add some, or leave the class out"
            )
        order = rng.permutation(np.flatnonzero(strata == stratum))
        for number, quota in enumerate(quotas.values(), start=1):
            side[order[: quota[stratum]]] = number
            order = order[quota[stratum] :]
    return side


def _quota(counts: Index, share: float) -> Index:
    """Give how many of each class to take: at least one, and in all as near to the share as whole examples allow."""
    exact = counts * share
    quota = np.floor(exact).astype(np.int64)
    short = round(float(exact.sum())) - int(quota.sum())
    quota[np.argsort(quota - exact, kind="stable")[:short]] += 1
    return np.where(counts > 0, np.maximum(quota, 1), 0)


def _by_group(raw: Raw, strata: NDArray[np.int64], *, shares: Mapping[str, float], seed: int) -> Index:
    """Give the side of each example, the largest groups placed first, each where it brings the class counts nearest."""
    assert raw.groups is not None
    labels, member = np.unique(raw.groups, return_inverse=True)
    if len(labels) <= len(shares):
        raise KleiberError(
            f"{raw.name}: {len(labels)} groups are too few for train, {' and '.join(shares)}, since a group stays whole; "
            "give the missing sets yourself, or more groups"
        )
    counts = np.zeros((len(labels), int(strata.max()) + 1))
    np.add.at(counts, (member, strata), 1.0)
    total = counts.sum(axis=0)
    wanted = np.outer([1 - sum(shares.values()), *shares.values()], total)
    weight = 1 / np.maximum(total, 1)
    have = np.zeros_like(wanted)
    place = np.zeros(len(labels), dtype=np.int64)
    shuffled = seeds.generator(seed, "split").permutation(len(labels))
    for group in shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]:
        gain = (((have + counts[group] - wanted) ** 2 - (have - wanted) ** 2) * weight).sum(axis=1)
        place[group] = int(gain.argmin())
        have[place[group]] += counts[group]
    for number, label in enumerate(["train", *shares]):
        if not have[number].any():
            raise KleiberError(
                f"{raw.name}: no whole group fits into {label} ({len(labels)} groups, the largest with "
                f"{int(counts.sum(axis=1).max())} of {len(member)} examples); give the missing sets yourself"
            )
    return place[member]


def _called(raw: Raw, stratum: int) -> str:
    return f"class {raw.classes[stratum]!r}" if raw.task == "classification" else "the data"
