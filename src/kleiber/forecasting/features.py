"""What can be said of a curve before any law is fitted: the features by which a calibration weighs, widens and narrows.

A fall that grows towards the largest size is what fails most forecasts of real curves: what comes then is lost on laws that
have settled. So the bend of a curve, and whether it has begun to fall at all, stand beside its sizes and its noise.
"""

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.observations import Observations

Array = NDArray[np.float64]

NAMES = ("one", "sizes", "noise", "span", "bend", "begun", "repeated")
FAINT = 0.1  # a fall of the log loss so small says nothing about its bend
MIDDLING, NOISES = 4.0, 1.5  # less the log of a middling noise, and the spread of that log
UNBEGUN = 0.05  # and one so small says that learning has hardly begun


def features(data: Observations, log_noise: Array) -> Array:
    """Give the features of B curves `(B, len(NAMES))`, each about 1 in size; `log_noise (B,)` is that of a run, relative.

    In order: one; log number of sizes; log noise; log range of log n; bend, -1 (all of the fall at the small sizes) to 1
    (all at the large ones), 0 on a power law; log of the fall from the highest point; 1 - 1 / runs of one size, as far as
    they explain the noise, 0 where each size was measured once.
    """
    fall, turn = _shape(data)
    return np.stack(
        [
            np.ones_like(log_noise),
            np.log(data.count / 20.0),
            (log_noise + MIDDLING) / NOISES,
            np.log(-data.first / 3.0),
            np.tanh(turn / (FAINT + np.abs(fall))),
            np.log(UNBEGUN + np.maximum(fall, 0.0)) + 1.0,
            4.0 * _repeated(data, log_noise),
        ],
        axis=-1,
    )


def noise_of(known: Array) -> Array:
    """Give the log of the relative noise of one run from the features of curves, `(..., FEATURES)`."""
    return np.asarray(known[..., NAMES.index("noise")] * NOISES - MIDDLING)


def _shape(data: Observations) -> tuple[Array, Array]:
    """Give the fall of log loss from its highest point, and how much more of it lies in the upper half of the sizes.

    Both are those of a parabola in log n. A loss that rises first, as in double descent, has begun to fall at the top.
    """
    at = 1.0 - 2.0 * data.t / data.first[:, None]
    powers = np.where(data.real, at, 0.0)[..., None] ** np.arange(3)
    weight = data.real / data.noise
    square = np.einsum("bm,bmi,bmj->bij", weight, powers, powers)
    log_loss = np.log(np.where(data.real, np.maximum(data.y, 1e-12), 1.0))
    side = np.einsum("bm,bmi,bm->bi", weight, powers, log_loss)
    scale = np.trace(square, axis1=1, axis2=2)[:, None, None]
    found = np.linalg.solve(square + 1e-9 * scale * np.eye(3), side[..., None])[..., 0]
    slope, bow = found[:, 1], np.minimum(found[:, 2], -1e-12)
    top = np.where(found[:, 2] < 0, np.clip(-0.5 * slope / bow, -1.0, 1.0), -1.0)
    return found[:, 2] * (top**2 - 1.0) + slope * (top - 1.0), -2.0 * found[:, 2]


def _repeated(data: Observations, log_noise: Array) -> Array:
    """Give how far repeated runs explain the noise of size means, `(B,)`: 1 - 1 / runs where they do, 0 where luck does.

    Runs of one size share its luck, such as that of a search: then they scatter less than the sizes do.
    """
    last = data.noise[np.arange(len(data.noise)), data.count.astype(np.int64) - 1]
    explained = np.minimum(data.scatter / data.repeats / (np.exp(2.0 * log_noise) * last), 1.0)
    return np.asarray((1.0 - 1.0 / data.repeats) * explained)
