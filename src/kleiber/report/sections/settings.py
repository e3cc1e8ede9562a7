"""Hyper-parameters: what another value of each would do to the loss at a larger size, where the search can tell."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.figures import figure
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import plain, size
from kleiber.report.settings import MOST, draw_settings, ordered
from kleiber.wording import listed

ORDER = 58
TITLE = "Other hyper-parameters"
ABOUT = "what another value would do at a larger size"
CAPTION = (
    "The {metric} at n = {at} when one is moved and the others stay, with 90 % intervals. The line is the best setting."
)

TEMPLATE = """
{% for text in sentences %}<p>{{ name(text) }}</p>{% endfor %}
{{ figure }}{% if left %}<p>The chart has the {{ most }} with the largest effects, the table all.</p>{% endif %}
{{ numbers }}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the effects; the reason where they are refused, and nothing where nobody asked or nothing was searched."""
    found = findings.get("settings")
    if not found:
        return Markup("")
    if found["status"] != "ok":
        return fill(TEMPLATE, sentences=[found["reason"]], figure="", left=False, most=MOST, numbers="")
    caption = CAPTION.format(metric=found["metric"], at=size(found["at"]))
    return fill(
        TEMPLATE,
        sentences=_sentences(found),
        figure=figure(draw_settings(found), "settings", caption),
        left=len(ordered(found)) > MOST,
        most=MOST,
        numbers=table(_table(found)),
    )


def _sentences(found: Mapping[str, Any]) -> list[str]:
    certain = [one for one in found["effects"] if one["change"]["low"] > 0 or one["change"]["high"] < 0]
    told = []
    if certain:
        one = max(certain, key=lambda one: abs(one["change"]["median"]))
        change, worse = one["change"], one["change"]["median"] > 0
        told.append(
            f"At n = {size(found['at'])}, moving {one['name']} from {_value(one['from'])} to {_value(one['to'])} would "
            f"make the validation {found['metric']} "
            f"{abs(100 * change['median']):.2g} % {'higher' if worse else 'lower'} (90 % interval "
            f"{100 * change['low']:+.2g} to {100 * change['high']:+.2g} %)."
        )
    open_ones = [name for name in ordered(found) if all(one["name"] != name for one in certain)]
    if open_ones:
        told.append(f"The runs can't tell which way a move of {listed(open_ones[:6])} goes.")
    back = found["back"]
    told.append(
        f"A back-test at n = {size(back['n'])} explained {100 * max(back['skill'], 0.0):.0f} % of the differences between "
        f"{back['trials']} trials."
    )
    return told


def _table(found: Mapping[str, Any]) -> Table:
    place = {name: number for number, name in enumerate(ordered(found))}
    rows = [
        [
            one["name"],
            _value(one["from"]),
            _value(one["to"]),
            f"{100 * one['change']['median']:+.2g} %",
            _interval(one["change"]),
        ]
        for one in sorted(found["effects"], key=lambda one: place[one["name"]])
    ]
    heads = ["hyper-parameter", "best", "moved to", f"change of the {found['metric']}", "90 %"]
    return Table(f"Effects at n = {size(found['at'])}", heads, rows, frozenset({0}))


def _interval(change: Mapping[str, float]) -> str:
    return f"{100 * change['low']:+.2g} to {100 * change['high']:+.2g} %"


def _value(value: Any) -> str:
    return plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
