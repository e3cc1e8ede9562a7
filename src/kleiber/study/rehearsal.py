"""The rehearsal: one trial of the smallest size with its score, tried before a study begins and kept nowhere.

Anybody's code fails in its first seconds then, and not after all searches. Where hyper-parameters are drawn, one draw may
be at fault: a second one is tried, and only what fails for both is the code's.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from kleiber.errors import KleiberError
from kleiber.executors import WorkerLost
from kleiber.records import Measurement, Purpose, State, Trial
from kleiber.seeds import derive_seed
from kleiber.study.failures import account
from kleiber.study.schedule import Schedule, search_trials
from kleiber.trainers import Job, perform, rehearses

DRAWS = 2  # hyper-parameters that are tried


def rehearse(
    plan: Schedule,
    pool: Executor,
    job: Callable[[Trial], Job],
    say: Callable[[str], None],
    *,
    within: float | None = None,
) -> float:
    """Try a study's trainer where its trials will be, and give the seconds that it took.

    within: seconds after which it is stopped where it can be. Raises `KleiberError` where it fails. What a lost worker or a
    time limit does to it is told by the first trial.
    """
    if not rehearses(plan.study.trainer):
        return 0.0
    trials = list(_rehearsed(plan))
    say(f"rehearsal: one trial at n = {trials[0].rung.n:,} with its score, to see that the trainer works")
    spent, failed = 0.0, []
    for trial in trials:
        future, started = pool.submit(perform, job(trial)), time.monotonic()
        try:
            measurement = future.result(None if within is None else max(within - spent, 0.0))
        except WorkerLost:
            return spent
        except TimeoutError:
            future.cancel()
            return spent + time.monotonic() - started
        spent += measurement.seconds
        if measurement.state is not State.FAILED and not _scoreless(measurement):
            return spent
        failed.append((trial, measurement))
    if len({account(measurement) for _, measurement in failed}) == 1:
        raise KleiberError(_said(*failed[0]))
    return spent


def _scoreless(measurement: Measurement) -> bool:
    """Say whether training went well and its score alone is no number: the code that measures is at fault."""
    told = measurement.message.removesuffix(" not finite").split(", ")
    return measurement.state is State.DIVERGED and all(name.startswith("test_") for name in told)


def _rehearsed(plan: Schedule) -> Iterator[Trial]:
    n, study = plan.sizes[0], plan.study
    for number, params in enumerate(_draws(plan)):
        seed = derive_seed(study.seed, "train", "score", n, 1, number)
        yield Trial(plan.context, Purpose.SCORE, plan.rungs[n, 1], params, seed, number)


def _draws(plan: Schedule) -> list[Mapping[str, Any]]:
    """Give the first unlike hyper-parameters that the searches draw."""
    if not plan.space:
        return [plan.study.params]
    found: list[Mapping[str, Any]] = []
    for n in plan.sizes:
        for trial in search_trials(plan, n, {})[0]:
            if trial.params not in found:
                found.append(trial.params)
            if len(found) == DRAWS:
                return found
    return found


def _said(trial: Trial, measurement: Measurement) -> str:
    drawn = "".join(
        f", {name} = {value:.4g}" if isinstance(value, float) else f", {name} = {value}"
        for name, value in trial.params.items()
    )
    return (
        f"the first trial failed (n = {trial.rung.n:,}{drawn}), so nothing else is run: {measurement.message}. "
        "Mend it, and run the same line again"
    )
