"""The only loop with effects: hands ready trials to workers, and writes what comes back into the ledger."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import nullcontext, suppress
from pathlib import Path

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.executors import Telling
from kleiber.records import Measurement, State, Trial
from kleiber.study.agenda import Agenda
from kleiber.study.blind import Blind, refuse_second_looks
from kleiber.study.book import Book, Spent
from kleiber.study.budget import GRACE, Budget, Out, learn
from kleiber.study.cost import passes_of
from kleiber.study.failures import hopeless_sizes, why_stop
from kleiber.study.hand import Hand, checkpoints, job_maker
from kleiber.study.hearing import BEAT, Hearing
from kleiber.study.ledger import Ledger
from kleiber.study.log import log, logged, note
from kleiber.study.overdue import LOOK, Overdue
from kleiber.study.parts import Place
from kleiber.study.place import place_of
from kleiber.study.prepare import scored_before, used_before
from kleiber.study.rehearsal import rehearse
from kleiber.study.schedule import Schedule, edges, search_trials, winner
from kleiber.study.start import Ground, begin, nothing_left
from kleiber.study.study import Study
from kleiber.study.times import Times, kind_of
from kleiber.study.watch import Informed, Patient, Waiting, Watch, summarise
from kleiber.trainers import Job, checkpoint_of, pack_size

RETRIES = {"killed": 2, "oom": 1, "preempted": 20}  # times that a trial is handed out again, by what it was lost to


def run_study(
    study: Study,
    ledger: str | Path = "kleiber.db",
    *,
    workers: int = 1,
    executor: str | None = None,
    address: str | None = None,
    device: str = "cpu",
    pack: int | None = None,
    budget_hours: float | None = None,
    watch: Watch | None = None,
    accept_changes: bool = False,
    allow_test_reuse: bool = False,
) -> Ledger:
    """Run a study, or go on where it stopped, and give its ledger; a study that is complete runs nothing.

    executor: a name of the folder; by default the study's, else `serial` for one worker without a limit or a budget, and
    `local`. address: of a cluster, for an executor that takes one.
    device: PyTorch's name of it, such as "cpu" or "cuda:1". pack: trials that a worker trains in one pass, to the same
    results within rounding; by default as many as gain on the device, which on a CPU is one. budget_hours: hours of one
    worker that the study may use, those of earlier runs included; `kleiber.study.budget` has the rule. accept_changes: go
    on with what a study measured before its code or settings changed, and write the change down. allow_test_reuse: let a
    search with another number of trials be scored on a test set whose results are known. Raises `KleiberError` for
    a study that does not fit its data or the ledger's study of the same name, or whose first trial fails, before anything
    else runs, and `MachineError` where the ledger cannot be written or is held.
    """
    _refuse_reentry()
    _refuse_counts(workers, pack, budget_hours)
    limit = None if budget_hours is None else 3600.0 * budget_hours
    idle = nothing_left(study, ledger, limit)
    alone = workers == 1 and limit is None and not any(study.limits.values())
    place = Place(name="serial") if idle else place_of(study, executor, address, alone=alone)
    say: Callable[[str], None] = watch.waits if isinstance(watch, Waiting) else lambda said: None
    limits = {} if idle else study.limits
    with plugins.load("executors", place.name).start(workers, **limits, **place.options) as pool:
        ground = idle or begin(study, pool, 0 if place.name == "serial" else workers, device, say)
        job = job_maker(study, ground.folder, device, Path(os.path.realpath(ledger)))
        besides = 0.0 if idle else _rehearsed(ground, pool, job, ledger, limit, say)
        say("")
        if isinstance(watch, Informed):
            watch.informed(ground.data)
        description = {**study.model_dump(mode="json"), "sizes": list(ground.plan.sizes)}
        about = (study.name, ground.identity, description, ground.data)
        with (
            Ledger(ledger, study=study.name) as opened,
            opened.hold(*about, accept=accept_changes, besides=besides) as book,
            logged(opened, study.name),
        ):
            plan = ground.plan.under(book.context)
            refuse_second_looks([] if allow_test_reuse else book.second_looks(study.search.trials, plan.sizes))
            book.write_rungs(list(plan.rungs.values()))
            together = 1 if study.timeout else pack or pack_size(study.trainer, device)
            hand = Hand(pool, job, 1 if place.name == "serial" else workers, together, study.trainer)
            _Drive(plan, book, hand, watch, limit).run()
            _tidy(checkpoints(opened.path))
    return opened


def _refuse_counts(workers: int, pack: int | None, budget_hours: float | None) -> None:
    for name, count in (("workers", workers), ("pack", 1 if pack is None else pack)):
        if count < 1:
            raise KleiberError(f"{name}: {count} cannot do anything; give at least 1")
    if budget_hours is not None and not budget_hours > 0:
        raise KleiberError(f"budget_hours: {budget_hours:g} pays for nothing; give hours above 0")


def _rehearsed(
    ground: Ground,
    pool: Executor,
    job: Callable[[Trial], Job],
    ledger: str | Path,
    limit: float | None,
    say: Callable[[str], None],
) -> float:
    """Try a trial with its score where this study has none yet, and give the seconds of a worker that it took."""
    name = ground.plan.study.name
    if scored_before(ground.plan.study, ground.identity, ledger):
        return 0.0
    rest = None if limit is None else (1 + GRACE) * limit - used_before(name, ledger)
    return rehearse(ground.plan, pool, job, say, within=rest)


class _Drive:
    """A study on its way: which trials are out, what came of the others, and the sizes whose search is complete."""

    def __init__(self, plan: Schedule, book: Book, hand: Hand, watch: Watch | None, limit: float | None) -> None:
        self._plan, self._book, self._hand, self._watch = plan, book, hand, watch
        self._done = book.done()
        self._seen = Blind(self._done)  # by what is chosen
        self._agenda = Agenda(plan, self._seen)
        self._times, spent = Times(passes_of(plan)), book.spent()
        for one in spent:
            learn(self._times, one)
        used = book.besides + sum(one.seconds for one in spent)
        self._budget = None if limit is None else Budget(limit, self._times, used)
        self._overdue = Overdue(self._times)
        self._hearing = Hearing(book)
        if isinstance(hand.pool, Telling):
            hand.pool.hear(self._hearing.hear)
        self._out: dict[Future[list[Measurement]], tuple[Out, list[int]]] = {}
        self._from_end: set[Future[list[Measurement]]] = set()
        self._tries: Counter[str] = Counter()
        self._lost: Counter[tuple[str, str]] = Counter()  # by trial and reason
        self._failed: dict[str, tuple[Trial, Measurement]] = {}
        self._worked = book.worked()
        self._news: list[tuple[Trial, Measurement]] = []  # written, and not yet acknowledged

    def run(self) -> None:
        """Hand out what is ready until nothing is left, nothing succeeds, or the budget is used up."""
        if self._watch:
            self._watch.began(self._plan, self._done)
        self._crown()
        self._hand_out()
        while self._out:
            came_in = sorted(self._came_in(), key=lambda f: self._out[f][1])
            with self._book.together():
                for future in came_in:
                    self._take_in(future)
            self._acknowledge()
            self._crown()
            # A single worker may work at once, and meanwhile nothing may wait for it.
            with self._book.together(durable=False) if self._hand.workers > 1 else nullcontext():
                self._hand_out()
        if self._watch:
            short = not self._stopped and self._budget is not None and any(self._sizes())
            stopped = self._budget.said if self._budget and short else self._stopped
            given_up = {} if self._stopped else self._given_up
            self._watch.ended(
                summarise(self._plan, self._done, self._failed, stopped=stopped, short=short, given_up=given_up)
            )

    def _came_in(self) -> Collection[Future[list[Measurement]]]:
        """Wait for what comes in; where the budget does not wait any longer, what can be stopped is."""
        while True:
            out = [out for out, _ in self._out.values()]
            patience = self._budget.patience(out) if self._budget else LOOK
            came_in = wait(self._out, min(patience, BEAT), return_when=FIRST_COMPLETED).done
            self._hearing.write()
            if came_in:
                return came_in
            for trial, seconds, expected in self._overdue.new(out):
                log.warning("n=%d %s %d is overdue: %.0f s", trial.rung.n, trial.purpose, trial.number, seconds)
                if isinstance(self._watch, Patient):
                    self._watch.overdue(trial, seconds, expected)
            if self._budget and patience <= BEAT:
                self._budget.short = True
                for future in self._out:
                    future.cancel()
                return wait(self._out, return_when=FIRST_COMPLETED).done

    @property
    def _stopped(self) -> str:
        return why_stop(self._failed, self._worked)

    @property
    def _given_up(self) -> dict[int, str]:
        """The sizes at which trials wait that are not tried on, with the failure that came back there."""
        hopeless = hopeless_sizes(self._failed, self._worked)
        left = set(self._agenda.sizes()) - set(self._agenda.sizes(hopeless))
        return {n: said for (n, _), said in sorted(hopeless.items()) if n in left}

    def _sizes(self, *, far: bool = False) -> Iterator[int]:
        """Give the sizes at which trials wait that are worth being tried."""
        if not self._stopped:
            yield from self._agenda.sizes(hopeless_sizes(self._failed, self._worked), far=far)

    def _hand_out(self) -> None:
        while len(self._out) < self._hand.workers:
            # Half of several workers begin at the largest sizes, so that a study does not end with its longest trials;
            # where a budget may end it, sizes are finished one after the other.
            far = self._budget is None and len(self._from_end) < self._hand.workers // 2
            n = next(self._sizes(far=far), None)
            if n is None:
                return
            pack = self._hand.pack_of(self._agenda.waiting(n), self._tries, last=far)
            if self._budget and not self._budget.pays(pack, [out for out, _ in self._out.values()]):
                return
            self._agenda.hand_out(pack)
            attempts = [self._book.start(trial) for trial in pack]
            for trial, attempt in zip(pack, attempts, strict=True):
                self._hearing.begin(trial, attempt)
                if self._watch:
                    self._watch.started(trial)
            out = Out(pack)
            future = self._hand.submit(pack)
            self._out[future] = (out, attempts)
            if far:
                self._from_end.add(future)

    def _take_in(self, future: Future[list[Measurement]]) -> None:
        out, attempts = self._out.pop(future)
        self._from_end.discard(future)
        came = self._hand.results(future, out.trials, out.seconds)
        for trial, attempt, told in zip(out.trials, attempts, came, strict=True):
            measurement = self._hearing.ended(trial, told)
            self._book.finish(attempt, measurement)
            self._tries[trial.id] += 1
            note(trial, measurement)
            spent = Spent(kind_of(trial), measurement.state, measurement.reason, measurement.seconds)
            learn(self._times, spent)
            if self._budget:
                self._budget.used += spent.seconds
            self._lost[trial.id, measurement.reason] += 1
            again = self._lost[trial.id, measurement.reason] <= RETRIES.get(measurement.reason, 0)
            if measurement.reason == "budget" or again:
                self._agenda.take_back(trial, self._seen, self._ids_out())
                continue
            self._done[trial.id] = measurement
            self._agenda.settle(trial, measurement, self._seen, self._ids_out())
            if measurement.state in (State.FAILED, State.LOST):
                self._failed[trial.id] = (trial, measurement)
            else:
                self._worked.add((trial.rung.n, trial.purpose))
            self._news.append((trial, measurement))

    def _acknowledge(self) -> None:
        """Tell what is on disk now."""
        for trial, measurement in self._news:
            if self._watch:
                self._watch.settled(trial, measurement, self._done)
        self._news.clear()

    def _crown(self) -> None:
        """Write the winner of each search that is complete now and was not before, and forget its paused trials."""
        new = self._agenda.completed()
        for n in new:
            for search in self._plan.searches:
                best = winner(self._plan, n, self._seen, search)
                near = edges(self._plan, best) if best else []
                self._book.write_winner(n, self._plan.study.search.trials, best.id if best else None, near, search)
                said = best.number if best else "none: all failed or diverged"
                log.info("n=%d: winner of search %d is trial %s", n, search, said)
        self._forget(new)

    def _ids_out(self) -> set[str]:
        return {trial.id for out, _ in self._out.values() for trial in out.trials}

    def _forget(self, sizes: Iterable[int]) -> None:
        for n in sizes if self._plan.study.search.stages else ():
            for trial in search_trials(self._plan, n, self._done)[0]:
                folder = self._hand.job(trial).checkpoints
                if folder:
                    checkpoint_of(folder, trial.id).unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    with suppress(OSError):  # another study's trials may pause there
        folder.rmdir()


def _refuse_reentry() -> None:
    """Refuse to run a study while a worker imports the script that runs it."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise KleiberError(
            "run_study was called while a worker imports your script: put the call under if __name__ == '__main__':"
        )
