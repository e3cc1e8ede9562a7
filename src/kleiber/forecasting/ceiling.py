"""How far a loss is likely to rise with more data: hardly, so what a forecast says above that is drawn in.

Components of a curve that has hardly begun to fall are wide on both sides, and a loss that trebles with more data is not
what real curves do: of forecasts for LCDB whose upper end lay above the level at the largest size by .2 or by 2.7 in the
log, one loss in twenty came out above .15 to .4. So beyond a ceiling over that level, which noise lifts, the distance in
the log of the loss counts as its logarithm. Quantiles keep their order, and medians below the ceiling stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RISES = 0.1  # of the log of a loss over the level at the largest size
NOISES = 2.0  # and so many times the noise of one run
SLOW = 0.1  # so far above the ceiling a distance counts half as much
FARTHEST = 30.0  # in units of `SLOW`: what lies farther above counts as this


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """The log loss `at (Q,)` over the level at the largest size from which on it is drawn in; inf: nowhere."""

    at: Array

    @classmethod
    def of(cls, log_noise: Array, beyond: NDArray[np.bool_]) -> "Ceiling":
        """Give that of runs with this relative noise, at sizes that lie beyond the measured ones or do not, `(Q,)`."""
        return cls(np.where(beyond, RISES + NOISES * np.exp(log_noise), np.inf))

    def drawn(self, x: Array, size: NDArray[np.int64]) -> Array:
        """Draw log losses x of sizes size[i] in, `(k,)`."""
        above = self._above(x, size)
        return np.asarray(x - SLOW * (above - np.log1p(above)))

    def undrawn(self, x: Array, size: NDArray[np.int64]) -> tuple[Array, Array]:
        """Give what was drawn in to x `(k,)`, and the log of how much faster it grows than x."""
        above = np.minimum(self._above(x, size), FARTHEST)
        return np.asarray(x + SLOW * (np.expm1(above) - above)), above

    def _above(self, x: Array, size: NDArray[np.int64]) -> Array:
        return np.maximum(x - self.at[size], 0.0) / SLOW
