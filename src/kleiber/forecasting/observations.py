"""Curves as the regression sees them: log sizes, size means and their noise, in units of their own, many at a time.

The unit of n is the largest measured size, that of loss the smoothed loss there; so nothing behind this file knows what
n and loss are counted in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Sizes
from kleiber.forecasting.shared import Noise, explained, noise_of

Array = NDArray[np.float64]

MOST = 30  # more sizes than this are merged with their neighbours: what is lost is noise
NEAR = 0.5  # width in log n of the smoother that gives the level of the loss
NEAR_SE = 0.7  # and of the one that smooths standard errors
VAGUE = 1e12  # noise variance of a row that only fills up a batch


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """A batch of B curves of up to M sizes; `real (B, M)` says which entries are sizes, the rest fill up.

    `t` is log n over the largest size, at most 0; `y` the size mean; `noise` the variance of its noise over that of one
    run at the largest size. `first (B,)` is the smallest t, `count (B,)` the number of sizes. `se_level (B,)` is the
    standard error of one run at the largest size over the loss, 0 where none was given; `scatter (B,)` the variance of the
    runs of one size over the squared loss, where runs were repeated, with its `scatter_dof`; `repeats` the harmonic mean of
    runs a size. `run (B,)` is the variance of one run over the squared loss as `shared.py` has it, 0 where unknown, `shared
    (B,)` the part of it that all runs of a size share, `luck_dof (B,)` with how many degrees of freedom searches tell it, 0
    where none does. `n_unit`, `loss_unit (B,)` bring back the user's units.
    """

    t: Array
    y: Array
    noise: Array
    real: NDArray[np.bool_]
    first: Array
    count: Array
    se_level: Array
    scatter: Array
    scatter_dof: Array
    repeats: Array
    run: Array
    shared: Array
    luck_dof: Array
    guess: Array
    n_unit: Array
    loss_unit: Array

    def __getitem__(self, i: int) -> "Observations":
        """Give one curve as a batch of its own, without the entries that fill up."""
        keep, one = self.real[i], slice(i, i + 1)
        return Observations(
            t=self.t[one, keep],
            y=self.y[one, keep],
            noise=self.noise[one, keep],
            real=self.real[one, keep],
            first=self.first[one],
            count=self.count[one],
            se_level=self.se_level[one],
            scatter=self.scatter[one],
            scatter_dof=self.scatter_dof[one],
            repeats=self.repeats[one],
            run=self.run[one],
            shared=self.shared[one],
            luck_dof=self.luck_dof[one],
            guess=self.guess[one],
            n_unit=self.n_unit[one],
            loss_unit=self.loss_unit[one],
        )


def observe(curves: Sequence[Sizes], guess: Sequence[float | None] | None = None) -> Observations:
    """Bring curves, each of three sizes or more with positive means, into one batch; `guess` is what guessing loses."""
    runs = [noise_of(sizes) for sizes in curves]
    merged = [_merge(sizes, noise) for sizes, noise in zip(curves, runs, strict=True)]
    most = max(len(m[0]) for m in merged)
    t, log_y, log_se, share = (np.zeros((len(merged), most)) for _ in range(4))
    real = np.zeros((len(merged), most), dtype=bool)
    shared = np.array([one.shared for one in runs])
    for i, (log_n, log_mean, log_error, of_mean) in enumerate(merged):
        k = len(log_n)
        t[i, :k], log_y[i, :k], log_se[i, :k] = log_n - log_n[-1], log_mean, log_error
        share[i, :k], real[i, :k] = of_mean, True
    last = real.sum(axis=1) - 1
    row = np.arange(len(merged))
    level = _smooth(t, log_y, real, NEAR)
    given = np.all(np.isfinite(log_se), axis=1, keepdims=True)
    spread = np.where(given, _smooth(t, np.where(given, log_se, 0.0), real, NEAR_SE), level)
    unit = level[row, last]
    profile = 2.0 * (spread - spread[row, last][:, None])
    scatter = np.array([explained(sizes) for sizes in curves])
    return Observations(
        t=np.where(real, t, 0.0),
        y=np.where(real, np.exp(log_y - unit[:, None]), 0.0),
        noise=np.where(real, np.exp(np.clip(profile, -18.0, 18.0)) * share, VAGUE),
        real=real,
        first=t.min(axis=1),
        count=real.sum(axis=1).astype(np.float64),
        se_level=np.where(given[:, 0], np.exp(spread[row, last] - unit), 0.0),
        scatter=scatter[:, 0],
        scatter_dof=scatter[:, 1],
        repeats=scatter[:, 2],
        run=np.array([one.variance for one in runs]),
        shared=shared,
        luck_dof=np.array([one.luck_dof for one in runs]),
        guess=np.array([np.inf if known is None else known for known in guess or [None] * len(curves)]) / np.exp(unit),
        n_unit=np.exp([log_n[-1] for log_n, *_ in merged]),
        loss_unit=np.exp(unit),
    )


def _merge(sizes: Sizes, noise: Noise) -> tuple[Array, Array, Array, Array]:
    """Give log n, log mean, log standard error (NaN where none) and the noise of the mean over that of one run.

    Neighbours in log n are merged down to `MOST`.
    """
    common = noise.common
    log_n, mean, counts = np.log(sizes.n), sizes.mean, sizes.count.astype(np.float64)
    error: Array = np.full(len(mean), np.nan) if sizes.se is None else sizes.se * np.sqrt(counts)
    if len(log_n) > MOST:
        place = (log_n - log_n[0]) / (log_n[-1] - log_n[0])
        _, group = np.unique(_groups(place), return_inverse=True)
        weight = _sums(group, counts)
        log_n, mean, square = (_sums(group, counts * v) / weight for v in (log_n, mean, error**2))
        common = _sums(group, counts * common) / weight
        error, counts = np.sqrt(square), weight
    return log_n, np.log(mean), np.log(error), common + noise.alone / counts


def _sums(group: NDArray[np.int64], values: Array) -> Array:
    return np.asarray(np.bincount(group, values), dtype=np.float64)


def _groups(place: Array) -> NDArray[np.int64]:
    """Put places 0 to 1 into at most `MOST` groups: the finest equal cells of the range that leave no more than that."""
    low, high = MOST - 1, 40 * MOST
    while high - low > 1:
        middle = (low + high) // 2
        cells = _cells(place, middle)
        few = np.count_nonzero(cells[1:] != cells[:-1]) < MOST
        low, high = (middle, high) if few else (low, middle)
    return _cells(place, low)


def _cells(place: Array, count: int) -> NDArray[np.int64]:
    """Give the cell of each place; the shift keeps a rounding error from moving one that lies on an edge."""
    return (place * count + 1e-6).astype(np.int64)


def _smooth(t: Array, values: Array, real: NDArray[np.bool_], width: float) -> Array:
    """Give the kernel-weighted mean of values over t, `(B, M)`."""
    weight = np.exp(-0.5 * ((t[:, :, None] - t[:, None, :]) / width) ** 2) * real[:, None, :]
    return np.asarray(np.einsum("bij,bj->bi", weight, values) / weight.sum(axis=2))
