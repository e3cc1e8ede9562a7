"""What a study still costs: trials, training examples to see, and seconds, from the times of what was measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from kleiber.datasets import Dataset
from kleiber.records import FINAL, Purpose, State, Trial
from kleiber.space import middles
from kleiber.study.schedule import Done, Schedule, score_trials, search_trials
from kleiber.study.times import Kind, Span, Times, kind_of
from kleiber.trainers import pace, passes


@dataclass(frozen=True, slots=True)
class Cost:
    """What is left: trials and passes over the rung by size, examples to see at most, one worker's seconds, if known.

    Where sizes count a column, `examples` counts it too. `span` has the seconds with their 90 % interval.
    """

    trials: Mapping[int, int]
    epochs: Mapping[int, float]
    examples: int
    span: Span | None

    @property
    def seconds(self) -> float | None:
        """One worker's seconds, None where nothing was measured."""
        return None if self.span is None else self.span.seconds


def cost(plan: Schedule, done: Done) -> Cost:
    """Estimate what is left from the times of what was measured, as `Times` does.

    A trial is expected to run the share of its epochs that the measured ones ran, which early stopping makes less than one;
    one that goes on after a pause has those of its own stage alone. Before anything was measured, the seconds are None. The
    scores of a search that is not complete count as left.
    """
    known = {n: _known(plan, n, done) for n in plan.sizes}
    passing = passes_of(plan)
    left = {n: _left(plan, n, trials, complete, done) for n, (trials, complete) in known.items()}
    settled = [t for trials, _ in known.values() for t in trials if t.id in done and done[t.id].state is State.OK]
    measured = [(t.rung.n, passing(kind_of(t)), done[t.id]) for t in settled]
    # A trainer of the user's own may not count its examples; where a column is counted, how many a size holds is a guess.
    each, counts_n = {n: _each(plan, n) for n in plan.sizes}, plan.weight == 1
    ran = [m.examples / n if m.examples and counts_n else m.epochs * each[n] or most for n, most, m in measured]
    share = sum(ran) / sum(most for _, most, _ in measured) if measured else 1.0
    counts: dict[Kind, int] = {(n, *key): count for n, found in left.items() for key, count in found.items()}
    run = {n: sum(passing(kind) * share * count for kind, count in counts.items() if kind[0] == n) for n in plan.sizes}
    trials = {n: sum(found.values()) for n, found in left.items()}
    return Cost(trials, run, round(sum(n * through for n, through in run.items())), _times(plan, known, done).left(counts))


def _times(plan: Schedule, known: Mapping[int, tuple[list[Trial], bool]], done: Done) -> Times:
    times = Times(passes_of(plan))
    for trial in (trial for trials, _ in known.values() for trial in trials):
        if trial.id in done and done[trial.id].state in FINAL:
            times.add(kind_of(trial), done[trial.id].seconds)
    return times


def passes_of(plan: Schedule) -> Callable[[Kind], float]:
    """Give how often a trial of a kind goes through its rung at most; a kind of earlier days goes as often as a score."""
    stretch, epochs = _stretches(plan, plan.sizes[0]), plan.study.epochs
    each = cache(lambda n: _each(plan, n))
    return lambda kind: stretch.get(kind[1:], (0, epochs))[1] * each(kind[0])


def seconds_left(plan: Schedule, dataset: Dataset, left: Cost, device: str) -> float | None:
    """Give one worker's seconds of what is left: from what was measured or, before that, from the trainer's own pace."""
    return seconds_of(plan, dataset, left.epochs, device) if left.seconds is None else left.seconds


def seconds_of(plan: Schedule, dataset: Dataset, epochs: Mapping[int, float], device: str = "cpu") -> float | None:
    """Give the seconds of so many passes over each size for one worker, from the trainer's own pace on this machine.

    The pace is that of the middle of the search space, the mean over the values of a choice. None where the trainer cannot
    tell it.
    """
    study, total = plan.study, 0.0
    for n, count in epochs.items():
        fields = (study.trainer, study.training_options(), study.net, dataset)
        paces = [pace(*fields, {**study.params, **params}, plan.held(n), device) for params in middles(plan.space)]
        known = [one for one in paces if one is not None]
        if len(known) < len(paces):
            return None
        total += count * sum(known) / len(known)
    return total


def _each(plan: Schedule, n: int) -> float:
    """Give the passes over a rung of n in one of a trial's epochs, which is one but for an equal number of steps."""
    study = plan.study
    fields = (study.trainer, study.training_options())
    found = [passes(*fields, {**study.params, **params}, plan.held(n)) for params in middles(plan.space)]
    known = [each for each in found if each is not None]
    return sum(known) / len(known) / study.epochs if known else 1.0


def _left(
    plan: Schedule, n: int, trials: list[Trial], complete: bool, done: Done
) -> dict[tuple[Purpose, float | None], int]:
    """Give the number of a size's trials of each kind not settled; of a search that is not complete, those planned."""
    left = {key: count for key, (count, _) in _stretches(plan, n).items()}
    for trial in trials:
        left[_key(trial)] -= trial.id in done
    if complete:
        left |= {key: 0 for key in left if key[0] is Purpose.SEARCH}
    return {key: max(count, 0) for key, count in left.items()}


def _stretches(plan: Schedule, n: int) -> dict[tuple[Purpose, float | None], tuple[int, float]]:
    """Give, for each kind of trial of a size n, how many there are and how many epochs each runs at most."""
    epochs = plan.study.epochs
    ends = [*plan.study.search.stages, epochs]
    starts = [0, *plan.study.search.stages]
    keys = [*plan.study.search.stages, None]
    found: dict[tuple[Purpose, float | None], tuple[int, float]] = {
        (Purpose.SEARCH, key): (count, end - start)
        for key, start, end, count in zip(keys, starts, ends, plan.searched(n), strict=False)
    }
    return found | {(Purpose.SCORE, None): (plan.scored, epochs)}


def _key(trial: Trial) -> tuple[Purpose, float | None]:
    return trial.purpose, trial.until


def _known(plan: Schedule, n: int, done: Done) -> tuple[list[Trial], bool]:
    trials, complete = search_trials(plan, n, done)
    return trials + (score_trials(plan, n, done) if complete else []), complete
