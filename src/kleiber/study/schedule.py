"""From a study to its rungs and trials: pure, so that what comes next depends on what was measured alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kleiber import halving, ladder
from kleiber.datasets import Dataset
from kleiber.records import PILOT, Measurement, Purpose, Rung, State, Trial, canonical, digest
from kleiber.seeds import derive_seed
from kleiber.space import Space, at_edge
from kleiber.study import narrowing
from kleiber.study.search import QUASI, ask
from kleiber.study.study import Study

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
    weight: float = 1.0  # what an example counts for a size on the mean
    _drawn: dict[tuple[int, int, str], Trial] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, study: Study) -> "Schedule":
        """Give the schedule of the same study with another budget of trials."""
        return replace(self, study=study)

    def under(self, context: str | None) -> "Schedule":
        """Give the schedule of an amended study, whose trials keep the context in which it began."""
        return self if context is None else replace(self, context=context)

    def drawn(self, n: int, number: int, params: Mapping[str, Any]) -> Trial:
        """Give a search trial of a size; one that was asked for before is not made anew."""
        key = n, number, canonical(params)
        if key not in self._drawn:
            self._drawn[key] = _search_trial(self, n, number, params)
        return self._drawn[key]

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
        return sum(self.searched(n)) + self.study.replicates * self.study.seeds_per_subset

    def searched(self, n: int) -> list[int]:
        """Number of search trials of a size in each stage, a pilot's with them."""
        if n != self.sizes[0] or not self.piloted:
            return self.survivors
        return [own + besides for own, besides in zip(self.survivors, self.halved(self.study.search.pilot), strict=True)]

    @property
    def survivors(self) -> list[int]:
        """Number of a size's own search trials in each stage, the last one's to their end; empty where none is searched."""
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
        rungs |= ladder.climb(y, sizes, [SEARCH_REPLICATE], **how)
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
    """Give the trials of a size's search that are known so far, stage by stage, and whether all are known and settled.

    The smallest size's begin with those of a pilot.
    """
    pilot = _pilot(plan, done)[0] if n == plan.sizes[0] else []
    stages, complete = _search(plan, n, done)
    return [trial for stage in [*pilot, *stages] for trial in stage], complete


def pilot_settled(plan: Schedule, done: Done) -> bool:
    """Say whether the pilot that all sizes wait for is over, as is one that a study has not."""
    return _pilot(plan, done)[1]


def _pilot(plan: Schedule, done: Done) -> tuple[list[list[Trial]], bool]:
    """Give a pilot's trials at the smallest size, stage by stage, and whether all are known and settled."""
    if not plan.piloted:
        return [], True
    n, count = plan.sizes[0], plan.study.search.pilot
    settings = proposed(plan, seed=derive_seed(plan.study.seed, "pilot"), count=count)
    trials = [plan.drawn(n, PILOT + i, params) for i, params in enumerate(settings)]
    settled = all(trial.id in done for trial in trials)
    return _gathered(_stages(plan, (trials, settled), plan.halved(count), done))


def _best_first(plan: Schedule, done: Done) -> list[Mapping[str, Any]]:
    """Give the settings of a settled pilot, the best first: those that went further, then those with the lower loss.

    Those that diverged come last, and those that failed say nothing.
    """
    found: dict[int, tuple[int, float, Trial]] = {}
    for place, stage in enumerate(_pilot(plan, done)[0]):
        for trial in stage:
            loss = _metric(plan, done[trial.id])
            if done[trial.id].state is State.DIVERGED:
                found[trial.number] = 0, 0.0, trial
            elif loss is not None:
                found[trial.number] = -1 - place, loss, trial
    return [trial.params for _, _, trial in sorted(found.values(), key=lambda each: (*each[:2], each[2].number))]


def _search(plan: Schedule, n: int, done: Done) -> tuple[list[list[Trial]], bool]:
    return _gathered(_stages(plan, _drawn(plan, n, done), plan.survivors, done)) if plan.space else ([], True)


def _gathered(found: Iterator[tuple[list[Trial], bool]]) -> tuple[list[list[Trial]], bool]:
    stages, complete = [], True
    for stage, settled in found:
        stages.append(stage)
        complete = settled
    return stages, complete


def _stages(
    plan: Schedule, first: tuple[list[Trial], bool], counts: list[int], done: Done
) -> Iterator[tuple[list[Trial], bool]]:
    """Give each stage's trials, and whether all are known and settled; a stage that others decide comes after theirs.

    first: those of the first stage. counts: how many each stage has.
    """
    stage, settled = first
    yield stage, settled
    for until, count in zip([*plan.study.search.stages[1:], None], counts[1:], strict=False):
        if not settled:
            return
        going = halving.ranked([_metric(plan, done[trial.id]) for trial in stage])
        stage = _going_on([replace(stage[place], until=until, parent=stage[place].id) for place in going], count, done)
        settled = all(trial.id in done for trial in stage)
        yield stage, settled


