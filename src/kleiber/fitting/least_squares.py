"""The search of a least-squares fit: a grid over the shape, then descent from its best cells.

Given its shape a law is linear, so the search runs over the shape alone, with amplitude and floor solved in closed form
within their bounds (variable projection: Golub & Pereyra 1973; its Jacobian after Kaufman 1975). Everything is in
normalised units and in the coordinates of `fall`: a place phi is (a, shape with sizes as logs, c).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber.laws import Law, Shape

Array = NDArray[np.float64]

PLACES = (-1.8, 1.5)  # where sizes are searched, on the log axis: 0 the smallest measured size, 1 the largest
COUNTS = {1: 200, 2: 30, 3: 12, 4: 8}  # grid values of each exponent and size, by the number of shape parameters
STARTS = 8
CHUNK = 500_000  # numbers of the grid held at once
COARSE = 64  # the grid sees at most so many points
LOOSE = 1e-3  # share of the sum of squares that a step must promise for the first descent to go on
SOON = 60  # iterations of the first descent at most
TIE = 1e-20  # sums of squares closer than this differ by rounding
SHORT = 1e-11  # descent ends where a step moves the fitted values by less, the largest loss being 1


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Losses y `(m,)` at t = ln n with weights w (on residuals), and closed bounds `(q,)` of the shape."""

    law: Law
    t: Array
    y: Array
    w: Array
    low: Array
    high: Array
    bounded: bool

    def shape(self, phi: Array) -> Array:
        """Give the shape `(q,)` at phi."""
        first = int(self.law.amplitude is not None)
        return phi[first : first + len(self.low)]

    def residual(self, phi: Array) -> Array:
        """Give the weighted residuals at phi, `(m,)`."""
        linear = phi[self.law.linear]
        return np.asarray((self.y - self.law.basis(self.t, *self.shape(phi)) @ linear) * self.w)

    def jacobian(self, phi: Array) -> Array:
        """Give the derivatives of the weighted fitted values by phi, `(m, p)`."""
        law, shape = self.law, self.shape(phi)
        columns = np.ones((len(self.t), len(phi)))
        if law.amplitude is not None:
            columns[:, 0] = law.fall(self.t, *shape)
            for i, slope in enumerate(law.slopes(self.t, *shape), start=1):
                columns[:, i] = phi[0] * slope
        return columns * self.w[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where a start led: phi `(p,)`, its residual sum of squares, the fall of it that a further step promised.

    `limited`: the iterations were used up before the promise was small.
    """

    phi: Array
    rss: float
    promised: float
    steps: int
    limited: bool


def search(problem: Problem, iterations: int) -> list[Descent]:
    """Descend from the best cells of the grid; give the different minima, the lowest first.

    Two places are one minimum where their curves differ by no more than the steps still promised; of two that differ in
    signs alone the one with positive exponents is kept.
    """
    first = [descend(problem, start, min(iterations, SOON), enough=LOOSE) for start in _starts(problem)]
    exponents = [s.kind == "exponent" for s in problem.law.shape]
    first.sort(key=lambda d: (bool(np.any(problem.shape(d.phi)[exponents] < 0)), d.rss))
    lowest = min(d.rss for d in first)
    ends: list[Descent] = []
    for d in first:
        if not any(_same(problem, d, end) for end in ends):
            further = _further(problem, d, iterations) if d.rss - 10 * d.promised <= lowest else d
            lowest = min(lowest, further.rss)
            if not any(_same(problem, further, end) for end in ends):
                ends.append(further)
    return sorted(ends, key=lambda d: d.rss)


def _same(problem: Problem, one: Descent, other: Descent) -> bool:
    apart = problem.residual(one.phi) - problem.residual(other.phi)
    return float(apart @ apart) <= 10 * (one.promised + other.promised) + TIE


def _further(problem: Problem, start: Descent, iterations: int) -> Descent:
    """Descend to the end, with what is left of the iterations."""
    found = descend(problem, problem.shape(start.phi), iterations - start.steps)
    return replace(found, steps=start.steps + found.steps)


def descend(problem: Problem, shape: Array, iterations: int, *, enough: float = 0.0) -> Descent:
    """Run Levenberg and Marquardt's descent in the shape `(q,)`, within its bounds.

    It ends where a step promises less than the share `enough` of the sum of squares, or nothing but rounding.
    """
    phi, residual, base = _linear(problem, shape)
    damping, rss = 1e-3, float(residual @ residual)
    for i in range(iterations + 1):
        slope, off = _off_bounds(problem, phi, residual, base)
        u, s, v = np.linalg.svd(slope, full_matrices=False)
        along = np.where(s > 1e-12, u.T @ residual, 0.0)
        promised = float(along @ along)
        if i == iterations or promised <= max(SHORT**2, enough * rss):
            break
        accepted = False
        while not accepted and damping < 1e12:
            trial = np.clip(shape + off @ (v.T @ (s / (s**2 + damping) * along)), problem.low, problem.high)
            at = _linear(problem, trial)
            new = float(at[1] @ at[1])
            accepted = new < rss
            damping = max(damping / 10, 1e-12) if accepted else damping * 8
        if not accepted:
            break
        shape, (phi, residual, base), rss = trial, at, new
        damping = min(damping, 1e3)
    return Descent(phi, rss, promised, i, i == iterations and promised > max(SHORT**2, enough * rss))


def _starts(problem: Problem) -> list[Array]:
    """Give the local minima of the profile over the grid, the lowest first."""
    law = problem.law
    axes = [_axis(problem, i, s) for i, s in enumerate(law.shape)]
    if not axes:
        return [np.zeros(0)]
    rows = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=-1)
    coarse = _coarse(problem)
    size = max(CHUNK // len(coarse.t), 1)
    profile = np.concatenate([_profile(coarse, rows[i : i + size]) for i in range(0, len(rows), size)])
    lowest = _local_minima(profile.reshape([len(a) for a in axes])).ravel()
    order = np.argsort(np.where(lowest, profile, np.inf), kind="stable")[: min(STARTS, int(lowest.sum()))]
    return [rows[i] for i in order]


def _axis(problem: Problem, i: int, shape: Shape) -> Array:
    count = COUNTS.get(len(problem.law.shape), 4)
    low, high = float(problem.low[i]), float(problem.high[i])
    if shape.kind == "number":
        return np.geomspace(low, high, 5) if low > 0 else np.linspace(low, high, 5)
    alone = len(problem.law.shape) == 1
    if shape.kind == "size":
        first, span = problem.t.min(), np.ptp(problem.t)
        begin, end = (low, high) if alone else first + span * np.array(PLACES)
        return np.linspace(begin, end, count + count // 2).clip(low, high)
    least = shape.low if alone else max(shape.low, min(0.03, shape.high))
    values = np.geomspace(least, shape.high if alone else min(shape.high, 6.0), count)
    return values if low > 0 else np.concatenate([-values[::-1], values])


def _coarse(problem: Problem) -> Problem:
    """Give the problem with neighbouring points averaged, where there are many."""
    if len(problem.t) <= 4 * COARSE:
        return problem
    order = np.argsort(problem.t, kind="stable")
    groups = np.array_split(order, COARSE)
    weight = np.array([np.sum(problem.w[g] ** 2) for g in groups])
    t, y = (np.array([np.sum(problem.w[g] ** 2 * v[g]) for g in groups]) / weight for v in (problem.t, problem.y))
    return Problem(problem.law, t, y, np.sqrt(weight), problem.low, problem.high, problem.bounded)


def _profile(problem: Problem, rows: Array) -> Array:
    """Give the residual sum of squares at each shape of rows `(s, q)`, with a and c at their best within bounds, `(s,)`."""
    fall = problem.law.fall(problem.t, *(rows[:, i, None] for i in range(rows.shape[1])))
    fall = fall / fall.max(axis=1, keepdims=True)
    y, square = problem.y, problem.w**2
    with_zero = (fall * y) @ square / (fall**2 @ square)
    if problem.law.floor is None:
        a, c = with_zero, np.zeros(len(rows))
    else:
        share = square / square.sum()
        centre, mean = fall @ share, float(y @ share)
        off = fall - centre[:, None]
        a = (off * (y - mean)) @ square / np.maximum(off**2 @ square, 1e-30)
        c = mean - a * centre
        if problem.bounded:
            rising = a < 0
            a, c = np.where(rising, 0.0, a), np.where(rising, mean, c)
            a, c = np.where(c < 0, with_zero, a), np.maximum(c, 0.0)
    a = np.maximum(a, 0.0) if problem.bounded else a
    return np.asarray((y - a[:, None] * fall - c[:, None]) ** 2 @ square)


def _local_minima(profile: Array) -> NDArray[np.bool_]:
    """Mark the cells that no neighbour along an axis is lower than; of a plateau its first cell."""
    lowest = np.ones(profile.shape, dtype=bool)
    for axis in range(profile.ndim):
        difference = np.diff(profile, axis=axis)
        edge = [(0, 0)] * profile.ndim
        edge[axis] = (1, 0)
        lowest &= np.pad(difference < 0, edge, constant_values=True)
        edge[axis] = (0, 1)
        lowest &= np.pad(difference >= 0, edge, constant_values=True)
    if not lowest.any():
        lowest.ravel()[np.argmin(profile)] = True
    return lowest


def _linear(problem: Problem, shape: Array) -> tuple[Array, Array, Array]:
    """Solve a and c within their bounds; give phi, the residuals, and an orthonormal base of the columns off bounds."""
    columns = problem.law.basis(problem.t, *shape) * problem.w[:, None]
    y, kinds = problem.y * problem.w, problem.law.linear
    best: tuple[float, Array, Array, Array] | None = None
    for chosen in _subsets(columns.shape[1]):
        base, values = _project(columns[:, chosen], y)
        if values is None or (problem.bounded and np.any(values < 0)):
            continue
        residual = y - columns[:, chosen] @ values
        rss = float(residual @ residual)
        if best is None or rss < best[0]:
            phi = np.zeros(len(kinds))
            phi[~kinds] = shape
            phi[np.flatnonzero(kinds)[chosen]] = values
            best = rss, phi, residual, base
        if len(chosen) == columns.shape[1]:
            break
    assert best is not None
    return best[1:]


def _subsets(count: int) -> Iterator[list[int]]:
    for size in range(count, -1, -1):
        yield from (list(chosen) for chosen in itertools.combinations(range(count), size))


def _project(columns: Array, y: Array) -> tuple[Array, Array | None]:
    scale = lengths(columns)
    base, r = np.linalg.qr(columns / scale)
    if len(scale) and np.abs(np.diag(r)).min() < 1e-14:
        return base, None
    return base, np.linalg.solve(r, base.T @ y) / scale


def _off_bounds(problem: Problem, phi: Array, residual: Array, base: Array) -> tuple[Array, Array]:
    """Give the unit slopes of the profile's fit `(m, k)` by the shape parameters free to move, and their steps `(q, k)`."""
    shape = problem.shape(phi)
    slopes = problem.law.slopes(problem.t, *shape)
    slope = np.stack(slopes, axis=-1) * (phi[0] * problem.w)[:, None] if slopes else np.zeros((len(problem.t), 0))
    whole = lengths(slope)
    slope = slope - base @ (base.T @ slope)
    scale, rise = lengths(slope), residual @ slope
    held = (
        ((shape <= problem.low) & (rise < 0)) | ((shape >= problem.high) & (rise > 0)) | (scale <= 1e-14 * whole + 1e-150)
    )
    return slope[:, ~held] / scale[~held], np.diag(1 / np.where(held, 1.0, scale))[:, ~held]


def lengths(columns: Array) -> Array:
    """Give the length of each column, `(k,)`, of numbers whose squares are no floats, too."""
    top = np.abs(columns).max(axis=0)
    top[top == 0] = 1.0
    columns = columns / top
    return np.asarray(top * np.sqrt(np.einsum("ij,ij->j", columns, columns)))
