"""From a study to its rungs and trials: pure, so that what comes next depends on what was measured alone.

A study may repeat the whole search of each size. Search k, from 0, has a seed of its own, from which its pilot, its draws,
their training and its scores come, and a search subset of its own, replicate -k; search 0 is that of a study with one. The
searches of a size are so independent of each other, but for the validation set. Their winners are scored on the same
subsets, so that the luck of the subsets cancels in the difference of two winners, each with fresh seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kleiber import halving, ladder
from kleiber.datasets import Dataset
from kleiber.records import PILOT, Purpose, Rung, State, Trial, canonical, digest
from kleiber.seeds import derive_seed
from kleiber.space import Space, at_edge
from kleiber.study import narrowing
from kleiber.study.search import QUASI, ask
from kleiber.study.stages import Done as Done
from kleiber.study.stages import best_of, gathered, metric_of, stages_of
from kleiber.study.study import Study

SEARCH_REPLICATE = 0  # the replicate that the first search trains on; the next has -1, and score trials those from 1 up


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a study will run: its sizes, a rung for each size and replicate, and what all its trials share."""

    study: Study
    context: str
    sizes: tuple[int, ...]
    rungs: Mapping[tuple[int, int], Rung]
    space: Space
    stratified: bool
    weight: float = 1.0  # what an example counts for a size on the mean
    _drawn: dict[tuple[int, int, int, str], Trial] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, study: Study) -> "Schedule":
        """Give the schedule of the same study with another budget of trials."""
        return replace(self, study=study)

    def under(self, context: str | None) -> "Schedule":
        """Give the schedule of an amended study, whose trials keep the context in which it began."""
        return self if context is None else replace(self, context=context)

    def drawn(self, n: int, number: int, params: Mapping[str, Any], search: int = 0) -> Trial:
        """Give a trial of one search of a size; one that was asked for before is not made anew."""
        key = n, search, number, canonical(params)
        if key not in self._drawn:
            self._drawn[key] = _search_trial(self, n, number, params, search)
        return self._drawn[key]

    @property
    def searches(self) -> range:
        """The numbers of each size's searches; a study that searches nothing has one, of no trials."""
        return range(self.study.searches)

    @property
    def example(self) -> dict[str, Any]:
        """Hyper-parameters as a trial may have them, for a trainer to try."""
        return {**self.study.params, **(proposed(self, seed=0, count=1)[0] if self.space else {})}

    def held(self, n: int) -> int:
        """Give about how many examples a size holds: n of them, but where sizes count a column."""
        return max(1, round(n / self.weight))

    @property
    def total(self) -> int:
        """Number of trials, searches and scores together."""
        return sum(self.count(n) for n in self.sizes)

    def count(self, n: int) -> int:
        """Number of trials at one size, one that pauses and goes on counted at each stage."""
        return sum(self.searched(n)) + self.scored

    @property
    def scored(self) -> int:
        """Number of score trials at one size, those of all its searches' winners."""
        return self.study.searches * self.study.replicates * self.study.seeds_per_subset

    def searched(self, n: int) -> list[int]:
        """Number of search trials of a size in each stage, all its searches and their pilots together."""
        own, times = self.survivors, self.study.searches
        if n == self.sizes[0] and self.piloted:
            own = [one + besides for one, besides in zip(own, self.halved(self.study.search.pilot), strict=True)]
        return [times * count for count in own]

    @property
    def survivors(self) -> list[int]:
        """Number of one search's own trials in each stage, the last one's to their end; empty where none is searched."""
        return self.halved(self.study.search.trials) if self.space else []

    def halved(self, trials: int) -> list[int]:
        """Number of so many trials that each stage has."""
        return halving.survivors(trials, len(self.study.search.stages), self.study.search.keep)

    @property
    def piloted(self) -> bool:
        """Whether the searches draw from what a pilot at the smallest size finds promising."""
        return bool(self.space) and self.study.search.pilot > 0


