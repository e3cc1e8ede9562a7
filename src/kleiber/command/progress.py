"""What a person sees of a running study: what happens now, a bar for each size, the best so far, the time left."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from kleiber.command.so_far import best_of, scores_of, time_left
from kleiber.command.terminal import made_of
from kleiber.records import Measurement, State, Trial
from kleiber.study.cost import Cost, cost
from kleiber.study.schedule import Schedule
from kleiber.study.watch import Summary
from kleiber.wording import counted, duration, listed

PAUSE = 60.0  # seconds between two lines of how far it is, where there is no terminal
REST = 20.0  # times what working out the rest took, in which it is not worked out again, unless a size is done


class _Bars(Progress):
    """Bars under a line that says what happens."""

    head = "starting"
    began = time.monotonic()

    def get_renderables(self) -> Iterator[RenderableType]:
        yield Text(f"{duration(round(time.monotonic() - self.began)):>6}  {self.head}")
        yield self.make_tasks_table(self.tasks)


class Screen:
    """A `kleiber.study.watch.Watch` that draws bars on a terminal, and elsewhere prints a line for each finished size, and
    now and then one of how far it is.

    budget: worker seconds that the study may use, if there is a limit.
    """

    def __init__(self, console: Console, *, workers: int, budget: float | None = None) -> None:
        self.summary: Summary | None = None
        self._console, self._workers, self._budget = console, workers, budget
        self._plan: Schedule | None = None
        self._left: Cost | None = None
        self._bars: dict[int, TaskID] = {}
        self._told: set[int] = set()
        self._zero: set[int] = set()  # sizes at which a loss of exactly 0 was told
        self._out: dict[str, int] = {}
        self._next = time.monotonic() + PAUSE
        self._due = 0.0
        self._done: Mapping[str, Measurement] = {}
        self._since: Counter[int] = Counter()  # trials settled at each size since the rest was worked out
        self._progress = _Bars(
            TextColumn("{task.description:>12}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.began = time.monotonic()
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def waits(self, said: str) -> None:
        """Say what the study waits for, until its workers are at work."""
        self._progress.head = said
        if said:
            self._print(said)

    def informed(self, data: Mapping[str, Any]) -> None:
        """Print what the data are, and what was done to them."""
        for line in described(data):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def began(self, plan: Schedule, done: Mapping[str, Measurement]) -> None:
        """Say what the number of trials is made of, and draw a bar for each size, filled as far as earlier runs got."""
        self._plan = plan
        self._console.print(_made_of(plan), markup=False, highlight=False, soft_wrap=True)
        for n in plan.sizes:
            self._bars[n] = self._progress.add_task(f"n = {n:,}", total=plan.count(n), note="")
        left = self._refresh(plan, done, earlier=True)
        before = plan.total - sum(left.trials.values())
        if before:
            rest = f"; left: {time_left(left, self._workers)}" if before < plan.total else ""
            self._console.print(
                f"{before} of them are measured already{rest}", markup=False, highlight=False, soft_wrap=True
            )

    def started(self, trial: Trial) -> None:
        """Say at which size a trial is."""
        self._out[trial.id] = trial.rung.n
        if self._plan is not None and self._left is not None:
            self._progress.head = self._head(self._plan, self._left)

    def settled(self, trial: Trial, measurement: Measurement, done: Mapping[str, Measurement]) -> None:
        """Move the bars, and say what failed."""
        self._out.pop(trial.id, None)
        if measurement.state in (State.FAILED, State.LOST):
            said = f"n = {trial.rung.n:,}: {trial.purpose} trial {trial.number} {measurement.state}: {measurement.message}"
            self._console.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)
        elif "is exactly 0" in measurement.message and trial.rung.n not in self._zero:
            self._zero.add(trial.rung.n)
            said = f"n = {trial.rung.n:,}: {measurement.message}: no error at all, or a fault of the trainer"
            self._console.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)
        self._since[trial.rung.n] += 1
        self._done = done
        if self._plan is not None and (time.monotonic() >= self._due or self._done_at(trial.rung.n)):
            self._refresh(self._plan, done)

    def overdue(self, trial: Trial, seconds: float, expected: float | None) -> None:
        """Say that a trial takes far longer than others of its kind did."""
        usual = "" if expected is None else f", where others take {duration(expected)}"
        self._console.print(
            f"n = {trial.rung.n:,}: {trial.purpose} trial {trial.number} has run for {duration(seconds)}{usual}. "
            "--timeout SECONDS ends such a trial",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def ended(self, summary: Summary) -> None:
        """Keep how the run ended, for the caller."""
        if self._plan is not None and self._since:
            self._refresh(self._plan, self._done)
        self.summary = summary
        self._progress.head = "done" if summary.complete else "stopped"

    def _refresh(self, plan: Schedule, done: Mapping[str, Measurement], *, earlier: bool = False) -> Cost:
        began = time.monotonic()
        self._left = left = cost(plan, done)
        self._since.clear()
        self._warn(left, done)
        self._progress.head = head = self._head(plan, left)
        for n in plan.sizes:
            note = scores_of(plan, n, done) or best_of(plan, n, done)
            self._progress.update(self._bars[n], completed=plan.count(n) - left.trials[n], note=note)
            if not left.trials[n] and n not in self._told:
                self._told.add(n)
                if not earlier:
                    self._print(f"n = {n:,}: {note or 'done'}; {head}")
                    self._next = time.monotonic() + PAUSE
        if time.monotonic() >= self._next and any(left.trials.values()):
            self._print(head)
            self._next = time.monotonic() + PAUSE
        self._due = time.monotonic() + REST * (time.monotonic() - began)
        return left

    def _done_at(self, n: int) -> bool:
        return self._left is None or self._since[n] >= self._left.trials[n]

    def _head(self, plan: Schedule, left: Cost) -> str:
        rest = sum(left.trials.values())
        at = sorted(set(self._out.values()))
        now = f", now n = {listed([f'{n:,}' for n in at])}" if at else ""
        head = f"{plan.total - rest} of {counted(plan.total, 'trial')}"
        return f"{head}{now}; left: {time_left(left, self._workers)}" if rest else head

    def _warn(self, left: Cost, done: Mapping[str, Measurement]) -> None:
        """Say once that the budget will not do, as soon as that is nearly sure."""
        used = sum(measurement.seconds for measurement in done.values())
        if self._budget is None or left.span is None or used + left.span.low <= self._budget:
            return
        whole = duration(used + left.span.seconds)
        self._console.print(
            f"the whole study takes about {whole} of one worker: the budget of {duration(self._budget)} stops it before. "
            "Fewer --trials, a smaller --max-n or a larger budget would finish it",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        self._budget = None

    def _print(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _made_of(plan: Schedule) -> str:
    study = plan.study
    scores = study.replicates * study.seeds_per_subset
    pilot = plan.halved(study.search.pilot) if plan.piloted else []
    return made_of(len(plan.sizes), plan.survivors, study.search.stages, scores, pilot, study.searches)


def described(data: Mapping[str, Any]) -> list[str]:
    """Say what a data set is in a line, and in one each what was done to it."""
    shape = data.get("shape", [])
    channels = {1: "grey", 3: "RGB", 4: "RGBA"}.get(shape[-1], "") if len(shape) == 3 else ""
    kind = f"{shape[0]}x{shape[1]} {channels} images" if channels else f"{counted(math.prod(shape), 'feature')} each"
    each = " examples" if data.get("unit") else ""  # of which sizes count something else
    parts = f"{data['train']:,}{each} in the pool, {data['validation']:,} validation, {data['test']:,} test, {kind}"
    return [f"{data['name']}: {parts}", *(f"  note: {note}" for note in data["notes"])]
