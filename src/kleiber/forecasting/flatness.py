"""A curve that shows no fall any more: not begun, saturated, or hidden by the noise. Three things, each with its own cure.

Which of them it is follows from what was measured: where the stretch begins that no fall shows in, what the curve did
before it, and how much of a fall the noise may hide in it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.curves.curve import Sizes
from kleiber.forecasting.trend import CLEAR, Line, beyond_noise, falls, line

NEAR_CHANCE = 0.8  # a loss above this part of guessing's is hardly better
FLATTENED = 0.5  # a slope below this part of the one before is another one
LEARNS = 0.95  # probability that 8 times the data are better, from which on a curve is not flat
INSIDE = 0.95  # one-sided level of the 90 % interval of a fall

Kind = Literal["not-begun", "saturated", "flat"]


@dataclass(frozen=True, slots=True)
class Flat:
    """Why no fall is seen from size `since` on: `learnt` says whether one was seen before it.

    `fall`, `low` and `high` are the loss's fall from there to the largest size with its 90 % interval, in the loss's unit.
    """

    kind: Kind
    since: float
    learnt: bool
    fall: float
    low: float
    high: float


def flatness(sizes: Sizes, chance: float | None) -> Flat | None:
    """Say why no fall is seen up to the largest size; None where one is, or where a fall is seen but not that it ended."""
    start = _start(sizes)
    stretch = line(sizes, start)
    steepest = _steepest(stretch)
    if start > 0 and steepest < FLATTENED * _before(sizes, start):
        return _flat("saturated", sizes, start, stretch)
    if start > 0:
        return None if falls(sizes) else _flat("flat", sizes, start, stretch)
    if chance is not None and np.all(sizes.mean > NEAR_CHANCE * chance):
        return _flat("not-begun", sizes, start, stretch)
    if chance is not None and np.all(sizes.mean < NEAR_CHANCE * chance) and sizes.n[0] > 1:
        since_guessing = np.log(chance / sizes.mean[0]) / np.log(sizes.n[0])
        if steepest < FLATTENED * since_guessing:
            return _flat("saturated", sizes, start, stretch)
    return _flat("flat", sizes, start, stretch)


def guessing(sizes: Sizes, chance: float | None, flat: Flat | None) -> NDArray[np.bool_]:
    """Say which sizes are hardly better than guessing, `(k,)`; where a curve is saturated, it has learnt what it will."""
    near = sizes.mean > NEAR_CHANCE * (np.inf if chance is None else chance)
    return np.asarray(near & (sizes.n < flat.since) if flat is not None and flat.kind == "saturated" else near)


def _start(sizes: Sizes) -> int:
    """Give the first place from which on neither the line nor any step down to the largest size is more than noise."""
    last, log_mean = len(sizes.n) - 1, np.log(sizes.mean)
    for start in range(last - 1):
        found = line(sizes, start)
        step = log_mean[start] - log_mean[-1]
        if not (found.slope < 0 and found.p < CLEAR) and step <= beyond_noise(sizes, start, last, CLEAR):
            return start
    return last - 1


def _before(sizes: Sizes, start: int) -> float:
    """Give the exponent with which the loss fell from the smallest size to a place."""
    return float(-np.log(sizes.mean[start] / sizes.mean[0]) / np.log(sizes.n[start] / sizes.n[0]))


def _steepest(stretch: Line) -> float:
    """Give the upper end of the 90 % interval of the exponent of a stretch."""
    return float(-stretch.slope + stretch.error * special.stdtrit(stretch.dof, INSIDE))


def _flat(kind: Kind, sizes: Sizes, start: int, stretch: Line) -> Flat:
    level = float(np.average(sizes.mean[start:], weights=sizes.count[start:]))
    length = float(np.log(sizes.n[-1] / sizes.n[start]))
    half = stretch.error * float(special.stdtrit(stretch.dof, INSIDE))
    fall, low, high = (-level * float(np.expm1((stretch.slope + by) * length)) for by in (0.0, half, -half))
    return Flat(kind, float(sizes.n[start]), start > 0, fall, low, high)
