"""Rosner's test for several outliers (1983, Technometrics 25, p. 165): among the runs of a size, and along the curve.

The worst is taken out again and again, each time judged by the scatter of what is left without it; all up to the last that
is significant are outliers, so that two of them do not hide each other. Values are log losses; the scatter has a prior.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.trend import NOISE, NOISE_DOF

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Truths = NDArray[np.bool_]

LEVEL = 0.01  # probability of one outlier or more in a curve that has none
SHARE = 5  # at most one in so many is an outlier
FEW = 60  # from more than these on, each round takes out all that are significant, at most one of each neighbourhood
ROUNDS = 12  # at the most
WINDOW = 10  # sizes through which the curve at a size is drawn
PRIOR = NOISE_DOF * NOISE**2


@dataclass(frozen=True, slots=True, eq=False)
class Deviates:
    """How far each value lies from the others, `off (m,)`, and that over its standard error, with its dof `(m,)`."""

    off: Array
    t: Array
    dof: Array

    @property
    def p(self) -> Array:
        """Give the two-sided p-value of the worst of m, `(m,)`."""
        return np.asarray(2 * len(self.t) * special.stdtr(self.dof, -self.t))


def among_runs(y: Array, place: Index, error: Array, noisier: Array, rest: Array) -> dict[int, float]:
    """Give the runs that are off from the others of their size, and by how much, of y `(m,)` at `place (m,)`.

    `error` is each one's known variance, `noisier` by what that of its scatter is multiplied. Of two runs the one with the
    larger `rest`, off the curve, is meant.
    """

    def judge(alive: Truths) -> Deviates:
        count = np.bincount(place, alive)[place]
        others = np.maximum(count - alive, 0.0)
        total = np.bincount(place, np.where(alive, y, 0.0))[place]
        tested = alive & (others > 0)
        off = np.where(tested, y - (total - y) / np.maximum(others, 1.0), 0.0)
        factor = (others + 1.0) / np.maximum(others, 1.0)
        mean = total / np.maximum(count, 1.0)
        squares = float(np.sum(np.where(alive, y - mean, 0.0) ** 2))
        dof = float(alive.sum() - np.count_nonzero(np.bincount(place, alive))) - 1.0 + NOISE_DOF
        scatter = (np.maximum(squares - off**2 / factor, 0.0) + PRIOR) / max(dof, 1.0)
        t = np.abs(off) / np.sqrt(factor * scatter * noisier + error)
        return Deviates(off, t * (1.0 + 1e-9 * np.minimum(np.abs(rest), 1e3)), np.full(len(y), max(dof, 1.0)))

    return _rosner(judge, len(y), place)


def along_curve(x: Array, y: Array, error: Array, single: Truths) -> dict[int, float]:
    """Give the sizes that are off a smooth curve through the others, and by how much, of y `(k,)` at log sizes x.

    The curve is a parabola through the nearest sizes. Only `single` sizes are looked at, and of these not a smallest that
    lies above, nor a largest that lies below a curve that did not fall before: learning may do so.
    """
    count = len(x)

    def judge(alive: Truths) -> Deviates:
        kept = np.flatnonzero(alive)
        off, t, dof = np.zeros(count), np.zeros(count), np.ones(count)
        off[kept], spread, dof[kept] = left_out(x[kept], y[kept], error[kept])
        t[kept] = np.abs(off[kept]) / spread
        learns, before = np.zeros(count, dtype=bool), kept[-1 - WINDOW : -1]
        learns[kept[0]] = off[kept[0]] > 0
        learns[kept[-1]] = off[kept[-1]] < 0 and not _falls(x[before], y[before])
        below, surer = _below_line(x[kept[-1]], y[kept[-1]], x[before], y[before])
        if below < 0 and off[kept[-1]] < 0 and surer > t[kept[-1]]:
            off[kept[-1]], t[kept[-1]] = below, surer
        return Deviates(off, np.where(single & ~learns, t, 0.0), dof)

    found = _rosner(judge, count, np.arange(count) // (WINDOW // 2))
    return {i: off for i, off in found.items() if not any(found.get(j, 0.0) * off > 0 for j in (i - 1, i + 1))}


def left_out(x: Array, y: Array, error: Array) -> tuple[Array, Array, Array]:
    """Give how far each y lies from the curve through its neighbours, its standard error and dof, `(k,)` each; k >= 5."""
    count = len(x)
    width = min(count, WINDOW + 1)
    start = np.clip(np.arange(count) - width // 2, 0, count - width)
    near = start[:, None] + np.arange(width)
    near = near[near != np.arange(count)[:, None]].reshape(count, width - 1)
    step = x[near] - x[:, None]  # so that the curve at the size left out is the first coefficient
    scale = np.abs(step).max(axis=1, keepdims=True)
    columns = np.stack([np.ones_like(step), step / scale, (step / scale) ** 2], axis=-1)
    crossed = columns.swapaxes(1, 2)
    inverse = np.linalg.inv(crossed @ columns + 1e-12 * np.eye(3))
    found = inverse @ (crossed @ y[near][..., None])
    left = np.sum((y[near] - (columns @ found)[..., 0]) ** 2, axis=1)
    dof = width - 1 - 3 + NOISE_DOF
    spread = np.sqrt((left + PRIOR) / dof * (1.0 + inverse[:, 0, 0]) + error)
    return y - found[:, 0, 0], spread, np.full(count, float(dof))


def _below_line(at: float, value: float, x: Array, y: Array) -> tuple[float, float]:
    """Give how far a value is off the straight line through y at x, and that over its standard error.

    No curve with a floor falls below the line on which it fell before, so that one that does is off by more than the line
    says; and a line's end is surer than a parabola's.
    """
    centre, spread = x.mean(), float(np.sum((x - x.mean()) ** 2))
    slope = float((x - centre) @ y / spread)
    dof = len(x) - 2 + NOISE_DOF
    left = float(np.sum((y - y.mean() - slope * (x - centre)) ** 2)) + PRIOR
    off = value - y.mean() - slope * (at - centre)
    return off, abs(off) / np.sqrt(left / dof * (1 + 1 / len(x) + (at - centre) ** 2 / spread))


def _falls(x: Array, y: Array) -> bool:
    """Say whether y falls with x by more than its scatter about a line."""
    x = x - x.mean()
    slope = float(x @ y / (x @ x))
    dof = len(x) - 2 + NOISE_DOF
    left = float(np.sum((y - y.mean() - slope * x) ** 2)) + PRIOR
    return bool(special.stdtr(dof, slope / np.sqrt(left / dof / (x @ x))) < LEVEL)


def _rosner(judge: Callable[[Truths], Deviates], count: int, neighbourhood: Index) -> dict[int, float]:
    """Take out the worst of `count` values by rounds; give those up to the last significant one, with how far off."""
    alive = np.ones(count, dtype=bool)
    taken: list[tuple[int, float]] = []
    sure = 0
    many = count > FEW
    for _ in range(min(max(count // SHARE, 1), ROUNDS)):
        found = judge(alive)
        worst = _worst_of_each(found, neighbourhood) if many else np.array([int(np.argmax(found.t))])
        if len(worst) == 0 or found.t[worst[0]] == 0:
            break
        alive[worst] = False
        taken += [(int(i), float(found.off[i])) for i in worst]
        sure = len(taken) if np.any(found.p[worst] < LEVEL) else sure
    return dict(taken[:sure])


def _worst_of_each(found: Deviates, neighbourhood: Index) -> Index:
    """Give the significant values that are the worst of their neighbourhood, the worst first."""
    sure = np.flatnonzero(found.p < LEVEL)
    sure = sure[np.argsort(-found.t[sure], kind="stable")]
    return np.asarray(sure[np.unique(neighbourhood[sure], return_index=True)[1]])
