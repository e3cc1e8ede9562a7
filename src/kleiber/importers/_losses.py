"""What a table's metrics say, as losses: one unit for each, and each run told once where two columns tell it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import numpy as np

from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows, Table, _merged
from kleiber.importers._metrics import (
    Told,
    is_distance,
    is_error_rate,
    is_rate,
    is_score,
    loss_name,
    losses_of,
    metric_of,
    note_of,
    rises_clearly,
    says_lower,
)
from kleiber.metric import Metric

FAR = 10.0


def as_table(
    rows: Rows,
    notes: Sequence[str],
    told_of: Told,
    *,
    named: Mapping[str, str] | None = None,
) -> Table:
    """Turn each metric into a loss, all models together so that one column has one unit.

    `told_of` is what somebody says of the metrics; `named` are the table's own names of our columns, where they say more.
    Raises `KleiberError` where a metric mixes two units, where two columns disagree on a
    run, and where a metric rises with the size and its name does not say whether it should.
    """
    told, unit = list(notes), told_of.unit
    metrics = [rows.metric.names[code] for code in rows.metric.firsts()]
    calls = {metric: _called(metric, named or {}) for metric in metrics}
    if unit is not None and not any(is_rate(name) for name in calls.values()):
        raise KleiberError(f"unit={unit!r} is that of accuracies and errors, and the table has none: leave it out")
    found: dict[str, dict[str, Rows]] = {}
    known: dict[str, Metric] = {}
    for code, column in zip(rows.metric.firsts(), metrics, strict=True):
        members = _by_model(rows if len(metrics) == 1 else rows.take(np.flatnonzero(rows.metric.codes == code)))
        said = told_of
        if told_of.higher and len(metrics) > 1 and says_lower(calls[column]):
            said = replace(told_of, higher=False)  # it is said of the scores beside it
        metric = _metric(calls[column], column, members, said)
        if is_error_rate(metric.name):
            _require_one_scale(metric.name, members, unit)
        theirs = (named or {}).get(column)
        if theirs and metric.higher_is_better and metric.name == f"{theirs}_{column}":
            metric = replace(metric, name=theirs)
        note = note_of(metric, members.loss)
        if is_error_rate(metric.name):
            note = note or f"{metric.name!r} was read as a fraction of 1."
        told += [note] if note else []
        errors = members.se if members.se is None or metric.per_loss == 1 else members.se / metric.per_loss
        of_metric = replace(
            members, metric=Labels.same(metric.loss, len(members)), loss=losses_of(metric, members.loss), se=errors
        )
        found.setdefault(metric.loss, {})[metric.name] = of_metric
        if (
            metric.loss not in known or metric.name == metric.loss
        ):  # where error and accuracy tell the same, the error stays
            known[metric.loss] = metric
    once = [_merged.once(name, read_from, told) for name, read_from in found.items()]
    return Table(rows=_joined(once), notes=tuple(told), metrics=known)


def _called(metric: str, named: Mapping[str, str]) -> str:
    """Give the table's own name of a metric, as far as it says more than ours."""
    theirs = named.get(metric, metric)
    if metric == "error" and not is_error_rate(theirs) and not is_distance(theirs):
        return metric  # it is a rate, which its own name does not say
    told = metric == "loss" or is_distance(theirs) or is_score(theirs) == is_score(metric)
    return theirs if told else f"{theirs}_{metric}"


def _metric(name: str, column: str, rows: Rows, told: Told) -> Metric:
    """Say what a metric is; raises `KleiberError` where its direction is open, or its values are of no such metric."""
    higher, best = told.higher, told.best
    below = len(rows) > 0 and bool((rows.loss < 0).all())
    open_ = higher is None and best is None and not is_score(name) and not says_lower(name)
    if (
        open_
        and not below
        and column not in ("error", "accuracy")
        and any(rises_clearly(one.n, one.loss) for one in _models(rows))
    ):
        raise KleiberError(
            f"{name!r} rises with the size. If higher is better, say so: higher_is_better=True (--higher-is-better); if "
            f"it is a loss, say higher_is_better=False (--lower-is-better)"
        )
    metric = metric_of(name, rows.loss, unit=told.unit, higher=higher, best=best)
    if name != column and (column != "loss" or not metric.higher_is_better):  # it is asked for by our name too
        metric = replace(metric, loss=loss_name(column) if is_score(column) else column)
    if is_rate(name) and metric.best != 0:
        _require_no_negative(name, rows)
    if below and not metric.higher_is_better:
        raise KleiberError(
            f"{name!r} is negative in every row, as a loss with its sign turned is. Write --higher-is-better --best 0 to "
            f"read it as one (in Python, higher_is_better=True, best=0)"
        )
    return metric


