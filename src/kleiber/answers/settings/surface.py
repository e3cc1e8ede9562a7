"""The log loss as a function of size and hyper-parameters: a Gaussian process on the trials of a search.

What a trial's ln loss lies above the better quarter of its size is drawn together, x = s asinh(excess / s): near 0 it stays
as it is, far above it grows as a logarithm. So bad settings, whose loss is steep and varies much, don't decide how sure the
good ones are (a warped process, Snelson, Rasmussen and Ghahramani 2003, Warped Gaussian Processes).

x = level and slope in t, the log2 of the size over the largest, + an effect of the hyper-parameters z that stays + one that
changes in proportion to t + one that comes and goes with the size + noise. Each effect is half a sum of effects of single
hyper-parameters, half one of all together (Duvenaud, Nickisch and Rasmussen 2011, Additive Gaussian Processes), by squared
exponential kernels with one length for each hyper-parameter (Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, section 5.1). Lengths, amplitudes, noise and s are those of the highest posterior density.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from kleiber.space import coordinates, parse_space

Array = NDArray[np.float64]

VAGUE = 25.0  # prior variance of level and slope, in ln loss
REACH = 2.0  # doublings over which an effect comes and goes
BETTER = 0.25  # the quantile of a size's ln loss that excess is counted from
SCALES = (0.3, 0.05, 0.1, 0.05, 0.3)  # prior medians: the effect that stays, that in t, that which comes, the noise, s
LENGTH = 0.7  # prior median of the lengths, where each hyper-parameter's range is 1
WIDTHS = (1.0, 0.7)  # of the priors of scales and of lengths, in natural logarithms
FAR = 4.0  # how far from its median a scale or a length may lie, in natural logarithms
STEEPEST = 20.0  # of x / s, so that no excess overflows
JITTER = 1e-8


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of a search: its size, its hyper-parameters, and its validation loss, above 0."""

    n: float
    params: Mapping[str, Any]
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A fitted process: `t (m,)`, `z (m, d)` and `x (m,)` of its trials; `theta` are log scales, then log lengths."""

    t: Array
    z: Array
    x: Array
    largest: float
    theta: Array

    @property
    def noise(self) -> float:
        """Give the variance of one run's x."""
        return float(np.exp(2 * self.theta[3]))

    def of(self, shown: NDArray[np.bool_]) -> "Surface":
        """Give the process of some of its trials `(m,)`, with the same scales and lengths."""
        return replace(self, t=self.t[shown], z=self.z[shown], x=self.x[shown])

    def predict(self, n: float, z: Array) -> tuple[Array, Array]:
        """Give mean `(q,)` and covariance `(q, q)` of x at a size for settings `(q, d)`."""
        t = np.full(len(z), math.log2(n / self.largest))
        solved = cho_factor(_kernel(self.theta, self.t, self.z, self.t, self.z) + self.noise_of(len(self.t)))
        cross = _kernel(self.theta, t, z, self.t, self.z)
        covariance = _kernel(self.theta, t, z, t, z) - cross @ cho_solve(solved, cross.T)
        return cross @ cho_solve(solved, self.x), covariance

    def noise_of(self, m: int) -> Array:
        """Give the covariance `(m, m)` of the noise of m runs."""
        return (self.noise + JITTER) * np.eye(m)

    def excess(self, x: Array) -> Array:
        """Give the excess of ln loss, up to one level for all of a size."""
        s = math.exp(self.theta[4])
        return np.asarray(s * np.sinh(np.clip(x / s, -STEEPEST, STEEPEST)))


def fitted(n: Array, z: Array, loss: Array) -> Surface:
    """Fit the process to sizes `(m,)`, hyper-parameters `(m, d)` between 0 and 1, and losses `(m,)` above 0."""
    largest = float(n.max())
    t, y = np.log2(n / largest), np.log(loss)
    excess = y - _better(t, y)
    centres = np.log([*SCALES, *[LENGTH] * z.shape[1]])
    bounds = [(centre - FAR, centre + FAR) for centre in centres]
    theta = minimize(_surprise, centres, (t, z, excess, centres), "L-BFGS-B", jac=True, bounds=bounds).x
    return Surface(t, z, _drawn_in(excess, math.exp(theta[4])), largest, theta)


