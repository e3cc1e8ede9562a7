"""The advice: labels, engineers, both or neither, what each costs, and what would change the answer."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import plain, probability, significant, size
from kleiber.report.reading import curve_name
from kleiber.wording import unit_of

ORDER = 15
TITLE = "What to buy"
ABOUT = "the options, what they cost, and what would change the answer"

MOST = 6
"""Of so many models, the best, the whole advice is shown."""
NAMES = {"nothing": "buy nothing", "labels": "labels", "engineers": "engineers", "both": "labels and engineers"}
ASKED = {
    "value_per_point": "value of a point",
    "price_per_example": "price of an example",
    "cost_per_month": "cost of a month of engineers",
    "examples_per_month": "examples labelled in a month",
    "gain": "cut of the reducible loss by engineers",
    "exponent": "slope of the curve ahead, floor included",
    "floor": "floor",
}

TEMPLATE = """
{% for one in advice %}
<article>
{% if several %}<h3>{{ name(one.name) }}</h3>{% endif %}
<p class="lead">{{ name(one.first | together) }}</p>
{% if one.rest %}<ul>{% for sentence in one.rest %}<li>{{ name(sentence | together) }}</li>{% endfor %}</ul>{% endif %}
{% if one.tables %}
<div class="tables">{% for part in one.tables %}{{ part }}{% endfor %}</div>
<p>All money is in one currency, what error costs included. A saving is over doing nothing, with what is spent taken off:
error that nothing removes does not count. Each is expected over the posterior of the curve, with its 90 % interval.</p>
{% endif %}
</article>
{% endfor %}
{% if left > 0 %}<p>The decision on the other {{ left }} stands in a row each, in the table of The decision.</p>{% endif %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the advice on each curve; nothing where none was asked for."""
    advice = findings.get("advice") or []
    if not advice:
        return Markup("")
    order = [curve_name(curve) for curve in findings.get("curves") or []]
    ordered = sorted(advice, key=lambda one: order.index(curve_name(one)) if curve_name(one) in order else len(order))
    units = {curve_name(curve): unit_of(curve.get("unit_of_n")) for curve in findings.get("curves") or []}
    told = [_advice(one, units.get(curve_name(one), unit_of(None))) for one in ordered[:MOST]]
    left = len(advice) - MOST
    return fill(TEMPLATE, advice=told, several=len(advice) > 1, left=left)


def _advice(one: Mapping[str, Any], unit: str) -> dict[str, Any]:
    tables = [] if one["status"] != "ok" else [_options(one, unit), _tornado(one, unit)]
    first, *rest = one["sentences"]
    return {"name": curve_name(one), "first": first, "rest": rest, "tables": [table(t) for t in tables if t.rows]}


def _options(one: Mapping[str, Any], unit: str) -> Table:
    rows: list[list[object]] = [
        [
            Markup("<strong>{}</strong>").format(NAMES[option["name"]])
            if option["name"] == one["choice"]
            else NAMES[option["name"]],
            size(option["n"]),
            money(option["spend"]),
            "–"
            if option["name"] == "nothing"
            else f"{money(option['saving'])} ({money(option['saving_low'])} to {money(option['saving_high'])})",
            probability(option["best"]),
            money(option["regret"]),
        ]
        for option in one["options"]
    ]
    heads = ["option", f"{unit} n", "spent", "saves over doing nothing (90 %)", "is the best", "expected regret"]
    return Table("Options", heads, rows, frozenset({0}))


def _asked(what: str, unit: str) -> str:
    """Name what varies, with what sizes count in place of examples."""
    counted = {"price_per_example": f"price, for one of the {unit}", "examples_per_month": f"{unit} bought in a month"}
    own = counted if unit != unit_of(None) else {}
    return {**ASKED, **own}.get(what, what)


def _tornado(one: Mapping[str, Any], unit: str) -> Table:
    rows: list[list[object]] = [
        [
            _asked(entry["what"], unit),
            f"{money(entry['low'])} to {money(entry['high'])}",
            f"{NAMES[entry['choice_low']]} to {NAMES[entry['choice_high']]}"
            if entry["choice_low"] != entry["choice_high"]
            else f"{NAMES[entry['choice_low']]} throughout",
            f"{money(entry['saving_low'])} to {money(entry['saving_high'])}",
            ", ".join(
                f"{money(at)} ({money(low)} to {money(high)}, then {NAMES[to]})"
                for at, (low, high), to in zip(entry["flips"], entry["flip_ends"], entry["becomes"], strict=True)
            )
            or "–",
        ]
        for entry in one["tornado"]
    ]
    heads = ["what varies", "from, to", "advice", "saves over doing nothing", "changes at (90 %)"]
    return Table("What would change the answer", heads, rows, frozenset({0, 2}))


def money(value: float | None) -> str:
    """Write money with three significant digits, thousands separated."""
    if value is None:
        return "without end"
    rounded = significant(value, 3)
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else plain(rounded)
