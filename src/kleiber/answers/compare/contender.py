"""One of the models compared: what its pairs ask of its forecast, worked out once for all of them.

Quantiles take the longest, so they are solved together at all sizes that any pair asks for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.compare.coupled import DRAWS, by_height, run_quantiles
from kleiber.forecasting.draws import SCORES, quantiles_of
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]

MIDDLE = len(SCORES) // 2  # the score of the median


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model's judged forecast with its quantiles: of the mean curve at sizes `n (U,)`, of a new run at `asked (W,)`."""

    name: str
    forecast: Forecast
    n: Array
    quantiles: Array
    asked: Array
    of_runs: Array

    def drawn(self, grid: Array) -> Array:
        """Give draws of the curve at sizes that are among `n`, the lowest curves first, `(DRAWS, Q)`."""
        return by_height(self.forecast.drawn(grid, DRAWS, quantiles=self.quantiles[np.searchsorted(self.n, grid)]))

    def median(self, n: float) -> float:
        """Give the median of the mean curve at a size that is among `n`."""
        return float(self.quantiles[np.searchsorted(self.n, n), MIDDLE])

    def runs(self, n: float) -> Array:
        """Give the quantiles of a new run at a size that was asked for."""
        return np.asarray(self.of_runs[np.searchsorted(self.asked, n)])


def contender(name: str, forecast: Forecast, n: Iterable[Array], asked: Iterable[Array]) -> Contender:
    """Solve the quantiles of a forecast at the sizes of all its pairs."""
    sizes, told = np.unique(np.concatenate([*n])), np.unique(np.concatenate([*asked]))
    return Contender(name, forecast, sizes, quantiles_of(forecast.posterior, sizes), told, run_quantiles(forecast, told))
