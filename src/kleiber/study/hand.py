"""The executor with what is out: trials go out as jobs, packed where a worker can train several in one pass."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kleiber.errors import MachineError
from kleiber.executors import WorkerLost
from kleiber.records import Measurement, State, Trial, storable
from kleiber.study.study import Study
from kleiber.trainers import Away, Job, bring_home, luggage, pack_key, perform_away, perform_together


@dataclass(slots=True)
class Hand:
    """Hands out trials as jobs, those that a worker can train in one pass together."""

    pool: Executor
    job: Callable[[Trial], Job]
    workers: int
    pack: int
    trainer: str

    def submit(self, trials: list[Trial]) -> Future[Any]:
        """Hand out trials that one worker trains together."""
        jobs = [self.job(trial) for trial in trials]
        if hasattr(self.pool, "share"):
            return self.pool.submit(perform_away, jobs, luggage(jobs))
        return self.pool.submit(perform_together, jobs)

    def results(self, future: Future[Any], trials: Sequence[Trial], seconds: float) -> list[Measurement]:
        """Give what came of trials that were handed out; `seconds` is what they took where no worker says so."""
        found = _results(future, len(trials), seconds)
        return bring_home(found, self.job(trials[0])) if isinstance(found, Away) else found

    def pack_of(self, waiting: dict[str, Trial], alone: Collection[str], *, last: bool = False) -> list[Trial]:
        """Give the first pack, or the last, of the trials of one size, by id, that wait; those in `alone` by themselves."""
        if self.pack == 1:
            return [next(reversed(waiting.values()) if last else iter(waiting.values()))]
        groups: dict[object, list[Trial]] = {}
        for trial in waiting.values():
            groups.setdefault(trial.id if trial.id in alone else self._shared(trial), []).append(trial)
        group = next(reversed(groups.values()) if last else iter(groups.values()))
        return group[(len(group) - 1) // self.pack * self.pack :] if last else group[: self.pack]

    def _shared(self, trial: Trial) -> object:
        return trial.until, pack_key(self.trainer, trial.params, trial.rung.n)


def _results(future: Future[Any], count: int, seconds: float) -> list[Measurement] | Away:
    each = seconds / count
    try:
        found: list[Measurement] | Away = future.result()
        return found
    except CancelledError:
        stopped = Measurement(State.LOST, reason="budget", message="stopped: the budget is used up", seconds=each)
        return [stopped] * count
    except WorkerLost as error:
        state = State.FAILED if error.reason in ("timeout", "oom") else State.LOST
        return [Measurement(state, reason=error.reason, message=str(error), seconds=each)] * count
    except MachineError:  # no worker starts: no fault of a trial's
        raise
    except Exception as error:  # what an executor could not bring back, such as a result that cannot be sent
        message = storable(f"{type(error).__name__}: {error}")
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
            printed=f"{ledger}.printed.log",
        )

    return job


def checkpoints(ledger: Path) -> Path:
    """Give the folder beside a ledger in which trials are kept while they pause."""
    return Path(f"{ledger}.stages")
