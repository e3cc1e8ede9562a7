"""What the engine makes of a curve before anything is learnt: merged components at the sizes to forecast, with features."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from dev.learning.curves import Cut
from numpy.typing import NDArray

from kleiber.curves.curve import make_curve, sizes
from kleiber.forecasting.calibration import untaught
from kleiber.forecasting.grid import named_grid
from kleiber.forecasting.inference import posteriors
from kleiber.forecasting.kernels import KERNELS
from kleiber.forecasting.observations import observe
from kleiber.forecasting.regression import regress
from kleiber.forecasting.weights import BINS, weigh

Array = NDArray[np.float32]

POINTS = 8  # sizes to forecast at most
CHUNK = 24


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """C curves, J = kernels x slope bins components, `POINTS` sizes: log evidence of bin and kernel `(C, J)`, `mean` and
    `sd (C, J, Q)` of the curve over the loss unit, relative variance of a run's `noise (C, J)`, `distance (C, Q)` in log n,
    `truth (C, Q)` (NaN: none), `features (C, FEATURES)`, `dof (C,)`.
    """

    log_bin: Array
    log_kernel: Array
    mean: Array
    sd: Array
    noise: Array
    distance: Array
    truth: Array
    features: Array
    dof: Array


def tabulate(cuts: Sequence[Cut], laws: tuple[str, ...], workers: int) -> Table:
    """Run the engine over cuts; the order is kept."""
    order = sorted(range(len(cuts)), key=lambda i: len(cuts[i].n))
    chunks = [[cuts[i] for i in order[k : k + CHUNK]] for k in range(0, len(order), CHUNK)]
    with ProcessPoolExecutor(workers) as pool:
        parts = [part for chunk in pool.map(_rows, chunks, [laws] * len(chunks)) for part in chunk]
    back = np.argsort(order)
    return Table(*(np.stack([parts[i][k] for i in back]) for k in range(9)))


def _rows(cuts: Sequence[Cut], laws: tuple[str, ...]) -> list[tuple[np.ndarray, ...]]:
    grid, table = named_grid(laws, (1.0,) * len(laws)), untaught(laws)
    curves = [make_curve(c.n, c.loss, se=c.se, replicate=c.replicate) for c in cuts]
    data = observe([sizes(curve) for curve in curves])
    solved = regress(data, grid)
    evidence = weigh(data, solved, grid)
    found = []
    for b, one in enumerate(posteriors(data, solved, evidence, grid, table)):
        at, truth = _thinned(cuts[b])
        _, mean, variance = one.merged(at)
        bins = evidence.bins[b][one.kernel[one.group[:-1]] * len(grid.family) + one.shape[one.group[:-1]]]
        log_bin, spread = (
            np.full(BINS * len(KERNELS), -np.inf, np.float32),
            np.ones((BINS * len(KERNELS), POINTS), np.float32),
        )
        centre, noise = np.ones_like(spread), np.zeros_like(log_bin)
        noise[bins] = one.run_noise(1.0)
        log_bin[bins] = evidence.log_bin[b][bins]
        centre[bins, : len(at)], spread[bins, : len(at)] = mean, np.sqrt(variance)
        found.append(
            (
                log_bin,
                np.repeat(evidence.log_kernel[b], BINS).astype(np.float32),
                centre,
                spread,
                noise,
                np.pad(np.log(at / one.n_unit), (0, POINTS - len(at))).astype(np.float32),
                np.pad(truth / one.loss_unit, (0, POINTS - len(at)), constant_values=np.nan).astype(np.float32),
                evidence.features[b].astype(np.float32),
                np.float32(one.dof),
            )
        )
    return found


def _thinned(cut: Cut) -> tuple[np.ndarray, np.ndarray]:
    """Give at most `POINTS` sizes to forecast, spread over all."""
    order = np.argsort(cut.at, kind="stable")
    pick = order[np.unique(np.round(np.linspace(0, len(order) - 1, min(POINTS, len(order)))).astype(int))]
    return cut.at[pick], cut.truth[pick]
