"""From curves to posteriors: those of alike numbers of sizes are solved together; each keeps the components that matter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Sizes
from kleiber.forecasting.calibration import Calibration
from kleiber.forecasting.clean import NEVER, as_clean, grids
from kleiber.forecasting.grid import Grid
from kleiber.forecasting.kernels import KERNELS
from kleiber.forecasting.observations import MOST, Observations, observe
from kleiber.forecasting.posterior import Posterior
from kleiber.forecasting.regression import Regression, Solution, regress
from kleiber.forecasting.weights import Evidence, learnt, weigh

Array = NDArray[np.float64]

FEWEST, MOST_DOF = 1.5, 12.0  # degrees of freedom of a component's tails
KEPT = 1e-6  # components below this part of the largest weight are dropped
BATCH = 4e6  # entries of the largest array while a batch is solved, which fit a cache


def draw_up(
    curves: Sequence[Sizes],
    grid: Grid,
    calibration: Calibration,
    *,
    n_test: Sequence[int | None],
    highest: Sequence[float],
    guess: Sequence[float | None],
) -> list[Posterior]:
    """Give the posterior of each curve; curves of alike numbers of sizes are solved together."""
    order = sorted(range(len(curves)), key=lambda i: len(curves[i].n))
    found: dict[int, Posterior] = {}
    start = 0
    while start < len(order):
        size = len(KERNELS) * len(grid.family) * min(len(curves[order[min(start + 8, len(order) - 1)]].n), MOST)
        batch = order[start : start + max(int(BATCH / size), 1)]
        start += len(batch)
        data = observe([curves[i] for i in batch], [guess[i] for i in batch])
        solved = regress(data, grid)
        ends = [(n_test[i], highest[i]) for i in batch]
        found.update(zip(batch, posteriors(data, solved, weigh(data, solved, grid), grid, calibration, ends), strict=True))
    return [found[i] for i in range(len(curves))]


def posteriors(
    data: Observations,
    solved: Regression,
    evidence: Evidence,
    grid: Grid,
    table: Calibration,
    ends: Sequence[tuple[int | None, float]] | None = None,
) -> list[Posterior]:
    """Weigh a batch that is solved; `ends` are each curve's `n_test` and highest loss."""
    log_bin, width = learnt(evidence, table)
    weight = np.exp(evidence.log_share + np.take_along_axis(log_bin, evidence.bins, axis=1))
    shapes = grids(grid)
    off = shapes.own is None or table.clean[0] <= NEVER
    clean = None if off or shapes.own is None else as_clean(data, solved, evidence.features, shapes, table)
    found = []
    for b in range(len(weight)):
        share = 0.0 if clean is None else float(clean.share[b])
        parts = [(solved, b, (1.0 - share) * weight[b], evidence.bins[b], width[b], float(solved.dof[b]))]
        if clean is not None:
            own = clean.width[b][None], float(clean.dof[b])
            pairs = zip(clean.parts[b], clean.weights(b), strict=True)
            parts += [(part.solved, part.row, share * inside, part.bins, *own) for part, inside in pairs]
        least = KEPT * max(float(part[2].max()) for part in parts)
        kinds = [_kept(*part, least) for part in parts]
        known = shapes.both if clean is None else clean.grid(b)
        found.append(_posterior(data[b], kinds, known, table, solved, evidence, b, ends[b] if ends else (None, np.inf)))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """The components of one curve that matter, as one kind of curve has them, in the order of their bins, which `start`.

    `dof` is that of their Student's t.
    """

    kernel: NDArray[np.int64]
    shape: NDArray[np.int64]
    weight: Array
    start: NDArray[np.int64]
    width: Array
    dof: float
    solution: Solution
    falls: Array


def _kept(
    solved: Regression, b: int, weight: Array, bins: NDArray[np.int64], width: Array, dof: float, least: float
) -> _Kind:
    """Keep the components of curve b of this weight at least; a kind of curve that does not matter keeps none."""
    kept = np.flatnonzero(weight >= least)
    kept = kept[np.argsort(bins[kept], kind="stable")]
    kernel, shape = np.divmod(kept, solved.falls.shape[1])
    kernel = np.minimum(kernel, len(width) - 1)  # a clean curve has no discrepancy: what is counted there is its noise
    start = np.flatnonzero(np.diff(bins[kept], prepend=-1))
    return _Kind(
        kernel, shape, weight[kept], start, width[kernel[start]], dof, solved.solution.of(b, kept), solved.falls[b]
    )


def _posterior(
    data: Observations,
    kinds: Sequence[_Kind],
    grid: Grid,
    table: Calibration,
    solved: Regression,
    evidence: Evidence,
    b: int,
    end: tuple[int | None, float],
) -> Posterior:
    """Put the kinds of one curve side by side; the first is that of curves that stray from laws."""
    real = data.t.shape[1]  # what lies beyond was filled up
    before, kept = np.cumsum([[0, 0], *([len(kind.falls), len(kind.weight)] for kind in kinds)], axis=0).T
    weight = np.concatenate([kind.weight for kind in kinds])
    return Posterior(
        data=data,
        grid=grid,
        calibration=table,
        falls=np.concatenate([kind.falls[:, :real] for kind in kinds]),
        precision=solved.precision[b][:, :real, :real],
        kernel=np.concatenate([kind.kernel for kind in kinds]),
        shape=np.concatenate([kind.shape + first for kind, first in zip(kinds, before, strict=False)]),
        weight=weight / weight.sum(),
        solution=Solution.joined([kind.solution for kind in kinds]),
        dof=np.clip([kinds[0].dof, kinds[-1].dof], FEWEST, MOST_DOF),
        group=np.concatenate([*(kind.start + first for kind, first in zip(kinds, kept, strict=False)), kept[-1:]]),
        width=np.concatenate([kind.width for kind in kinds]),
        straying=len(kinds[0].start),
        features=evidence.features[b],
        n_test=end[0],
        highest=end[1],
    )
