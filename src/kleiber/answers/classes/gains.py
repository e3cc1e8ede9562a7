"""What each part of the examples gains from more data, and which gains most: told only where the parts really differ.

A part's gain is what its forecast falls from one size to another. Its error has two halves: that of the forecast, and that
of the part's few test examples, on which all sizes are judged alike. Gains g are partially pooled, as factors:
ln g ~ N(m, t^2), with t integrated over a grid and m flat, so that parts that do not differ are not told apart by luck
(Gelman et al. 2013, Bayesian Data Analysis, section 5.4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber import seeds

Array = NDArray[np.float64]

DRAWS = 4000
SPREADS = np.concatenate([[0.0], np.geomspace(0.05, 20.0, 60)])  # of the gains, in units of their usual standard error
NO_SPREAD = 0.1  # prior probability that no two parts differ


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Which of k parts gains most: `most (k,)` are probabilities that sum to 1; `differ` is that of any difference."""

    most: Array
    differ: float


def pooled(gain: Array, error: Array, *, random_state: int = 0) -> Gains:
    """Pool the gains `(k,)` of k >= 2 parts, above 0, whose relative standard errors `(k,)` are above 0 too."""
    level = np.log(gain)
    usual = float(np.exp(np.mean(np.log(error))))
    spread = SPREADS * usual
    weight = _weights(level, error, spread)
    chance = seeds.generator(random_state, "gains")
    chosen = chance.choice(len(spread), size=DRAWS, p=weight)
    drawn = _drawn(level, error, spread[chosen], chance)
    alike = chosen == 0
    best = np.where(alike, chance.integers(0, len(gain), size=DRAWS), drawn.argmax(axis=1))
    most = np.bincount(best, minlength=len(gain)) / DRAWS
    return Gains(most, float(1.0 - weight[0]))


def _weights(level: Array, error: Array, spread: Array) -> Array:
    """Give the posterior weight of each spread between the parts, the mean integrated out."""
    total = error[None, :] ** 2 + spread[:, None] ** 2
    precision = 1.0 / total
    centre = (precision * level).sum(axis=1) / precision.sum(axis=1)
    squares = (precision * (level[None, :] - centre[:, None]) ** 2).sum(axis=1)
    log_weight = -0.5 * (np.log(total).sum(axis=1) + np.log(precision.sum(axis=1)) + squares)
    prior = np.full(len(spread), (1.0 - NO_SPREAD) / (len(spread) - 1))
    prior[0] = NO_SPREAD
    weight = prior * np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def _drawn(level: Array, error: Array, spread: Array, chance: np.random.Generator) -> Array:
    """Draw the logarithms of the parts' gains `(count, k)` given the spread of each draw `(count,)`."""
    total = error[None, :] ** 2 + spread[:, None] ** 2
    precision = 1.0 / total
    of_mean = precision.sum(axis=1)
    centre = (precision * level).sum(axis=1) / of_mean + chance.normal(size=len(spread)) / np.sqrt(of_mean)
    kept = spread[:, None] ** 2 / total
    own = centre[:, None] + kept * (level[None, :] - centre[:, None])
    return np.asarray(own + np.sqrt(kept) * error[None, :] * chance.normal(size=total.shape))
