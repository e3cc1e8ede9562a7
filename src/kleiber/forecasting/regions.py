"""The three regions of a learning curve: where each measured size lies, with probabilities.

Hestness et al. 2017 (section 2, figure 6) tell the small-data region, where a model does little better than guessing, the
power law, and the irreducible region near the floor. Here a size lies on the power law where the log-log slope of the loss
is more than half of the law's own exponent; below that it lies near the floor where the floor has flattened it, and in
the small-data region where the law has not yet reached half of the steepest exponent that it has up to the largest size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.posterior import Posterior

Array = NDArray[np.float64]

STEP = 0.02  # of the numerical derivative, in log n
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Region:
    """Probabilities that a measured size lies in each region; they sum to 1."""

    n: float
    small_data: float
    power_law: float
    floor: float

    @property
    def likely(self) -> str:
        """Give the name of the most probable region."""
        named = {"small_data": self.small_data, "power_law": self.power_law, "floor": self.floor}
        return max(named, key=lambda name: named[name])


def regions(posterior: Posterior, n: Array, guessing: NDArray[np.bool_]) -> tuple[Region, ...]:
    """Give the regions of sizes n `(k,)`, rising, from all laws of a posterior by their weights.

    `guessing (k,)` are hardly better than guessing: where a law calls such a size flat, it has not begun there.
    """
    t = np.log(np.asarray(n, dtype=np.float64) / posterior.n_unit)
    first, (near, _, shape) = posterior.data.first, posterior.near
    around = np.concatenate([t - STEP, t, t + STEP])[None]
    before, at, after = np.split(np.maximum(near.falls(around, first)[0], 1e-300), 3, axis=1)
    exponent = np.maximum(np.log(before / after) / (2 * STEP), 0.0)  # (R, k), of the falling part
    steepest = np.maximum.accumulate(exponent[:, ::-1], axis=1)[:, ::-1]  # from here on to the largest
    begun = (exponent >= HALF * steepest)[shape]
    reducible = posterior.solution.a[:, None] * at[shape]
    flat = posterior.solution.c[:, None] > HALF * (reducible + posterior.solution.c[:, None])
    small = posterior.weight @ (~begun & (reducible > 0))
    floor = posterior.weight @ ((begun & flat) | (reducible <= 0))
    small, floor = small + np.where(guessing, floor, 0.0), np.where(guessing, 0.0, floor)
    return tuple(
        Region(float(size), float(s), float(max(1.0 - s - f, 0.0)), float(f))
        for size, s, f in zip(n, small, floor, strict=True)
    )