def placed(space: Mapping[str, Any], settings: Sequence[Mapping[str, Any]]) -> Array:
    """Give settings `(m, d)` as points of the unit cube: a range in its own scale, a longer choice a column a value."""
    known = parse_space(space)
    return np.array([coordinates(known, one) for one in settings], dtype=np.float64)


def _better(t: Array, y: Array) -> Array:
    """Give the line in t through the better quarters of each size's ln loss, at each trial."""
    sizes = np.unique(t)
    line = np.polyfit(sizes, [np.quantile(y[t == size], BETTER) for size in sizes], 1)
    return np.asarray(np.polyval(line, t))


def _drawn_in(excess: Array, s: float) -> Array:
    return np.asarray(s * np.arcsinh(excess / s))


def _kernel(theta: Array, t: Array, z: Array, u: Array, w: Array) -> Array:
    return np.asarray(VAGUE * (1 + np.outer(t, u)) + sum(_effects(theta, t, u)) * _alike(_apart(theta, z, w)))


def _effects(theta: Array, t: Array, u: Array) -> list[Array]:
    """Give the covariance by size of the effect that stays, of that in t and of that which comes and goes."""
    stays, changes, comes = np.exp(2 * theta[:3])
    near = np.exp(-0.5 * ((t[:, None] - u[None, :]) / REACH) ** 2)
    return [np.full_like(near, stays), changes * np.outer(t, u), comes * near]


def _apart(theta: Array, z: Array, w: Array) -> Array:
    """Give the squared distances `(m, q, d)` in lengths."""
    return np.asarray(((z[:, None, :] - w[None, :, :]) / np.exp(theta[len(SCALES) :])) ** 2)


def _alike(apart: Array) -> Array:
    return np.asarray(0.5 * np.exp(-0.5 * apart).mean(axis=2) + 0.5 * np.exp(-0.5 * apart.sum(axis=2)))


def _surprise(theta: Array, t: Array, z: Array, excess: Array, centres: Array) -> tuple[float, Array]:
    """Give the negative log posterior density of scales and lengths, and its gradient."""
    m, s = len(t), math.exp(theta[4])
    x, steep = _drawn_in(excess, s), np.sqrt(1 + (excess / s) ** 2)
    apart, effects, noise = _apart(theta, z, z), _effects(theta, t, t), math.exp(2 * theta[3])
    alike, one = _alike(apart), 0.5 / apart.shape[2] * np.exp(-0.5 * apart)
    covariance = VAGUE * (1 + np.outer(t, t)) + sum(effects) * alike + (noise + JITTER) * np.eye(m)
    solved = cho_factor(covariance)
    weight, widths = cho_solve(solved, x), np.repeat(WIDTHS, (len(SCALES), z.shape[1]))
    prior = (theta - centres) / widths
    half = np.log(np.diag(solved[0])).sum() + np.log(steep).sum()
    by_entry = 0.5 * (cho_solve(solved, np.eye(m)) - np.outer(weight, weight))
    by_length = (one + 0.5 * np.exp(-0.5 * apart.sum(axis=2))[:, :, None]) * apart
    gradient = np.concatenate(
        [
            [2 * np.sum(by_entry * effect * alike) for effect in effects],
            [2 * noise * np.trace(by_entry)],
            [weight @ (x - excess / steep) - np.sum((excess / s / steep) ** 2)],
            np.einsum("ij,ijk->k", by_entry * sum(effects), by_length),
        ]
    )
    return float(0.5 * x @ weight + half + 0.5 * prior @ prior), gradient + prior / widths
