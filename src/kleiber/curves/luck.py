"""The luck of a search: what the runs of a size share, because all of them train what one search of that size found.

The best of a few random draws is an extreme value, and another search would find another. How much that changes is told by
how far apart the best trials of a search lie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

PROBABILITY = 0.9  # of the interval of what a search varies by
STARTUP = 8  # trials that every sampler draws at random first
BEST = 3  # trials of a search that tell: another is the best of a resample once in 25, and may be off by any amount
FEWEST = 3  # sizes with a search that are needed
TELLS = {1: 0.7, 2: 1.3}  # degrees of freedom of one search's variance by the gaps that it shows,
OF_FORM = 8.0  # and those that are left, however many searches: the form of the losses near the lowest is not known


@dataclass(frozen=True, slots=True)
class Luck:
    """The standard deviation of the log of a result from one search to another, with its 90 % interval.

    `dof` are those of freedom of its square, a scaled inverse chi-squared. `told_by` says what tells it: "trials", how
    far apart a search's best lie; "winners", how far those of repeated searches differ; or "trials and winners".
    """

    middle: float
    low: float
    high: float
    dof: float
    told_by: str = "trials"

    @classmethod
    def of(cls, variance: float, dof: float, told_by: str = "trials") -> "Luck":
        """Give the luck of a variance that is known with so many degrees of freedom."""
        ends = dof * variance / special.chdtri(dof, [0.5 - PROBABILITY / 2, 0.5 + PROBABILITY / 2])
        low, high = np.sqrt(ends)
        return cls(float(np.sqrt(variance)), float(low), float(high), float(dof), told_by)


@dataclass(frozen=True, slots=True)
class Found:
    """What one size says of the luck: the size, the `variance` of the log of its result, and its degrees of freedom."""

    n: float
    variance: float
    dof: float


def drawn(search: Mapping[str, Any]) -> bool:
    """Say whether the trials of a search are all drawn alike."""
    return bool(search.get("sampler", "random") in ("random", "quasi-random") or search.get("trials", 0) <= STARTUP)


def of_trials(n: float, best: ArrayLike, trials: int) -> Found | None:
    """Give what the trials of one search say, from the results of its best, the best first, of so many `trials`.

    The variance is that of the best of a resample of the trials (the bootstrap, Efron 1979), where the i-th of K is best
    with probability ((K - i + 1) / K)^K - ((K - i) / K)^K, over its expectation where the gaps of the results are
    independent and exponential of mean 1: their lowest has the variance 1 then. None for fewer than two results that
    have a logarithm.
    """
    values = np.asarray(best, dtype=np.float64)[:BEST]
    if len(values) < 2 or not np.all(np.isfinite(values) & (values > 0)):
        return None
    logs, count = np.log(values), len(values)
    beyond = ((trials - np.arange(1.0, count)) / trials) ** trials  # P(the best of a resample comes after the i-th)
    chance = -np.diff(np.concatenate([[1.0], beyond, [0.0]]))
    variance = float(chance @ (logs - chance @ logs) ** 2)
    later = np.minimum(beyond[:, None], beyond)  # P(after both)
    covered = later - beyond[:, None] * beyond
    expected = float(covered.sum() + np.trace(covered))
    return Found(n, variance / expected, TELLS[count - 1])


def pooled(found: Sequence[Found]) -> Luck | None:
    """Pool what sizes say into one luck, in proportion to the loss alike at all of them; None where too few sizes tell."""
    dof = np.array([one.dof for one in found])
    variance = float(dof @ [one.variance for one in found] / dof.sum()) if len({one.n for one in found}) >= FEWEST else 0.0
    return Luck.of(variance, float(1.0 / (1.0 / dof.sum() + 1.0 / OF_FORM))) if variance > 0 else None


def of_study(study: Mapping[str, Any], metric: str) -> tuple[Found, ...]:
    """Give what the searches of a study say of the luck in a metric.

    study: its `search`, and `sizes`, each with its number of `trials`, and by metric what the `best` of them measured, the
    best first. Trials that were not drawn alike, and those that began with another size's winner, say nothing.
    """
    search = study.get("search", {})
    if not drawn(search) or search.get("warm_start"):
        return ()
    told = [of_trials(size["n"], size["best"].get(metric, ()), size["trials"]) for size in study.get("sizes", ())]
    return tuple(one for one in told if one is not None)
