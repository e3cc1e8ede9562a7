"""What guessing scores, where somebody says it of a table: a forecast then knows where the curve begins."""

from dataclasses import replace

from kleiber.curves.curve import curves_of
from kleiber.curves.sources import as_asked, matching, value_loss
from kleiber.errors import KleiberError
from kleiber.importers import Table
from kleiber.wording import listed


def with_chance(table: Table, chance: float | str, *, metric: str | None = None) -> Table:
    """Give a table that knows what guessing scores: `chance`, in the metric's own unit, such as 2.303 or "10%".

    Raises `KleiberError` where the table knows it, where `metric` leaves open of what it is, and where guessing would be
    better than all that was measured.
    """
    if table.chance:
        raise KleiberError(f"chance={chance}: the study measured what guessing scores: leave it out")
    curves = as_asked(matching(curves_of(table), metric, None), metric)
    names = sorted({curve.scale.name for curve in curves})
    if len(names) > 1:
        raise KleiberError(f"chance={chance}: there are {listed(names)}: choose one by metric=")
    if not curves:
        return table
    loss = value_loss(curves, metric, chance, "chance")
    if loss < min(float(curve.loss.min()) for curve in curves):
        raise KleiberError(f"chance={chance}: every {names[0]} is worse: it is what a model scores that guesses")
    return replace(table, chance={curves[0].metric: loss})
