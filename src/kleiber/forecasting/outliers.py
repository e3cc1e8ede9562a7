"""Runs far off their neighbours: the farthest is warned of, and refused where its unit must be wrong."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Caution, Curve
from kleiber.forecasting.refusals import Refusal
from kleiber.importers import is_error_rate
from kleiber.wording import counted

Array = NDArray[np.float64]

FAR, TOO_FAR = np.log(2.0), np.log(10.0)  # a run this far from its neighbours, on the log of the loss, and no less than
MADS = 8.0  # this many times their median absolute deviation, is an outlier
GUESS, NEAR_CHANCE = 0.4, (0.8, 1.5)  # from this share of all wrong on, or so near to chance, a run has learnt nothing
MANY_SIZES = 1000  # whose pairs are half a million
MANY_RUNS = 50  # of a size, from which on their median is found size by size


def far_off(curve: Curve) -> tuple[Caution, Refusal | None] | None:
    """Warn of the run farthest from its neighbours, and refuse where it is off by more than a factor of 10 and no guess.

    Neighbours are the runs of its size, where there are three or more, and a line through the size medians on log-log
    axes (Theil 1950, Sen 1968), where there are four sizes or more.
    """
    y = np.log(curve.loss)
    off = np.zeros(len(y))
    new = np.append(True, curve.n[1:] != curve.n[:-1])  # a curve is in the order of its sizes
    place, names = np.cumsum(new) - 1, curve.n[new]
    count = np.bincount(place)
    middle = medians(y, place, count)
    if len(names) >= 4:
        rest = y - line(np.log(names), middle)[place]
        off = np.where(np.abs(rest) > max(MADS * _median(np.abs(rest)), FAR), rest, off)
    own, many = y - middle[place], count[place] >= 3
    if many.any():
        limit = max(MADS * _median(np.abs(own[many])), FAR)
        off = np.where(many & (np.abs(own) > limit) & (np.abs(own) > np.abs(off)), own, off)
    worst = int(np.argmax(np.abs(off)))
    if off[worst] == 0:
        return None
    times = float(np.exp(abs(off[worst])))
    run = f"The run at n = {curve.n[worst]:g}, replicate {curve.replicate[worst]}, has a loss of {curve.loss[worst]:.4g}"
    others = int(np.sum(off != 0)) - 1
    more = "" if others == 0 else f" {counted(others, 'more run', verb='is')} far off too."
    text = f"{run}, {times:.3g} times {'above' if off[worst] > 0 else 'below'} its neighbours.{more}"
    help_ = "Check its unit and whether it diverged. Correct it, or leave it out and report that."
    alone = abs(off[worst]) > TOO_FAR and _apart(middle, y[worst], int(place[worst])) and not _guesses(curve, worst)
    refusal = Refusal("outlier", text, help_) if alone else None
    return Caution("outlier", f"{text} {help_}"), refusal


def highest(curve: Curve) -> float:
    """Give the highest loss there is: 1 of an error rate as a fraction, 100 in percent, else inf."""
    largest = float(curve.loss.max())
    if not is_error_rate(curve.metric) or largest > 100:
        return float("inf")
    return 1.0 if largest <= 1 else 100.0


def _guesses(curve: Curve, row: int) -> bool:
    """Say whether a run does no better than guessing, so that its loss is far off without a wrong unit."""
    top, loss = highest(curve), float(curve.loss[row])
    near = curve.chance is not None and NEAR_CHANCE[0] * curve.chance <= loss <= NEAR_CHANCE[1] * curve.chance
    return bool(near or (np.isfinite(top) and loss >= GUESS * top))


def _apart(middle: Array, value: float, place: int) -> bool:
    """Say whether a run is off by more than a factor of 10 from the sizes next to its own too: a steep curve is not."""
    beside = np.delete(middle, place)[max(place - 1, 0) : place + 1]
    return bool(np.all(np.abs(value - beside) > TOO_FAR))


def medians(values: Array, place: NDArray[np.int64], count: NDArray[np.int64]) -> Array:
    """Give the median of the values at each place, `(len(count),)`; places rise, and `count` says how many there are."""
    if len(values) > MANY_RUNS * len(count):
        return np.array([_median(of_place) for of_place in np.split(values, np.cumsum(count)[:-1])])
    ranked = values[np.lexsort((values, place))]
    start = np.cumsum(count) - count
    return np.asarray((ranked[start + (count - 1) // 2] + ranked[start + count // 2]) / 2)


def line(x: Array, y: Array) -> Array:
    """Give the line of the median slope at x; of the two middle slopes the one that leaves less.

    Of more than `MANY_SIZES` places, so many of them, evenly spread, tell the slope.
    """
    some = np.linspace(0, len(x) - 1, min(len(x), MANY_SIZES)).astype(np.intp)
    i, j = (some[pair] for pair in _pairs(len(some)))
    found = []
    for slope in set(_middles((y[j] - y[i]) / (x[j] - x[i]))):
        start = _median(y - slope * x)
        rest = np.abs(y - start - slope * x)
        found.append((_median(rest), float(np.sum(rest)), start, slope))
    *_, start, slope = min(found)
    return np.asarray(start + slope * x)


@lru_cache(maxsize=64)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, 1)


def _middles(values: Array) -> tuple[float, float]:
    """Give the two middle values, one and the same where their number is odd."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    ranked = np.partition(values, (low, high))
    return float(ranked[low]), float(ranked[high])


def _median(values: Array) -> float:
    """Give the median, in a fifth of the time that NumPy's takes for few values."""
    return sum(_middles(values)) / 2
