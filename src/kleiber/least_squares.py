"""The search of a least-squares fit: a grid over the shape, descent from its best cells, a polish to the last digit.

Given its shape a law is linear, so the search runs over the shape alone, with amplitude and floor solved in closed form
within their bounds (variable projection: Golub & Pereyra 1973; its Jacobian after Kaufman 1975). Everything is in normalised
units and in the coordinates of `fall`: a place phi is (a, shape with sizes as logs, c).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber.laws import Law, Shape

Array = NDArray[np.float64]

COUNTS = {1: 200, 2: 30, 3: 12, 4: 8}  # grid values of each exponent and size, by the number of shape parameters
STARTS = 8
CHUNK = 500_000  # numbers of the grid held at once
COARSE = 64  # the grid sees at most so many points
LOOSE = 1e-3  # share of the sum of squares that a step must promise for the first descent to go on
SOON = 60  # iterations of the first descent at most
TIE = 1e-20  # sums of squares closer than this differ by rounding
SHORT = 1e-11  # descent ends where a step moves the fitted values by less, the largest loss being 1
NEAR = 1e-6  # after so short a step the curvature is the same
NOTHING = 1e-11  # residuals below are rounding: no curvature is read off them


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


@dataclass(frozen=True, slots=True, eq=False)
class Polished:
    """A place with what certifies it: the last step, the rounding error of each parameter, the least curvature.

    `step`, `rounding`: `(p,)`, 0 for a parameter held at its bound; infinite where the data do not determine it. `curvature`
    is the least eigenvalue of the Hessian against that of a law without curvature: not positive where it is no minimum.
    """

    phi: Array
    rss: float
    step: Array
    rounding: Array
    curvature: float
    fixed: NDArray[np.bool_]
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


def polish(problem: Problem, phi: Array, iterations: int) -> Polished:
    """Take Newton's steps in all parameters off their bounds until they no longer shorten, and measure what is left."""
    fixed = _fixed(problem, phi)
    step, rounding = np.where(fixed, 0.0, np.inf), np.where(fixed, 0.0, np.inf)
    curvature, last, bent = 0.0, np.inf, np.eye(0)
    limited = True
    for _ in range(iterations + 1):
        residual = problem.residual(phi)
        jacobian = problem.jacobian(phi)[:, ~fixed]
        scale = lengths(jacobian)
        if fixed.all() or not np.all(scale > 0):
            rounding[~fixed] = np.where(scale > 0, 0.0, np.inf)
            limited = False
            break
        q, r = np.linalg.qr(jacobian / scale)
        inverse, enough = _inverse(r, scale)
        if not enough:
            rounding[~fixed] = _undetermined(r)
            limited = False
            break
        rounding[~fixed] = 4 * np.finfo(float).eps * np.linalg.norm(problem.w * problem.y) * np.linalg.norm(inverse, axis=1)
        if last > NEAR:
            bent = np.eye(len(scale)) + _bend(problem, phi, residual, inverse, fixed)
            curvature = float(np.linalg.eigvalsh(bent)[0])
        whitened = np.linalg.solve(bent, q.T @ residual) if curvature > 1e-3 else q.T @ residual
        length = float(np.linalg.norm(whitened))
        moved = phi.copy()
        moved[~fixed] += inverse @ whitened
        if length >= last or not _inside(problem, moved):
            limited = False
            break
        step = moved - phi
        phi, last = _on_bounds(problem, moved), length
    residual = problem.residual(phi)
    return Polished(phi, float(residual @ residual), step, rounding, curvature, fixed, limited)


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
        return np.linspace(low, high, count) if alone else np.linspace(first - 1.5 * span, first + 2 * span, count).clip(low, high)
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
    shape, first = problem.shape(phi), int(problem.law.amplitude is not None)
    slope = problem.jacobian(phi)[:, first : first + len(shape)]
    whole = lengths(slope)
    slope = slope - base @ (base.T @ slope)
    scale, rise = lengths(slope), residual @ slope
    held = ((shape <= problem.low) & (rise < 0)) | ((shape >= problem.high) & (rise > 0)) | (scale <= 1e-14 * whole)
    return slope[:, ~held] / scale[~held], np.diag(1 / np.where(held, 1.0, scale))[:, ~held]


def lengths(columns: Array) -> Array:
    """Give the length of each column, `(k,)`, of numbers whose squares are no floats, too."""
    top = np.abs(columns).max(axis=0)
    top[top == 0] = 1.0
    columns = columns / top
    return np.asarray(top * np.sqrt(np.einsum("ij,ij->j", columns, columns)))


def _inverse(r: Array, scale: Array) -> tuple[Array, bool]:
    """Give the inverse of R with the scale of the columns taken back, `(p, p)`, and whether it can be trusted."""
    values = np.linalg.svd(r, compute_uv=False)
    if values[-1] < 1e-13 * values[0]:
        return np.zeros_like(r), False
    return np.linalg.solve(r, np.eye(len(scale))) / scale[:, None], True


def _undetermined(r: Array) -> Array:
    """Give infinity for the parameters that take part in the direction that changes nothing."""
    direction = np.abs(np.linalg.svd(r)[2][-1])
    return np.where(direction > 1e-3, np.inf, 0.0)


def _bend(problem: Problem, phi: Array, residual: Array, inverse: Array, fixed: NDArray[np.bool_]) -> Array:
    """Give the part of the Hessian from the law's second derivatives, in directions that move the fit by one unit."""
    size = float(np.linalg.norm(residual))
    count = inverse.shape[1]
    if size < NOTHING:
        return np.zeros((count, count))
    step = 1e-3 * size
    bend = np.empty((count, count))
    for j in range(count):
        aside = np.zeros_like(phi)
        aside[~fixed] = inverse[:, j] * step
        ahead, behind = (inverse.T @ (problem.jacobian(p)[:, ~fixed].T @ residual) for p in (phi + aside, phi - aside))
        bend[:, j] = -(ahead - behind) / (2 * step)
    return np.asarray((bend + bend.T) / 2)


def _fixed(problem: Problem, phi: Array) -> NDArray[np.bool_]:
    """Say which parameters lie on a bound."""
    fixed = np.zeros(len(phi), dtype=bool)
    row = problem.shape(phi)
    fixed[~problem.law.linear] = (row <= problem.low) | (row >= problem.high)
    if problem.bounded:
        fixed |= problem.law.linear & (phi <= 0)
    return fixed


def _inside(problem: Problem, phi: Array) -> bool:
    """Say whether phi lies within its bounds, a and c up to rounding."""
    row = problem.shape(phi)
    inside = bool(np.all(np.isfinite(phi)) and np.all(row >= problem.low) and np.all(row <= problem.high))
    return inside and not (problem.bounded and np.any(phi[problem.law.linear] < -1e-10))


def _on_bounds(problem: Problem, phi: Array) -> Array:
    return np.where(problem.law.linear & (phi < 0), 0.0, phi) if problem.bounded else phi
