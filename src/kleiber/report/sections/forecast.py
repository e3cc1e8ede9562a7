"""The forecast in numbers: the loss at the sizes asked for, the examples that a target needs, the law's parameters."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.metric import Metric
from kleiber.report.content import label_of
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, needed, percent, places, probability, rough_size, size
from kleiber.report.reading import curve_name, tells_no_law
from kleiber.wording import graded, unit_of

ORDER = 30
TITLE = "Forecast"
ABOUT = "the numbers at each size, what a target takes, exponent and floor"

TEMPLATE = """
{% for curve in curves %}
<article>
{% if curves | length > 1 %}<h3>{{ name(curve.name) }}</h3>{% endif %}
{% if curve.refused %}
<div class="refused"><p><strong>Refused.</strong> {{ name(curve.reason) }}</p>
{% if curve.help %}<p>{{ name(curve.help) }}</p>{% endif %}
{% if curve.code %}<p class="about"><code>{{ name(curve.code) }}</code></p>{% endif %}</div>
{% else %}
<div class="tables">{% for part in curve.tables %}{{ part }}{% endfor %}</div>
<p>{{ curve.horizon }}</p>
{% endif %}
</article>
{% endfor %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the numbers of the forecasts, or the reasons of a refusal; nothing where there is no curve."""
    curves = findings.get("curves") or []
    return fill(TEMPLATE, curves=[_curve(curve) for curve in curves]) if curves else Markup("")


def _curve(curve: Mapping[str, Any]) -> dict[str, Any]:
    forecast = curve["forecast"]
    tables = [part for part in (_at(curve), _needed(curve), _parameters(curve)) if part.rows]
    return {
        "name": curve_name(curve),
        "refused": forecast["status"] != "ok",
        "reason": forecast.get("reason") or "",
        "code": forecast.get("code") or "",
        "help": forecast.get("help") or "",
        "tables": [table(part) for part in tables],
        "horizon": _horizon(curve),
    }


def _horizon(curve: Mapping[str, Any]) -> str:
    forecast = curve["forecast"]
    horizon, largest = forecast.get("horizon"), forecast.get("largest")
    if not horizon or not largest:
        return ""
    return (
        f"The forecast is firm or rough up to {rough_size(horizon)} {unit_of(curve.get('unit_of_n'))}, "
        f"{horizon / largest:.3g} times the largest size measured. "
        "Firm: the 80 % band of the curve spans a ratio of up to 1.25. Rough: up to 2."
    )


def _at(curve: Mapping[str, Any]) -> Table:
    rows = curve["forecast"].get("at") or []
    digits = places([row["median"] for row in rows] or [point["mean"] for point in curve["points"]])
    cells = [[size(row["n"]), fixed(row["median"], digits), _interval(row, digits), row["grade"]] for row in rows]
    return Table(f"Forecast {label_of(curve)}", ["n", "median", "interval", "grade"], cells)


def _interval(row: Mapping[str, Any], digits: int) -> str:
    return f"{fixed(row['low'], digits)} to {fixed(row['high'], digits)} ({percent(row['probability'])})"


def _needed(curve: Mapping[str, Any]) -> Table:
    forecast = curve["forecast"]
    target = forecast.get("target")
    if not target:
        return Table("", [], [])
    rows: list[list[object]] = [[percent(row["probability"]), needed(row["n"])] for row in target["needed"]]
    if target.get("never") is not None and not tells_no_law(forecast):
        rows.append(["at no size", probability(target["never"])])
    scale = Metric.from_dict(curve["scale"])
    unit = unit_of(curve.get("unit_of_n"))
    goal = f"{scale.name} {scale.write_given(target['loss'])} ({graded(target['grade'])})"
    title = f"{unit[0].upper() + unit[1:]} needed for {goal}"
    return Table(title, ["probability", f"{unit} n"], rows, frozenset({0}))


def _parameters(curve: Mapping[str, Any]) -> Table:
    forecast = curve["forecast"]
    digits = places(point["mean"] for point in curve["points"])
    exponent, floor = forecast.get("exponent"), forecast.get("floor")
    ends = "floor c" if Metric.from_dict(curve["scale"]).higher_is_better is False else "levels off at"
    wanted = (("exponent b", exponent, 3), (ends, floor, digits))
    codes = {warning["code"] for warning in forecast.get("warnings") or []}
    untold = {ends} if "floor-not-identified" in codes or (floor and floor["loss"]["low"] <= 0) else set()
    untold |= {"exponent b", ends} if tells_no_law(forecast) else set()
    rows = [
        [what, "–" if what in untold else fixed(value["median"], digits), _interval(value, digits)]
        for what, value, digits in wanted
        if value
    ]
    return Table("Exponent and floor, all laws together", ["parameter", "median", "interval"], rows, frozenset({0}))
