"""Clean curves: a power law with a floor or without, noise as repeated runs tell it, and nothing else.

A study of one net, trained alike at every size, often is such a curve; a learner of tables seldom. So a forecast weighs two
kinds of curve: the clean one here, and the other, whose discrepancies, laws and widths are learnt from curves that stray.
Here evidence counts in full, exponents lie close together (a power law between two of a coarse grid would look like one
with a floor), and the noise of a size's mean is that of its runs over their number. The evidence of either kind is how well
it foretold each size from those before (Dawid 1984, JRSS A 147, p. 278): residuals beside replicates, and the back-test,
are in it.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.calibration import FEATURES, Calibration
from kleiber.forecasting.grid import Grid, make_grid
from kleiber.forecasting.observations import Observations
from kleiber.forecasting.regression import Regression, prior_constant, regress
from kleiber.forecasting.weights import slope_bins
from kleiber.laws import exponent, law

Array = NDArray[np.float64]

LAWS = {"power": (0.3, 0.8, 0.7), "power_floor": (0.45, 0.6, 1.0)}  # exponent's median and log spread; prior weight
EXPONENTS = 224  # of each law, neighbours differ by 1 or 2 %: even, so that none lies on the edge of a bin of slopes
NOISE, NOISE_DOF = 0.015, 2.0  # prior of the relative noise of one run: as if two residuals of 1.5 % had been seen
SCATTER_DOF = 24.0  # the scatter of repeated runs counts as at most this many residuals
ERROR_DOF = 0.1  # and a given standard error as a tenth of one
SURE = 40.0  # log evidence beyond this adds nothing
NEVER = -100.0  # a constant of the log odds so low says that no curve is looked at as a clean one


@dataclass(frozen=True, slots=True)
class Grids:
    """The shapes of clean curves `own`, none where the laws asked for are others, and behind those of a grid, `both`."""

    own: Grid | None
    both: Grid


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """B curves as clean ones, on S shapes: the `share (B,)` of that kind and the `weight (B, S)` of a shape in it.

    `log_factor (B,)` is the log of how much better its evidence is than that of the other kind, within `SURE` of 0.
    `bins (B, S)` are those of the slope, `width (B, 2)` the log width of components and its slope with distance.
    """

    solved: Regression
    log_factor: Array
    share: Array
    weight: Array
    bins: NDArray[np.int64]
    width: Array


@lru_cache(maxsize=16)
def grids(grid: Grid) -> Grids:
    """Lay out the shapes of clean curves, weighted as the laws of a grid are."""
    share = np.bincount(grid.family, np.exp(grid.log_prior), len(grid.laws))
    found = {one.name: float(w) for one, w in zip(grid.laws, share, strict=True) if one.name in LAWS}
    if not found:
        return Grids(None, grid)
    fine = []
    for name in found:
        median, spread, _ = LAWS[name]
        (old,) = law(name).shape
        shape = exponent(old.name, old.meaning, count=EXPONENTS, median=median, spread=spread)
        fine.append(replace(law(name), shape=(shape,)))
    own = make_grid(tuple(fine), tuple(w * LAWS[name][2] for name, w in found.items()))
    both = Grid(
        laws=(*grid.laws, *own.laws),
        axes=(*grid.axes, *own.axes),
        family=np.concatenate([grid.family, own.family + len(grid.laws)]),
        log_prior=np.concatenate([grid.log_prior, own.log_prior]),
        falls_at_all=np.concatenate([grid.falls_at_all, own.falls_at_all]),
        has_floor=np.concatenate([grid.has_floor, own.has_floor]),
        base=grid,
    )
    return Grids(own, both)


def as_clean(data: Observations, other: Regression, features: Array, grid: Grid, table: Calibration) -> Clean:
    """See B curves as clean ones: `other` is the same curves with discrepancies, `features (B, FEATURES)` are theirs."""
    solved = regress(data, grid, kernels=1, noise=_noise)
    log_whole = special.logsumexp(solved.log_evidence, axis=(1, 2))
    log_factor = np.clip(log_whole - _of(data, other), -SURE, SURE)
    odds = features @ table.clean[:FEATURES] + (data.se_level > 0) * table.clean[FEATURES]
    odds += np.exp(table.clean[-1]) * log_factor
    near = features @ table.clean_width[:-1]
    return Clean(
        solved=solved,
        log_factor=log_factor,
        share=np.asarray(special.expit(odds)),
        weight=np.exp(solved.log_evidence[:, 0] - log_whole[:, None]),
        bins=slope_bins(data, solved, grid)[:, 0],
        width=np.stack([near, np.full_like(near, table.clean_width[-1])], axis=-1),
    )


def _of(data: Observations, other: Regression) -> Array:
    """Give the log evidence of the other kind, all its kernels alike, in the unit of the clean one's, `(B,)`."""
    whole = special.logsumexp(other.log_evidence, axis=(1, 2)) - np.log(other.log_evidence.shape[1])
    return np.asarray(whole + prior_constant(data) - prior_constant(data, _noise))


def _noise(data: Observations, rss: Array, parameters: Array) -> tuple[Array, Array]:
    """Give degrees of freedom and sum of squares of the noise variance: nothing is shared by the runs of a size."""
    last = data.noise[np.arange(len(data.noise)), data.count.astype(np.int64) - 1]
    scatter_dof = np.minimum(data.scatter_dof, SCATTER_DOF)
    error_dof = np.where((scatter_dof == 0) & (data.se_level > 0), ERROR_DOF, 0.0)
    of_run = data.scatter / data.repeats / last
    prior = NOISE_DOF * NOISE**2 + scatter_dof * of_run + error_dof * data.se_level**2
    dof = (NOISE_DOF + scatter_dof + error_dof + data.count)[:, None, None] - parameters
    return dof, prior[:, None, None] + rss
