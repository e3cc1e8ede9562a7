"""The last step of a calibration: the finished mixtures are spread or narrowed until their intervals cover what they say.

By features and distance, the log of one factor about each mixture's middle, chosen by the pinball loss of the 5, 10, 90
and 95 % quantiles of the log loss (Koenker & Bassett 1978), in units of each row's own 90 % interval. The likelihood alone
leaves the intervals of curves with little noise too wide.
"""

from collections.abc import Mapping

import numpy as np
import torch
from dev.learning.model import Model, tensors
from dev.learning.tables import Table, log_truth
from numpy.typing import NDArray
from scipy import optimize

from kleiber.forecasting.calibration import FEATURES, NEARBY
from kleiber.forecasting.features import NAMES
from kleiber.forecasting.mixture import NEGLIGIBLE, Mixture
from kleiber.forecasting.stretch import leans

Array = NDArray[np.float64]

LEVELS = np.array([0.05, 0.1, 0.9, 0.95])
RIDGE = 1e-3
REAL = 0.9  # of new runs in a 90 % interval, for real curves
REPEAT = 0.9  # and for simulated ones with repeated runs: bends and shared luck are among them
FEW, MANY = 9.5, 19.5  # sizes at most: a planned study; at least: a benchmark's curve
NEAR = 4.0  # times the largest size at most: near
FARTHEST = 8.0  # of the log of a loss before it was drawn in: one that rose is not to bend the widths
TURNS = 8  # in which each of three coefficients is set for the others
CONSTANT, SIZES, NOISE, REPEATED = (NAMES.index(name) for name in ("one", "sizes", "noise", "repeated"))
DISTANCE = FEATURES
Rows = tuple[Array, Array]


def spread(model: Model, table: Table, index: NDArray[np.int64], weight: Array, real: NDArray[np.bool_]) -> Array:
    """Give the coefficients `(FEATURES + 1,)` from some cuts, each with a weight; `real` says which are not simulated.

    Then four are set so that as many new runs lie inside as are to: the constant near by and that of the distance about
    eight times on, on real curves of many sizes; that of the number of sizes on those of few, and that of repeated runs on
    the simulated ones, which alone have them, about eight times on. The pinball loss, shared with the others, leaves few
    sizes too narrow, and repeated runs too wide.
    """
    off, features, share, curve = _quantiles(model, table, index, weight)

    def loss(coefficients: Array) -> float:
        factor = np.exp(np.clip(features @ coefficients, -1.0, 1.0))
        left = off[:, :1] - factor[:, None] * off[:, 1:]
        pinball = np.maximum(LEVELS * left, (LEVELS - 1.0) * left).sum(axis=1) / (off[:, -1] - off[:, 1])
        return float(pinball @ share) + RIDGE * float(coefficients @ coefficients)

    start = np.zeros(FEATURES + 1)
    bounds = [(0.0 if k == NOISE else -1.0, 1.0) for k in range(FEATURES + 1)]  # less noise is never to be wider
    found = optimize.minimize(loss, start, method="Powell", bounds=bounds, options={"xtol": 1e-3, "ftol": 1e-6}).x
    far = np.abs(np.exp(features[:, -1]) - NEARBY - np.log(8.0))
    few = real[curve] & (features[:, SIZES] < np.log(FEW / 20.0)) & (far < 0.4)
    many = real[curve] & (features[:, SIZES] > np.log(MANY / 20.0))
    near = many & (features[:, DISTANCE] < np.log(NEARBY + np.log(NEAR)))
    set_on = {CONSTANT: near, DISTANCE: many & (far < 0.8), SIZES: few}
    found = in_turns(np.asarray(found), {place: (off[rows], features[rows]) for place, rows in set_on.items()})
    repeated = (features[:, REPEATED] > 1.0) & (far < 0.8)
    return _covering(found, REPEATED, REPEAT, off[repeated], features[repeated])


def in_turns(coefficients: Array, rows: Mapping[int, Rows]) -> Array:
    """Give the coefficients with each of some places set on rows of its own, in turns.

    Rows are the log of a loss and its quantiles at `LEVELS`, less the middle, `(r, 5)`, and features with distance.
    """
    for _ in range(TURNS):
        for place, own in rows.items():
            coefficients = _covering(coefficients, place, REAL, *own)
    return coefficients


def _covering(coefficients: Array, place: int, inside: float, off: Array, features: Array) -> Array:
    """Give the coefficients with one of them set so that this part of some rows lies inside."""

    def changed(value: float) -> Array:
        return np.where(np.arange(FEATURES + 1) == place, value, coefficients)

    def missed(value: float) -> float:
        factor = np.exp(np.clip(features @ changed(value), -1.0, 1.0))
        return abs(inside - float(((off[:, 0] >= factor * off[:, 1]) & (off[:, 0] <= factor * off[:, -1])).mean()))

    return changed(min(np.linspace(-0.5, 0.5, 201), key=missed))


def _quantiles(
    model: Model, table: Table, index: NDArray[np.int64], weight: Array
) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Give for each row to forecast log loss and quantiles, less the mixture's middle, `(r, 5)`; features; weight; cut."""
    part = tensors(table, index)
    with torch.no_grad():
        log_weight, scale = model.mixture(part)
    shares, scales = np.exp(log_weight.numpy().astype(np.float64)), scale.numpy().astype(np.float64)
    undrawn, _ = log_truth(table, index)
    off, features, share, curve = [], [], [], []
    for i, c in enumerate(index):
        known, keep = np.isfinite(table.truth[c]), shares[i] > NEGLIGIBLE
        place = np.log(table.mean[c][keep][:, known].astype(np.float64))
        each = shares[i][keep] / shares[i][keep].sum()
        mixture = Mixture(place, scales[i][keep][:, known], each, np.full(len(each), float(table.dof[c])))
        truth = np.minimum(undrawn[i][known], FARTHEST)
        row = np.column_stack([truth, np.log(mixture.quantile(LEVELS))]) - (each @ place)[:, None]
        below, above = leans(table.distance[c][known].astype(np.float64))
        row[:, 1:] *= np.exp(np.where(row[:, 1:] < 0, below[:, None], above[:, None]))
        distance = np.log(NEARBY + np.maximum(table.distance[c][known], 0.0))
        off.append(row)
        features.append(np.column_stack([np.tile(table.features[c], (len(row), 1)), distance]))
        share.append(np.full(len(row), weight[i] / len(row)))
        curve.append(np.full(len(row), i))
    whole = np.concatenate(share)
    placed = np.concatenate(features).astype(np.float64)
    return np.concatenate(off), placed, whole / whole.sum(), np.concatenate(curve)
