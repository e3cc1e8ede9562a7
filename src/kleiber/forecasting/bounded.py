"""Clean curves bounded by guessing: without data the loss is that of guessing, and a curve bends from there into its fall.

Near guessing a loss falls less than the power law that it runs into, so its slope grows on the way, which neither a power
law nor one with a floor does. Where the loss of guessing is known, a forecast weighs such curves beside them. They are
M4 with e0 held near guessing (Alabdulmohsin, Neyshabur & Zhai 2022, equation 4), without a floor.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.grid import Grid, make_grid
from kleiber.forecasting.observations import Observations
from kleiber.forecasting.regression import Judge, Regression, Solution, independent
from kleiber.laws import exponent, law, number, size

Array = NDArray[np.float64]

LAW = "m4"
EXPONENTS, MEDIAN, SPREAD = 32, 0.35, 0.5
BENDS = (0.25, 0.5, 1.0)  # of alpha: the smaller, the more abrupt is the beginning
PLACES = tuple(np.linspace(-0.5, 2.5, 25).tolist())  # of k in the measured range: the fall may lie ahead of it
OFF = 0.1  # relative standard deviation of the start about guessing, for a noise of `NOISE`
NOISE = 0.015
NO_DATA = -1e5  # log of a size so small that nothing is learnt from it


@lru_cache(maxsize=1)
def shapes() -> Grid:
    """Lay out the shapes of bounded curves."""
    m4 = law(LAW)
    alpha, b, k = m4.shape
    own = (
        number(alpha.name, alpha.meaning, BENDS, low=alpha.low, high=alpha.high),
        exponent(b.name, b.meaning, count=EXPONENTS, median=MEDIAN, spread=SPREAD),
        size(k.name, k.meaning, places=PLACES),
    )
    return make_grid((replace(m4, shape=own),), (1.0,))


def regress_bounded(data: Observations, grid: Grid, noise: Array, judge: Judge) -> Regression:
    """Solve a batch of curves as bounded ones, under G noise variances of each size, `(B, G, M)`.

    Of a curve whose loss of guessing is unknown the result means nothing.
    """
    guess = np.where(np.isfinite(data.guess), data.guess, 1.0)[:, None, None]
    at = np.concatenate([np.full((len(data.t), 1), NO_DATA), data.t], axis=1)
    falls = grid.falls(at, data.first)
    start, falls = falls[:, :, :1], falls[:, :, 1:] * data.real[:, None, :]  # 1 at the smallest size, more without data
    precision, log_det = independent(data, noise)
    known = (NOISE / (OFF * guess)) ** 2  # the start at guessing is a row more, without data
    at_start = known * start.swapaxes(1, 2) ** 2
    xx = np.einsum("bgm,bsm->bgs", precision, falls**2) + at_start
    xy = np.einsum("bgm,bsm->bgs", precision, falls * data.y[:, None, :]) + known * guess * start.swapaxes(1, 2)
    yy = (np.einsum("bgm,bm->bg", precision, data.y**2) + (known * guess**2)[:, :, 0])[..., None]
    rss = np.maximum(yy - xy**2 / xx, 0.0)
    evidence, variance = judge(rss, np.zeros(len(grid.family)))
    none = np.zeros_like(rss)
    return Regression(
        falls=falls,
        precision=precision[..., None] * np.eye(data.t.shape[1]),
        log_evidence=evidence - 0.5 * (log_det[..., None] + np.log(xx / at_start)) + grid.log_prior,
        solution=Solution(
            a=xy / xx,
            c=none,
            free_c=none,
            var_a=1.0 / xx,
            var_c=none,
            cov_ac=none,
            var_free=none,
            variance=variance,
        ),
        dof=np.zeros(len(rss)),
    )
