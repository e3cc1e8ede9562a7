"""What a running study has so far, in words: how good its sizes are, how long the rest takes."""

import statistics
from collections.abc import Mapping

from kleiber.command.terminal import between
from kleiber.importers import is_error_rate
from kleiber.metric import Metric
from kleiber.records import Measurement, State
from kleiber.study.cost import Cost
from kleiber.study.schedule import Schedule, score_trials, search_trials, winner
from kleiber.wording import counted, duration

VAGUE = 9.0  # ratio of an interval's ends from which its middle is not told


def best_of(plan: Schedule, n: int, done: Mapping[str, Measurement]) -> str:
    """Say the best validation of a size's searches so far; "" where there is none."""
    metric = plan.study.metric
    best = [winner(plan, n, done, search) for search in plan.searches] if plan.space else []
    found = [done[trial.id].validation[metric] for trial in best if trial is not None]
    return f"best validation {metric} {written(metric, min(found))}" if found else ""


def scores_of(plan: Schedule, n: int, done: Mapping[str, Measurement]) -> str:
    """Say the mean of a size's scores so far; "" where there is none."""
    if not search_trials(plan, n, done)[1] and plan.space:
        return ""
    metric = plan.study.metric
    found = [done[t.id] for t in score_trials(plan, n, done) if t.id in done and done[t.id].state is State.OK]
    values = [(m.test or {})[metric] for m in found if metric in (m.test or {})]
    return f"test {metric} {written(metric, statistics.mean(values))} ({counted(len(values), 'score')})" if values else ""


def written(metric: str, value: float) -> str:
    """Write a value of a study's metric in its unit."""
    return Metric(metric, metric, in_percent=is_error_rate(metric)).write(value)


def time_left(left: Cost, workers: int) -> str:
    """Say how long the rest takes with so many workers, as far as that is known."""
    span = left.span
    if span is None:
        return "not known before the first trials"
    if span.low > 0 and span.high > VAGUE * span.low:
        return f"between {duration(span.low / workers)} and {duration(span.high / workers)}"
    return f"about {between(span, workers)}"
