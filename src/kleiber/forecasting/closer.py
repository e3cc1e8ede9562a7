"""Exponents closer together, where a curve tells neighbours apart: a grid is laid out again about what its evidence likes.

A smooth curve over many doublings knows its exponent better than any grid for all curves can be. Were it left to that
grid, a power law between two of its exponents would lose to one with a floor, which can lie anywhere.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.grid import Grid

Array = NDArray[np.float64]

FEW = 4.0  # exponents of a law that matter, one over the sum of their squared weights: fewer are too few
LEAST = float(np.log(1e-5))  # an exponent that is less likely than this beside the likeliest may be left out


def closer(grid: Grid, log_evidence: Array) -> Grid | None:
    """Give the grid with the exponents of its laws where one curve's `log_evidence (G, S)` lies, as many as before.

    Each law keeps the prior weight that it has there, even between neighbours. None where enough exponents of each law
    matter already.
    """
    by_shape = np.logaddexp.reduce(log_evidence, axis=0)
    axes, priors, start = list(grid.axes), [], 0
    for i, (law, of) in enumerate(zip(grid.laws, grid.axes, strict=True)):
        counts = tuple(len(axis) for axis in of)
        inside = slice(start, start := start + math.prod(counts))
        along = [shape.kind for shape in law.shape].index("exponent")
        prior = np.moveaxis(grid.log_prior[inside].reshape(counts), along, -1)
        level = np.logaddexp.reduce(np.moveaxis(by_shape[inside].reshape(counts), along, -1).reshape(-1, counts[along]))
        place = _places(level)
        if place is not None:
            steps = np.arange(counts[along])
            fine = np.exp(np.interp(place, steps, np.log(of[along])))
            axes[i] = (*of[:along], fine, *of[along + 1 :])
            rows = [np.interp(place, steps, row) for row in prior.reshape(-1, counts[along])]
            prior = np.stack(rows).reshape(prior.shape) + np.log((place[-1] - place[0]) / (counts[along] - 1))
        priors.append(np.moveaxis(prior, -1, along).ravel())
    if all(now is before for now, before in zip(axes, grid.axes, strict=True)):
        return None
    return replace(grid, axes=tuple(axes), log_prior=np.concatenate(priors))


def _places(level: Array) -> Array | None:
    """Give as many places among exponents of this log evidence `(E,)` as there are; None where they lie close enough."""
    best = float(level.max())
    if not np.isfinite(best):
        return None
    share = np.exp(level - best)
    if share.sum() ** 2 / (share**2).sum() >= FEW:
        return None
    likely = np.flatnonzero(level >= best + LEAST)
    return np.linspace(max(likely[0] - 1, 0), min(likely[-1] + 1, len(level) - 1), len(level))
