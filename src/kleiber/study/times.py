"""What trials take: the mean of those of a kind that were measured, and an estimate of the kinds that were not.

A kind is a size with what a trial of it does: a search up to a stage or to its end, or a score. In simulated studies of
seven sizes whose times are constant, affine or a power of n up to 1.6, the interval of what was left held in 75 % or more
once two sizes were measured (`tests/study/test_times.py`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kleiber.records import Purpose, Trial

Kind = tuple[int, Purpose, float | None]

Z90 = 1.645  # standard deviations to either end of a 90 % interval
SPREAD, SPREAD_DOF = 0.3, 2  # of the logarithm of a trial's time about its kind's mean, before any is known, and its weight
POWER, POWER_SD = 0.8, 0.5  # by which power of n a time grows, before sizes are compared: nets and other learners
OTHER = 0.2  # standard deviation of the logarithm of a kind's mean time about such a power
BENT = 0.15  # and of what the power changes by, over each doubling away from the largest size that was measured


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of one worker, with a 90 % interval."""

    seconds: float
    low: float
    high: float


@dataclass(slots=True)
class Moments:
    """How many numbers there were, their mean, and the sum of squares about it (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take in a number."""
        self.count += 1
        away = value - self.mean
        self.mean += away / self.count
        self.squares += away * (value - self.mean)


def kind_of(trial: Trial) -> Kind:
    """Give the kind of a trial."""
    return trial.rung.n, trial.purpose, trial.until


class Times:
    """The seconds of trials by kind; `passes` gives how often a trial of a kind goes through its rung at most."""

    def __init__(self, passes: Callable[[Kind], float]) -> None:
        self._passes = passes
        self._logs: dict[Kind, Moments] = {}
        self._total: dict[Kind, float] = {}

    def add(self, kind: Kind, seconds: float) -> None:
        """Take in what a trial took."""
        self._logs.setdefault(kind, Moments()).add(math.log(max(seconds, 1e-6)))
        self._total[kind] = self._total.get(kind, 0.0) + seconds

    def expected(self, kind: Kind) -> float | None:
        """Give the seconds that a trial of a kind takes, None where nothing was measured."""
        return None if not self._total else self._mean(kind) if kind in self._total else math.exp(self._foreseen(kind)[0])

    def left(self, counts: Mapping[Kind, int]) -> Span | None:
        """Give what so many trials of each kind take, None where nothing was measured.

        The errors of kinds go together, those of single trials do not.
        """
        if not self._total:
            return None
        spread = self._spread()
        total = shared = alone = 0.0
        for kind, count in counts.items():
            each = self.expected(kind) or 0.0
            total += count * each
            shared += count * each * self._error(kind, spread)
            alone += count * (each * spread) ** 2
        if not total:
            return Span(0.0, 0.0, 0.0)
        error = Z90 * math.hypot(shared, math.sqrt(alone)) / total
        return Span(total, total * math.exp(-error), total * math.exp(error))

    def _mean(self, kind: Kind) -> float:
        return self._total[kind] / self._logs[kind].count

    def _foreseen(self, kind: Kind) -> tuple[float, float]:
        """Give mean and standard deviation of the logarithm of a kind's time, from the kinds that were measured.

        Seconds a pass go with a power of n, by Bayesian least squares of their logarithms.
        """
        kinds, largest, spread = list(self._total), max(n for n, _, _ in self._total), self._spread()
        away = np.log2([largest / n for n, _, _ in kinds])
        counts = np.array([self._logs[k].count for k in kinds])
        weight = 1 / (spread**2 / counts + OTHER**2 + (BENT * away) ** 2)
        rate = np.log([max(self._mean(k), 1e-6) / self._passes(k) for k in kinds])
        x = np.column_stack([np.ones(len(kinds)), -away * math.log(2)])
        precision = (x.T * weight) @ x + np.diag([0.0, POWER_SD**-2])
        found = np.linalg.solve(precision, (x.T * weight) @ rate + np.array([0.0, POWER / POWER_SD**2]))
        at = np.array([1.0, math.log(kind[0] / largest)])
        bent = BENT * max(math.log2(kind[0] / largest), 0.0)
        error = math.sqrt(float(at @ np.linalg.solve(precision, at)) + OTHER**2 + bent**2)
        return float(at @ found) + math.log(self._passes(kind)), error

    def _spread(self) -> float:
        """Give the standard deviation of the logarithm of a trial's time about its kind's mean."""
        squares = sum(logs.squares for logs in self._logs.values())
        dof = sum(logs.count - 1 for logs in self._logs.values())
        return math.sqrt((squares + SPREAD_DOF * SPREAD**2) / (dof + SPREAD_DOF))

    def _error(self, kind: Kind, spread: float) -> float:
        """Give the standard deviation of the logarithm of a kind's mean time."""
        return spread / math.sqrt(self._logs[kind].count) if kind in self._logs else self._foreseen(kind)[1]
