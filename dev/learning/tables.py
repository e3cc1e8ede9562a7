"""What the engine makes of a curve before anything is learnt: merged components at the sizes to forecast, with features."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from dev.learning.curves import Cut
from numpy.typing import NDArray

from kleiber.curves.curve import make_curve, sizes
from kleiber.forecasting.calibration import FEATURES, untaught
from kleiber.forecasting.ceiling import Ceiling
from kleiber.forecasting.clean import as_clean, grids
from kleiber.forecasting.features import noise_of
from kleiber.forecasting.grid import named_grid
from kleiber.forecasting.inference import posteriors
from kleiber.forecasting.kernels import KERNELS
from kleiber.forecasting.observations import observe
from kleiber.forecasting.posterior import BEYOND, Posterior
from kleiber.forecasting.regression import regress
from kleiber.forecasting.weights import BINS, weigh

Array = NDArray[np.float32]

POINTS = 8  # sizes to forecast at most
CHUNK = 24
LEAST = 1e-3  # a loss of zero counts as this part of the loss at the largest size
CERTAIN = 100.0  # log odds beyond what evidence can turn


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
    clean: "CleanTable"


@dataclass(frozen=True, slots=True, eq=False)
class CleanTable:
    """The same curves as clean ones, L = `BINS` components: `weight (C, L)`, `mean` and `sd (C, L, Q)`, variance of a run's
    `noise (C, L)`; `log_factor (C,)` of the evidence, 1 where standard errors are given, `errors (C,)`, and `dof (C,)`.
    """

    weight: Array
    mean: Array
    sd: Array
    noise: Array
    log_factor: Array
    errors: Array
    dof: Array


def tabulate(cuts: Sequence[Cut], laws: tuple[str, ...], workers: int) -> Table:
    """Run the engine over cuts; the order is kept."""
    order = sorted(range(len(cuts)), key=lambda i: len(cuts[i].n))
    chunks = [[cuts[i] for i in order[k : k + CHUNK]] for k in range(0, len(order), CHUNK)]
    with ProcessPoolExecutor(workers) as pool:
        parts = [part for chunk in pool.map(_rows, chunks, [laws] * len(chunks)) for part in chunk]
    back = np.argsort(order)
    whole = [np.stack([parts[i][k] for i in back]) for k in range(16)]
    return Table(*whole[:9], clean=CleanTable(*whole[9:]))


def _rows(cuts: Sequence[Cut], laws: tuple[str, ...]) -> list[tuple[np.ndarray, ...]]:
    grid, table = named_grid(laws, (1.0,) * len(laws)), untaught(laws)
    straying, clean = (replace(table, clean=np.array([odds, *[0.0] * (FEATURES + 1)])) for odds in (-CERTAIN, CERTAIN))
    curves = [make_curve(c.n, c.loss, se=c.se, replicate=c.replicate) for c in cuts]
    data = observe([sizes(curve) for curve in curves])
    solved = regress(data, grid)
    evidence = weigh(data, solved, grid)
    found = []
    log_factor = as_clean(data, solved, evidence.features, grids(grid), table).log_factor
    as_it_strays, as_clean_ones = (posteriors(data, solved, evidence, grid, kind) for kind in (straying, clean))
    for b, one in enumerate(as_it_strays):
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
                np.float32(one.dof[0]),
                *_clean_rows(as_clean_ones[b], at),
                np.float32(log_factor[b]),
                np.float32(data.se_level[b] > 0),
                np.float32(as_clean_ones[b].dof[1]),
            )
        )
    return found


def _clean_rows(one: Posterior, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """Give weight, mean, standard deviation and a run's noise of merged components, filled up with such of weight 0."""
    weight, mean, variance = one.merged(at)
    count = len(weight)
    filled, centre = np.zeros(BINS, np.float32), np.ones((BINS, POINTS), np.float32)
    spread, noise = np.ones_like(centre), np.ones_like(filled)
    filled[:count], noise[:count] = weight, one.run_noise(1.0)
    centre[:count, : len(at)], spread[:count, : len(at)] = mean, np.sqrt(variance)
    return filled, centre, spread, noise


def _thinned(cut: Cut) -> tuple[np.ndarray, np.ndarray]:
    """Give at most `POINTS` sizes to forecast, spread over all."""
    order = np.argsort(cut.at, kind="stable")
    pick = order[np.unique(np.round(np.linspace(0, len(order) - 1, min(POINTS, len(order)))).astype(int))]
    return cut.at[pick], cut.truth[pick]


def log_truth(table: Table, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the log of the losses to forecast of some cuts, as they were below no ceiling, `(C, Q)`; NaN: none.

    And the log of how much faster it grows than the loss, by which its density is that of the loss.
    """
    truth = np.log(np.maximum(table.truth[index].astype(np.float64), LEAST))
    noise = noise_of(table.features[index].astype(np.float64))[:, None]
    ceiling = Ceiling.of(np.broadcast_to(noise, truth.shape).ravel(), (table.distance[index] > BEYOND).ravel())
    before, faster = (part.reshape(truth.shape) for part in ceiling.undrawn(truth.ravel(), np.arange(truth.size)))
    return before, faster - truth
