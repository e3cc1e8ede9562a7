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
    """What each exponent of the grid makes of S studies, all `(S, G)`.

    `squares` are weighted sums of squares of relative residuals, `a` and `c` the law's amplitude at n_r and its floor,
    `var_c` the floor's variance over that of the noise, `determinant` that of X'WX.
    """

    squares: Array
    a: Array
    c: Array
    var_c: Array
    determinant: Array


def profile(study: Study, *, floor: bool = True) -> Profile:
    """Solve amplitude and floor for each exponent of the grid by weighted least squares; without `floor` c is 0.

    Weights are 1 over the squared loss of a first fit: the losses themselves would draw it to those that came out low.
    """
    first = _solve(study, 1.0 / (study.share * study.y**2), floor)
    level = level_of(study, first)
    return _solve(study, 1.0 / (study.share * level**2), floor)


def level_of(study: Study, found: Profile) -> Array:
    """Give the law at the exponent of the least squares, `(S, m)`; at least a tenth of the lowest loss."""
    best = np.argmin(found.squares, axis=1)
    row = np.arange(len(best))
    x = np.exp(-EXPONENTS[best][:, None] * log_ratio(study.n))
    level = found.a[row, best][:, None] * x + found.c[row, best][:, None]
    return np.asarray(np.maximum(level, 0.1 * study.y.min(axis=1, keepdims=True)))


def _solve(study: Study, weight: Array, floor: bool) -> Profile:
    x = np.exp(-EXPONENTS[:, None] * log_ratio(study.n))  # (G, m)
    wy = weight * study.y
    total = np.sum(wy * study.y, axis=1, keepdims=True)
    sxx, sxy = weight @ (x**2).T, wy @ x.T
    if floor:
        sw, sx, sy = weight.sum(axis=1, keepdims=True), weight @ x.T, wy.sum(axis=1, keepdims=True)
        cxx, cxy, cyy = sxx - sx**2 / sw, sxy - sx * sy / sw, total - sy**2 / sw
        a, determinant = cxy / cxx, cxx * sw
        c = (sy - a * sx) / sw
        var_c = sxx / determinant
    else:
        cxy, cyy, a, determinant = sxy, total, sxy / sxx, sxx
        c, var_c = np.zeros_like(a), np.full_like(a, ROUNDING)
    return Profile(np.maximum(cyy - a * cxy, ROUNDING * total), a, c, var_c, determinant)


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
