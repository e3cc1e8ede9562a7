"""Clean curves: a power law with a floor or without, noise as repeated runs tell it, and nothing else.

A study of one net, trained alike at every size, often is such a curve; a learner of tables seldom. So a forecast weighs two
kinds of curve: the clean one here, and the other, whose discrepancies, laws and widths are learnt from curves that stray.
Here evidence counts in full, exponents lie close together (a power law between two of a coarse grid would look like one
with a floor), and the noise of a size's mean is that of its runs over their number. The evidence of either kind is how well
it foretold each size from those before (Dawid 1984, JRSS A 147, p. 278): residuals beside replicates, and the back-test,
are in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.forecasting.bounded import LAW as BOUNDED
from kleiber.forecasting.bounded import regress_bounded, shapes
from kleiber.forecasting.calibration import FEATURES, Calibration
from kleiber.forecasting.closer import closer
from kleiber.forecasting.grid import Grid, joined, make_grid
from kleiber.forecasting.observations import Observations
from kleiber.forecasting.regression import Regression, judged, regress_plain
from kleiber.forecasting.shared import SHARED
from kleiber.forecasting.weights import slope_bins
from kleiber.laws import Law, exponent, law, size

Array = NDArray[np.float64]

LAWS = {  # each law's number of exponents, their median and log spread, and its prior weight
    "power": (128, 0.3, 0.8, 0.45),
    "power_floor": (128, 0.45, 0.72, 1.0),
    "mmf": (40, 0.6, 0.6, 0.25),
}
BEGINS = (0.1, 0.3, 0.5)  # where in the measured range a curve may begin slowly
NOISES = {0.015: 0.6, 0.004: 0.25, 0.001: 0.15}  # relative noise of one run, and how often it is about so
NOISE_DOF = 2.0  # each counts as if two residuals of it had been seen
ROUGHEST = max(NOISES)
SCATTER_DOF = 24.0  # the scatter of repeated runs counts as at most this many residuals
ERROR_DOF = 0.1  # and a given standard error as a tenth of one
GROWING = np.log(np.array([0.7, 0.3]))  # log prior that noise is even, and that its variance grows as 1 / n
LUCK = {0.0: 0.8, 0.01: 0.05, 0.04: 0.1, 0.1: 0.05}  # prior of the luck that all runs of a size share, relative
CLOSE, DENSE = 2.0, 16.0  # sizes a doubling from which on they are looks at one run; what their evidence loses by the log
SURE = 40.0  # log evidence beyond this adds nothing
NEVER = -100.0  # a constant of the log odds so low says that no curve is looked at as a clean one


@dataclass(frozen=True, slots=True)
class Grids:
    """The shapes of clean curves `own`, and of such that guessing bounds, `bounded`; each None where the laws asked for are
    others. `both` are those of a grid with `own` behind them, `all` with `bounded` behind these.
    """

    own: Grid | None
    bounded: Grid | None
    both: Grid
    all: Grid


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One curve, `row` of those `solved` for the S shapes of `grid`; `bins (G * S,)` are those of their slopes."""

    solved: Regression
    row: int
    grid: Grid
    bins: NDArray[np.int64]

    @property
    def log_evidence(self) -> Array:
        """Give that of each shape under each noise, `(G * S,)`."""
        return np.asarray(self.solved.log_evidence[self.row].ravel())


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """B curves as clean ones: the `share (B,)` of that kind, and the `parts` of each.

    `log_whole (B,)` is the log evidence of a curve's parts together, `log_factor (B,)` the log of how much better it is
    than that of the other kind, within `SURE` of 0; `width (B, 2)` the log width of components and its slope with distance;
    `dof (B,)` that of Student's t.
    """

    log_whole: Array
    log_factor: Array
    share: Array
    width: Array
    dof: Array
    parts: tuple[tuple[Part, ...], ...]
    laid: Grids

    def weights(self, curve: int) -> list[Array]:
        """Give the weight of each shape under each noise in each part of a curve, which sum to 1 together."""
        return [np.exp(part.log_evidence - self.log_whole[curve]) for part in self.parts[curve]]

    def grid(self, curve: int) -> Grid:
        """Give the shapes of curves that stray, those of a curve's parts behind them."""
        of = [part.grid for part in self.parts[curve]]
        if of[0] is self.laid.own:
            return self.laid.both if len(of) == 1 else self.laid.all
        assert self.laid.both.base is not None
        return joined((self.laid.both.base, *of))


@lru_cache(maxsize=16)
def grids(grid: Grid) -> Grids:
    """Lay out the shapes of clean curves, weighted as the laws of a grid are."""
    share = np.bincount(grid.family, np.exp(grid.log_prior), len(grid.laws))
    found = {one.name: float(w) for one, w in zip(grid.laws, share, strict=True)}
    if not found.keys() & {"power", "power_floor"}:
        return Grids(None, None, grid, grid)
    fine = {name: _finer(law(name), grid.fineness) for name in found if name in LAWS}
    own = make_grid(tuple(fine.values()), tuple(found[name] * LAWS[name][-1] for name in fine))
    both, bounded = joined((grid, own)), shapes() if BOUNDED in found else None
    return Grids(own, bounded, both, both if bounded is None else joined((grid, own, bounded)))


def _finer(one: Law, times: int) -> Law:
    count, median, spread, _ = LAWS[one.name]
    shapes = (
        size(old.name, old.meaning, places=BEGINS)
        if old.kind == "size"
        else exponent(old.name, old.meaning, count=count * times, median=median, spread=spread)
        for old in one.shape
    )
    return replace(one, shape=tuple(shapes))


