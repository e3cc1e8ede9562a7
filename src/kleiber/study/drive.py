"""The only loop with effects: hands ready trials to workers, and writes what comes back into the ledger."""

import logging
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.executors import WorkerLost
from kleiber.records import Measurement, State, Trial
from kleiber.study.book import Book
from kleiber.study.failures import hopeless_sizes, why_stop
from kleiber.study.ledger import Ledger
from kleiber.study.prepare import scored_before
from kleiber.study.rehearsal import rehearse
from kleiber.study.schedule import Schedule, edges, ready, search_trials, winner
from kleiber.study.start import begin
from kleiber.study.study import Study
from kleiber.study.watch import Informed, Waiting, Watch, summarise
from kleiber.trainers import Job, checkpoint_of, pack_key, pack_size, perform_together

RETRIES = 2  # times that a trial whose worker was killed is handed out again

log = logging.getLogger("kleiber.run")


def run_study(
    study: Study,
    ledger: str | Path = "kleiber.db",
    *,
    workers: int = 1,
    executor: str | None = None,
    device: str = "cpu",
    pack: int | None = None,
    watch: Watch | None = None,
    accept_changes: bool = False,
) -> Ledger:
    """Run a study, or go on where it stopped, and give its ledger; a study that is complete runs nothing.

    executor: a name of the folder; by default `serial` for one worker and `local` for more. device: PyTorch's name of
    it, such as "cpu" or "cuda:1". pack: trials that a worker trains in one pass, to the same results within rounding; by
    default as many as gain on the device, which on a CPU is one. accept_changes: go on with what a study measured before
    its code or settings changed, and write the change down. Raises `KleiberError` for a study that does not fit its data
    or the ledger's study of the same name, or whose first trial fails, before anything else runs, and `MachineError` where
    the ledger cannot be written or is held.
    """
    _refuse_reentry()
    for name, count in (("workers", workers), ("pack", 1 if pack is None else pack)):
        if count < 1:
            raise KleiberError(f"{name}: {count} cannot do anything; give at least 1")
    place = executor or ("serial" if workers == 1 and not study.timeout else "local")
    processes = 0 if place == "serial" else workers
    say: Callable[[str], None] = watch.waits if isinstance(watch, Waiting) else lambda said: None
    with plugins.load("executors", place).start(workers, timeout=study.timeout) as pool:
        ground = begin(study, pool, processes, device, say)
        job = _job_maker(study, ground.folder, device, Path(os.path.realpath(ledger)))
        if not scored_before(study, ground.identity, ledger):
            rehearse(ground.plan, pool, job, say)
        say("")
        if isinstance(watch, Informed):
            watch.informed(ground.data)
        description = {**study.model_dump(mode="json"), "sizes": list(ground.plan.sizes)}
        with (
            Ledger(ledger, study=study.name) as opened,
            opened.hold(study.name, ground.identity, description, ground.data, accept=accept_changes) as book,
            _log(opened, study),
        ):
            plan = ground.plan.under(book.context)
            book.write_rungs(list(plan.rungs.values()))
            together = 1 if study.timeout else pack or pack_size(study.trainer, device)
            _Drive(plan, book, _Hand(pool, job, processes or 1, together, study.trainer), watch).run()
            _tidy(_checkpoints(opened.path))
    return opened


@dataclass(slots=True)
class _Hand:
    """The executor with what is out: hands out trials as jobs, those that a worker can train in one pass together."""

    pool: Executor
    job: Callable[[Trial], Job]
    workers: int
    pack: int
    trainer: str

    def submit(self, trials: list[Trial]) -> Future[list[Measurement]]:
        return self.pool.submit(perform_together, [self.job(trial) for trial in trials])

    def packs(self, trials: list[Trial], alone: Collection[str]) -> Iterator[list[Trial]]:
        """Give the trials in packs of one size and stage, in their order; those in `alone` by themselves."""
        groups: dict[object, list[Trial]] = {}
        for trial in trials:
            key = trial.id if trial.id in alone or self.pack == 1 else self._shared(trial)
            groups.setdefault(key, []).append(trial)
        for group in groups.values():
            yield from (group[start : start + self.pack] for start in range(0, len(group), self.pack))

    def _shared(self, trial: Trial) -> object:
        return trial.rung.n, trial.purpose, trial.until, pack_key(self.trainer, trial.params, trial.rung.n)


