"""The parts of a source, each with its curve and its share of the test set: from a ledger's score trials, or a column."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kleiber import importers
from kleiber.curves.curve import Curve, curves_of
from kleiber.curves.sources import matching, no_curve
from kleiber.errors import KleiberError
from kleiber.importers import Row, Table
from kleiber.records import part_of

OWN = ("loss", "error")  # metrics that trainers measure of each class
SPREAD = 2.0  # one example's standard deviation over its mean loss, where nothing tells it: of cross-entropy it is 1.5 to 3


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part: its name, its curve, how many test examples it has (None: unknown), and `luck`.

    `luck` is the relative standard error that these few leave in its loss at every size alike.
    """

    name: str
    curve: Curve
    count: int | None
    luck: float


def parts_of(
    source: Any,
    by: str,
    *,
    metric: str | None,
    model: str | None,
    counts: Mapping[str, float] | None,
    column: Mapping[str, str] | None,
) -> list[Part]:
    """Give the parts of a source by a column: "class" of a ledger, or any column of a table.

    Raises `KleiberError` where the source has no such parts, and where a choice of metric or model is open.
    """
    if isinstance(source, str | os.PathLike) and Path(source).is_file() and importers.is_ledger(Path(source)):
        source = importers.read(source)
    if isinstance(source, Table):
        return _measured(source, by, metric, model)
    if model is not None:
        raise KleiberError(f"model={model!r} and by={by!r}: give the rows of one model alone")
    with naming(by):
        table = importers.read(source, column={**(column or {}), "model": by})
    return parts_of_table(table, metric=metric, counts=counts)


@contextmanager
def naming(by: str) -> Iterator[None]:
    """Say, where a table lacks the column of the parts, how another one is named."""
    try:
        yield
    except KleiberError as error:
        if f"no column {by!r}" not in str(error):
            raise
        raise KleiberError(f"{error}. Name the column of the classes or sources, as in by='source'") from error


def parts_of_table(table: Table, *, metric: str | None = None, counts: Mapping[str, float] | None = None) -> list[Part]:
    """Give the parts of a table that was read with their column as its model; of the first metric, or the one named."""
    return [_counted(curve, (counts or {}).get(curve.model)) for curve in _of_metric(curves_of(table), metric)]


def _of_metric(curves: list[Curve], metric: str | None) -> list[Curve]:
    found = matching(curves, metric, None)
    if not found:
        raise no_curve(curves, metric, None)
    first = found[0].metric
    return [curve for curve in found if curve.metric == first]


def _measured(table: Table, by: str, metric: str | None, model: str | None) -> list[Part]:
    """Give the parts that score trials measured."""
    named = [(row, found) for row in table.parts if (found := part_of(row.metric)) is not None]
    there = sorted({found[1] for _, found in named})
    if by not in there:
        has = (
            f"; it has {', '.join(map(repr, there))}"
            if there
            else ". Classes come with a classifier's predictions. For another column write  "
            "by = \"site\"  under [data] of the study, and ask by='site'; or give a table's file"
        )
        raise KleiberError(f"by={by!r}: no metrics by {by!r} were measured{has}")
    models = list(dict.fromkeys(row.model for row, _ in named))
    if model is None and len(models) > 1:
        raise KleiberError(f"there are {len(models)} models, {', '.join(map(repr, models))}: choose one by model=")
    chosen = models[0] if model is None else model
    if chosen not in models:
        raise KleiberError(f"there is no model {model!r}; there are {', '.join(map(repr, models))}")
    of = [(row, found) for row, found in named if row.model == chosen and found[1] == by]
    known = [name for name in dict.fromkeys(found[0] for _, found in of) if name not in ("count", "loss_sd")]
    asked = OWN if metric is None else importers.names_of(metric)
    wanted = next((name for name in (*asked, *known) if name in known), "")
    if metric is not None and wanted not in asked:
        raise KleiberError(f"metric={metric!r}: the parts have {', '.join(map(repr, known))}")
    return [_part(name, wanted, table, [(row, found[0]) for row, found in of if found[2] == name]) for name in _names(of)]


def _names(of: Iterable[tuple[Row, tuple[str, str, str]]]) -> list[str]:
    names = dict.fromkeys(found[2] for _, found in of)
    return sorted(names, key=lambda name: (0, float(name), "") if name.isdigit() else (1, 0.0, name))


def _part(name: str, metric: str, table: Table, rows: list[tuple[Row, str]]) -> Part:
    own = [replace(row, model=name, metric=metric) for row, what in rows if what == metric]
    (curve,) = curves_of(Table(own, metrics=table.metrics, unit_of_n=table.unit_of_n))
    largest = max(row.n for row in own)
    counts = [row.loss for row, what in rows if what == "count"]
    if metric != "loss":
        return _counted(curve, counts[0] if counts else None)
    loss = float(np.mean([row.loss for row in own if row.n == largest]))
    sd = [row.loss for row, what in rows if what == "loss_sd" and row.n == largest]
    if not counts or not sd or loss <= 0:
        return _counted(curve, counts[0] if counts else None)
    return Part(name, curve, int(counts[0]), float(np.mean(sd)) / loss / math.sqrt(counts[0]))


def _counted(curve: Curve, count: float | None) -> Part:
    """Give a part by how many test examples it has: an error is binomial, a loss spreads as losses do."""
    if count is None:
        return Part(curve.model, curve, None, 0.0)
    level = float(np.mean(curve.loss[curve.n == curve.n.max()]))
    rate = curve.metric == "error" and 0 < level < 1
    spread = math.sqrt((1 - level) / level) if rate else SPREAD
    return Part(curve.model, curve, int(count), spread / math.sqrt(count))
