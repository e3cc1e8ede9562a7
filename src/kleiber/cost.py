"""What a study still costs: trials, training examples to see, and seconds, from the times of what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from kleiber.datasets import Dataset
from kleiber.records import Purpose, State, Trial
from kleiber.schedule import Done, Schedule, score_trials, search_trials
from kleiber.space import middle
from kleiber.trainers import pace


@dataclass(frozen=True, slots=True)
class Cost:
    """What is left to do: trials and epochs by size, training examples to see at most, seconds of one worker, if known."""

    trials: Mapping[int, int]
    epochs: Mapping[int, float]
    examples: int
    seconds: float | None


def cost(plan: Schedule, done: Done, epochs: int) -> Cost:
    """Estimate what is left from the times of what was measured: so much an example, so much an epoch, so much a trial.

    A trial is expected to run the share of its epochs that the measured ones ran, which early stopping makes less than one;
    one that goes on after a pause has those of its own stage alone. Before anything was measured, the seconds are None. The
    scores of a search that is not complete count as left.
    """
    known = _known(plan, done)
    stretch = _stretches(plan, epochs)
    left = {n: {until: count for until, (count, _) in stretch.items()} for n in plan.sizes}
    for trial in known:
        left[trial.rung.n][_key(trial)] -= trial.id in done
    measured = [(t.rung.n, stretch[_key(t)][1], done[t.id]) for t in known if t.id in done and done[t.id].state is State.OK]
    # A trainer of the user's own may not count its examples.
    ran = [m.examples / n if m.examples else float(m.epochs or most) for n, most, m in measured]
    share = sum(ran) / sum(most for _, most, _ in measured) if measured else 1.0
    to_run = [(n, stretch[key][1] * share, count) for n, counts in left.items() for key, count in counts.items()]
    trials = {n: sum(counts.values()) for n, counts in left.items()}
    run = {size: sum(passes * count for n, passes, count in to_run if n == size) for size in plan.sizes}
    examples = round(sum(n * passes for n, passes in run.items()))
    if not measured:
        return Cost(trials, run, examples, None)
    work = np.array([[n * passes, passes, 1.0] for (n, _, _), passes in zip(measured, ran, strict=True)])
    rates, _ = nnls(work, np.array([m.seconds for _, _, m in measured]))
    seconds = sum(count * float(np.dot(rates, [n * passes, passes, 1.0])) for n, passes, count in to_run)
    return Cost(trials, run, examples, seconds)


def seconds_of(plan: Schedule, dataset: Dataset, epochs: Mapping[int, float]) -> float | None:
    """Give the seconds of so many epochs of each size for one worker, from the trainer's own pace on this machine.

    The pace is that of the middle of the search space. None where the trainer cannot tell it.
    """
    study = plan.study
    params = {**study.params, **middle(plan.space)}
    total = 0.0
    for n, count in epochs.items():
        each = pace(study.trainer, study.net, dataset, params, n)
        if each is None:
            return None
        total += count * each
    return total


def _stretches(plan: Schedule, epochs: int) -> dict[object, tuple[int, int]]:
    """Give, for each kind of trial of a size, how many there are and how many epochs each runs at most."""
    ends = [*plan.study.search.stages, epochs]
    starts = [0, *plan.study.search.stages]
    keys = [*plan.study.search.stages, None]
    found: dict[object, tuple[int, int]] = {
        (Purpose.SEARCH, key): (count, max(end - start, 1))
        for key, start, end, count in zip(keys, starts, ends, plan.survivors, strict=False)
    }
    return found | {(Purpose.SCORE, None): (plan.study.replicates * plan.study.seeds_per_subset, epochs)}


def _key(trial: Trial) -> object:
    return trial.purpose, trial.until


def _known(plan: Schedule, done: Done) -> list[Trial]:
    found: list[Trial] = []
    for n in plan.sizes:
        trials, complete = search_trials(plan, n, done)
        found += trials + (score_trials(plan, n, done) if complete else [])
    return found
