"""Who looks on while a study runs, and how the run ended."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from kleiber.records import Measurement, State, Trial
from kleiber.study.cost import cost
from kleiber.study.schedule import Schedule, score_trials, search_trials
from kleiber.study.times import Span

WHY = {
    "exception": "raised an error",
    "oom": "ran out of memory",
    "timeout": "took longer than the time limit",
    "killed": "lost its process",
    "preempted": "lost its worker or machine",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended: trials of the schedule that are settled, those that failed, the sizes that have all their
    scores, and what scores are missing.

    `stopped` says why the rest was not tried; it is empty where all was. `short` says that the budget is why, and `left`
    what the rest takes of one worker, where that is known. `given_up` has the sizes whose rest was not tried while
    others went on, with the failure that came back there.
    """

    settled: int
    diverged: int
    failed: tuple[tuple[Trial, Measurement], ...]
    whole: tuple[int, ...]
    missing: tuple[str, ...]
    stopped: str = ""
    short: bool = False
    left: Span | None = None
    given_up: Mapping[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether each size has all its score trials, and no trial was lost."""
        return not self.failed and not self.missing

    @property
    def reasons(self) -> str:
        """Why trials have no result, in words, the most frequent reason first."""
        counts = Counter(measurement.reason for _, measurement in self.failed)
        return ", ".join(f"{count:,} {WHY.get(reason, reason)}" for reason, count in counts.most_common())

    @property
    def gave_up(self) -> bool:
        """Whether the run stopped before it had tried everything."""
        return bool(self.stopped)


class Watch(Protocol):
    """Who looks on while a study runs."""

    def began(self, plan: Schedule, done: Mapping[str, Measurement]) -> None:
        """Be told what is to run, and what was measured before."""

    def started(self, trial: Trial) -> None:
        """Be told that a trial was handed out."""

    def settled(self, trial: Trial, measurement: Measurement, done: Mapping[str, Measurement]) -> None:
        """Be told what came of a trial."""

    def ended(self, summary: Summary) -> None:
        """Be told how the run ended."""


@runtime_checkable
class Informed(Protocol):
    """A watch that is told of the data, too."""

    def informed(self, data: Mapping[str, Any]) -> None:
        """Be told what the ledger keeps of the data, before the first trial."""


@runtime_checkable
class Patient(Protocol):
    """A watch that is told of trials that take far longer than others did."""

    def overdue(self, trial: Trial, seconds: float, expected: float | None) -> None:
        """Be told once of a trial that has taken `seconds`; `expected` are those of its kind, None where unknown."""


@runtime_checkable
class Waiting(Protocol):
    """A `Watch` that also tells what a study waits for before its first trial."""

    def waits(self, said: str) -> None:
        """Be told what is waited for, from the first second; the empty text once the workers are at work."""


def summarise(
    plan: Schedule,
    done: Mapping[str, Measurement],
    failed: Mapping[str, tuple[Trial, Measurement]],
    *,
    stopped: str = "",
    short: bool = False,
    given_up: Mapping[int, str] | None = None,
) -> Summary:
    """Sum a run up: what is settled of its schedule, what failed, and which score trials have no result."""
    whole, missing = [], []
    for n in plan.sizes:
        complete = search_trials(plan, n, done)[1]
        scores = score_trials(plan, n, done) if complete else []
        wanted = plan.scored
        have = sum(t.id in done and done[t.id].state is State.OK for t in scores)
        if have >= wanted:
            whole.append(n)
        else:
            missing.append(f"n = {n:,}: {have} of {wanted} scores")
    diverged = sum(m.state is State.DIVERGED for m in done.values())
    settled = sum(m.state in (State.OK, State.DIVERGED) for m in done.values())
    left = cost(plan, done).span if short else None
    ended = settled, diverged, tuple(failed.values()), tuple(whole), tuple(missing), stopped, short, left
    return Summary(*ended, given_up or {})