def schedule(study: Study, dataset: Dataset) -> Schedule:
    """Give the schedule of a study on a data set; raises `KleiberError` for sizes that do not fit."""
    y, weights = dataset.train.y, dataset.train.weights
    sizes = study.sizes_for(ladder.total(y, weights))
    ladder.check_sizes(sizes, y, dataset.classes, weights)
    stratified = dataset.task == "classification" and bool(dataset.classes)
    space = study.space
    scored = range(1, study.replicates + 1)
    how: dict[str, Any] = {"stratified": stratified, "seed": study.seed, "weights": weights}
    rungs = ladder.climb(y, sizes, scored, **how)
    if space:
        for search in range(study.searches):  # each alone, since what they overlap by is no matter
            rungs |= ladder.climb(y, sizes, [_search_replicate(search)], **how)
    each = float(weights.mean()) if len(weights) else 1.0
    return Schedule(study, digest(study.context(dataset.fingerprint)), tuple(sizes), rungs, space, stratified, each)


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
    """Give the trials of a size's searches that are known so far, one search after the other, and whether all are known and
    settled.
    """
    found = [trials_of(plan, n, done, search) for search in plan.searches]
    return [trial for trials, _ in found for trial in trials], all(complete for _, complete in found)


def trials_of(plan: Schedule, n: int, done: Done, search: int) -> tuple[list[Trial], bool]:
    """Give the trials of one search of a size that are known so far, stage by stage, and whether all are known and settled.

    The smallest size's begin with those of a pilot.
    """
    pilot = _pilot(plan, done, search)[0] if n == plan.sizes[0] else []
    stages, complete = _search(plan, n, done, search)
    return [trial for stage in [*pilot, *stages] for trial in stage], complete


def pilot_settled(plan: Schedule, done: Done, search: int = 0) -> bool:
    """Say whether the pilot that a search waits for at all sizes is over, as is one that a study has not."""
    return _pilot(plan, done, search)[1]


def _pilot(plan: Schedule, done: Done, search: int) -> tuple[list[list[Trial]], bool]:
    """Give a search's pilot trials at the smallest size, stage by stage, and whether all are known and settled."""
    if not plan.piloted:
        return [], True
    n, count = plan.sizes[0], plan.study.search.pilot
    settings = proposed(plan, seed=derive_seed(seed_of(plan.study, search), "pilot"), count=count)
    trials = [plan.drawn(n, PILOT + i, params, search) for i, params in enumerate(settings)]
    settled = all(trial.id in done for trial in trials)
    return gathered(stages_of(plan.study, (trials, settled), plan.halved(count), done))


def _best_first(plan: Schedule, done: Done, search: int) -> list[Mapping[str, Any]]:
    """Give the settings of a settled pilot, the best first: those that went further, then those with the lower loss.

    Those that diverged come last, and those that failed say nothing.
    """
    found: dict[int, tuple[int, float, Trial]] = {}
    for place, stage in enumerate(_pilot(plan, done, search)[0]):
        for trial in stage:
            loss = metric_of(plan.study, done[trial.id])
            if done[trial.id].state is State.DIVERGED:
                found[trial.number] = 0, 0.0, trial
            elif loss is not None:
                found[trial.number] = -1 - place, loss, trial
    return [trial.params for _, _, trial in sorted(found.values(), key=lambda each: (*each[:2], each[2].number))]


def _search(plan: Schedule, n: int, done: Done, search: int) -> tuple[list[list[Trial]], bool]:
    return (
        gathered(stages_of(plan.study, _drawn(plan, n, done, search), plan.survivors, done)) if plan.space else ([], True)
    )


