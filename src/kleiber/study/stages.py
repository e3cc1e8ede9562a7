"""The stages of a search: who goes on after a pause, and who is best, from what was measured alone."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kleiber import halving
from kleiber.records import Measurement, State, Trial
from kleiber.study.study import Study

Done = Mapping[str, Measurement]  # by trial id; what is there is settled, failures beyond their retries included


def stages_of(
    study: Study, first: tuple[list[Trial], bool], counts: list[int], done: Done
) -> Iterator[tuple[list[Trial], bool]]:
    """Give each stage's trials, and whether all are known and settled; a stage that others decide comes after theirs.

    first: those of the first stage. counts: how many each stage has.
    """
    stage, settled = first
    yield stage, settled
    for until, count in zip([*study.search.stages[1:], None], counts[1:], strict=False):
        if not settled:
            return
        going = halving.ranked([metric_of(study, done[trial.id]) for trial in stage])
        stage = _going_on([replace(stage[place], until=until, parent=stage[place].id) for place in going], count, done)
        settled = all(trial.id in done for trial in stage)
        yield stage, settled


def gathered(found: Iterator[tuple[list[Trial], bool]]) -> tuple[list[list[Trial]], bool]:
    """Give all stages so far, and whether all are known and settled."""
    stages, complete = [], True
    for stage, settled in found:
        stages.append(stage)
        complete = settled
    return stages, complete


def _going_on(ranked: list[Trial], count: int, done: Done) -> list[Trial]:
    """Give the first `count` that do not come to grief, with those before them that did, by their numbers."""
    lost = [trial.id in done and done[trial.id].state is not State.OK for trial in ranked]
    within = [sum(not gone for gone in lost[:place]) < count for place in range(len(ranked))]
    return sorted((trial for trial, goes in zip(ranked, within, strict=True) if goes), key=lambda trial: trial.number)


def best_of(study: Study, stages: list[list[Trial]], done: Done) -> Trial | None:
    """Give the best of the last stage that has a result, since those before trained less; none that failed later on."""
    best = None
    lost = {t.number for stage in stages for t in stage if t.id in done and done[t.id].state is not State.OK}
    for stage in stages:
        won = [t for t in stage if t.id in done and t.number not in lost]
        best = min(won, key=lambda t: (done[t.id].validation[study.metric], t.number), default=best)
    return best


def metric_of(study: Study, measurement: Measurement) -> float | None:
    """Give what a search goes by; None where a trial has no result."""
    return measurement.validation[study.metric] if measurement.state is State.OK else None
