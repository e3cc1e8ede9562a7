"""How far predictions are from the losses that came: the figures of one curve, and of a domain's curves together."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines import Predict
from benchmarks.protocol.curves import BenchmarkCurve

Array = NDArray[np.float64]

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Predictive:
    """Of one curve's unseen losses: their mean log-likelihood, and the shares inside the central 50 and 90 % intervals."""

    log_likelihood: float
    inside50: float
    inside90: float


@dataclass(frozen=True, slots=True)
class Score:
    """One curve's root mean square of the error of log loss, mean absolute error and seconds.

    `predictive` is None for a baseline and where the forecast was refused; `table` names the learnt table used, if any.
    """

    curve: str
    rmsle: float
    mae: float
    seconds: float
    predictive: Predictive | None = None
    refused: bool = False
    table: str | None = None


def counted(predicted: Array, last: float) -> Array:
    """Give the predictions `(k,)` as they count: one that is not finite or not positive is the last observed loss."""
    return np.where(np.isfinite(predicted) & (predicted > 0), predicted, last)


def errors(predicted: Array, curve: BenchmarkCurve) -> tuple[float, float]:
    """Give RMSLE and MAE of predictions `(k,)` on a curve's unseen losses."""
    predicted = counted(predicted, float(curve.loss[-1]))
    rmsle = np.sqrt(np.mean((np.log(predicted) - np.log(curve.loss_at)) ** 2))
    return float(rmsle), float(np.mean(np.abs(predicted - curve.loss_at)))


def score_baseline(predict: Predict, curves: Iterable[BenchmarkCurve]) -> list[Score]:
    """Score a baseline on each curve; its seconds are those of fit and prediction."""
    scores = []
    for curve in curves:
        start = time.perf_counter()
        with np.errstate(all="ignore"):
            predicted = predict(curve.n, curve.loss, curve.at)
        seconds = time.perf_counter() - start
        scores.append(Score(curve.name, *errors(predicted, curve), seconds))
    return scores


def resampled(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Give the bootstrap's central interval of the mean of per-curve values, curves drawn with replacement."""
    found = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(len(found), size=(RESAMPLES, len(found)))
    low, high = np.quantile(found[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