def _going_on(ranked: list[Trial], count: int, done: Done) -> list[Trial]:
    """Give the first `count` that do not come to grief, with those before them that did, by their numbers."""
    lost = [trial.id in done and done[trial.id].state is not State.OK for trial in ranked]
    within = [sum(not gone for gone in lost[:place]) < count for place in range(len(ranked))]
    return sorted((trial for trial, goes in zip(ranked, within, strict=True) if goes), key=lambda trial: trial.number)


def _drawn(plan: Schedule, n: int, done: Done) -> tuple[list[Trial], bool]:
    search = plan.study.search
    first = None
    if not pilot_settled(plan, done):
        return [], False
    if search.warm_start and n != plan.sizes[0]:
        smaller = plan.sizes[plan.sizes.index(n) - 1]
        stages, complete = _search(plan, smaller, done)
        if not complete:
            return [], False
        neighbour = _best_of(plan, stages, done)
        first = neighbour.params if neighbour else None
    if search.sampler == QUASI:
        pilot = _best_first(plan, done)
        settings = proposed(plan, seed=derive_seed(plan.study.seed, "search", n), count=search.trials, pilot=pilot)
        settings = [{name: first[name] for name in plan.space}, *settings[:-1]] if first else settings
        trials = [plan.drawn(n, number, params) for number, params in enumerate(settings)]
        return trials, all(trial.id in done for trial in trials)
    trials = []
    for generation in range(-(-search.trials // search.generation)):
        told = [] if search.sampler == "random" else [_told(plan, trial, done) for trial in trials]
        asked = ask(
            plan.space,
            search.sampler,
            seed=derive_seed(plan.study.seed, "search", n, generation),
            told=told,
            count=search.generation,
            first=first if generation == 0 else None,
        )
        trials += [plan.drawn(n, len(trials) + i, params) for i, params in enumerate(asked)]
        del trials[search.trials :]
        if search.sampler != "random" and not all(trial.id in done for trial in trials):
            return trials, False
    return trials, all(trial.id in done for trial in trials)


def proposed(plan: Schedule, *, seed: int, count: int, pilot: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Give settings that a search begins with, by its sampler; `pilot` are those of a pilot, the best first."""
    if plan.study.search.sampler == QUASI:
        return narrowing.draws(plan.space, seed, count, pilot)
    return ask(plan.space, plan.study.search.sampler, seed=seed, count=count)


def winner(plan: Schedule, n: int, done: Done) -> Trial | None:
    """Give the search trial of a size with the smallest validation metric; None where none succeeded or none was run."""
    return _best_of(plan, _search(plan, n, done)[0], done)


def _best_of(plan: Schedule, stages: list[list[Trial]], done: Done) -> Trial | None:
    """Give the best of the last stage that has a result, since those before trained less; none that failed later on."""
    best = None
    lost = {t.number for stage in stages for t in stage if t.id in done and done[t.id].state is not State.OK}
    for stage in stages:
        won = [t for t in stage if t.id in done and t.number not in lost]
        best = min(won, key=lambda t: (done[t.id].validation[plan.study.metric], t.number), default=best)
    return best


def score_seeds(study: Study, n: int, replicate: int) -> list[int]:
    """Give the seeds with which a size's winner is trained on the subset of a replicate."""
    return [derive_seed(study.seed, "train", "score", n, replicate, number) for number in range(study.seeds_per_subset)]


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
            seed,
            number,
            best.id if best else None,
        )
        for replicate in range(1, study.replicates + 1)
        for number, seed in enumerate(score_seeds(study, n, replicate))
    ]


def edges(plan: Schedule, trial: Trial) -> list[str]:
    """List the searched hyper-parameters of a winner that lie at the edge of their range."""
    return at_edge(plan.space, trial.params)


def _told(plan: Schedule, trial: Trial, done: Done) -> tuple[Mapping[str, Any], float | None]:
    return {name: trial.params[name] for name in plan.space}, _metric(plan, done[trial.id])


def _metric(plan: Schedule, measurement: Measurement) -> float | None:
    return measurement.validation[plan.study.metric] if measurement.state is State.OK else None


def _search_trial(plan: Schedule, n: int, number: int, drawn: Mapping[str, Any]) -> Trial:
    seed = derive_seed(plan.study.seed, "train", "search", n, number)
    params = {**plan.study.params, **drawn}
    until = next(iter(plan.study.search.stages), None)
    return Trial(plan.context, Purpose.SEARCH, plan.rungs[n, SEARCH_REPLICATE], params, seed, number, until=until)
