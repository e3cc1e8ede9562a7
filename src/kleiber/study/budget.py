"""The worker hours that a study may use, watched while it runs: what was used before counts.

The rule: no trial starts that what is left does not pay for, by the times of those measured so far; one that runs when the
budget is used up may end until `GRACE` over it, then it is stopped where the executor can stop it, and starts anew later.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kleiber.records import FINAL, Trial
from kleiber.study.book import Spent
from kleiber.study.times import Times, kind_of
from kleiber.wording import duration

GRACE = 0.05  # share of the budget by which running trials may exceed it


@dataclass(frozen=True, slots=True)
class Out:
    """Trials that a worker has in hand, since when on the monotonic clock."""

    trials: Sequence[Trial]
    since: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """What they have taken so far."""
        return time.monotonic() - self.since


def learn(times: Times, one: Spent) -> None:
    """Take in what an attempt took; one that a budget stopped says that its kind takes at least as long."""
    expected = times.expected(one.kind)
    if one.state in FINAL or (one.reason == "budget" and expected is not None and one.seconds > expected):
        times.add(one.kind, one.seconds)


class Budget:
    """So many seconds of workers, with those that are `used`, and the times of trials as they are known."""

    def __init__(self, seconds: float, times: Times, used: float = 0.0) -> None:
        self.seconds, self.used = seconds, used
        self.short = False  # whether a trial was not started, or was stopped, for want of budget
        self._times = times

    def pays(self, trials: Sequence[Trial], out: Iterable[Out]) -> bool:
        """Say whether what is left pays for trials besides those that are out; `short` remembers that it did not."""
        taken = self.used + sum(max(each.seconds, self._expected(each.trials)) for each in out)
        fits = taken < self.seconds and taken + self._expected(trials) <= self.seconds
        self.short |= not fits
        return fits

    def patience(self, out: Sequence[Out]) -> float:
        """Give the seconds for which the trials that are out may still run together."""
        return max((1 + GRACE) * self.seconds - self.used - sum(each.seconds for each in out), 0.0) / max(len(out), 1)

    @property
    def said(self) -> str:
        """Say how much is used; empty where the budget has stopped nothing."""
        if not self.short:
            return ""
        if self.used < self.seconds:
            return (
                f"of the budget of {duration(self.seconds)}, {duration(self.used)} are used; what is left does not pay for "
                "the next trial"
            )
        return f"the budget of {duration(self.seconds)} is used up ({duration(self.used)})"

    def _expected(self, trials: Sequence[Trial]) -> float:
        return sum(self._times.expected(kind_of(trial)) or 0.0 for trial in trials)
