"""From a trial to its measurement, in whatever process a worker is: nothing here writes to a ledger."""

import logging
import platform
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kleiber import ladder, plugins
from kleiber.datasets import Dataset, Part
from kleiber.datasets._cache import at_hand
from kleiber.errors import KleiberError, masked
from kleiber.records import Measurement, Purpose, Rung, State, Trial, finite, storable
from kleiber.trainers._printed import kept
from kleiber.trainers._signs import signs
from kleiber.trainers._suited import refuse_unsuited
from kleiber.trainers._task import Diverged, Outcome, Task
from kleiber.trainers._told import Told

log = logging.getLogger("kleiber")


@dataclass(frozen=True, slots=True)
class Job:
    """A trial with all that another process needs to do it: where the data lie, which trainer, on which device.

    `printed` is the file that keeps what a trial prints, None where that is shown.
    """

    trial: Trial
    folder: str
    seed: int
    trainer: str
    training: Mapping[str, Any]
    net: str
    metric: str
    metrics: tuple[str, ...]
    device: str
    diverged_above: float | None = None
    weights: str | None = None
    checkpoints: str | None = None
    printed: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What a trainer looks at before a study runs: net, one set of hyper-parameters, data, device and metrics.

    `missing` says where the data lack values; empty where they lack none.
    """

    net: str
    params: Mapping[str, Any]
    dataset: Dataset
    device: str
    metric: str
    metrics: tuple[str, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    missing: str = ""


def trainer_of(name: str) -> Any:
    """Give the trainer's module: one of the folder, or `function` for a `file.py:name` of the user's."""
    if name.endswith(".py"):
        raise KleiberError(f"trainer: {name} is a file; name the decorated function in it, as in {name}:train")
    return plugins.load("trainers", "function" if ":" in name else name)


def check_study(name: str, study: Check) -> None:
    """Refuse, before anything runs, what a trainer could not train: each trainer knows what."""
    module = trainer_of(name)
    refuse_unsuited(name, module, study.dataset, study.missing)
    if hasattr(module, "check"):
        module.check(replace(study, reference=name))


def check_prepared(name: str, folder: str, **of: Any) -> None:
    """Do `check_study` on data that were saved, in whatever process a worker is; `of`: the other fields of `Check`."""
    check_study(name, Check(dataset=_dataset(folder), **of))


def imports(name: str) -> str:
    """Name what a trainer imports before its first task and is slow; empty where it says nothing."""
    module = trainer_of(name)
    return str(module.imports(name)) if hasattr(module, "imports") else ""


def rehearses(name: str) -> bool:
    """Say whether one trial with its score is tried before a study begins: where the trainer is anybody's code."""
    return bool(getattr(trainer_of(name), "REHEARSES", False))


def get_ready(name: str) -> None:
    """Import what a trainer needs for its first task, so that a worker has it when the first trial comes."""
    module = trainer_of(name)
    if hasattr(module, "get_ready"):
        module.get_ready(name)


def pace(
    name: str, training: Mapping[str, Any], net: str, dataset: Dataset, params: Mapping[str, Any], n: int, device: str
) -> float | None:
    """Give the seconds of an epoch of a rung of n, its look at the validation included, timed on a few steps.

    None where the trainer cannot tell.
    """
    module = trainer_of(name)
    if not hasattr(module, "pace"):
        return None
    return float(module.pace(net, dataset, params, n, module.Options(**training), device))


def paced(name: str) -> bool:
    """Say whether a trainer can tell how long an epoch takes before any trial was measured."""
    return hasattr(trainer_of(name), "pace")


def passes(name: str, training: Mapping[str, Any], params: Mapping[str, Any], n: int) -> float | None:
    """Give how often a trial goes through a rung of n at most; None where the trainer cannot tell it from its epochs."""
    module = trainer_of(name)
    return float(module.passes(params, n, module.Options(**training))) if hasattr(module, "passes") else None


def pack_size(name: str, device: str) -> int:
    """Give how many trials of a trainer gain by being trained in one pass on a device: 1 where they do not, or cannot."""
    module = trainer_of(name)
    return int(module.pack_size(device)) if hasattr(module, "pack_size") else 1


def pack_key(name: str, params: Mapping[str, Any], n: int) -> object:
    """Give what trials of a size must share for a trainer to train them in one pass."""
    module = trainer_of(name)
    return module.pack_key(params, n) if hasattr(module, "pack_key") else None


def perform_together(jobs: Sequence[Job]) -> list[Measurement]:
    """Do several trials of one size, in one pass where the trainer can and nothing goes wrong, else one after the other."""
    module = trainer_of(jobs[0].trainer)
    if len(jobs) > 1 and hasattr(module, "train_together"):
        started = time.monotonic()
        told = [Told(job.trial.id) for job in jobs]
        try:
            tasks = [_task(job, one) for job, one in zip(jobs, told, strict=True)]
            with kept(jobs[0].printed, jobs[0].trial):
                outcomes = module.train_together(tasks, module.Options(**jobs[0].training))
            found = [_settled(*each) for each in zip(outcomes, tasks, jobs, strict=True)]
        except Exception as error:  # too little memory for all at once, or a net that cannot be stacked
            log.info("%d trials are not trained in one pass, but each alone: %s", len(jobs), _account(error))
        else:
            seconds = (time.monotonic() - started) / len(jobs)
            return [_complete(m, seconds, one) for m, one in zip(found, told, strict=True)]
    # Not within the handler, whose traceback would hold the memory of what failed.
    return [perform(job) for job in jobs]


