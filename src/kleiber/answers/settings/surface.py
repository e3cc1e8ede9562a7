"""The log loss as a function of size and hyper-parameters: a Gaussian process on the trials of a search.

ln loss = level and slope in t, the log2 of the size over the largest, + an effect of the hyper-parameters z that stays
+ one that changes in proportion to t + one that comes and goes with the size + noise. All three effects have squared
exponential kernels with one length for each hyper-parameter (Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, section 5.1); lengths and amplitudes are those of the highest posterior density.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Array = NDArray[np.float64]

VAGUE = 25.0  # prior variance of level and slope, in ln loss
REACH = 2.0  # doublings over which an effect comes and goes
CENTRES = np.log([0.3, 0.05, 0.1, 0.05])  # prior medians of: the effect that stays, that in t, that which comes, the noise
WIDTH = 1.0  # of their priors, in natural logarithms
LENGTH, LENGTH_WIDTH = math.log(0.7), 0.7  # prior of the lengths, where each hyper-parameter's range is 1


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of a search: its size, its hyper-parameters, and its validation loss, above 0."""

    n: float
    params: Mapping[str, Any]
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A fitted process: `t (m,)` and `z (m, d)` of its trials; `theta` are log amplitudes, log noise and log lengths."""

    t: Array
    z: Array
    largest: float
    theta: Array
    solved: Any
    weight: Array

    @property
    def noise(self) -> float:
        """Give the variance of one run's ln loss."""
        return float(np.exp(2 * self.theta[3]))

    def predict(self, n: float, z: Array) -> tuple[Array, Array]:
        """Give mean `(q,)`, up to one level for all, and covariance `(q, q)` of ln loss at a size for settings `(q, d)`."""
        t = np.full(len(z), math.log2(n / self.largest))
        cross = _kernel(self.theta, t, z, self.t, self.z)
        covariance = _kernel(self.theta, t, z, t, z) - cross @ cho_solve(self.solved, cross.T)
        return cross @ self.weight, covariance


def fitted(n: Array, z: Array, loss: Array) -> Surface:
    """Fit the process to sizes `(m,)`, hyper-parameters `(m, d)` between 0 and 1, and losses `(m,)` above 0."""
    largest = float(n.max())
    t, y = np.log2(n / largest), np.log(loss)
    y = y - y.mean()
    start = np.append(CENTRES, np.full(z.shape[1], LENGTH))
    best = minimize(_surprise, start, args=(t, z, y), method="L-BFGS-B", options={"maxiter": 60}).x
    solved = cho_factor(_kernel(best, t, z, t, z) + np.exp(2 * best[3]) * np.eye(len(t)))
    return Surface(t, z, largest, best, solved, cho_solve(solved, y))


def placed(space: Mapping[str, Any], settings: Sequence[Mapping[str, Any]]) -> Array:
    """Give settings `(m, d)` as places in their ranges: 0 to 1, by the logarithm where the range is; a column a choice."""
    columns: list[list[float]] = []
    for name, entry in space.items():
        given = [one[name] for one in settings]
        if isinstance(entry, Mapping):
            low, high = float(entry["low"]), float(entry["high"])
            if entry.get("log"):
                columns.append([math.log(value / low) / math.log(high / low) for value in given])
            else:
                columns.append([(value - low) / (high - low) for value in given])
        else:
            columns += [[float(value == choice) for value in given] for choice in list(entry)[1:]]
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(settings)).T


def _kernel(theta: Array, t: Array, z: Array, u: Array, w: Array) -> Array:
    stays, changes, comes = np.exp(2 * theta[:3])
    apart = ((z[:, None, :] - w[None, :, :]) / np.exp(theta[4:])) ** 2
    alike = np.exp(-0.5 * apart.sum(axis=2))
    product, near = np.outer(t, u), np.exp(-0.5 * ((t[:, None] - u[None, :]) / REACH) ** 2)
    return np.asarray(VAGUE * (1 + product) + (stays + changes * product + comes * near) * alike)


def _surprise(theta: Array, t: Array, z: Array, y: Array) -> float:
    """Give the negative log posterior density of the amplitudes, the noise and the lengths."""
    prior = np.sum(((theta[:4] - CENTRES) / WIDTH) ** 2) + np.sum(((theta[4:] - LENGTH) / LENGTH_WIDTH) ** 2)
    covariance = _kernel(theta, t, z, t, z) + (np.exp(2 * theta[3]) + 1e-8) * np.eye(len(t))
    try:
        solved = cho_factor(covariance)
    except np.linalg.LinAlgError:
        return 1e10
    half = np.log(np.diag(solved[0])).sum()
    return float(0.5 * y @ cho_solve(solved, y) + half + 0.5 * prior)