def as_clean(data: Observations, other: Regression, features: Array, laid: Grids, table: Calibration) -> Clean:
    """See B curves as clean ones: `other` is the same curves with discrepancies, `features (B, FEATURES)` are theirs."""
    parts = _parts(data, laid)
    log_whole = np.array([np.logaddexp.reduce([np.logaddexp.reduce(part.log_evidence) for part in of]) for of in parts])
    log_other = np.logaddexp.reduce(other.log_evidence, axis=(1, 2)) - np.log(other.log_evidence.shape[1])
    log_factor = np.clip(log_whole - log_other - DENSE * _crowded(data), -SURE, SURE)
    odds = features @ table.clean[:FEATURES] + (data.se_level > 0) * table.clean[FEATURES]
    odds += np.exp(table.clean[-1]) * log_factor
    near = features @ table.clean_width[:-1]
    return Clean(
        log_whole=log_whole,
        log_factor=log_factor,
        share=np.asarray(special.expit(odds)),
        width=np.stack([near, np.full_like(near, table.clean_width[-1])], axis=-1),
        dof=_prior(data, 0.0, ROUGHEST)[0] + data.count - 2.0,
        parts=parts,
        laid=laid,
    )


def _parts(data: Observations, laid: Grids) -> tuple[tuple[Part, ...], ...]:
    """Solve each curve for clean shapes, and for those that guessing bounds, which count as much, where it is known."""
    assert laid.own is not None
    solved = _solved(data, laid.own, regress_plain)
    bins = slope_bins(data, solved, laid.own)
    found = [[_closer(Part(solved, b, laid.own, bins[b].ravel()), data)] for b in range(len(bins))]
    known = np.isfinite(data.guess)
    if laid.bounded is not None and np.any(known):
        solved = _solved(data, laid.bounded, regress_bounded)
        solved = replace(solved, log_evidence=np.where(known[:, None, None], solved.log_evidence, -np.inf))
        bins = slope_bins(data, solved, laid.bounded)
        for b, parts in enumerate(found):
            parts.append(Part(solved, b, laid.bounded, bins[b].ravel()))
    return tuple(map(tuple, found))


def _closer(part: Part, data: Observations) -> Part:
    """Solve a curve anew where the grid is too coarse for it."""
    fine = closer(part.grid, part.solved.log_evidence[part.row])
    if fine is None:
        return part
    one = data[part.row]
    solved = _solved(one, fine, regress_plain)
    return Part(solved, 0, fine, slope_bins(one, solved, fine)[0].ravel())


def _crowded(data: Observations) -> Array:
    """Give the log of how many times as close sizes lie as `CLOSE` a doubling, `(B,)`, 0 where they are farther apart.

    The noise of such sizes is not that of runs apart from each other, so their evidence for a law says too much.
    """
    doublings = np.maximum(-data.first / np.log(2.0), 1e-9)
    return np.asarray(np.log(np.maximum((data.count - 1.0) / doublings / CLOSE, 1.0)))


def _solved(data: Observations, grid: Grid, regress: Callable[..., Regression]) -> Regression:
    """Solve for all shapes, under noise that is even and noise that grows towards small sizes."""
    grows = np.stack([np.ones_like(data.t), np.where(data.se_level[:, None] > 0, 1.0, np.exp(-data.t))], axis=1)
    alone = data.scatter_dof == 0  # what is shared shows beside repeated runs alone
    levels = [
        (_log_prior(share, shared, alone), *_prior(data, shared, noise))
        for shared in ([0.0] if np.all(alone) else LUCK)
        for noise, share in ({ROUGHEST: 1.0} if shared else NOISES).items()
    ]

    def judge(rss: Array, parameters: Array) -> tuple[Array, Array]:
        each = [judged(data, dof, squares, rss, parameters) for _, dof, squares in levels]
        evidence = np.stack(
            [log_prior[:, None, None] + found for (log_prior, *_), (found, _) in zip(levels, each, strict=True)]
        )
        whole = np.logaddexp.reduce(evidence)
        share = np.exp(evidence - whole)
        return whole, np.asarray(sum(w * variance for w, (_, variance) in zip(share, each, strict=True)))

    solved = regress(data, grid, data.noise[:, None] * grows, judge)
    return replace(solved, log_evidence=solved.log_evidence + GROWING[:, None])


def _log_prior(share: float, shared: float, alone: NDArray[np.bool_]) -> Array:
    """Give the log prior of a noise of this share under this luck, `(B,)`; where runs are not repeated none is shared."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(share * np.where(alone, float(shared == 0), LUCK[shared])))


def _prior(data: Observations, shared: float, noise: float) -> tuple[Array, Array]:
    """Give degrees of freedom and sum of squares of the noise variance's prior, `(B,)` each.

    `shared` is the relative luck that all runs of a size share, where searches don't tell that it is large.
    """
    last = data.noise[np.arange(len(data.noise)), data.count.astype(np.int64) - 1]
    told = (data.luck_dof > 0) & (data.shared > SHARED * (1 + 1e-9))
    scatter_dof = np.minimum(np.where(told, data.luck_dof, data.scatter_dof), SCATTER_DOF)
    error_dof = np.where((scatter_dof == 0) & (data.se_level > 0), ERROR_DOF, 0.0)
    of_run = np.where(told, data.run, (data.scatter / data.repeats + shared**2) / last)
    squares = NOISE_DOF * noise**2 + scatter_dof * of_run + error_dof * data.se_level**2
    return np.asarray(NOISE_DOF + scatter_dof + error_dof), np.asarray(squares)
