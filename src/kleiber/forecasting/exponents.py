"""The exponent as a continuous quantity: its distribution, from finer shapes than a forecast of losses needs.

A forecast weighs a dozen exponents of each law, whose neighbours differ by a third; a curve that is known better than that
would get one of the dozen. So the laws whose only shape is an exponent are laid out more finely, solved and weighed as the
forecast is, and the weight of each shape is spread evenly over what lies nearer to it than to its law's other shapes.

A forecast counts .4 of the evidence of curves that stray, since losses to come stray too. For exponents of power laws that
is too little: their 90 % intervals would cover 99 %. So these weights are squared here, those of clean curves not, and
each kind keeps its share: `benchmarks/exponents.py` has what that gives.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.calibration import AHEAD
from kleiber.forecasting.grid import Grid, make_grid
from kleiber.forecasting.inference import posteriors
from kleiber.forecasting.posterior import Posterior
from kleiber.forecasting.regression import regress
from kleiber.forecasting.weights import weigh
from kleiber.laws import Law

Array = NDArray[np.float64]

FINER, CLEAN = 8, 4  # times as many exponents of curves that stray, and of clean ones: neighbours differ by 4 % or less
SHARPER = 2.0  # power of the weights of curves that stray
NARROWEST = 1e-6  # half of a cell: a law without a fall has the exponent 0 alone


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A distribution with an even density between places: rising `at (m,)`, and the probability `below (m,)` each."""

    at: Array
    below: Array

    def quantile(self, q: Array) -> Array:
        """Give the quantiles q `(j,)`."""
        return np.asarray(np.interp(q, self.below, self.at))


def exponents(posterior: Posterior) -> Distribution:
    """Give the distribution of the exponent of a curve's falling part, its mean from the largest size to 8 times it."""
    base, data = posterior.grid.base or posterior.grid, posterior.data
    fine = finer(base)
    solved = regress(data, fine)
    (known,) = posteriors(data, solved, weigh(data, solved, fine), fine, posterior.calibration)
    slope = _slopes(known.grid, data.first)
    weight = _sharpened(known, np.bincount(fine.family) / np.bincount(base.family))
    found = np.bincount(known.shape, weight, len(slope))
    return _spread(*_cells(known.grid, slope), np.asarray(found, dtype=np.float64))


def _sharpened(known: Posterior, parts: Array) -> Array:
    """Give the weights `(K,)` for exponents; `parts` is how many times as many shapes each law has, those that stray."""
    stray = known.weight[: known.group[known.straying]]
    cut = parts[known.family[: len(stray)]]
    sharp = (stray * cut) ** SHARPER / cut
    return np.concatenate([sharp * (stray.sum() / max(sharp.sum(), 1e-300)), known.weight[len(stray) :]])


@lru_cache(maxsize=16)
def finer(grid: Grid) -> Grid:
    """Give a grid with more exponents for each law whose only shape is one, and the same prior."""
    share = np.bincount(grid.family, np.exp(grid.log_prior), len(grid.laws))
    return replace(make_grid(tuple(map(_finer, grid.laws)), tuple(share.tolist())), fineness=CLEAN)


def _finer(law: Law) -> Law:
    if [shape.kind for shape in law.shape] != ["exponent"]:
        return law
    (shape,) = law.shape
    count = len(shape.grid)
    place = np.arange((count - 1) * FINER + 1) / FINER
    grid, prior = (np.exp(np.interp(place, np.arange(count), np.log(of))) for of in (shape.grid, shape.prior))
    return replace(law, shape=(replace(shape, grid=tuple(grid.tolist()), prior=tuple(prior.tolist())),))


def _slopes(grid: Grid, first: Array) -> Array:
    """Give each shape's mean exponent from the largest size to `AHEAD` times it, `(S,)`; 0 where it does not fall."""
    fall = grid.falls(np.array([[0.0, np.log(AHEAD)]]), first)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.log(fall[:, 0] / fall[:, 1]) / np.log(AHEAD)
    return np.asarray(np.where(grid.falls_at_all & (fall[:, 1] > 0), slope, 0.0))


def _cells(grid: Grid, slope: Array) -> tuple[Array, Array]:
    """Give the ends of what lies nearer to each shape's exponent than to another of its law, `(S,)` each."""
    low, high = slope - NARROWEST, slope + NARROWEST
    for law in range(len(grid.laws)):
        members = np.flatnonzero(grid.family == law)
        found, place = np.unique(slope[members], return_inverse=True)
        if len(found) > 1:
            half = np.diff(found) / 2
            low[members] = (found - np.append(half[0], half))[place] - NARROWEST
            high[members] = (found + np.append(half, half[-1]))[place] + NARROWEST
    return np.maximum(low, 0.0), high


def _spread(low: Array, high: Array, weight: Array) -> Distribution:
    """Spread weights `(S,)` evenly between low and high."""
    density = weight / (high - low)
    at, place = np.unique(np.concatenate([low, high]), return_inverse=True)
    rise = np.cumsum(np.bincount(place, np.concatenate([density, -density]), len(at)))
    below = np.concatenate([[0.0], np.cumsum(rise[:-1] * np.diff(at))])
    return Distribution(at, np.maximum.accumulate(np.clip(below / below[-1], 0.0, 1.0)))
