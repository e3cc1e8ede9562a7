"""The learning curves: each with the tables of its numbers, and with its figure where the first screen has not drawn it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from kleiber.report.comparing import draw_comparison
from kleiber.report.content import REGIONS, label_of
from kleiber.report.figures import figure
from kleiber.report.learning import draw_curve
from kleiber.report.markup import Table, fill, table, warned
from kleiber.report.numbers import fixed, percent, places, probability, size
from kleiber.report.reading import curve_name, shown_first, warnings_at

ORDER = 20
TITLE = "Learning curves"
ABOUT = "what was measured, the regions, and the bands as numbers"
OVERLAY = "Means with their 90 % intervals, medians and 90 % bands of the forecasts."
MANY = 8
"""Of more curves than this each has its logarithmic panel alone: all are in one figure, and the page stays small."""
ROWS = 7
"""So many rows of the band are enough to read it; the findings hold all."""

TEMPLATE = """
{{ read }}
{{ others }}
{% for curve in curves %}
<article>
<h3>{{ name(curve.name) }}</h3>
{{ curve.warnings }}
{{ curve.figure }}
<div class="tables">{{ curve.measured }}{{ curve.regions }}{{ curve.band }}</div>
</article>
{% endfor %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the tables of each curve and the figures that the first screen has not; nothing where there is no curve."""
    curves = findings.get("curves") or []
    if not curves:
        return Markup("")
    first = shown_first(findings)
    drawn = first[0] if len(first) == 1 else None
    panels = 2 if len(curves) <= MANY else 1
    parts = [
        _curve(curve, "" if curve is drawn else f"curve{index}", panels)
        | {"warnings": warned(warnings_at(findings, "curve", curve))}
        for index, curve in enumerate(curves)
    ]
    read = warned(warnings_at(findings, "curve"))
    return fill(TEMPLATE, curves=parts, others=_overlays(findings, curves, first), read=read)


def _curve(curve: Mapping[str, Any], identifier: str, panels: int) -> dict[str, Any]:
    """Give what is shown of a curve; its figure has so many panels, and is left out where it has no identifier."""
    band, regions, drawing = _band(curve), _regions(curve), draw_curve(curve, strip=False)
    drawing = replace(drawing, panels=drawing.panels[:panels])
    return {
        "name": curve_name(curve),
        "figure": figure(drawing, identifier, _caption(curve)) if identifier else "",
        "measured": table(_measured(curve)),
        "regions": table(regions) if regions else "",
        "band": table(band) if band else "",
    }


def _overlays(
    findings: Mapping[str, Any], curves: Sequence[Mapping[str, Any]], first: Sequence[Mapping[str, Any]]
) -> Markup:
    """Give one figure for each further metric that several curves share."""
    figures = Markup("")
    for index, metric in enumerate(dict.fromkeys(curve.get("metric") or "loss" for curve in curves)):
        group = [curve for curve in curves if (curve.get("metric") or "loss") == metric and curve["points"]]
        if len(group) > 1 and (len(first) == 1 or group[0] is not first[0]):
            drawing = draw_comparison(group, metric, findings.get("comparisons") or [])
            figures += figure(drawing, f"all{index}", OVERLAY)
    return figures


def _caption(curve: Mapping[str, Any]) -> str:
    line = curve.get("line")
    text = ""
    if line:
        text = (
            f"The best straight line on log-log axes has the exponent {fixed(line['exponent'], 3)}. The means lie "
            f"{percent(line['rms_log_residual'], 1)} (root mean square) off it. "
        )
    if curve["forecast"]["status"] != "ok":
        return text + "The forecast is refused, so only what was measured is drawn."
    text += "Line and bands are the median, the 50 % and the 90 % band of the mean curve. A single new run varies more."
    return text


def _measured(curve: Mapping[str, Any]) -> Table:
    points = curve["points"]
    digits = places(point["mean"] for point in points)
    spread = places(point["sd"] for point in points)
    rows = [
        [
            size(point["n"]),
            fixed(point["mean"], digits),
            _interval(point, digits),
            fixed(point["sd"], min(spread, digits + 1)),
            size(point["count"]),
        ]
        for point in points
    ]
    heads = ["n", "mean", "90 % interval", "sd", "replicates"]
    return Table(f"Measured {label_of(curve)}", heads, rows)


def _interval(point: Mapping[str, Any], digits: int) -> str:
    if not point["low"] < point["high"]:
        return "not known"
    return f"{fixed(point['low'], digits)} to {fixed(point['high'], digits)}"


def _regions(curve: Mapping[str, Any]) -> Table | None:
    """Give the probabilities of the regions of each size, the likeliest by name; None where none is told."""
    rows = [
        [size(point["n"]), *(probability(point["region"][name]) for name in REGIONS), REGIONS[point["region"]["likely"]]]
        for point in curve["points"]
        if point.get("region")
    ]
    heads = ["n", *REGIONS.values(), "most probable"]
    return Table("The region in which each size lies", heads, rows, frozenset({4})) if rows else None


def _band(curve: Mapping[str, Any]) -> Table | None:
    """Give some rows of the band, evenly spaced on the logarithmic axis, the last at its end."""
    forecast = curve["forecast"]
    if forecast["status"] != "ok" or not forecast.get("band"):
        return None
    names = ("median", "low50", "high50", "low90", "high90")
    n, columns = forecast["band"]["n"], {name: forecast["band"][name] for name in names}
    digits = places(columns["median"])
    count = min(ROWS, len(n))
    chosen = sorted({round(i * (len(n) - 1) / max(count - 1, 1)) for i in range(count)})
    rows = [
        [
            size(round(n[i])),
            fixed(columns["median"][i], digits),
            f"{fixed(columns['low50'][i], digits)} to {fixed(columns['high50'][i], digits)}",
            f"{fixed(columns['low90'][i], digits)} to {fixed(columns['high90'][i], digits)}",
            forecast["band"]["grade"][i],
        ]
        for i in chosen
    ]
    return Table("The law and its bands", ["n", "median", "50 % band", "90 % band", "grade"], rows)