def perform(job: Job) -> Measurement:
    """Do a trial, and give what came of it: an exception, a divergence and a lack of memory are measurements too."""
    started = time.monotonic()
    told = Told(job.trial.id)
    try:
        module = trainer_of(job.trainer)
        options = module.Options(**job.training)
        task = _task(job, told)
        try:
            with kept(job.printed, job.trial):
                outcome = module.train(task, options)
            measurement = _settled(outcome, task, job)
        except Diverged as error:
            measurement = _settled(error, task, job)
    except BaseException as error:  # the border to anybody's code: whatever it raises is a failed trial
        if isinstance(error, KeyboardInterrupt) or (not isinstance(error, Exception) and _ours(error)):
            raise  # a signal to the driver, whose own process this may be
        reason = "oom" if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__ else "exception"
        measurement = Measurement(State.FAILED, reason=reason, message=_account(error))
    return _complete(measurement, time.monotonic() - started, told)


def _settled(result: Outcome | Diverged, task: Task, job: Job) -> Measurement:
    if isinstance(result, Diverged):
        return Measurement(State.DIVERGED, epochs=result.epoch, message=str(result))
    return _judged(result, task, job)


def _complete(measurement: Measurement, seconds: float, told: Told) -> Measurement:
    versions = {**_versions(), **measurement.versions}
    training = tuple(told.training) if any(loss is not None for loss in told.training) else ()
    return replace(measurement, seconds=seconds, history=tuple(told.history), training=training, versions=versions)


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {"kleiber": version("kleiber"), "python": platform.python_version(), "numpy": np.__version__}


@lru_cache(maxsize=2)
def _dataset(folder: str) -> Dataset:
    return Dataset.open(at_hand(folder) or Path(folder))


@lru_cache(maxsize=16)
def _order(folder: str, seed: int, replicate: int) -> Any:
    dataset = _dataset(folder)
    stratified = dataset.task == "classification" and bool(dataset.classes)
    return ladder.order(dataset.train.y, stratified=stratified, seed=seed, replicate=replicate)


@lru_cache(maxsize=1)
def _examples(folder: str, seed: int, rung: Rung) -> Part:
    """Give the examples of a rung: one part for all trials on it that follow each other."""
    chosen = ladder.first(_order(folder, seed, rung.replicate), rung.n, _dataset(folder).train.weights)
    assert ladder.subset_digest(chosen) == rung.subset, "the worker drew another subset than the driver"
    return _dataset(folder).train.take(chosen)


def _task(job: Job, told: Told) -> Task:
    dataset, rung = _dataset(job.folder), job.trial.rung
    score = job.trial.purpose is Purpose.SCORE
    examples = _examples(job.folder, job.seed, rung)
    return Task(
        train=examples,
        validation=dataset.validation,
        test=dataset.test if score else None,
        n=len(examples),
        replicate=rung.replicate,
        seed64=job.trial.seed,
        purpose=str(job.trial.purpose),
        params=job.trial.params,
        kind=dataset.task,
        classes=dataset.classes,
        chance=dataset.chance,
        net=job.net,
        metrics=job.metrics,
        device=job.device,
        report=told.report,
        until=job.trial.until,
        resume=_checkpoint(job, job.trial.parent) if job.trial.purpose is Purpose.SEARCH else None,
        pause=_checkpoint(job, job.trial.id) if job.trial.until is not None else None,
        weights=Path(job.weights) / f"{job.trial.id[:16]}.safetensors" if job.weights and score else None,
    )


def _checkpoint(job: Job, trial: str | None) -> Path | None:
    return checkpoint_of(job.checkpoints, trial) if job.checkpoints and trial else None


def checkpoint_of(folder: str, trial: str) -> Path:
    """Give the file in which a trial, by its id, is kept while it pauses."""
    return Path(folder) / f"{trial[:32]}.pt"


def _judged(outcome: Outcome, task: Task, job: Job) -> Measurement:
    values = {**outcome.validation, **{f"test_{k}": v for k, v in (outcome.test or {}).items()}}
    if job.metric not in outcome.validation:
        raise KleiberError(
            f"the trainer measured {', '.join(outcome.validation)}, but the study's metric is {job.metric!r}. Write  "
            f'metric = "{next(iter(outcome.validation))}" , or let the trainer return {job.metric!r}'
        )
    state, message = State.OK, "; ".join(filter(None, [outcome.message, signs(job.metric, outcome)]))
    wrong = sorted(key for key, value in values.items() if not finite(value))
    decisive = [key for key in wrong if key.removeprefix("test_") == job.metric]
    guess = task.chance.get("loss")
    loss = outcome.validation.get("loss", 0.0)
    if decisive:
        state, message = State.DIVERGED, f"{', '.join(decisive)} not finite"
    elif guess and job.diverged_above and loss > job.diverged_above * guess:
        state, message = State.DIVERGED, f"loss {loss:.3g} is above {job.diverged_above:g} times that of guessing"
    if state is State.OK and wrong:  # the trial counts, what it lacks is said
        message = "; ".join(filter(None, [message, f"{', '.join(wrong)} not finite, and left out"]))
    return Measurement(
        state,
        validation={k: v for k, v in outcome.validation.items() if finite(v)},
        test=None if outcome.test is None else {k: v for k, v in outcome.test.items() if finite(v)},
        epochs=outcome.epochs,
        examples=outcome.examples,
        message=message,
        versions=outcome.versions,
    )


def _ours(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "kleiber"


def _account(error: BaseException) -> str:
    """Say what went wrong and where, in a few lines that fit into a table."""
    if isinstance(error, KleiberError):  # it says itself what is wrong, and where
        return storable(masked(str(error)))[:2000]
    frames = traceback.extract_tb(error.__traceback__)[-2:]
    places = "; ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
    return storable(masked(f"{type(error).__name__}: {error} ({places})"))[:2000]
