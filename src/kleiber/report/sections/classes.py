"""The classes, or the sources: each one's curve, and which gains most from more examples."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.classes import MOST, draw_classes
from kleiber.report.figures import figure
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, places, size

ORDER = 16
TITLE = "Classes"
ABOUT = "which gains most from more examples"
MOST_DIGITS = 4
CAPTION = "Test loss of each against all {unit}, solid where it was measured. All grow in the proportions measured."

TEMPLATE = """
{% for text in sentences %}<p>{{ name(text) }}</p>{% endfor %}
{{ figure }}{% if left %}<p>The chart has the {{ most }} that gain most, the table all.</p>{% endif %}{{ numbers }}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give each model's classes; nothing where none were measured."""
    return Markup("").join(_one(found, number) for number, found in enumerate(findings.get("classes") or ()))


def _one(found: Mapping[str, Any], number: int) -> Markup:
    drawing = draw_classes(found)
    if drawing is None:
        return Markup("")
    known = sum(part["refused"] is None for part in found["parts"])
    return fill(
        TEMPLATE,
        sentences=found["sentences"],
        figure=figure(drawing, f"classes-{number}", CAPTION.format(unit=found["unit_of_n"])),
        numbers=table(_table(found)),
        left=known > MOST,
        most=MOST,
    )


def _table(found: Mapping[str, Any]) -> Table:
    told = [part for part in found["parts"] if part["refused"] is None]
    digits = min(places(part["now"]["median"] for part in told), MOST_DIGITS)
    rows = [
        [
            part["name"],
            "–" if part["count"] is None else size(part["count"]),
            fixed(part["now"]["median"], digits),
            _interval(part["then"], digits),
            _interval(part["gain"], digits),
            f"{100 * part['most']:.0f} %",
        ]
        for part in told
    ]
    rows += [[part["name"], "–" if part["count"] is None else size(part["count"]), *["–"] * 4] for part in _refused(found)]
    heads = [
        found["by"],
        "test examples",
        f"{found['loss']} at {size(found['largest'])}",
        f"at {size(found['to'])} (90 %)",
        "gain (90 %)",
        "gains most",
    ]
    title = f"{found['loss']} by {found['by']}, {found['model']}"
    return Table(title, heads, rows, frozenset({0}))


def _refused(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in found["parts"] if part["refused"] is not None]


def _interval(value: Mapping[str, float], digits: int) -> str:
    return f"{fixed(value['median'], digits)} ({fixed(value['low'], digits)} to {fixed(value['high'], digits)})"
