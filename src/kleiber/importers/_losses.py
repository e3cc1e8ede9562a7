"""What a table's metrics say, as losses: one unit for each, and each run told once where two columns tell it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

from kleiber.errors import KleiberError
from kleiber.importers import Row, Table, as_loss, is_error_rate, is_rate, scale_of

FAR = 10.0

_Run = tuple[str, float, str | None, str | None]


def as_table(rows: Sequence[Row], notes: Sequence[str], unit: str | None) -> Table:
    """Turn each metric into a loss, all models together so that one column has one unit.

    `unit` is "fraction" or "percent" of rates, None where nobody says. Raises `KleiberError` where a metric mixes the
    two, and where two columns disagree on a run.
    """
    told = list(notes)
    if unit is not None and not any(is_rate(row.metric) for row in rows):
        raise KleiberError(f"unit={unit!r} is that of accuracies and errors, and the table has none: leave it out")
    metrics: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        metrics.setdefault(row.metric, {}).setdefault(row.model, []).append(row)
    found: dict[str, dict[str, list[Row]]] = {}
    for metric, models in metrics.items():
        members = [row for rows in models.values() for row in rows]
        losses = [row.loss for row in members]
        below = next((row for row in members if row.loss < 0), None)
        if below is not None and is_rate(metric):
            raise KleiberError(
                f"{metric!r} has the value {below.loss:g} ({below.model!r} at n = {below.n:g}): below 0 it is no rate; "
                f"give it as a loss, lower is better"
            )
        name, values, note = as_loss(metric, losses, unit=unit)
        if is_error_rate(metric):
            _require_one_scale(metric, models, unit)
            note = note or f"{metric!r} was read as a fraction of 1."
        scale = scale_of(metric, losses, unit=unit)
        told += [note] if note else []
        found.setdefault(name, {})[metric] = [
            replace(row, metric=name, loss=value, se=None if row.se is None else row.se / scale)
            for row, value in zip(members, values, strict=True)
        ]
    converted = [row for name, read_from in found.items() for row in _merged(name, read_from, told)]
    return Table(rows=tuple(converted), notes=tuple(told))


def _require_one_scale(metric: str, models: Mapping[str, Sequence[Row]], unit: str | None) -> None:
    """Raise `KleiberError` where an error rate falls across 1 as no learning curve does: percent beside fractions.

    An error of 0.8 % may follow one of 5 %. But one that jumps by more than ten times, upwards or faster than 1/n, or
    models of which one lies wholly above 1 and another ten times lower, wholly below, need somebody to name the unit.
    """
    if unit is not None:
        return
    centres = {}
    for model, rows in models.items():
        sizes: dict[float, list[float]] = {}
        for row in rows:
            if row.loss > 0:
                sizes.setdefault(row.n, []).append(row.loss)
        for n, losses in sizes.items():
            _require_near(metric, (n, max(losses)), (n, min(losses)), 1.0)
        means = [(n, math.exp(fmean(map(math.log, losses)))) for n, losses in sorted(sizes.items())]
        for one, two in pairwise(means):
            _require_near(metric, one, two, two[0] / one[0])
        losses = [loss for values in sizes.values() for loss in values]
        if losses and (min(losses) > 1 or max(losses) <= 1):
            centres[model] = (rows[0].n, math.exp(fmean(map(math.log, losses))))
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


def _merged(name: str, read_from: Mapping[str, list[Row]], notes: list[str]) -> list[Row]:
    """Give the rows of one loss that several columns tell, such as error and accuracy: each run once, or an error."""
    first = name if name in read_from else next(iter(read_from))
    kept = list(read_from[first])
    for other, rows in read_from.items():
        if other == first:
            continue
        if any(row.loss > 1 for row in kept):
            kept = [replace(row, loss=row.loss / 100, se=None if row.se is None else row.se / 100) for row in kept]
            notes[:] = [note for note in notes if not note.startswith(f"{first!r} has values above 1")]
            notes.append(f"{first!r} was read in percent, since {other!r} is there to tell; losses are fractions of 1.")
        told = _by_run(kept)
        _require_same(name, (first, kept), (other, rows))
        new = [row for row in rows if _run(row) not in told]
        notes.append(f"{first!r} and {other!r} tell the same of {len(rows) - len(new)} runs: {first!r} was kept.")
        kept += new
    return kept


def _require_same(name: str, one: tuple[str, list[Row]], two: tuple[str, list[Row]]) -> None:
    """Raise `KleiberError` where two columns disagree on a run by more than both were rounded."""
    left, right = _by_run(one[1]), _by_run(two[1])
    slack = 1e-6 + _rounding(one[1]) + _rounding(two[1])
    for run, losses in left.items():
        others = right.get(run, losses)
        if len(others) == len(losses) and all(abs(a - b) <= slack for a, b in zip(losses, others, strict=True)):
            continue
        shown, told = (", ".join(f"{v:.6g}" for v in values[:3]) for values in (losses, others))
        raise KleiberError(
            f"{one[0]!r} and {two[0]!r} disagree on {run[0]!r} at n = {run[1]:g}: as {name!r} they are {shown} and {told}. "
            f"Leave one of the columns out"
        )


def _run(row: Row) -> _Run:
    return row.model, row.n, row.replicate, row.seed


def _by_run(rows: Sequence[Row]) -> dict[_Run, list[float]]:
    found: dict[_Run, list[float]] = {}
    for row in rows:
        found.setdefault(_run(row), []).append(row.loss)
    return {run: sorted(losses) for run, losses in found.items()}


def _rounding(rows: Sequence[Row]) -> float:
    """Give half a unit of the last decimal to which a column's losses are written."""
    written = (f"{row.loss:.10f}".rstrip("0") for row in rows)
    return 0.5 * 10.0 ** -max((len(text.partition(".")[2]) for text in written), default=0)
