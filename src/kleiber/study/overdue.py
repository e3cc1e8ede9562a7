"""Trials that take far longer than their kind does: each is told once, since without a time limit nothing ends it."""

from collections.abc import Iterable

from kleiber.records import Trial
from kleiber.study.budget import Out
from kleiber.study.times import Times, kind_of

FAR = 10.0  # times what a trial of its kind takes
LEAST = 60.0  # seconds that no trial is called overdue before
UNKNOWN = 1800.0  # and before any trial was measured
LOOK = 15.0  # seconds between two looks


class Overdue:
    """Which trials that are out are overdue, given the times of those that were measured."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._told: set[str] = set()

    def new(self, out: Iterable[Out]) -> list[tuple[Trial, float, float | None]]:
        """Give those not told before, with the seconds that they have taken and those expected, None where unknown."""
        found = []
        for each in out:
            expected = self._expected(each)
            late = each.seconds > (UNKNOWN if expected is None else max(LEAST, FAR * expected))
            if late and each.trials[0].id not in self._told:
                self._told.add(each.trials[0].id)
                found.append((each.trials[0], each.seconds, expected))
        return found

    def _expected(self, out: Out) -> float | None:
        known = [self._times.expected(kind_of(trial)) for trial in out.trials]
        return None if None in known else sum(each or 0.0 for each in known)
