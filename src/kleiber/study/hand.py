"""The executor with what is out: trials go out as jobs, packed where a worker can train several in one pass."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path

from kleiber.executors import WorkerLost
from kleiber.records import Measurement, State, Trial
from kleiber.study.study import Study
from kleiber.trainers import Job, pack_key, perform_together


@dataclass(slots=True)
class Hand:
    """Hands out trials as jobs, those that a worker can train in one pass together."""

    pool: Executor
    job: Callable[[Trial], Job]
    workers: int
    pack: int
    trainer: str

    def submit(self, trials: list[Trial]) -> Future[list[Measurement]]:
        """Hand out trials that one worker trains together."""
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


def results(future: Future[list[Measurement]], count: int, seconds: float) -> list[Measurement]:
    """Give what came of trials that were handed out together; `seconds` is what they took where no worker says so."""
    each = seconds / count
    try:
        return future.result()
    except CancelledError:
        stopped = Measurement(State.LOST, reason="budget", message="stopped: the budget is used up", seconds=each)
        return [stopped] * count
    except WorkerLost as error:
        state = State.FAILED if error.reason == "timeout" else State.LOST
        return [Measurement(state, reason=error.reason, message=str(error), seconds=each)] * count
    except Exception as error:  # what an executor could not bring back, such as a result that cannot be sent
        message = f"{type(error).__name__}: {error}"
        return [Measurement(State.FAILED, reason="exception", message=message, seconds=each)] * count


def job_maker(study: Study, folder: Path, device: str, ledger: Path) -> Callable[[Trial], Job]:
    """Give what makes a job of a trial."""
    weights = f"{ledger}.weights" if study.keep_weights else None
    paused = str(checkpoints(ledger)) if study.search.stages else None

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
            checkpoints=paused,
        )

    return job


def checkpoints(ledger: Path) -> Path:
    """Give the folder beside a ledger in which trials are kept while they pause."""
    return Path(f"{ledger}.stages")
