"""From curves to posteriors: those of alike numbers of sizes are solved together; each keeps the components that matter."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Sizes
from kleiber.forecasting.calibration import Calibration
from kleiber.forecasting.grid import Grid
from kleiber.forecasting.kernels import KERNELS
from kleiber.forecasting.observations import MOST, Observations, observe
from kleiber.forecasting.posterior import Posterior
from kleiber.forecasting.regression import Regression, regress
from kleiber.forecasting.weights import Evidence, learnt, weigh

Array = NDArray[np.float64]

FEWEST, MOST_DOF = 1.5, 12.0  # degrees of freedom of a component's tails
KEPT = 1e-6  # components below this weight are dropped
BATCH = 4e6  # entries of the largest array while a batch is solved, which fit a cache


def draw_up(
    curves: Sequence[Sizes], grid: Grid, calibration: Calibration, *, n_test: Sequence[int | None], highest: Sequence[float]
) -> list[Posterior]:
    """Give the posterior of each curve; curves of alike numbers of sizes are solved together."""
    order = sorted(range(len(curves)), key=lambda i: len(curves[i].n))
    found: dict[int, Posterior] = {}
    start = 0
    while start < len(order):
        size = len(KERNELS) * len(grid.family) * min(len(curves[order[min(start + 8, len(order) - 1)]].n), MOST)
        batch = order[start : start + max(int(BATCH / size), 1)]
        start += len(batch)
        data = observe([curves[i] for i in batch])
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
    return [
        _posterior(data, solved, evidence, grid, table, b, weight[b], width[b], ends[b] if ends else (None, np.inf))
        for b in range(len(weight))
    ]


def _posterior(
    data: Observations,
    solved: Regression,
    evidence: Evidence,
    grid: Grid,
    table: Calibration,
    b: int,
    weight: Array,
    width: Array,
    end: tuple[int | None, float],
) -> Posterior:
    """Keep the components of one curve that matter, in the order of their bins."""
    bins = evidence.bins[b]
    kept = np.flatnonzero(weight >= KEPT * weight.max())
    kept = kept[np.argsort(bins[kept], kind="stable")]
    kernel, shape = np.divmod(kept, len(grid.family))
    start = np.flatnonzero(np.append(True, bins[kept[1:]] != bins[kept[:-1]]))
    real = data.real[b]
    return Posterior(
        data=data[b],
        grid=grid,
        calibration=table,
        falls=solved.falls[b][:, real],
        precision=solved.precision[b][:, real][:, :, real],
        kernel=kernel,
        shape=shape,
        weight=weight[kept] / weight[kept].sum(),
        solution=solved.solution.of(b, kept),
        dof=float(np.clip(solved.dof[b], FEWEST, MOST_DOF)),
        group=np.append(start, len(kept)),
        width=width[kernel[start]],
        features=evidence.features[b],
        n_test=end[0],
        highest=end[1],
    )
