"""Every shape under every kernel: amplitude and floor by generalised least squares in closed form, with the evidence.

Given shape and kernel, `y = a * fall(t) + c + noise + discrepancy` is linear and Gaussian. With flat priors on a > 0 and
c > 0 and an inverse-gamma prior on the noise variance, the marginal likelihood is Student's (O'Hagan & Forster 2004,
chapter 11). Where the least squares leave the positive quadrant, the solution is that on its edge: the posterior's mode,
which extrapolates better than its mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.grid import Grid
from kleiber.forecasting.kernels import covariances
from kleiber.forecasting.observations import VAGUE, Observations

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Judge = Callable[[Array, Array], tuple[Array, Array]]  # sums of squares and parameters to log evidence and variance

NOISE = 0.004  # prior of the relative noise of one run: as if one residual of .4 % had been seen
NOISE_DOF = 1.0
SCATTER_DOF = 2.0  # the scatter of repeated runs counts as at most this many residuals, since runs of a size share luck
LUCK_DOF = 4.0  # and the luck of the searches, with that scatter, as at most this many
ERROR_DOF = 0.1  # and a given standard error as a tenth of one: a curve is often smoother than its error bars
FLOOR_WIDTH, AMPLITUDE_WIDTH = 1.05, 3.0  # of the flat priors, in units of the loss at the largest size
ALIKE = 1e-12  # a fall that is this close to a constant is not told from the floor


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What is linear in a law, solved: arrays of one shape, in units of the loss at the largest size.

    `a`, `c` are amplitude and floor, `free_c` the floor before it was held at zero; `var_a`, `var_c`, `cov_ac` their
    covariance over the noise variance, `var_free` that of `free_c`; `variance` the noise variance of one run at the largest
    size.
    """

    a: Array
    c: Array
    free_c: Array
    var_a: Array
    var_c: Array
    cov_ac: Array
    var_free: Array
    variance: Array

    def of(self, curve: int, kept: Index) -> "Solution":
        """Give those of one curve of a batch, `(K,)`, `kept` counted over its kernels and shapes."""
        return Solution(*(np.asarray(getattr(self, field.name)[curve].ravel()[kept]) for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence["Solution"]) -> "Solution":
        """Put the solutions of one curve side by side."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The regressions of B curves on S shapes under G kernels.

    `solution` and `log_evidence` are `(B, G, S)`; `dof (B,)` is that of Student's t. `falls (B, S, M)` and
    `precision (B, G, M, M)` serve predictions.
    """

    falls: Array
    precision: Array
    log_evidence: Array
    solution: Solution
    dof: Array


def regress(data: Observations, grid: Grid) -> Regression:
    """Solve a batch of curves for all shapes and kernels."""
    falls = grid.falls(data.t, data.first) * data.real[:, None, :]
    covariance = covariances(data.t, data.t, data.first)
    covariance = covariance * (data.real[:, :, None] & data.real[:, None, :])[:, None]
    step = np.arange(data.t.shape[1])
    covariance[:, :, step, step] += data.noise[:, None, :]
    precision = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    filled = (data.t.shape[1] - data.count) * float(np.log(VAGUE))
    log_det = np.linalg.slogdet(covariance)[1].astype(np.float64) - filled[:, None]
    dof, squares = _prior(data)
    return _solve(
        data, grid, falls, precision, log_det, lambda rss, parameters: judged(data, dof, squares, rss, parameters)
    )


def regress_plain(data: Observations, grid: Grid, noise: Array, judge: Judge) -> Regression:
    """Solve a batch of curves for all shapes without discrepancy, under G noise variances of each size, `(B, G, M)`."""
    falls = grid.falls(data.t, data.first) * data.real[:, None, :]
    precision, log_det = independent(data, noise)
    return _solve(data, grid, falls, precision[..., None] * np.eye(data.t.shape[1]), log_det, judge)


def independent(data: Observations, noise: Array) -> tuple[Array, Array]:
    """Give the precision of each size, `(B, G, M)`, and the log determinant of the covariance, `(B, G)`, of such noise."""
    real = data.real[:, None, :]
    return np.where(real, 1.0 / noise, 0.0), np.where(real, np.log(noise), 0.0).sum(axis=2)


def judged(data: Observations, dof: Array, squares: Array, rss: Array, parameters: Array) -> tuple[Array, Array]:
    """Give the log marginal likelihood of sums of squares `(B, G, S)`, and the noise variance they lead to.

    The prior is inverse gamma, as if `dof (B,)` residuals with the sum `squares (B,)` had been seen.
    """
    free = (dof + data.count)[:, None] - np.arange(3.0)  # by the number of parameters, of which there are few
    start = (dof / 2 * np.log(squares / 2) - special.gammaln(dof / 2))[:, None] + special.gammaln(free / 2)
    place = parameters.astype(np.intp)
    half, whole = free[:, None, place] / 2, squares[:, None, None] + rss
    return start[:, None, place] - half * np.log(whole / 2), whole / (2 * half)


def _solve(data: Observations, grid: Grid, falls: Array, precision: Array, log_det: Array, judge: Judge) -> Regression:
    one_p = precision @ data.real.astype(np.float64)[:, None, :, None]  # (B, G, M, 1)
    y_p = precision @ data.y[:, None, :, None]
    xx = np.maximum(_squares(falls, precision), 1e-300)
    xo, xy = (falls[:, None] @ one_p)[..., 0], (falls[:, None] @ y_p)[..., 0]
    oo = np.einsum("bgmi,bm->bg", one_p, data.real.astype(np.float64))[..., None]
    oy, yy = (np.einsum("bgmi,bm->bg", v, data.y)[..., None] for v in (one_p, y_p))
    falling, floored = grid.falls_at_all, grid.has_floor
    det = np.maximum(xx * oo - xo**2, ALIKE * xx * oo)
    free_a, free_c = (oo * xy - xo * oy) / det, np.where(falling, (xx * oy - xo * xy) / det, oy / oo)
    both = falling & floored & (free_a > 0) & (free_c > 0)
    only_a = falling & ~both & (xy > 0) & (~floored | (free_c <= 0))
    only_c = ~both & ~only_a & floored
    a = np.where(both, free_a, np.where(only_a, xy / xx, 0.0))
    c = np.where(both, free_c, np.where(only_c, oy / oo, 0.0))
    rss = np.maximum(yy - 2 * a * xy - 2 * c * oy + a * a * xx + 2 * a * c * xo + c * c * oo, 0.0)
    parameters = 1.0 * falling + 1.0 * floored
    evidence, variance = judge(rss, parameters)
    log_information = np.log(np.where(falling & floored, det, np.where(falling, xx, oo)))
    evidence = evidence - 0.5 * (log_det[..., None] + log_information)
    evidence += 0.5 * parameters * np.log(2 * np.pi) + grid.log_prior
    evidence -= np.log(np.where(falling, AMPLITUDE_WIDTH, 1.0) * np.where(floored, FLOOR_WIDTH, 1.0))
    solution = Solution(
        a=a,
        c=c,
        free_c=np.where(floored, free_c, 0.0),
        var_a=np.where(both, oo / det, np.where(only_a, 1 / xx, 0.0)),
        var_c=np.where(both, xx / det, np.where(only_c, 1 / oo, 0.0)),
        cov_ac=np.where(both, -xo / det, 0.0),
        var_free=np.where(floored, np.where(falling, xx / det, 1 / oo), 0.0),
        variance=variance,
    )
    return Regression(falls, precision, evidence, solution, NOISE_DOF + _scatter_dof(data) + data.count - 2.0)


def _squares(falls: Array, precision: Array) -> Array:
    """Give x' P x of each shape's fall x under each kernel's precision P, `(B, G, S)`; one kernel at a time, in cache."""
    carried, found = np.empty_like(falls), []
    own = precision.diagonal(axis1=2, axis2=3)
    plain = np.count_nonzero(precision, axis=(0, 2, 3)) == np.count_nonzero(own, axis=(0, 2))
    for g in range(precision.shape[1]):
        if plain[g]:
            np.multiply(falls, own[:, g, None], out=carried)
        else:
            np.matmul(falls, precision[:, g], out=carried)
        found.append(np.einsum("bsm,bsm->bs", carried, falls))
    return np.stack(found, axis=1)


def _scatter_dof(data: Observations) -> Array:
    scatter = np.minimum(data.scatter_dof, SCATTER_DOF)
    return np.asarray(np.where(data.luck_dof > 0, np.minimum(data.luck_dof, LUCK_DOF), scatter))


def _prior(data: Observations) -> tuple[Array, Array]:
    """Give degrees of freedom and sum of squares of the noise variance's prior, `(B,)` each.

    Where the searches tell of their luck, the prior is what they say of a run's variance, luck and scatter together.
    """
    scatter_dof = _scatter_dof(data)
    error_dof = np.where((scatter_dof == 0) & (data.se_level > 0), ERROR_DOF, 0.0)
    squares = NOISE_DOF * NOISE**2 + scatter_dof * data.run + error_dof * data.se_level**2
    return np.asarray(NOISE_DOF + scatter_dof + error_dof), np.asarray(squares)
