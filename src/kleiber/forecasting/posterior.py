"""The posterior of a curve: every law's shapes under every kernel, weighted, and what they predict at any size.

The weight of a component is its tempered evidence times what `calibration` has learnt of its kernel and slope; its
predictive distribution is Student's, widened or narrowed as learnt. Components of one kernel and slope are merged by their
moments before quantiles are taken.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.calibration import NEARBY, Calibration
from kleiber.forecasting.ceiling import Ceiling
from kleiber.forecasting.features import noise_of
from kleiber.forecasting.grid import Grid
from kleiber.forecasting.kernels import covariances
from kleiber.forecasting.mixture import NEGLIGIBLE, Mixture, standard_cdf, standard_quantile
from kleiber.forecasting.observations import Observations
from kleiber.forecasting.regression import Solution
from kleiber.forecasting.stretch import Stretch
from kleiber.laws import Law

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NARROWEST = 3e-4  # relative standard deviation of a component
FARTHEST = 60.0  # log of the largest multiple of the largest size that is told apart
LEAST = 0.25  # what a discrepancy leaves of its law's loss at the least: a curve is not carried below zero
LOWEST = 1e-4  # nor below this part of the loss at the largest size
SEARCH = 1e4  # needed sizes are searched up to this multiple of the largest size
PART = 500  # sizes worked out at once: each takes a row of every component
TINY = 1e-12
BEYOND = 1e-9  # log of a size over the largest from which on it lies beyond
LEVELS = (np.arange(7) + 0.5) / 7


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior of one curve, K components that matter: all `(K,)` unless said otherwise.

    `kernel` and `shape` say which, `solution` what they solve to; `weight` sums to 1. `falls (S, M)` are all shapes of
    the grid at the measured sizes. `group (J + 1,)` are the starts of
    the merged components in K, `width (J, 2)` their log width and its slope with distance. The first `straying` of these
    J are of the kind of curve that strays from laws, the others of clean ones; `dof (2,)` are the degrees of freedom of
    either. `highest` is the largest loss there is.
    """

    data: Observations
    grid: Grid
    calibration: Calibration
    falls: Array
    precision: Array
    kernel: Index
    shape: Index
    weight: Array
    solution: Solution
    dof: Array
    group: Index
    width: Array
    straying: int
    features: Array
    n_test: int | None
    highest: float

    @property
    def n_unit(self) -> float:
        """Give the size that t = 0 stands for."""
        return float(self.data.n_unit[0])

    @property
    def loss_unit(self) -> float:
        """Give the loss that 1 stands for."""
        return float(self.data.loss_unit[0])

    @property
    def family(self) -> Index:
        """Give the index of each component's law, `(K,)`."""
        return np.asarray(self.grid.family[self.shape])

    @cached_property
    def near(self) -> tuple[Grid, Index, Index]:
        """Give the least grid that has all components' shapes, which `(R,)` these are, and where there each is, `(K,)`."""
        part, of = self.grid.part(self.shape)
        return part, of, np.searchsorted(of, self.shape)

    @property
    def laws(self) -> tuple[tuple[Law, float], ...]:
        """Give each law with its weight, clean curves and others together."""
        summed: dict[str, float] = {}
        for one, weight in zip(self.grid.laws, np.bincount(self.family, self.weight, len(self.grid.laws)), strict=True):
            summed[one.name] = summed.get(one.name, 0.0) + float(weight)
        return tuple((one, summed[one.name]) for one in (self.grid.base or self.grid).laws)

    @property
    def top(self) -> float:
        """Give the highest loss there is, in the posterior's unit: that of 1 for an error as a fraction, else inf."""
        return self.highest / self.loss_unit

    def moments(self, n: Array) -> tuple[Array, Array]:
        """Give mean and variance `(K, Q)` of the curve at sizes n, discrepancy included, for each component."""
        found = self.predict(n)
        own = np.einsum("gqq->gq", found.between)[self.kernel]
        spread = self.solution.var_a[:, None] * found.left**2 + self.solution.var_c[:, None] * found.one**2
        spread = np.maximum(spread + 2 * self.solution.cov_ac[:, None] * found.left * found.one, 0.0)
        return found.mean, self.solution.variance[:, None] * (np.maximum(own, 0.0) + spread)

    def predict(self, n: Array) -> "Predicted":
        """Give what each component says of the curve at sizes n, and what multiplies its errors."""
        t = self._log(n)[None]
        first = self.data.first
        cross = covariances(self.data.t, t, first)[0]  # (G, M, Q)
        carried = self.precision @ cross
        between = covariances(t, t, first)[0] - cross.swapaxes(1, 2) @ carried
        near, of, place = self.near
        at = near.falls(t, first)[0][place]
        left = at - (self.falls[of] @ carried)[self.kernel, place]
        one = (1.0 - carried.sum(axis=1))[self.kernel]
        mean = (self.data.y[0] @ carried)[self.kernel] + self.solution.a[:, None] * left + self.solution.c[:, None] * one
        least = LEAST * (self.solution.a[:, None] * at + self.solution.c[:, None])
        return Predicted(np.maximum(mean, np.maximum(least, LOWEST)), left, one, between)

    def run_noise(self, runs: float) -> Array:
        """Give the variance `(J,)`, relative to the squared loss, of the mean of new runs of one size in each group.

        Runs share the luck of their size and have their own; where runs were repeated, their scatter tells the two apart.
        """
        noise = np.add.reduceat(self.share() * self.solution.variance, self.group[:-1])
        if self.data.scatter_dof[0] == 0:
            return np.asarray(noise / runs)
        if self.data.luck_dof[0] > 0:
            return np.asarray(noise * (self.data.shared[0] + (1.0 - self.data.shared[0]) / runs))
        own = float(self.data.scatter[0])
        shared = np.maximum(noise * float(self.data.noise[0, -1]) - own / float(self.data.repeats[0]), 0.0)
        return np.asarray(shared + own / runs)

    def merged(self, n: Array) -> tuple[Array, Array, Array]:
        """Give weight `(J,)`, mean and variance `(J, Q)` of the curve, components merged by kernel and slope."""
        mean, variance = self.moments(n)
        start, share = self.group[:-1], self.share()[:, None]
        centre = np.add.reduceat(share * mean, start, axis=0)
        offset = mean - np.repeat(centre, np.diff(self.group), axis=0)
        return np.add.reduceat(self.weight, start), centre, np.add.reduceat(share * (variance + offset**2), start, axis=0)

    def mixture(self, n: Array, runs: float | None) -> Mixture:
        """Give the predictive distribution at sizes n, in the posterior's unit of loss.

        `runs` is how many new runs the loss is the mean of; None is for the curve itself.
        """
        weight, centre, spread = self.merged(n)
        relative = spread * self.width_at(n) ** 2 / centre**2
        if runs is not None:
            relative = relative + self.run_noise(runs)[:, None]
            if self.n_test is not None:
                level = np.minimum(centre, self.top)
                relative = (
                    relative + (level * (self.top - level) if np.isfinite(self.top) else level**2) / self.n_test / centre**2
                )
        scale = np.sqrt(np.log1p(np.maximum(relative, NARROWEST**2)))  # of the log-normal of this relative variance
        keep = weight > NEGLIGIBLE
        place, weight = np.log(centre[keep]), weight[keep] / weight[keep].sum()
        stray = np.flatnonzero(keep) < self.straying
        dof = np.where(stray, self.dof[0], self.dof[1])
        of_stray = weight * stray / max(float(weight @ stray), TINY)
        stretch = Stretch.of_straying(stray, of_stray @ place, self._spread(n), self._log(n))
        ceiling = Ceiling.of(noise_of(self.features), self._log(n) > BEYOND)
        return Mixture(place, scale[keep], weight, dof, self.top, stretch, ceiling)

    @property
    def clean(self) -> float:
        """Give the probability that the curve is a clean one: a power law with a floor or without, and noise."""
        return float(self.weight[self.group[self.straying] :].sum())

    def _spread(self, n: Array) -> Array:
        """Give the factor of what strays, merged, about its middle at sizes n, `(Q,)`."""
        table = self.calibration.spread
        return np.asarray(np.exp(np.clip(self.features @ table[:-1] + table[-1] * self._distance(n), -1.0, 1.0)))

    def _log(self, n: Array) -> Array:
        """Give log n over the unit; beyond `FARTHEST` nothing changes any more."""
        t = np.log(np.asarray(n, dtype=np.float64)) - np.log(self.n_unit)
        return np.asarray(np.clip(t, -FARTHEST, FARTHEST))

    def share(self) -> Array:
        """Give each component's share of its group, `(K,)`."""
        return np.asarray(self.weight / np.repeat(np.add.reduceat(self.weight, self.group[:-1]), np.diff(self.group)))

    def width_at(self, n: Array) -> Array:
        """Give the factor of each group's standard deviation at sizes n, `(J, Q)`."""
        return np.asarray(np.exp(np.clip(self.width[:, :1] + self.width[:, 1:] * self._distance(n), -3.0, 3.0)))

    def _distance(self, n: Array) -> Array:
        """Give what widths and spread depend on, `(Q,)`: the log of how far n lies beyond the largest size."""
        return np.asarray(np.log(NEARBY + np.maximum(self._log(n), 0.0)))

    def cdf(self, n: Array, loss: Array, runs: float | None) -> Array:
        """Give P(loss at n[i] <= loss[i, j]), `(Q, j)`."""
        scaled = np.asarray(loss) / self.loss_unit
        return np.concatenate([self.mixture(n[part], runs).cdf(scaled[part]) for part in _parts(n)])

    def logpdf(self, n: Array, loss: Array) -> Array:
        """Give the natural log of the density of a new run's loss[i] at n[i], `(Q,)`; -inf where it cannot be."""
        scaled = np.asarray(loss) / self.loss_unit
        found = [self.mixture(n[part], 1.0).logpdf(scaled[part]) for part in _parts(n)]
        return np.asarray(np.concatenate(found) - np.log(self.loss_unit))

    def quantile(self, n: Array, q: Array, runs: float | None) -> Array:
        """Give the quantiles q `(j,)` at sizes n `(Q,)`, `(Q, j)`, never falling as q rises."""
        if len(n) == 0:
            return np.empty((0, len(q)))
        return np.concatenate([self.mixture(n[part], runs).quantile(q) for part in _parts(n)]) * self.loss_unit

    def reached(self, n: Array, target: float) -> Array:
        """Give P(mean curve, discrepancy included, <= target) at each size, `(Q,)`."""
        return np.asarray(self.cdf(n, np.full((len(n), 1), target), None)[:, 0])

    def needed(self, target: float, probability: float) -> float:
        """Give the smallest size, not below the smallest measured, that reaches the target with this probability.

        Searched up to `SEARCH` times the largest size; inf where there is none.
        """
        t = np.linspace(float(self.data.first[0]), np.log(SEARCH), 161)
        enough = np.flatnonzero(self.reached(self.n_unit * np.exp(t), target) >= probability)
        if len(enough) == 0:
            return float("inf")
        if enough[0] == 0:
            return float(self.n_unit * np.exp(t[0]))
        low, high = t[enough[0] - 1], t[enough[0]]
        for _ in range(4):
            inner = np.linspace(low, high, 34)
            at = int(np.argmax(self.reached(self.n_unit * np.exp(inner), target) >= probability))
            low, high = inner[max(at - 1, 0)], inner[at] if at else high
        return float(self.n_unit * np.exp(high))

    def floor_above(self, loss: float) -> float:
        """Give P(floor >= loss). A falling component's floor lies between 0 and the loss at the largest size."""
        if loss <= 0:
            return 1.0
        x = loss / self.loss_unit
        sd, start, end = self._floor_tails()
        beyond = np.where(self.falling, np.maximum(self._above(x, sd) - end, 0.0) / (start - end), self._above(x, sd))
        return float(self.weight @ np.where(self.grid.has_floor[self.shape], beyond, 0.0))

    def floor_quantile(self, q: Array) -> Array:
        """Give quantiles of the floor, `(j,)`, in the user's unit; each component is taken at `LEVELS` of its own."""
        sd, start, end = self._floor_tails()
        tail = start[:, None] - LEVELS * (start - end)[:, None]
        at = self.solution.free_c[:, None] - sd[:, None] * standard_quantile(tail, self._dof_of_each[:, None])
        at = np.where(self.falling[:, None], np.clip(at, 0.0, 1.0), np.maximum(at, 0.0))
        at = np.where(self.grid.has_floor[self.shape][:, None], at, 0.0)
        return weighted_quantile(at.ravel(), np.repeat(self.weight, len(LEVELS)), q) * self.loss_unit

    @property
    def falling(self) -> NDArray[np.bool_]:
        """Say of each component whether its law falls, `(K,)`."""
        return np.asarray(self.grid.falls_at_all[self.shape])

    @property
    def _dof_of_each(self) -> Array:
        """Give the degrees of freedom of each component, `(K,)`."""
        return np.asarray(np.where(np.arange(len(self.weight)) < self.group[self.straying], self.dof[0], self.dof[1]))

    def _floor_tails(self) -> tuple[Array, Array, Array]:
        """Give the standard deviation of the floor, and its unbounded tail probabilities above 0 and above 1."""
        sd = np.sqrt(np.maximum(self.solution.var_free * self.solution.variance, TINY))
        start = np.where(self.falling, self._above(0.0, sd), 1.0)
        end = np.where(self.falling, np.minimum(self._above(1.0, sd), 0.999 * start), 0.0)
        return sd, np.maximum(start, 1e-300), end

    def _above(self, x: float, sd: Array) -> Array:
        return standard_cdf((self.solution.free_c - x) / sd, self._dof_of_each)


def _parts(n: Array) -> list[slice]:
    """Cut many sizes into parts, so that memory is bounded; at least one."""
    return [slice(start, start + PART) for start in range(0, max(len(n), 1), PART)]


def weighted_quantile(values: Array, weight: Array, q: Array) -> Array:
    """Give quantiles of weighted values, interpolated between the middles of their steps, `(j,)`."""
    order = np.argsort(values, kind="stable")
    rank = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(q, rank / weight.sum(), values[order]))


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """At Q sizes: `mean`, and what multiplies errors of a and c, `left`, `one (K, Q)`; covariances `between (G, Q, Q)`."""

    mean: Array
    left: Array
    one: Array
    between: Array
