"""What a fit of more examples costs: seconds against n, forecast with an interval.

The law is t = A (r + (1 - r) (n / N)^c): a share r of the time at the largest size N that does not grow, and a power c of
the rest. Its noise is a factor, so that log t is linear in log A: for each r and c on a grid the posterior of log A and of
the noise is Student's, in closed form (Gelman et al. 2013, Bayesian Data Analysis, section 14.2, flat in log A and log s).
The grid's posterior weighs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import t as student

from kleiber.errors import KleiberError

Array = NDArray[np.float64]

SHARES = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
POWERS = np.linspace(0.25, 3.25, 49)
USUAL, WIDE = 1.1, 0.6  # centre and width of what is expected of the power: linear, up to cubic
FEWEST = 3  # sizes
LEAST = 0.03  # standard deviation of log t below which no timing repeats itself
PRIOR_DOF = 2.0  # fits of that noise that are taken to have been seen before


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """Seconds of one fit as a function of n: `n`, `seconds` `(m,)` as measured, one of each fit."""

    n: Array
    seconds: Array

    @classmethod
    def of(cls, n: ArrayLike, seconds: ArrayLike) -> "Cost":
        """Take sizes and seconds `(m,)`; `KleiberError` where fewer than three sizes have a time above 0."""
        sizes, times = np.asarray(n, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
        known = np.isfinite(times) & (times > 0)
        if len(np.unique(sizes[known])) < FEWEST:
            raise KleiberError("the cost needs fits of at least three sizes with their times")
        return cls(sizes[known], times[known])

    def median(self, n: float) -> float:
        """Give the seconds that a fit of n examples takes as likely as not."""
        return self.quantile(n, [0.5])[0]

    def interval(self, n: float, probability: float = 0.9) -> tuple[float, float]:
        """Give the ends of the interval that holds the seconds of one new fit with a probability."""
        low, high = self.quantile(n, [(1 - probability) / 2, (1 + probability) / 2])
        return low, high

    def quantile(self, n: float, q: Sequence[float]) -> list[float]:
        """Give quantiles of the seconds of one new fit of n examples."""
        if not (np.isfinite(n) and n > 0):
            raise KleiberError(f"n is {n!r}: it is a number of examples above 0")
        weight, centre, scale, dof = self._posterior(float(n))
        low, high = float(np.min(centre - 60 * scale)), float(np.max(centre + 60 * scale))

        def short(log_t: float, below: float) -> float:
            return float(weight @ student.cdf((log_t - centre) / scale, dof)) - below

        return [float(np.exp(brentq(short, low, high, args=(each,)))) for each in q]

    def to_dict(self) -> dict[str, list[float]]:
        """Give what was measured as plain data."""
        return {"n": self.n.tolist(), "seconds": self.seconds.tolist()}

    def _posterior(self, n: float) -> tuple[Array, Array, Array, float]:
        """Give weight, centre and scale `(k,)` of the Student distributions of log t at n, and their degrees of freedom."""
        share, power = (grid.ravel() for grid in np.meshgrid(SHARES, POWERS, indexing="ij"))
        largest = self.n.max()

        def shape(size: Array) -> Array:
            return np.asarray(np.log(share[:, None] + (1 - share[:, None]) * (size[None, :] / largest) ** power[:, None]))

        rest = np.log(self.seconds)[None, :] - shape(self.n)
        m = len(self.n)
        level = rest.mean(axis=1)
        squares = ((rest - level[:, None]) ** 2).sum(axis=1) + PRIOR_DOF * LEAST**2
        dof = m - 1 + PRIOR_DOF
        log_weight = -0.5 * dof * np.log(squares) - 0.5 * ((power - USUAL) / WIDE) ** 2
        weight = np.exp(log_weight - log_weight.max())
        centre = level + shape(np.array([n]))[:, 0]
        return weight / weight.sum(), centre, np.sqrt(squares / dof * (1 + 1 / m)), float(dof)
