"""Joint draws of a curve: each row is a curve, what lies above at one size tends to lie above at the next.

A component is drawn by its weight, its discrepancy and its law's errors with it; each size then gets the quantiles of the
whole mixture, in the order of these rows.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber import seeds
from kleiber.forecasting.posterior import TINY, Posterior

Array = NDArray[np.float64]

SCORES = np.linspace(-4.0, 4.0, 81)  # normal scores between which the quantiles of draws are interpolated
SHORT = 250_000  # numbers of a draw's luck up to which it is kept for the next


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws of the mean curve at Q sizes: `loss (count, Q)` in the user's unit, and how high each row lies, `(count,)`.

    `height` is the mean over the sizes of the row's rank.
    """

    loss: Array
    height: Array


def quantiles_of(posterior: Posterior, n: Array) -> Array:
    """Give the quantiles of the mean curve at sizes n `(Q,)` at the normal scores `SCORES`, `(Q, len(SCORES))`."""
    return posterior.quantile(n, special.ndtr(SCORES), None)


def draw(posterior: Posterior, n: Array, count: int, random_state: int, quantiles: Array | None = None) -> Drawn:
    """Draw the mean curve, discrepancy included, at sizes n `(Q,)`; the same for one `random_state`.

    `quantiles` are those of `quantiles_of` at n, where they are known already: they take the longest.
    """
    luck = _luck(random_state, count, len(n), float(posterior.dof[0]))
    rank = ranks(np.ascontiguousarray(_rows(posterior, n, luck).T))
    values = np.log(quantiles_of(posterior, n) if quantiles is None else quantiles)
    loss = np.stack([np.exp(np.interp(luck.scores, SCORES, row))[place] for row, place in zip(values, rank, strict=True)])
    return Drawn(np.ascontiguousarray(loss.T[luck.order]), rank.mean(axis=0)[luck.order])


@dataclass(frozen=True, slots=True, eq=False)
class _Luck:
    """All that is random in `count` draws at Q sizes, and the normal `scores` of their ranks."""

    position: Array
    heavy: Array
    walk: Array
    u: Array
    v: Array
    order: NDArray[np.int64]
    scores: Array


def _luck(random_state: int, count: int, sizes: int, dof: float) -> _Luck:
    """Draw all that is random: the same for curves with as many sizes and degrees of freedom, for which it is kept."""
    return (_kept if count * sizes <= SHORT else _fresh)(random_state, count, sizes, dof)


def _fresh(random_state: int, count: int, sizes: int, dof: float) -> _Luck:
    chance = seeds.generator(random_state, "posterior draws")
    position = (np.arange(count) + chance.random(count)) / count
    heavy = np.sqrt(dof / chance.chisquare(dof, size=count))[:, None]
    walk = chance.normal(size=(count, sizes))
    u, v = chance.normal(size=(2, count))
    return _Luck(position, heavy, walk, u, v, chance.permutation(count), special.ndtri((np.arange(count) + 0.5) / count))


_kept = lru_cache(maxsize=4)(_fresh)


def _rows(posterior: Posterior, n: Array, luck: _Luck) -> Array:
    """Give where each row lies before its sizes get their quantiles, `(count, Q)`, in the posterior's unit."""
    weight, solved = posterior.weight, posterior.solution
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), luck.position * weight.sum()), len(weight) - 1)
    predicted = posterior.predict(n)
    group = np.searchsorted(posterior.group, chosen, side="right") - 1
    centre = np.add.reduceat(posterior.share()[:, None] * predicted.mean, posterior.group[:-1], axis=0)[group]
    root = np.linalg.cholesky(predicted.between + 1e-9 * (1.0 + np.abs(predicted.between).max()) * np.eye(len(n)))
    walk, kernel = np.empty_like(luck.walk), posterior.kernel[chosen]
    for g in np.unique(kernel):
        rows = np.flatnonzero(kernel == g)
        walk[rows] = luck.walk[rows] @ root[g].T
    sd_a, sd_c = np.sqrt(solved.var_a[chosen]), np.sqrt(solved.var_c[chosen])
    alike = solved.cov_ac[chosen] / np.maximum(sd_a * sd_c, TINY)
    of_c = alike * luck.u + np.sqrt(np.maximum(1.0 - alike**2, 0.0)) * luck.v
    linear = (sd_a * luck.u)[:, None] * predicted.left[chosen] + (sd_c * of_c)[:, None] * predicted.one[chosen]
    step = np.sqrt(solved.variance[chosen])[:, None] * luck.heavy * (walk + linear)
    off = predicted.mean[chosen] - centre + step
    return np.asarray(centre + posterior.width_at(n)[group] * off)


def ranks(values: Array) -> NDArray[np.int64]:
    """Give the rank of each value among those of its last axis, `(..., count)`."""
    order = np.argsort(values, axis=-1)
    rank, count = np.empty_like(order), values.shape[-1]
    start = np.arange(0, order.size, count).reshape(*order.shape[:-1], 1)
    rank.reshape(-1)[order + start] = np.arange(count)
    return rank