def _drawn(plan: Schedule, n: int, done: Done, search: int) -> tuple[list[Trial], bool]:
    how, root = plan.study.search, seed_of(plan.study, search)
    first = None
    if not pilot_settled(plan, done, search):
        return [], False
    if how.warm_start and n != plan.sizes[0]:
        smaller = plan.sizes[plan.sizes.index(n) - 1]
        stages, complete = _search(plan, smaller, done, search)
        if not complete:
            return [], False
        neighbour = best_of(plan.study, stages, done)
        first = neighbour.params if neighbour else None
    if how.sampler == QUASI:
        pilot = _best_first(plan, done, search)
        settings = proposed(plan, seed=derive_seed(root, "search", n), count=how.trials, pilot=pilot)
        settings = [{name: first[name] for name in plan.space}, *settings[:-1]] if first else settings
        trials = [plan.drawn(n, number, params, search) for number, params in enumerate(settings)]
        return trials, all(trial.id in done for trial in trials)
    trials = []
    for generation in range(-(-how.trials // how.generation)):
        told = [] if how.sampler == "random" else [_told(plan, trial, done) for trial in trials]
        asked = ask(
            plan.space,
            how.sampler,
            seed=derive_seed(root, "search", n, generation),
            told=told,
            count=how.generation,
            first=first if generation == 0 else None,
        )
        trials += [plan.drawn(n, len(trials) + i, params, search) for i, params in enumerate(asked)]
        del trials[how.trials :]
        if how.sampler != "random" and not all(trial.id in done for trial in trials):
            return trials, False
    return trials, all(trial.id in done for trial in trials)


def proposed(plan: Schedule, *, seed: int, count: int, pilot: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Give settings that a search begins with, by its sampler; `pilot` are those of a pilot, the best first."""
    if plan.study.search.sampler == QUASI:
        return narrowing.draws(plan.space, seed, count, pilot)
    return ask(plan.space, plan.study.search.sampler, seed=seed, count=count)


def winner(plan: Schedule, n: int, done: Done, search: int = 0) -> Trial | None:
    """Give the trial of one search of a size with the smallest validation metric; None where none succeeded or was run."""
    return best_of(plan.study, _search(plan, n, done, search)[0], done)


def seed_of(study: Study, search: int) -> int:
    """Give the seed of one search of all sizes: the study's own of the first, which is so as if it were the only one."""
    return derive_seed(study.seed, "search again", search) if search else study.seed


def score_seeds(study: Study, n: int, replicate: int, search: int = 0) -> list[int]:
    """Give the seeds with which the winner of one search of a size is trained on the subset of a replicate."""
    root = seed_of(study, search)
    return [derive_seed(root, "train", "score", n, replicate, number) for number in range(study.seeds_per_subset)]


def score_trials(plan: Schedule, n: int, done: Done) -> list[Trial]:
    """Give the score trials of a size whose searches are complete: the winners, on fresh subsets with fresh seeds."""
    return [trial for search in plan.searches for trial in _scores(plan, n, done, search)]


def _scores(plan: Schedule, n: int, done: Done, search: int) -> list[Trial]:
    study, best = plan.study, winner(plan, n, done, search)
    if plan.space and best is None:
        return []
    params = best.params if best else study.params
    return [
        Trial(
            plan.context,
            Purpose.SCORE,
            plan.rungs[n, replicate],
            params,
            seed,
            number,
            best.id if best else None,
            search=search,
        )
        for replicate in range(1, study.replicates + 1)
        for number, seed in enumerate(score_seeds(study, n, replicate, search))
    ]


def edges(plan: Schedule, trial: Trial) -> list[str]:
    """List the searched hyper-parameters of a winner that lie at the edge of their range."""
    return at_edge(plan.space, trial.params)


def _told(plan: Schedule, trial: Trial, done: Done) -> tuple[Mapping[str, Any], float | None]:
    return {name: trial.params[name] for name in plan.space}, metric_of(plan.study, done[trial.id])


def _search_replicate(search: int) -> int:
    return SEARCH_REPLICATE - search


def _search_trial(plan: Schedule, n: int, number: int, drawn: Mapping[str, Any], search: int) -> Trial:
    seed = derive_seed(seed_of(plan.study, search), "train", "search", n, number)
    rung = plan.rungs[n, _search_replicate(search)]
    params = {**plan.study.params, **drawn}
    until = next(iter(plan.study.search.stages), None)
    return Trial(plan.context, Purpose.SEARCH, rung, params, seed, number, until=until, search=search)
