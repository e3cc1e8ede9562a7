"""Needed data against the target: the bands of the curve read sideways, so that one call answers every target."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import of_need
from kleiber.forecasting.posterior import SEARCH

Array = NDArray[np.float64]

TARGETS = 19
GRID = 161  # sizes, evenly in their logs, between which the needed size is interpolated
LEVELS = np.array([0.05, 0.5, 0.95])
PAST = 4.0  # times the horizon: how far the curve goes on as a guess


def needed_curve(fc: Forecast) -> dict[str, list[Any]] | None:
    """Give targets from the loss today to what the curve reaches, with the sizes enough with 5, 50 and 95 % probability.

    The size enough with probability p is the first n at which the quantile p of the mean curve is at most the target, as
    `need` has it. None beside a target is a size beyond those searched, and None in all where no target is answered.
    """
    if fc.status == "refused" or fc.flat or fc.turned:
        return None
    largest, scale = float(fc.curve.n[-1]), fc.curve.scale
    n = np.geomspace(float(fc.curve.n[0]), SEARCH * largest, GRID)
    quantiles = np.log(np.minimum.accumulate(fc.posterior.quantile(n, LEVELS, None), axis=0))
    x = np.log(n)
    today, best = np.interp(np.log([largest, min(PAST * max(fc.horizon, largest), n[-1])]), x, quantiles[:, 1])
    if not today > best:
        return None
    targets = np.linspace(today, best + 1e-9, TARGETS)  # the last within reach of the median
    found = [np.interp(-targets, -column, x, right=np.inf) for column in quantiles.T]
    sizes = [[float(f"{np.exp(one):.6g}") if np.isfinite(one) else None for one in column] for column in found]
    loss = np.exp(targets)
    return {
        "value": [float(f"{value:.6g}") for value in scale.value(loss)],
        "loss": [float(f"{one:.6g}") for one in loss],
        **{f"n{100 * level:.0f}": column for level, column in zip(LEVELS, sizes, strict=True)},
        "grade": [
            of_need(float(np.exp(low)), float(np.exp(high)), there)
            for low, high, there in zip(found[0], found[2], fc.grade(np.exp(found[1])), strict=True)
        ],
    }
