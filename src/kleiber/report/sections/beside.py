"""Training score beside test score, and each class's curve, where the source has them."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.comparing import draw_comparison
from kleiber.report.content import label_of
from kleiber.report.figures import figure
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, places, size
from kleiber.report.parts import Beside, beside

ORDER = 25
TITLE = "Training, test and classes"
ABOUT = "scores of one model beside each other"
READ = {
    "parts": "A training score far better than the test score says that the model learns its examples by heart. More data "
    "brings the two together.",
    "classes": "Each class has a curve of its own: the class that lags may need more examples of its own.",
}

TEMPLATE = """
{% for one in groups %}
<article>
<h3>{{ name(one.title) }}</h3>
<p class="about">{{ one.read }}</p>
{{ one.figure }}
{{ one.table }}
</article>
{% endfor %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give a figure and a table for each group of metrics that belong together; nothing where there is none."""
    groups = [_group(one, f"beside{index}") for index, one in enumerate(beside(findings.get("curves") or []))]
    return fill(TEMPLATE, groups=groups) if groups else Markup("")


def _group(one: Beside, identifier: str) -> dict[str, Any]:
    title = f"{one.model} · {one.what} {'by part of the data' if one.kind == 'parts' else 'by class'}"
    drawing = draw_comparison(one.curves, one.what, title=title)
    return {
        "title": title,
        "read": READ[one.kind],
        "figure": figure(drawing, identifier),
        "table": table(_table(one)),
    }


def _table(one: Beside) -> Table:
    """Give the measured means of all, side by side, each with its interval."""
    points = [{point["n"]: point for point in curve["points"]} for curve in one.curves]
    digits = places(point["mean"] for of in points for point in of.values())
    rows = [[size(n), *(_mean(of.get(n), digits) for of in points)] for n in sorted({n for of in points for n in of})]
    return Table(
        f"Measured {label_of(one.curves[0])}, means with their 90 % intervals",
        ["n", *(curve["model"] for curve in one.curves)],
        rows,
    )


def _mean(point: Mapping[str, Any] | None, digits: int) -> str:
    if point is None:
        return "–"
    mean = fixed(point["mean"], digits)
    return (
        f"{mean} ({fixed(point['low'], digits)} to {fixed(point['high'], digits)})"
        if point["low"] < point["high"]
        else mean
    )
