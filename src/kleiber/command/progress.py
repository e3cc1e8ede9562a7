"""What a person sees of a running study: a bar for each size, the best so far, the time left."""

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kleiber.records import Measurement, State, Trial
from kleiber.study.cost import cost
from kleiber.study.schedule import Schedule, score_trials, search_trials, winner
from kleiber.study.watch import Summary
from kleiber.wording import counted


class Screen:
    """A `kleiber.study.watch.Watch` that draws bars on a terminal, and prints a line for each finished size elsewhere."""

    def __init__(self, console: Console, *, workers: int) -> None:
        self.summary: Summary | None = None
        self._console, self._workers = console, workers
        self._plan: Schedule | None = None
        self._bars: dict[int, TaskID] = {}
        self._told: set[int] = set()
        self._progress = Progress(
            TextColumn("[bold]{task.description:>14}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._all = self._progress.add_task("all trials", note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def waits(self, said: str) -> None:
        """Say what the study waits for, until its workers are at work."""
        self._progress.update(self._all, note=said)
        if said:
            self._print(said)

    def informed(self, data: Mapping[str, Any]) -> None:
        """Print what the data are, and what was done to them."""
        for line in described(data):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def began(self, plan: Schedule, done: Mapping[str, Measurement]) -> None:
        """Draw a bar for each size, filled as far as earlier runs got."""
        self._plan = plan
        self._progress.update(self._all, total=plan.total)
        for n in plan.sizes:
            self._bars[n] = self._progress.add_task(f"n = {n:,}", total=plan.count(n), note="", start=False)
        self._print(f"{len(plan.sizes)} sizes, {plan.total} trials")
        self._refresh(plan, done)

    def started(self, trial: Trial) -> None:
        """Start the clock of the trial's size."""
        self._progress.start_task(self._bars[trial.rung.n])

    def settled(self, trial: Trial, measurement: Measurement, done: Mapping[str, Measurement]) -> None:
        """Move the bars, and say what failed."""
        if measurement.state in (State.FAILED, State.LOST):
            said = f"n = {trial.rung.n:,}: {trial.purpose} trial {trial.number} {measurement.state}: {measurement.message}"
            self._console.print(said, style="yellow", markup=False, highlight=False)
        if self._plan is not None:
            self._refresh(self._plan, done)

    def ended(self, summary: Summary) -> None:
        """Keep how the run ended, for the caller."""
        self.summary = summary

    def _refresh(self, plan: Schedule, done: Mapping[str, Measurement]) -> None:
        left = cost(plan, done)
        rest = sum(left.trials.values())
        time_left = "" if left.seconds is None or not rest else f"about {duration(left.seconds / self._workers)} left"
        self._progress.update(self._all, completed=plan.total - rest, note=time_left)
        for n in plan.sizes:
            finished, note = not left.trials[n], _best(plan, n, done)
            self._progress.update(self._bars[n], completed=plan.count(n) - left.trials[n], note=note)
            if finished and n not in self._told:
                self._told.add(n)
                self._progress.stop_task(self._bars[n])
                scores = score_trials(plan, n, done)
                good = sum(done[trial.id].state is State.OK for trial in scores)
                self._print(", ".join(filter(None, [f"n = {n:,}: {good} scores measured", note, time_left])))

    def _print(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False)


def described(data: Mapping[str, Any]) -> list[str]:
    """Say what a data set is in a line, and in one each what was done to it."""
    shape = data.get("shape", [])
    channels = {1: "grey", 3: "RGB", 4: "RGBA"}.get(shape[-1], "") if len(shape) == 3 else ""
    kind = f"{shape[0]}x{shape[1]} {channels} images" if channels else f"{counted(math.prod(shape), 'feature')} each"
    parts = f"{data['train']:,} in the pool, {data['validation']:,} validation, {data['test']:,} test, {kind}"
    return [f"{data['name']}: {parts}", *(f"  note: {note}" for note in data["notes"])]


def duration(seconds: float) -> str:
    """Give a time in the unit that a person would use."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _best(plan: Schedule, n: int, done: Mapping[str, Measurement]) -> str:
    best = winner(plan, n, done) if plan.space and search_trials(plan, n, done)[0] else None
    metric = plan.study.metric
    return f"best validation {metric} {done[best.id].validation[metric]:.4g}" if best else ""
