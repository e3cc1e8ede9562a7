"""The last step of a calibration: the finished mixtures are spread or narrowed until their intervals cover what they say.

By features and distance, the log of one factor about each mixture's middle, chosen by the pinball loss of the 5, 25, 75
and 95 % quantiles of the log loss (Koenker & Bassett 1978), in units of each row's own 90 % interval. The likelihood alone
leaves the intervals of curves with little noise too wide.
"""

import numpy as np
import torch
from dev.learning.model import Model, tensors
from dev.learning.tables import Table
from numpy.typing import NDArray
from scipy import optimize

from kleiber.forecasting.calibration import FEATURES, NEARBY
from kleiber.forecasting.mixture import NEGLIGIBLE, Mixture

Array = NDArray[np.float64]

LEVELS = np.array([0.05, 0.25, 0.75, 0.95])
RIDGE = 1e-3
INSIDE = 0.88  # of new runs in a 90 % interval: bends and shared luck are among the simulated, plain curves cover more


def spread(model: Model, table: Table, index: NDArray[np.int64], weight: Array) -> Array:
    """Give the coefficients `(FEATURES + 1,)` from some cuts, each with a weight."""
    off, features, share = _quantiles(model, table, index, weight)

    def loss(coefficients: Array) -> float:
        factor = np.exp(np.clip(features @ coefficients, -1.0, 1.0))
        left = off[:, :1] - factor[:, None] * off[:, 1:]
        pinball = np.maximum(LEVELS * left, (LEVELS - 1.0) * left).sum(axis=1) / (off[:, -1] - off[:, 1])
        return float(pinball @ share) + RIDGE * float(coefficients @ coefficients)

    start = np.zeros(FEATURES + 1)
    found = optimize.minimize(loss, start, method="Powell", options={"xtol": 1e-3, "ftol": 1e-6}).x
    return _repeated(np.asarray(found), off, features)


def _repeated(coefficients: Array, off: Array, features: Array) -> Array:
    """Give the coefficients with that of repeated runs set so that `INSIDE` of new runs lie inside, about eight times on.

    Only simulated curves have repeated runs; the pinball loss, shared with curves that have none, leaves them too wide.
    """
    distance = np.exp(features[:, -1]) - NEARBY
    rows = (features[:, FEATURES - 1] > 1.0) & (np.abs(distance - np.log(8.0)) < 0.8)

    def uncovered(coefficient: float) -> float:
        trial = np.where(np.arange(FEATURES + 1) == FEATURES - 1, coefficient, coefficients)
        factor = np.exp(np.clip(features[rows] @ trial, -1.0, 1.0))
        inside = (off[rows, 0] >= factor * off[rows, 1]) & (off[rows, 0] <= factor * off[rows, -1])
        return INSIDE - float(inside.mean())

    grid = np.linspace(-0.4, 0.4, 161)
    least = grid[int(np.argmin([abs(uncovered(c)) for c in grid]))]
    return np.where(np.arange(FEATURES + 1) == FEATURES - 1, least, coefficients)


def _quantiles(model: Model, table: Table, index: NDArray[np.int64], weight: Array) -> tuple[Array, Array, Array]:
    """Give for each row to forecast log loss and quantiles, less the mixture's middle, `(r, 5)`; features; weight."""
    part = tensors(table, index)
    with torch.no_grad():
        log_weight, scale = model.mixture(part)
    shares, scales = np.exp(log_weight.numpy().astype(np.float64)), scale.numpy().astype(np.float64)
    off, features, share = [], [], []
    for i, c in enumerate(index):
        known, keep = np.isfinite(table.truth[c]), shares[i] > NEGLIGIBLE
        place = np.log(table.mean[c][keep][:, known].astype(np.float64))
        each = shares[i][keep] / shares[i][keep].sum()
        mixture = Mixture(place, scales[i][keep][:, known], each, float(table.dof[c]))
        truth = np.log(np.maximum(table.truth[c][known].astype(np.float64), 1e-6))
        row = np.column_stack([truth, np.log(mixture.quantile(LEVELS))]) - (each @ place)[:, None]
        distance = np.log(NEARBY + np.maximum(table.distance[c][known], 0.0))
        off.append(row)
        features.append(np.column_stack([np.tile(table.features[c], (len(row), 1)), distance]))
        share.append(np.full(len(row), weight[i] / len(row)))
    whole = np.concatenate(share)
    return np.concatenate(off), np.concatenate(features).astype(np.float64), whole / whole.sum()
