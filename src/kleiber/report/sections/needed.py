"""Needed data: how many examples any target takes, as a curve with its interval."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.content import label_of
from kleiber.report.figures import figure
from kleiber.report.markup import Table, fill, table
from kleiber.report.needing import draw_needed
from kleiber.report.numbers import fixed, needed, places, rough_size
from kleiber.report.reading import curve_name

ORDER = 27
TITLE = "Needed data"
ABOUT = "how many examples any target takes"
ROWS = 6
CAPTION = "Above a target is the size that is enough with even chances, in its 80 % interval. It may have no end."

TEMPLATE = """
{% for one in curves %}
<article>
{% if several %}<h3>{{ name(one.name) }}</h3>{% endif %}
<div class="beside">{{ one.figure }}{{ one.table }}</div>
</article>
{% endfor %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the curve of each forecast; nothing where none answers a target."""
    told = []
    for index, curve in enumerate(findings.get("curves") or []):
        drawing = draw_needed(curve)
        if drawing:
            told.append(
                {
                    "name": curve_name(curve),
                    "figure": figure(drawing, f"needed{index}", CAPTION),
                    "table": table(_table(curve)),
                }
            )
    return fill(TEMPLATE, curves=told, several=len(told) > 1) if told else Markup("")


def _table(curve: Mapping[str, Any]) -> Table:
    """Give some targets, evenly over the curve, with the sizes that are enough."""
    found = curve["forecast"]["needed"]
    digits = places(found["value"])
    count = len(found["value"])
    rows = [
        [
            fixed(found["value"][i], digits),
            needed(found["n50"][i]),
            f"{rough_size(found['n10'][i]) if found['n10'][i] else '–'} to "
            f"{'no end' if found['n90'][i] is None else rough_size(found['n90'][i])}",
            found["grade"][i],
        ]
        for i in sorted({round(k * (count - 1) / ROWS) for k in range(1, ROWS + 1)})
    ]
    unit = curve.get("unit_of_n") or "examples"
    heads = [f"target {label_of(curve)}", f"{unit} needed", "80 % interval", "grade"]
    return Table("Needed data", heads, rows)
