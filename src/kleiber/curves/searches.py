"""Sizes that were searched several times: how far their winners differ beyond the noise of their runs.

Search s of a size has the log loss y_sr = m + L_s + b_r + e_sr on subset r, which all its searches share: L is the luck of
the search, b the subset's own part, e the rest. The searches' means have the variance L^2 + e^2 / R. What is left of y_sr
when the means of searches and of subsets are taken off it tells e: an analysis of variance in two ways (Fisher 1925,
Statistical Methods for Research Workers).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.curves.luck import FEWEST, Found, Luck, pooled
from kleiber.curves.sizes import Sizes, by_size, frozen

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

GRID = np.linspace(np.log(1e-6), np.log(3.0), 600)  # of ln standard deviations at which the luck is looked at
NOISES = (np.arange(15) + 0.5) / 15  # quantiles of the noise of the runs that the luck is looked at with
WORTH = 0.5  # of normal winners' degrees of freedom: the lowest of a few has a long tail, at worst an exponential's (.4)
LEAST = 1e-3  # luck that nothing but a few winners tells of is at least so much: less is beside the point


@dataclass(frozen=True, slots=True)
class Repeated:
    """What several searches of one size say, in log loss.

    `n` is the size, `searches` and `subsets` are how many there are; `between` is the sum of squares of the searches' means
    about their own, of `searches` - 1 degrees of freedom; `left` that of the runs about both means, of (searches - 1)
    (subsets - 1) degrees.
    """

    n: float
    searches: int
    subsets: int
    between: float
    left: float


def by_size_of(
    n: Array, loss: Array, subset: Sequence[str], se: Array | None, search: NDArray[np.int64], trials: Sequence[Found]
) -> Sizes:
    """Give the sizes of rows `(m,)` some of which were searched several times; `trials` is what those of each say."""
    kept = np.flatnonzero(complete(n, subset, search))
    subset = tuple(np.asarray(subset, dtype=object)[kept].tolist())
    n, loss, search = n[kept], loss[kept], search[kept]
    found = by_size(n, loss, subset, None if se is None else se[kept])
    told = repeated(n, loss, subset, search)
    luck = luck_of(told, pooled([one for one in trials if one.n in found.n]))
    times = np.array([len(np.unique(search[n == size])) for size in found.n], dtype=np.float64)
    more = apart(told)[0] * float(1.0 - np.mean(1.0 / times))
    return replace(found, luck=luck, searches=frozen(times), apart=more)


def complete(n: Array, subset: Sequence[str], search: NDArray[np.int64]) -> Truths:
    """Say which rows are of searches that were scored on every subset on which another of their size was, `(m,)`.

    A size none of whose searches was has the one with the most subsets, the first among equals. Else a mean over searches
    would hold one of them on some of its subsets alone.
    """
    kept, names = np.ones(len(n), dtype=bool), _codes(subset)
    for size in np.unique(n):
        rows = np.flatnonzero(n == size)
        of = {one: set(names[rows[search[rows] == one]].tolist()) for one in np.unique(search[rows]).tolist()}
        most = len(set().union(*of.values()))
        whole = [one for one, found in of.items() if len(found) == most] or [max(of, key=lambda one: (len(of[one]), -one))]
        kept[rows] = np.isin(search[rows], whole)
    return kept


def repeated(n: Array, loss: Array, subset: Sequence[str], search: NDArray[np.int64]) -> tuple[Repeated, ...]:
    """Give what each size says that has several searches, of rows `(m,)` all of whose searches are complete.

    Several runs of a search on one subset are averaged. A loss that has no logarithm says nothing.
    """
    found, names = [], _codes(subset)
    for size in np.unique(n):
        rows = np.flatnonzero(n == size)
        which, column = (np.unique(each[rows], return_inverse=True)[1] for each in (search, names))
        total, count = (np.zeros((which.max() + 1, column.max() + 1)) for _ in range(2))
        if len(total) < 2 or not np.all(np.isfinite(loss[rows]) & (loss[rows] > 0)):
            continue
        np.add.at(total, (which, column), loss[rows])
        np.add.at(count, (which, column), 1.0)
        y = np.log(total / count)
        mean = y.mean(axis=1, keepdims=True)
        left = y - mean - y.mean(axis=0) + y.mean()
        found.append(
            Repeated(float(size), len(total), total.shape[1], float(np.sum((mean - y.mean()) ** 2)), float(np.sum(left**2)))
        )
    return tuple(found)


def _codes(subset: Sequence[str]) -> NDArray[np.int64]:
    """Number the subsets of rows by their names, `(m,)`."""
    return np.asarray(np.unique(np.asarray(subset, dtype=object).astype(str), return_inverse=True)[1], dtype=np.int64)


def apart(found: Sequence[Repeated]) -> tuple[float, int]:
    """Give the variance of the log of one search's runs about those of the others on the same subsets, beyond the luck, and
    its degrees of freedom; 0 where no subset but one was scored.
    """
    dof = sum((one.searches - 1) * (one.subsets - 1) for one in found)
    return (sum(one.left for one in found) / dof if dof else 0.0), dof


def luck_of(found: Sequence[Repeated], trials: Luck | None) -> Luck | None:
    """Give the luck that the winners of repeated searches tell, with what the trials of each say where they say it.

    The posterior of the variance v on a grid: its prior is what the trials say, a scaled inverse chi-squared, or flat in
    the standard deviation (Gelman 2006, Bayesian Analysis 1, p. 515). The sum of squares between the means of S winners
    over v + e^2 / R is taken for chi-squared with `WORTH` (S - 1) degrees of freedom, e with its own posterior. It is told
    as the scaled inverse chi-squared with the same mean and variance of ln v. Without the trials' word three winners beyond
    the first of their size are needed; None where there are fewer.
    """
    dof = sum(one.searches - 1 for one in found)
    if not dof or (trials is None and dof < FEWEST):
        return trials
    v = np.exp(2.0 * GRID)
    noise, noise_dof = apart(found)
    noises = noise * noise_dof / special.chdtri(noise_dof, NOISES) if noise_dof and noise > 0 else np.array([noise])
    log_likelihood = np.zeros((len(noises), len(v)))
    for one in found:
        total = v + noises[:, None] / one.subsets
        log_likelihood -= 0.5 * WORTH * ((one.searches - 1) * np.log(total) + one.between / total)
    weight = np.exp(log_likelihood - log_likelihood.max()).mean(axis=0)
    if trials is None:
        weight *= np.sqrt(v) * (np.exp(GRID) >= LEAST)
    else:
        prior = -0.5 * trials.dof * (np.log(v) + trials.middle**2 / v)
        weight *= np.exp(prior - prior.max())
    weight /= weight.sum()
    middle = float(weight @ np.log(v))
    spread = float(weight @ (np.log(v) - middle) ** 2)
    free = _dof_of(spread)
    variance = np.exp(middle + special.digamma(free / 2.0)) * 2.0 / free
    told_by = "winners" if trials is None else "trials and winners"
    return Luck.of(float(variance), free, told_by)


def _dof_of(variance: float) -> float:
    """Give the degrees of freedom with which the log of a scaled inverse chi-squared has a variance: trigamma(dof / 2)."""
    dof = np.exp(np.linspace(np.log(0.2), np.log(1e4), 2000))
    return float(np.interp(-variance, -special.polygamma(1, dof / 2.0), dof))
