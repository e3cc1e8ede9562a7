"""The place of the truth in the forecast's distribution is uniform, for curves such as the calibration was learnt from.

Talts et al. 2018, arXiv 1804.06788; Gneiting, Balabdaoui & Raftery 2007, JRSS B 69, p. 243. A table learnt from real curves
as well is not exact for simulated ones, so the limits are a p-value of .001 and a distance; half the spread must fail both.
"""

from functools import cache

import numpy as np
import pytest
from dev.learning.curves import MIXED, Cut, _simulated
from numpy.typing import NDArray
from scipy import stats

from kleiber import Forecast, forecast_many

COUNT, AHEAD, BINS = 600, 2, 20  # `AHEAD`: the place in a curve's sizes to forecast, 8 times the largest
FARTHEST = 0.12  # of the distribution of the places from the diagonal


def place(cut: Cut, fc: Forecast, stretch: float = 1.0) -> float:
    """Where the new run lies in its forecast, its distance from the median times `stretch`."""
    at = cut.at[AHEAD : AHEAD + 1]
    middle = fc.posterior.quantile(at, np.array([0.5]), 1.0)[0, 0]
    return float(fc.posterior.cdf(at, np.array([[middle + stretch * (cut.truth[AHEAD] - middle)]]), 1.0)[0, 0])


@cache
def forecasts() -> list[tuple[Cut, Forecast]]:
    chance = np.random.default_rng(20260101)
    cuts = []
    while len(cuts) < COUNT:
        cut = _simulated(chance, MIXED)
        if len(cut.loss) > len(np.unique(cut.n)):  # runs repeated
            cuts.append(cut)
    found = forecast_many([{"n": c.n, "loss": c.loss, "replicate": c.replicate} for c in cuts])
    return [(cut, fc) for cut, fc in zip(cuts, found, strict=True) if fc.status == "ok"]


def distance(places: NDArray[np.float64]) -> float:
    return float(stats.kstest(places, "uniform").statistic)


def even(places: NDArray[np.float64]) -> float:
    """Give the p-value of the chi-square test of 20 bins."""
    return float(stats.chisquare(np.histogram(places, BINS, (0.0, 1.0))[0]).pvalue)


@pytest.mark.slow
def test_the_place_of_the_truth_is_uniform_and_with_half_the_spread_it_is_not() -> None:
    places = np.array([place(*pair) for pair in forecasts()])
    halved = np.array([place(*pair, stretch=2.0) for pair in forecasts()])
    counts = np.histogram(places, BINS, (0.0, 1.0))[0]
    assert len(places) > 0.9 * COUNT
    assert distance(places) <= FARTHEST, counts
    assert even(places) > 1e-3, counts
    assert distance(halved) > FARTHEST and even(halved) < 1e-3  # the negative control
