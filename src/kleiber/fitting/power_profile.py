"""The power law with a floor solved at every exponent of a grid: y = A (n / n_r)^-b + c, n_r the geometric mean size.

Given b it is linear in A and c, so each b has its weighted least squares in closed form. A size's mean is one observation,
with relative noise: what the runs of a size have in common, misfit included, counts as noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 0.002
EXPONENTS: Array = np.arange(10, 751, dtype=np.float64) * STEP  # 0.02 to 1.5
ROUNDING = 1e-12  # least weighted sum of squares, relative to that of the losses


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One model in S studies: sizes `n (m,)`, losses `y (S, m)`, each size's `share (m,)` of one run's noise variance."""

    n: Array
    y: Array
    share: Array


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What each exponent of the grid makes of S studies, all `(S, G)` or `(S, 1)`.

    `squares` are weighted sums of squares of relative residuals; the others are the sums that amplitude and floor follow
    from, with weights w and x = (n / n_r)^-b: `sxx` of w x^2, `sx`, `sw`, `sy` of w x, w and w y; `cxx` and `cxy` of w x^2
    and w x y, x and y centred where there is a floor.
    """

    squares: Array
    sxx: Array
    sx: Array
    sw: Array
    sy: Array
    cxx: Array
    cxy: Array
    floored: bool

    @property
    def a(self) -> Array:
        """Give the law's amplitude at n_r, `(S, G)`."""
        return self.cxy / self.cxx

    @property
    def c(self) -> Array:
        """Give the law's floor, `(S, G)`; 0 without one."""
        return (self.sy - self.a * self.sx) / self.sw if self.floored else np.zeros_like(self.cxx)

    @property
    def var_c(self) -> Array:
        """Give the variance of the floor over that of the noise, `(S, G)`."""
        return self.sxx / self.determinant if self.floored else np.full_like(self.cxx, ROUNDING)

    @property
    def determinant(self) -> Array:
        """Give that of X'WX, `(S, G)`."""
        return self.cxx * self.sw if self.floored else self.cxx

    def best(self) -> "Best":
        """Give the best exponent of each study with its amplitude and floor."""
        at = np.argmin(self.squares, axis=1)
        row = np.arange(len(at))
        a = self.cxy[row, at] / self.cxx[row, at]
        c = (self.sy[:, 0] - a * self.sx[row, at]) / self.sw[:, 0] if self.floored else np.zeros_like(a)
        return Best(at, a, c)


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """Each study's best exponent by its place on the grid, `(S,)`, with amplitude and floor."""

    place: NDArray[np.int64]
    a: Array
    c: Array


def profile(study: Study, *, floor: bool = True) -> Profile:
    """Solve amplitude and floor for each exponent of the grid by weighted least squares; without `floor` c is 0.

    Weights are 1 over the squared loss of a first fit: the losses themselves would draw it to those that came out low.
    """
    first = _solve(study, 1.0 / (study.share * study.y**2), floor)
    level = level_of(study, first)
    return _solve(study, 1.0 / (study.share * level**2), floor)


def level_of(study: Study, found: Profile) -> Array:
    """Give the law at the exponent of the least squares, `(S, m)`; at least a tenth of the lowest loss."""
    best = found.best()
    level = best.a[:, None] * np.exp(-EXPONENTS[best.place][:, None] * log_ratio(study.n)) + best.c[:, None]
    return np.asarray(np.maximum(level, 0.1 * study.y.min(axis=1, keepdims=True)))


def _solve(study: Study, weight: Array, floor: bool) -> Profile:
    x = np.exp(-EXPONENTS[:, None] * log_ratio(study.n))  # (G, m)
    wy = weight * study.y
    total = np.sum(wy * study.y, axis=1, keepdims=True)
    sxx, sxy = weight @ (x**2).T, wy @ x.T
    sx, sw, sy = weight @ x.T, weight.sum(axis=1, keepdims=True), wy.sum(axis=1, keepdims=True)
    cxx, cxy, cyy = (sxx - sx**2 / sw, sxy - sx * sy / sw, total - sy**2 / sw) if floor else (sxx, sxy, total)
    squares = np.maximum(cyy - cxy / cxx * cxy, ROUNDING * total)
    return Profile(squares, sxx, sx, sw, sy, cxx, cxy, floor)


def log_ratio(n: Array) -> Array:
    """Give log n / n_r, `(m,)`."""
    log_n = np.log(n)
    return np.asarray(log_n - log_n.mean())


def lowest(values: Array) -> Array:
    """Give the least of each row `(S, G)`, by a parabola through the lowest point and its neighbours."""
    at = np.clip(np.argmin(values, axis=1), 1, values.shape[1] - 2)
    row = np.arange(len(at))
    before, middle, after = values[row, at - 1], values[row, at], values[row, at + 1]
    bend, slope = before - 2.0 * middle + after, 0.5 * (after - before)
    with np.errstate(divide="ignore", invalid="ignore"):
        lowered = np.where(bend > 0, middle - slope**2 / (2.0 * bend), middle)
    inside = (middle <= before) & (middle <= after)
    least = np.minimum(np.minimum(before, middle), after)
    return np.asarray(np.where(inside, np.maximum(lowered, 0.0), least))
