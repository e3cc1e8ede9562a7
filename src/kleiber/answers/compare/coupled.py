"""Draws of two forecasts coupled: models trained on the same data err together.

Row i of one model goes with row i of the other by a Gaussian copula of correlation `ALIKE` over the ranks of the rows.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.draws import Drawn, ranks
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]

ALIKE = 0.0
"""Correlation of the normal scores of two models' losses about their forecasts.

On pairs of LCDB learners, each forecast without its fold of data sets, it is .14 (95 % interval .03 to .25 over data sets),
and the probability that one beats the other is no better for it: expected calibration error .031 at 0 and .029 at .15, log
score .359 and .360, Brier score .095 for both. So it stays 0. `benchmarks/comparison.py` measures it.
"""
SCORES = np.linspace(-4.0, 4.0, 33)  # normal scores between which a new run's quantiles are interpolated
DRAWS = 4000


def coupled_scores(chance: np.random.Generator, alike: float = ALIKE) -> tuple[Array, Array]:
    """Give the normal scores of coupled rows, two `(DRAWS,)` of correlation `alike`."""
    u, v = chance.normal(size=(2, DRAWS))
    return u, alike * u + np.sqrt(1.0 - alike**2) * v


def by_height(drawn: Drawn) -> Array:
    """Give draws `(Q, count)` in the order of how high a curve lies over all sizes, the lowest first."""
    return np.ascontiguousarray(drawn.loss[np.argsort(drawn.height, kind="stable")].T)


def partners(scores: tuple[Array, Array]) -> NDArray[np.int64]:
    """Give which draw of second goes with each of first, `(DRAWS,)`, both in the order of `by_height`."""
    first, second = scores
    return np.asarray(ranks(second)[np.argsort(first)])


def run_quantiles(forecast: Forecast, n: Array) -> Array:
    """Give the quantiles of a new run's loss at sizes n `(k,)` at the normal scores `SCORES`, `(k, len(SCORES))`."""
    return forecast.posterior.quantile(n, special.ndtr(SCORES), 1.0)


def beat_runs(first: Array, second: Array, scores: tuple[Array, Array]) -> list[float]:
    """Give P(a new run of first has the lower loss) at k sizes, from `run_quantiles` of both and coupled scores."""
    at = [np.interp(z, SCORES, np.arange(len(SCORES))) for z in scores]
    x, y = (_between(rows, place) for rows, place in zip((first, second), at, strict=True))
    return [share_below(*both) for both in zip(x, y, strict=True)]


def _between(rows: Array, at: Array) -> Array:
    """Give what lies in rows at places between their columns, linear, `(k, count)`."""
    low = np.minimum(at.astype(np.int64), rows.shape[1] - 2)
    start = rows[:, low]
    return np.asarray(start + (at - low) * (rows[:, low + 1] - start))


def share_below(x: Array, y: Array) -> float:
    """Give P(a row of x is lower than that of y); a tie counts one half."""
    return (np.count_nonzero(x < y) + 0.5 * np.count_nonzero(x == y)) / len(x)