class _Drive:
    """A study on its way: which trials are out, what came of the others, and the sizes whose search is complete."""

    def __init__(self, plan: Schedule, book: Book, hand: _Hand, watch: Watch | None) -> None:
        self._plan, self._book, self._hand, self._watch = plan, book, hand, watch
        self._done = book.done()
        self._out: dict[Future[list[Measurement]], list[tuple[Trial, int]]] = {}
        self._from_end: Future[list[Measurement]] | None = None
        self._tries: Counter[str] = Counter()
        self._failed: dict[str, tuple[Trial, Measurement]] = {}
        self._worked = book.worked()
        self._crowned: set[int] = set()

    def run(self) -> None:
        """Hand out what is ready until nothing is left, or nothing succeeds."""
        if self._watch:
            self._watch.began(self._plan, self._done)
        self._crown()
        self._hand_out()
        while self._out:
            came_in = wait(self._out, return_when=FIRST_COMPLETED).done
            for future in sorted(came_in, key=lambda f: self._out[f][0][1]):
                self._take_in(future)
            self._crown()
            self._hand_out()
        if self._watch:
            self._watch.ended(summarise(self._plan, self._done, self._failed, stopped=self._stopped))

    @property
    def _stopped(self) -> str:
        return why_stop(self._failed, self._worked)

    def _waiting(self) -> list[Trial]:
        """Give the trials that are worth being tried and are not out."""
        if self._stopped:
            return []
        out = {trial.id for pack in self._out.values() for trial, _ in pack}
        hopeless = hopeless_sizes(self._failed, self._worked)
        found = [trial for trial in ready(self._plan, self._done) if trial.id not in out]
        return [trial for trial in found if (trial.rung.n, trial.purpose) not in hopeless]

    def _hand_out(self) -> None:
        packs = deque(self._hand.packs(self._waiting(), self._tries))
        while packs and len(self._out) < self._hand.workers:
            # One of several workers begins at the largest sizes, so that a study does not end with its longest trials.
            far = self._hand.workers > 1 and self._from_end not in self._out
            pack = packs.pop() if far else packs.popleft()
            attempts = [self._book.start(trial) for trial in pack]
            for trial in pack:
                if self._watch:
                    self._watch.started(trial)
            future = self._hand.submit(pack)
            self._out[future] = list(zip(pack, attempts, strict=True))
            if far:
                self._from_end = future

    def _take_in(self, future: Future[list[Measurement]]) -> None:
        handed = self._out.pop(future)
        for (trial, attempt), measurement in zip(handed, _results(future, len(handed)), strict=True):
            self._book.finish(attempt, measurement)
            self._tries[trial.id] += 1
            _note(trial, measurement)
            killed = measurement.state is State.LOST and measurement.reason == "killed"
            if killed and self._tries[trial.id] <= RETRIES:
                continue
            self._done[trial.id] = measurement
            if measurement.state in (State.FAILED, State.LOST):
                self._failed[trial.id] = (trial, measurement)
            else:
                self._worked.add((trial.rung.n, trial.purpose))
            if self._watch:
                self._watch.settled(trial, measurement, self._done)

    def _crown(self) -> None:
        """Write the winner of each search that is complete now and was not before, and forget its paused trials."""
        plan, done = self._plan, self._done
        new = {n for n in plan.sizes if plan.space and n not in self._crowned and search_trials(plan, n, done)[1]}
        for n in sorted(new):
            best = winner(plan, n, done)
            near = edges(plan, best) if best else []
            self._book.write_winner(n, plan.study.search.trials, best.id if best else None, near)
            log.info("n=%d: winner is search trial %s", n, best.number if best else "none: all failed or diverged")
        self._forget(new)
        self._crowned |= new

    def _forget(self, sizes: Iterable[int]) -> None:
        for n in sizes if self._plan.study.search.stages else ():
            for trial in search_trials(self._plan, n, self._done)[0]:
                folder = self._hand.job(trial).checkpoints
                if folder:
                    checkpoint_of(folder, trial.id).unlink(missing_ok=True)


def _results(future: Future[list[Measurement]], count: int) -> list[Measurement]:
    try:
        return future.result()
    except WorkerLost as error:
        state = State.FAILED if error.reason == "timeout" else State.LOST
        return [Measurement(state, reason=error.reason, message=str(error))] * count
    except Exception as error:  # what an executor could not bring back, such as a result that cannot be sent
        return [Measurement(State.FAILED, reason="exception", message=f"{type(error).__name__}: {error}")] * count


def _checkpoints(ledger: Path) -> Path:
    return Path(f"{ledger}.stages")


def _tidy(folder: Path) -> None:
    with suppress(OSError):  # another study's trials may pause there
        folder.rmdir()


def _refuse_reentry() -> None:
    """Refuse to run a study while a worker imports the script that runs it."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise KleiberError(
            "run_study was called while a worker imports your script: put the call under if __name__ == '__main__':"
        )


def _job_maker(study: Study, folder: Path, device: str, ledger: Path) -> Callable[[Trial], Job]:
    weights = f"{ledger}.weights" if study.keep_weights else None
    checkpoints = str(_checkpoints(ledger)) if study.search.stages else None

    def job(trial: Trial) -> Job:
        return Job(
            trial=trial,
            folder=str(folder),
            seed=study.seed,
            trainer=study.trainer,
            training=study.training_options(),
            net=study.net,
            metric=study.metric,
            metrics=tuple(study.metrics),
            device=device,
            diverged_above=study.diverged_above,
            weights=weights,
            checkpoints=checkpoints,
        )

    return job


def _note(trial: Trial, measurement: Measurement) -> None:
    values = " ".join(f"{key}={value:.5g}" for key, value in measurement.validation.items())
    level = logging.INFO if measurement.state in (State.OK, State.DIVERGED) else logging.WARNING
    log.log(
        level,
        "n=%d %s %d.%d %s %s%s epochs=%d %.2fs %s",
        *(trial.rung.n, trial.purpose, trial.rung.replicate, trial.number, measurement.state, measurement.reason),
        *(f" {values}" if values else "", measurement.epochs, measurement.seconds, measurement.message),
    )


@contextmanager
def _log(ledger: Ledger, study: Study) -> Iterator[None]:
    """Keep a small log file of the study beside the ledger."""
    handler = logging.FileHandler(f"{ledger.path}.{ledger.find(study.name)}.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("kleiber")
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
