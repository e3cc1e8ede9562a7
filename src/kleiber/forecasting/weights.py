"""How much each component counts: its tempered evidence, and what was learnt of its kernel and slope.

Components of one kernel and slope form a bin. The slope of a component is its mean exponent, floor included, from the
largest size to eight times it: what sets the forecasts apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.calibration import AHEAD, SLOPES, TEMPER, Calibration
from kleiber.forecasting.features import features
from kleiber.forecasting.grid import Grid
from kleiber.forecasting.kernels import KERNELS
from kleiber.forecasting.observations import Observations
from kleiber.forecasting.regression import Regression

Array = NDArray[np.float64]

BINS = len(SLOPES) + 1  # of the slope


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The tempered evidence of B curves: `bins (B, G * S)` of each component and its `log_share (B, G * S)` of its bin;
    `log_bin (B, N)` and `log_kernel (B, G)` sum it up, N = G * `BINS`; `features (B, FEATURES)` of the curves.
    """

    bins: NDArray[np.int64]
    log_share: Array
    log_bin: Array
    log_kernel: Array
    features: Array


def weigh(data: Observations, solved: Regression, grid: Grid) -> Evidence:
    """Temper the evidence and sum it over bins and kernels."""
    curves, kernels, _ = solved.log_evidence.shape
    tempered = TEMPER * solved.log_evidence
    tempered = tempered - tempered.max(axis=(1, 2), keepdims=True)
    weight = np.exp(tempered)
    whole = weight.sum(axis=(1, 2))
    log_noise = 0.5 * (weight * np.log(solved.solution.variance)).sum(axis=(1, 2)) / whole
    kernel = np.arange(kernels)[:, None]
    bins = (kernel * BINS + slope_bins(data, solved, grid)).reshape(curves, -1)
    count = kernels * BINS
    place = bins + count * np.arange(curves)[:, None]
    summed = np.bincount(place.ravel(), weight.ravel(), curves * count)
    with np.errstate(divide="ignore"):
        log_bin = np.log(summed).reshape(curves, count)
        log_kernel = np.log(weight.sum(axis=2))
    log_share = tempered.reshape(curves, -1) - np.take_along_axis(log_bin, bins, axis=1)
    return Evidence(bins, log_share, log_bin, log_kernel, features(data, log_noise))


def learnt(found: Evidence, table: Calibration) -> tuple[Array, Array]:
    """Give the log weight of each bin `(B, N)`, which sum to 1, and the log widths `(B, G, 2)`, near and by distance."""
    curves = len(found.features)
    log_bin = found.log_bin.reshape(curves, len(KERNELS), BINS)
    log_kernel = found.log_kernel[:, :, None]
    own, between = np.exp(np.clip(found.features @ table.temper.T, -3.0, 3.0)).T[:, :, None, None]
    with np.errstate(invalid="ignore"):
        log_weight = (log_bin - log_kernel) * own + log_kernel * between + table.by_bin
    log_weight += (found.features @ table.by_kernel.T)[:, :, None] + (found.features @ table.by_slope.T)[:, None]
    log_weight = np.where(np.isfinite(log_bin), log_weight, -np.inf).reshape(curves, -1)
    log_weight -= log_weight.max(axis=1, keepdims=True)
    log_weight -= np.log(np.exp(log_weight).sum(axis=1, keepdims=True))
    near = found.features @ table.width[:, :-1].T
    return log_weight, np.stack([near, np.broadcast_to(table.width[:, -1], near.shape)], axis=-1)


def slope_bins(data: Observations, solved: Regression, grid: Grid) -> NDArray[np.int64]:
    """Give the bin of each component's mean exponent from the largest size to `AHEAD` times it, `(B, G, S)`."""
    ends = np.broadcast_to([0.0, np.log(AHEAD)], (len(data.first), 2))
    fall = grid.falls(ends, data.first)
    near, far = (np.maximum(solved.solution.a * fall[:, None, :, i] + solved.solution.c, 1e-12) for i in (0, 1))
    return np.asarray(np.searchsorted(AHEAD ** np.array(SLOPES), near / far), dtype=np.int64)
