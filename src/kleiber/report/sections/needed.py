"""Needed data: how many examples any target takes, as a curve with its interval."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.content import label_of
from kleiber.report.figures import figure
from kleiber.report.learning import shown_name
from kleiber.report.markup import Table, fill, table
from kleiber.report.needing import draw_needed
from kleiber.report.numbers import fixed, needed, places, rough_size
from kleiber.report.reading import leading

ORDER = 14
TITLE = "Needed data"
ABOUT = "how many examples any target takes"
ROWS, ROWS_OF_SEVERAL = 6, 2
CAPTION = "Above a target is the size that is enough with even chances, in its 80 % interval. It may have no end."

TEMPLATE = '<div{% if not several %} class="beside"{% endif %}>{{ figure }}{{ numbers }}</div>'


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the curves of the metric that leads in one figure; nothing where none answers a target."""
    curves = leading(findings)
    drawing = draw_needed(curves)
    if drawing is None:
        return Markup("")
    told = [curve for curve in curves if curve["forecast"].get("needed")]
    return fill(TEMPLATE, figure=figure(drawing, "needed", CAPTION), numbers=table(_table(told)), several=len(told) > 1)


def _table(curves: Sequence[Mapping[str, Any]]) -> Table:
    """Give some targets, evenly over each curve, with the sizes that are enough."""
    several = len(curves) > 1
    rows = [
        [*([shown_name(curve)] if several else []), *row]
        for curve in curves
        for row in _rows(curve["forecast"]["needed"], ROWS_OF_SEVERAL if several else ROWS)
    ]
    heads = [
        f"target {label_of(curves[0])}",
        f"{curves[0].get('unit_of_n') or 'examples'} needed",
        "80 % interval",
        "grade",
    ]
    words = frozenset({0, 4} if several else {3})
    return Table("Needed data", [*(["model"] if several else []), *heads], rows, words)


def _rows(found: Mapping[str, Any], count: int) -> list[list[object]]:
    digits, last = places(found["value"]), len(found["value"]) - 1
    return [
        [
            fixed(found["value"][i], digits),
            needed(found["n50"][i]),
            f"{rough_size(found['n10'][i]) if found['n10'][i] else '–'} to "
            f"{'no end' if found['n90'][i] is None else rough_size(found['n90'][i])}",
            found["grade"][i],
        ]
        for i in sorted({round(k * last / count) for k in range(1, count + 1)})
    ]
