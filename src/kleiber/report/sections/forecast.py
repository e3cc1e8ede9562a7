"""The forecast in numbers: the loss at the sizes asked for, the examples that a target needs, the law's parameters."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, needed, percent, places, plain, probability, rough_size, size
from kleiber.report.reading import curve_name, is_flat

ORDER = 30
TITLE = "Forecast"

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
    tables = [part for part in (_at(curve), _needed(forecast), _parameters(curve)) if part.rows]
    return {
        "name": curve_name(curve),
        "refused": forecast["status"] != "ok",
        "reason": forecast.get("reason") or "",
        "code": forecast.get("code") or "",
        "help": forecast.get("help") or "",
        "tables": [table(part) for part in tables],
        "horizon": _horizon(forecast),
    }


def _horizon(forecast: Mapping[str, Any]) -> str:
    horizon, largest = forecast.get("horizon"), forecast.get("largest")
    if not horizon or not largest:
        return ""
    return (
        f"The horizon is {rough_size(horizon)} examples, {horizon / largest:.3g} times the largest size measured. "
        "Beyond it the forecast is not to be relied on, and its numbers are withheld."
    )


def _at(curve: Mapping[str, Any]) -> Table:
    forecast = curve["forecast"]
    told = [row["median"] for row in forecast.get("at") or [] if not row["withheld"]]
    digits = places(told or [point["mean"] for point in curve["points"]])
    smallest = min((point["n"] for point in curve["points"]), default=0)
    rows = [
        [size(row["n"]), "withheld", "below the smallest size" if row["n"] < smallest else "beyond the horizon"]
        if row["withheld"]
        else [size(row["n"]), fixed(row["median"], digits), _interval(row, digits)]
        for row in forecast.get("at") or []
    ]
    return Table(f"Forecast {curve.get('metric') or 'loss'}", ["n", "median", "interval"], rows)


def _interval(row: Mapping[str, Any], digits: int) -> str:
    return f"{fixed(row['low'], digits)} to {fixed(row['high'], digits)} ({percent(row['probability'])})"


def _needed(forecast: Mapping[str, Any]) -> Table:
    target = forecast.get("target")
    if not target:
        return Table("", [], [])
    horizon = forecast.get("horizon")
    rows: list[list[object]] = [
        [percent(row["probability"]), needed(row["n"], horizon, withheld=row.get("withheld", False))]
        for row in target["needed"]
    ]
    if target.get("never") is not None and not is_flat(forecast):
        rows.append(["floor above it", probability(target["never"])])
    return Table(f"Needed for a loss of {plain(target['loss'])}", ["probability", "examples n"], rows, frozenset({0}))


def _parameters(curve: Mapping[str, Any]) -> Table:
    forecast = curve["forecast"]
    digits = places(point["mean"] for point in curve["points"])
    exponent, floor = forecast.get("exponent"), forecast.get("floor")
    wanted = (("exponent b", exponent, 3), ("floor c", floor, digits))
    codes = {warning["code"] for warning in forecast.get("warnings") or []}
    untold = {"floor c"} if "floor-not-identified" in codes or (floor and floor["low"] <= 0) else set()
    untold |= {"exponent b", "floor c"} if is_flat(forecast) else set()
    rows = [
        [what, "–" if what in untold else fixed(value["median"], digits), _interval(value, digits)]
        for what, value, digits in wanted
        if value
    ]
    return Table("Exponent and floor, all laws together", ["parameter", "median", "interval"], rows, frozenset({0}))
