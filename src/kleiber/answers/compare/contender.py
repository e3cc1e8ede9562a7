"""One of the models compared: what its pairs ask of its forecast, worked out once for all of them.

Quantiles and draws take the longest, so both are made once, at all sizes that any pair asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.compare.coupled import DRAWS, by_height, run_quantiles
from kleiber.answers.compare.ground import Ground
from kleiber.forecasting.draws import SCORES, quantiles_of
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]

MIDDLE = len(SCORES) // 2  # the score of the median


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model's judged forecast with its quantiles: of the mean curve at sizes `n (U,)`, of a new run at `asked (W,)`.

    `draws (Q, DRAWS)` are of the curve at the sizes `grid (Q,)`, the lowest curves first.
    """

    name: str
    forecast: Forecast
    n: Array
    quantiles: Array
    asked: Array
    of_runs: Array
    grid: Array
    draws: Array
    nevers: dict[float, float]

    def drawn(self, grid: Array) -> Array:
        """Give the draws at sizes that are among `grid`, `(len(grid), DRAWS)`."""
        return np.asarray(self.draws[np.searchsorted(self.grid, grid)])

    def median(self, n: float) -> float:
        """Give the median of the mean curve at a size that is among `n`."""
        return float(self.quantiles[np.searchsorted(self.n, n), MIDDLE])

    def runs(self, n: Array) -> Array:
        """Give the quantiles of a new run at sizes that are among `asked`, `(len(n), len(coupled.SCORES))`."""
        return np.asarray(self.of_runs[np.searchsorted(self.asked, n)])

    def never(self, loss: float) -> float:
        """Give P(floor >= loss), worked out once for each loss."""
        if loss not in self.nevers:
            self.nevers[loss] = self.forecast.never(loss)
        return self.nevers[loss]


def contender(name: str, forecast: Forecast, places: Sequence[Ground]) -> Contender:
    """Solve the quantiles of a forecast, and draw it, at the sizes of all its pairs."""
    grid, told = (np.unique(np.concatenate(some)) for some in zip(*((p.grid, p.wanted) for p in places), strict=True))
    sizes = np.unique(np.append(grid, [p.half_way for p in places]))
    known = quantiles_of(forecast.posterior, sizes)
    drawn = forecast.drawn(grid, DRAWS, quantiles=known[np.searchsorted(sizes, grid)])
    runs = run_quantiles(forecast, told)
    return Contender(name, forecast, sizes, known, told, runs, grid, by_height(drawn), {})
