"""From a study to its rungs and trials: pure, so that what comes next depends on what was measured alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from kleiber import ladder
from kleiber.datasets import Dataset
from kleiber.records import Measurement, Purpose, Rung, State, Trial, digest
from kleiber.search import ask
from kleiber.seeds import derive_seed
from kleiber.space import Space, at_edge
from kleiber.study import Study
from kleiber.trainers import Check, check_study

SEARCH_REPLICATE = 0  # the replicate that the search trains on; score trials take those from 1 up
Done = Mapping[str, Measurement]  # by trial id; what is there is settled, failures beyond their retries included


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a study will run: its sizes, a rung for each size and replicate, and what all its trials share."""

    study: Study
    context: str
    sizes: tuple[int, ...]
    rungs: Mapping[tuple[int, int], Rung]
    space: Space
    stratified: bool

    @property
    def total(self) -> int:
        """Number of trials, searches and scores together."""
        return sum(self.count(n) for n in self.sizes)

    def count(self, n: int) -> int:
        """Number of trials at one size."""
        searched = self.study.search.trials if self.space else 0
        return searched + self.study.replicates * self.study.seeds_per_subset


def schedule(study: Study, dataset: Dataset, device: str = "cpu") -> Schedule:
    """Give the schedule of a study on a data set; raises `KleiberError` for sizes or hyper-parameters that do not fit."""
    sizes = study.sizes_for(len(dataset.train))
    ladder.check_sizes(sizes, dataset.train.y, dataset.classes)
    stratified = dataset.task == "classification" and bool(dataset.classes)
    space = study.space
    scored = range(1, study.replicates + 1)
    rungs = ladder.climb(dataset.train.y, sizes, scored, stratified=stratified, seed=study.seed)
    if space:
        rungs |= ladder.climb(dataset.train.y, sizes, [SEARCH_REPLICATE], stratified=stratified, seed=study.seed)
    first = ask(space, study.search.sampler, seed=0, count=1)[0] if space else {}
    given = {**study.params, **first}
    check_study(study.trainer, Check(study.net, given, dataset, device, study.metric, tuple(study.metrics)))
    return Schedule(study, digest(study.context(dataset.fingerprint)), tuple(sizes), rungs, space, stratified)


def ready(plan: Schedule, done: Done) -> list[Trial]:
    """Give the trials that can be run now and are not yet settled, the smallest sizes first."""
    found: list[Trial] = []
    for n in plan.sizes:
        trials, complete = search_trials(plan, n, done)
        found += trials
        if complete:
            found += score_trials(plan, n, done)
    return [trial for trial in found if trial.id not in done]


def search_trials(plan: Schedule, n: int, done: Done) -> tuple[list[Trial], bool]:
    """Give the trials of a size's search that are known so far, and whether all of them are known and settled."""
    if not plan.space:
        return [], True
    search = plan.study.search
    first = None
    if search.warm_start and n != plan.sizes[0]:
        smaller = plan.sizes[plan.sizes.index(n) - 1]
        known, complete = search_trials(plan, smaller, done)
        if not complete:
            return [], False
        neighbour = _best_of(plan, known, done)
        first = neighbour.params if neighbour else None
    trials: list[Trial] = []
    for generation in range(-(-search.trials // search.generation)):
        told = [] if search.sampler == "random" else [_told(plan, trial, done) for trial in trials]
        proposed = ask(
            plan.space,
            search.sampler,
            seed=derive_seed(plan.study.seed, "search", n, generation),
            told=told,
            count=search.generation,
            first=first if generation == 0 else None,
        )
        trials += [_search_trial(plan, n, len(trials) + i, params) for i, params in enumerate(proposed)]
        del trials[search.trials :]
        settled = all(trial.id in done for trial in trials)
        if search.sampler != "random" and not settled:
            return trials, False
    return trials, settled


def winner(plan: Schedule, n: int, done: Done) -> Trial | None:
    """Give the search trial of a size with the smallest validation metric; None where none succeeded or none was run."""
    return _best_of(plan, search_trials(plan, n, done)[0], done)


def _best_of(plan: Schedule, trials: list[Trial], done: Done) -> Trial | None:
    won = [t for t in trials if t.id in done and done[t.id].state is State.OK]
    return min(won, key=lambda t: (done[t.id].validation[plan.study.metric], t.number), default=None)


def score_trials(plan: Schedule, n: int, done: Done) -> list[Trial]:
    """Give the score trials of a size whose search is complete: the winner, again, on fresh subsets with fresh seeds."""
    study, best = plan.study, winner(plan, n, done)
    if plan.space and best is None:
        return []
    params = best.params if best else study.params
    return [
        Trial(
            plan.context,
            Purpose.SCORE,
            plan.rungs[n, replicate],
            params,
            derive_seed(study.seed, "train", "score", n, replicate, number),
            number,
            best.id if best else None,
        )
        for replicate in range(1, study.replicates + 1)
        for number in range(study.seeds_per_subset)
    ]


def edges(plan: Schedule, trial: Trial) -> list[str]:
    """List the searched hyper-parameters of a winner that lie at the edge of their range."""
    return at_edge(plan.space, trial.params)


@dataclass(frozen=True, slots=True)
class Cost:
    """What is left to do: trials by size, training examples to see at most, and seconds of one worker, if known."""

    trials: Mapping[int, int]
    examples: int
    seconds: float | None


def cost(plan: Schedule, done: Done, epochs: int) -> Cost:
    """Estimate what is left from the times of what was measured: so much an example seen, so much an epoch.

    Before anything was measured, the seconds are None. What is left is counted at the mean share of its `epochs` that
    the measured trials ran, which early stopping makes less than one. The scores of a search that is not complete
    count as left.
    """
    known = _known(plan, done)
    left = {n: plan.count(n) for n in plan.sizes}
    for trial in known:
        left[trial.rung.n] -= trial.id in done
    measured = [(t.rung.n, done[t.id]) for t in known if t.id in done and done[t.id].state is State.OK]
    ran = [m.epochs or epochs for _, m in measured]  # a trainer of the user's own may not count its epochs
    each = float(np.mean(ran)) if ran else float(epochs)
    examples = round(sum(n * count * each for n, count in left.items()))
    if not measured:
        return Cost(left, examples, None)
    work = np.array([[n * passes, passes, 1.0] for (n, _), passes in zip(measured, ran, strict=True)])
    rates, _ = nnls(work, np.array([m.seconds for _, m in measured]))
    seconds = sum(count * float(np.dot(rates, [n * each, each, 1.0])) for n, count in left.items())
    return Cost(left, examples, seconds)


def _known(plan: Schedule, done: Done) -> list[Trial]:
    found: list[Trial] = []
    for n in plan.sizes:
        trials, complete = search_trials(plan, n, done)
        found += trials + (score_trials(plan, n, done) if complete else [])
    return found


def _told(plan: Schedule, trial: Trial, done: Done) -> tuple[Mapping[str, Any], float | None]:
    measurement = done[trial.id]
    drawn = {name: trial.params[name] for name in plan.space}
    return drawn, measurement.validation[plan.study.metric] if measurement.state is State.OK else None


def _search_trial(plan: Schedule, n: int, number: int, drawn: Mapping[str, Any]) -> Trial:
    seed = derive_seed(plan.study.seed, "train", "search", n, number)
    params = {**plan.study.params, **drawn}
    return Trial(plan.context, Purpose.SEARCH, plan.rungs[n, SEARCH_REPLICATE], params, seed, number)