def _models(rows: Rows) -> list[Rows]:
    return [rows.take(np.flatnonzero(rows.model.codes == code)) for code in rows.model.firsts()]


def _by_model(rows: Rows) -> Rows:
    """Give the rows model by model, in the order in which the models first appear."""
    models = rows.model.firsts()
    if len(models) < 2:
        return rows
    place = np.empty(len(rows.model.names), dtype=np.int32)
    place[models] = np.arange(len(models))
    return rows.take(np.argsort(place[rows.model.codes], kind="stable"))


def _joined(parts: Sequence[Rows]) -> Rows:
    """Put the rows of several losses together, whose labels but the metric have the same names."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        none = Labels.same(None, 0)
        return Rows(none, none, np.empty(0), np.empty(0), none, none, None)
    joined = _merged.appended(parts)
    names = tuple(part.metric.names[0] for part in parts)
    codes = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    return replace(joined, metric=Labels(codes, names))


def _require_no_negative(metric: str, rows: Rows) -> None:
    below = np.flatnonzero(rows.loss < 0)
    if len(below):
        row = rows[int(below[0])]
        raise KleiberError(
            f"{metric!r} has the value {row.loss:g} ({row.model!r} at n = {row.n:g}): below 0 it is no rate; "
            f"give it as a loss, lower is better"
        )


def _require_one_scale(metric: str, rows: Rows, unit: str | None) -> None:
    """Raise `KleiberError` where an error rate falls across 1 as no learning curve does: percent beside fractions.

    An error of 0.8 % may follow one of 5 %. But one that jumps by more than ten times, upwards or faster than 1/n, or
    models of which one lies wholly above 1 and another ten times lower, wholly below, need somebody to name the unit.
    """
    above = rows.loss[rows.loss > 0] > 1
    if unit is not None or above.all() or not above.any():
        return
    centres = {}
    for code in rows.model.firsts():
        members = rows.take(np.flatnonzero(rows.model.codes == code))
        sizes: dict[float, list[float]] = {}
        for size, loss in zip(members.n.tolist(), members.loss.tolist(), strict=True):
            if loss > 0:
                sizes.setdefault(size, []).append(loss)
        for n, losses in sizes.items():
            _require_near(metric, (n, max(losses)), (n, min(losses)), 1.0)
        means = [(n, math.exp(fmean(map(math.log, losses)))) for n, losses in sorted(sizes.items())]
        for one, two in pairwise(means):
            _require_near(metric, one, two, two[0] / one[0])
        losses = [loss for values in sizes.values() for loss in values]
        if losses and (min(losses) > 1 or max(losses) <= 1):
            centres[code] = (float(members.n[0]), math.exp(fmean(map(math.log, losses))))
    if centres:
        by_loss = sorted(centres.values(), key=lambda centre: centre[1])
        _require_near(metric, by_loss[-1], by_loss[0], 1.0)


def _require_near(metric: str, one: tuple[float, float], two: tuple[float, float], fall: float) -> None:
    (n, high), (m, low) = one, two
    ratio = high / low
    if (high > 1) != (low > 1) and (ratio > max(FAR, fall) or ratio < 1 / FAR):
        raise KleiberError(
            f"{metric!r} mixes values above 1 (such as {max(high, low):g}) and far below (such as {min(high, low):g}), at "
            f"n = {n:g} and n = {m:g}: percent or fraction? Give all in one unit, or name it: "
            f"unit='percent' (--unit percent)"
        )
