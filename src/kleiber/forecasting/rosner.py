"""Rosner's test for several outliers (1983, Technometrics 25, p. 165): among the runs of a size, and along the curve.

The worst is taken out again and again, each time judged by the scatter of what is left without it; all up to the last that
is significant are outliers, so that two of them do not hide each other. Values are log losses; the scatter has a prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

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
RIDGE = 1e-12  # by which sizes that coincide leave a parabola that can be solved


@dataclass(frozen=True, slots=True, eq=False)
class Deviates:
    """How far each value lies from the others, `off (m,)`, and that over its standard error, with its dof `(m,)`.

    `of`: of how many values these are some; by default they are all.
    """

    off: Array
    t: Array
    dof: Array
    of: int | None = None

    @property
    def p(self) -> Array:
        """Give the two-sided p-value of the worst of m, `(m,)`."""
        return np.asarray(2 * (self.of or len(self.t)) * special.stdtr(self.dof, -self.t))


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


def along_curves(x: Array, y: Array, error: Array, single: Truths) -> list[dict[int, float]]:
    """Give of each curve the sizes that are off a smooth curve through the others, and by how much.

    y `(B, k)` are B curves at log sizes x, `error` each mean's known variance. The smooth curve is a parabola through the
    nearest sizes. Only `single` sizes are looked at, and of these not a smallest that lies above, nor a largest that lies
    below a curve that did not fall before: learning may do so. Nor does it fall at once: a smallest that lies below the
    parabola is off by no more than it lies below the next size.
    """
    count = x.shape[1]
    if count > FEW:
        near = np.arange(count) // (WINDOW // 2)
        each = [slice(b, b + 1) for b in range(len(x))]
        found = [_rosner(_Along(x[b], y[b], error[b], single[b]).judge, count, near) for b in each]
    else:
        found = _in_step(_Along(x, y, error, single))
    return [
        {i: off for i, off in far.items() if not any(far.get(j, 0.0) * off > 0 for j in (i - 1, i + 1))} for far in found
    ]


class _Along:
    """Curves `(B, k)` that are judged along themselves, some sizes of each taken out; of each as many."""

    def __init__(self, x: Array, y: Array, error: Array, single: Truths) -> None:
        self._given = (x, y, error)
        self.single = single

    def judge(self, alive: Truths) -> Deviates:
        """Judge one curve, with the sizes alive `(k,)`."""
        found = self.judge_all(np.zeros(1, dtype=np.int64), alive[None])
        return Deviates(found.off[0], found.t[0], found.dof[0])

    def judge_all(self, curves: Index, alive: Truths) -> Deviates:
        """Judge some of the curves, with the sizes alive `(b, k)`, of each as many."""
        kept = np.nonzero(alive)[1].reshape(len(alive), -1)
        row, first, last = np.arange(len(alive)), kept[:, 0], kept[:, -1]
        x, y, error = (part[curves[:, None], kept] for part in self._given)
        off, t, dof = (fill(alive.shape) for fill in (np.zeros, np.zeros, np.ones))
        by, spread, degrees = left_out(x, y, error)
        off[row[:, None], kept], t[row[:, None], kept], dof[row[:, None], kept] = by, np.abs(by) / spread, degrees
        late = (by[:, 0] < 0) & (by[:, 0] < y[:, 0] - y[:, 1])  # no curve that begins slowly lies below the size after it
        less = np.where(late, np.minimum(y[:, 0] - y[:, 1], 0.0), by[:, 0])
        off[row, first], t[row, first] = less, np.abs(less) / spread[:, 0]
        ignored = ~self.single[curves]
        before_x, before_y = x[:, -1 - WINDOW : -1], y[:, -1 - WINDOW : -1]
        ignored[row, first] |= by[:, 0] > 0
        slope = _Slope(before_x, before_y)
        ignored[row, last] |= (by[:, -1] < 0) & ~slope.falls()
        below, surer = slope.below(x[:, -1], y[:, -1])
        meant = (below < 0) & (by[:, -1] < 0) & (surer > t[row, last])
        off[row[meant], last[meant]], t[row[meant], last[meant]] = below[meant], surer[meant]
        t[ignored] = 0.0
        return Deviates(off, t, dof)


def left_out(x: Array, y: Array, error: Array) -> tuple[Array, Array, Array]:
    """Give how far each y lies from the curve through its neighbours, its standard error and dof, `(..., k)`; k >= 5."""
    near = _neighbours(x.shape[-1])
    step = x[..., near] - x[..., None]  # so that the curve at the size left out is the first coefficient
    beside, u = y[..., near], step / np.abs(step).max(axis=-1, keepdims=True)
    found, inverse = _parabola(u, beside)
    left = np.sum((beside - (found[0][..., None] + u * (found[1][..., None] + u * found[2][..., None]))) ** 2, axis=-1)
    dof = near.shape[1] - 3 + NOISE_DOF
    spread = np.sqrt((left + PRIOR) / dof * (1.0 + inverse) + error)
    return y - found[0], spread, np.full(y.shape, float(dof))


@lru_cache(maxsize=256)
def _neighbours(count: int) -> Index:
    """Give the places of the nearest sizes of each of so many, itself left out."""
    width = min(count, WINDOW + 1)
    start = np.clip(np.arange(count) - width // 2, 0, count - width)
    near = start[:, None] + np.arange(width)
    return np.asarray(near[near != np.arange(count)[:, None]].reshape(count, width - 1))


def _parabola(u: Array, y: Array) -> tuple[tuple[Array, Array, Array], Array]:
    """Give the coefficients of the parabola through y at u, both `(..., w)`, by least squares, and the first one's variance
    over that of the noise: the normal equations, solved by Cramer's rule.
    """
    square = u * u
    one, two, three, four = (
        np.sum(u, axis=-1), np.sum(square, axis=-1), np.sum(square * u, axis=-1), np.sum(square * square, axis=-1)
    )  # fmt: skip
    zero, two_, four = u.shape[-1] + RIDGE, two + RIDGE, four + RIDGE
    rows = (
        (two_ * four - three * three, three * two - one * four, one * three - two_ * two),
        (three * two - one * four, zero * four - two * two, one * two - zero * three),
        (one * three - two_ * two, one * two - zero * three, zero * two_ - one * one),
    )  # fmt: skip
    whole = zero * rows[0][0] + one * rows[0][1] + two * rows[0][2]
    sums = np.sum(y, axis=-1), np.sum(u * y, axis=-1), np.sum(square * y, axis=-1)
    first, second, third = ((a * sums[0] + b * sums[1] + c * sums[2]) / whole for a, b, c in rows)
    return (first, second, third), rows[0][0] / whole


class _Slope:
    """The straight lines through y at x, both `(b, m)`."""

    def __init__(self, x: Array, y: Array) -> None:
        self._count, self._x0, self._y0 = x.shape[1], x.mean(axis=1), y.mean(axis=1)
        x, y = x - self._x0[:, None], y - self._y0[:, None]
        self._spread = np.sum(x * x, axis=1)
        self._slope = np.sum(x * y, axis=1) / self._spread
        self._dof = self._count - 2 + NOISE_DOF
        self._left = (np.sum((y - self._slope[:, None] * x) ** 2, axis=1) + PRIOR) / self._dof

    def falls(self) -> Truths:
        """Say where y falls with x by more than its scatter about the line."""
        p = special.stdtr(self._dof, self._slope / np.sqrt(self._left / self._spread))
        return np.asarray(p < LEVEL)

    def below(self, at: Array, value: Array) -> tuple[Array, Array]:
        """Give how far a value is off each line, and that over its standard error.

        No curve with a floor falls below the line on which it fell before, so that one that does is off by more than the
        line says; and a line's end is surer than a parabola's.
        """
        off = value - self._y0 - self._slope * (at - self._x0)
        return off, np.abs(off) / np.sqrt(self._left * (1 + 1 / self._count + (at - self._x0) ** 2 / self._spread))


def _in_step(curves: _Along) -> list[dict[int, float]]:
    """Take out the worst of each curve by rounds, all of them in step; give those up to the last significant one."""
    count = curves.single.shape[1]
    going, alive = np.arange(len(curves.single)), np.ones(curves.single.shape, dtype=bool)
    taken: list[list[tuple[int, float]]] = [[] for _ in going]
    sure = np.zeros(len(going), dtype=np.int64)
    for number in range(min(max(count // SHARE, 1), ROUNDS)):
        found = curves.judge_all(going, alive[going])
        worst, row = np.argmax(found.t, axis=1), np.arange(len(going))
        one = Deviates(found.off[row, worst], found.t[row, worst], found.dof[row, worst], of=count)
        left = one.t > 0
        going, worst, off, p = going[left], worst[left], one.off[left], one.p[left]
        alive[going, worst] = False
        for b, i, by in zip(going.tolist(), worst.tolist(), off.tolist(), strict=True):
            taken[b].append((i, by))
        sure[going[p < LEVEL]] = number + 1
        if not len(going):
            break
    return [dict(found[:until]) for found, until in zip(taken, sure.tolist(), strict=True)]


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
