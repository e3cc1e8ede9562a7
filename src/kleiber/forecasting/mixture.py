"""A mixture of heavy-tailed components at each of several sizes: its distribution, density and quantiles.

A component is `exp(place + scale * T)`, so that a loss is positive, where T is Student's t as Wallace (1959, Annals of
Mathematical Statistics 30, p. 1121) approximates it: the sign of T times (8 v + 1) / (8 v + 3) * sqrt(v * log(1 + T^2 / v))
is standard normal. Taken as the definition, it gives a distribution, a density and quantiles that agree to rounding, at the
cost of a normal. The mixture is cut off at `top` where there is a largest loss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.ceiling import Ceiling
from kleiber.forecasting.stretch import Stretch

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NODES = np.concatenate([-np.geomspace(30.0, 0.25, 9), [0.0], np.geomspace(0.25, 30.0, 9)])  # in units of the spread
STEPS = 60  # of Newton's method in a bracket; about three are taken
NEAR, CLOSE = 1e-7, 1e-12  # a step this small in units of the spread leaves its square; a bracket this narrow is a point
NEGLIGIBLE = 1e-5  # components of less weight are left out of a mixture
FARTHEST = 1e150  # from a component's place in its scales, all that is farther counts as this
STRAIGHT = 1e-6  # within so many scales of a component's place its normal score is straight
SMALLEST = 1e-300  # losses below this have the density of this


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Components' `place` and `scale (J, Q)` of log loss at Q sizes, `weight` and degrees of freedom `dof (J,)`, and `top`.

    A `stretch` gives some of them sides of different widths; then what lies above a `ceiling` is drawn in.
    """

    place: Array
    scale: Array
    weight: Array
    dof: Array
    top: float = float("inf")
    stretch: Stretch | None = None
    ceiling: Ceiling | None = None

    def cdf(self, loss: Array) -> Array:
        """Give P(loss at size i <= loss[i, j]), `(Q, j)`."""
        inside = self._raw(self._undrawn(np.log(np.maximum(loss, SMALLEST)))[0]) / self._mass
        return np.asarray(np.where(loss >= self.top, 1.0, np.minimum(inside, 1.0) * (loss > 0)))

    def logpdf(self, loss: Array) -> Array:
        """Give the natural log of the density at loss[i] of size i, `(Q,)`; -inf where it cannot be."""
        x = np.log(np.maximum(loss, SMALLEST))
        before, faster = (part[:, 0] for part in self._undrawn(x[:, None]))
        z, scale = self._standard(before, np.arange(len(x)))
        with np.errstate(divide="ignore"):
            each = np.log(self.weight)[:, None] + _log_density(z, self.dof[:, None]) - np.log(scale)
            found = special.logsumexp(each, axis=0) - np.log(self._mass[:, 0]) - x + faster
        return np.asarray(np.where((loss > 0) & (loss <= self.top), found, -np.inf))

    def quantile(self, q: Array) -> Array:
        """Give the quantiles q `(j,)` at each size, `(Q, j)`, never falling as q rises.

        Newton's method on the normal scores of the distribution, nearly straight in the log of the loss, in a bracket.
        """
        level = q * self._mass
        low, guess, high, near = (part.ravel() for part in self._bracket(level))
        score, x = special.ndtri(level.ravel()), guess
        at = np.repeat(np.arange(len(level)), len(q))
        left = np.arange(len(x))  # those that are not found yet
        for _ in range(STEPS):
            below, rise = self._both(x[left], at[left])
            own = special.ndtri(below)
            short = own < score[left]
            low[left], high[left] = np.where(short, x[left], low[left]), np.where(short, high[left], x[left])
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = x[left] - (own - score[left]) * np.exp(-0.5 * own**2) / (np.sqrt(2.0 * np.pi) * rise)
            step = np.where((step >= low[left]) & (step <= high[left]), step, (low[left] + high[left]) / 2)
            moved = np.abs(step - x[left])
            x[left] = step
            left = left[(moved > near[left]) & (high[left] - low[left] > CLOSE)]
            if len(left) == 0:
                break
        x = x if self.ceiling is None else self.ceiling.drawn(x, at)
        order = np.argsort(np.argsort(q, kind="stable"), kind="stable")
        return np.asarray(np.sort(np.minimum(np.exp(x).reshape(level.shape), self.top), axis=1)[:, order])

    @property
    def _mass(self) -> Array:
        """The probability below the top, `(Q, 1)`."""
        count = self.place.shape[1]
        if np.isinf(self.top):
            return np.ones((count, 1))
        return np.maximum(self._raw(self._undrawn(np.full((count, 1), np.log(self.top)))[0]), 1e-300)

    def _undrawn(self, x: Array) -> tuple[Array, Array]:
        """Give log losses x `(Q, j)` as they were below no ceiling, and the log of how much faster they grow."""
        return (x, np.zeros_like(x)) if self.ceiling is None else self.ceiling.undrawn(x, _sizes(x))

    def _bracket(self, level: Array) -> tuple[Array, Array, Array, Array]:
        """Give bounds of each quantile of log loss with a guess between them, and the step that is small enough."""
        centre = self.weight @ self.place
        spread = np.sqrt(self.weight @ (self.scale**2 + (self.place - centre) ** 2))
        nodes = centre[:, None] + spread[:, None] * NODES
        at = self._raw(nodes)
        rank = np.clip((at[:, None, :] < level[:, :, None]).sum(axis=2), 1, len(NODES) - 1)
        pick = np.arange(len(nodes))[:, None]
        low, high, p_low, p_high = nodes[pick, rank - 1], nodes[pick, rank], at[pick, rank - 1], at[pick, rank]
        low = np.where(p_low < level, low, low - 1e3 * spread[:, None])
        high = np.where(p_high >= level, high, high + 1e3 * spread[:, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (special.ndtri(level) - special.ndtri(p_low)) / (special.ndtri(p_high) - special.ndtri(p_low))
        guess = low + np.where((share > 0) & (share < 1), share, 0.5) * (high - low)
        return low, guess, high, np.broadcast_to(NEAR * spread[:, None], level.shape)

    def _raw(self, x: Array) -> Array:
        """The distribution of log loss before it is cut off, at x `(Q, j)`."""
        z, _ = self._standard(x.ravel(), _sizes(x).ravel())
        return np.asarray(self.weight @ special.ndtr(_normal(z, self.dof[:, None]))).reshape(x.shape)

    def _standard(self, x: Array, at: Index) -> tuple[Array, Array]:
        """Give x `(k,)` of sizes at[i] from each component's place in its scales there, `(J, k)`, and these scales."""
        place, scale = self.place[:, at], self.scale[:, at]
        if self.stretch is None:
            return (x - place) / scale, scale
        before, factor = self.stretch.undone(x, at)
        return (before - place) / scale, scale * factor

    def _both(self, x: Array, at: Index) -> tuple[Array, Array]:
        """Give the distribution of log loss and its density before the cut at x `(k,)`, x[i] of size at[i]."""
        z, scale = self._standard(x, at)
        dof = self.dof[:, None]
        normal, steepest = _normal(z, dof), _factor(dof)
        bent = normal * (1.0 + np.minimum(np.abs(z), FARTHEST) ** 2 / dof)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(np.abs(z) > STRAIGHT, steepest**2 * z / bent, steepest)  # of the normal score by z
        density = np.exp(-0.5 * normal**2) / np.sqrt(2.0 * np.pi) * slope / scale
        return np.asarray(self.weight @ special.ndtr(normal)), np.asarray(self.weight @ density)


def _sizes(x: Array) -> Index:
    """Give the size that each of x `(Q, j)` is at."""
    return np.broadcast_to(np.arange(len(x))[:, None], x.shape)


def _factor(dof: Array) -> Array:
    return (8.0 * dof + 1.0) / (8.0 * dof + 3.0)


def _normal(z: Array, dof: Array) -> Array:
    """Wallace's standard normal of a Student's t."""
    scale = _factor(dof)
    square = np.minimum(np.abs(z), FARTHEST) ** 2 / dof
    return np.asarray(np.copysign(scale * np.sqrt(dof * np.log1p(square)), z))


def standard_cdf(z: Array, dof: Array) -> Array:
    """Give P(T <= z) of the component with mean 0 and sd 1."""
    return np.asarray(special.ndtr(_normal(z, dof)))


def standard_quantile(q: Array, dof: Array) -> Array:
    """Give the quantiles of that component, the inverse of `standard_cdf`."""
    normal = special.ndtri(q) / _factor(dof)
    return np.asarray(np.copysign(np.sqrt(dof * np.expm1(normal**2 / dof)), normal))


def _log_density(z: Array, dof: Array) -> Array:
    """The log of the derivative of ndtr(_normal(z)) by z."""
    scale = _factor(dof)
    square = np.minimum(np.abs(z), FARTHEST) ** 2 / dof
    log_rise = np.log1p(square)
    ratio = np.where(square > 1e-12, square / np.maximum(log_rise, 1e-300), 1.0)  # (z^2 / v) / log(1 + z^2 / v)
    return np.asarray(
        np.log(scale) - 0.5 * np.log(2 * np.pi) + 0.5 * np.log(ratio) - (1.0 + 0.5 * scale**2 * dof) * log_rise
    )
