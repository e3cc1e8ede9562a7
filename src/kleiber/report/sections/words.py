"""All of it in words, most important first, and the curves side by side in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.content import label_of
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, places, size
from kleiber.report.reading import curve_name, tells_no_law

ORDER = 18
TITLE = "In words"
ABOUT = "what was found, most important first"

TEMPLATE = """
{{ comparison }}
{% if comparison %}<p class="about">A grade says how narrow a forecast is, not how good the model is. A poor model that has
levelled off may have a firm one.</p>{% endif %}
{% if sentences %}<ul class="said">
{% for sentence in sentences %}<li>{{ name(sentence | together) }}</li>
{% endfor %}</ul>{% endif %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give all sentences and the table of the curves; nothing where there is neither."""
    curves, sentences = findings.get("curves") or [], list(findings.get("sentences") or [])
    if not sentences and len(curves) < 2:
        return Markup("")
    comparison = table(_comparison(curves)) if len(curves) > 1 else ""
    return fill(TEMPLATE, sentences=sentences, comparison=comparison)


def _comparison(curves: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for curve in curves:
        points, forecast = curve["points"], curve["forecast"]
        digits = places(point["mean"] for point in points)
        last = points[-1] if points else None
        asked = forecast.get("at") or []
        told = [row for row in asked if row["n"] >= forecast["largest"]][:1] or asked[:1]  # what the answer is about
        exponent = None if tells_no_law(forecast) else forecast.get("exponent")
        missing = "–" if forecast["status"] == "ok" else "refused"
        rows.append(
            [
                curve_name({**curve, "metric": label_of(curve)}),
                f"{fixed(last['mean'], digits)} at {size(last['n'])}" if last else "–",
                f"{fixed(told[0]['median'], digits)} at {size(told[0]['n'])}" if told else missing,
                f"{fixed(told[0]['low'], digits)} to {fixed(told[0]['high'], digits)} ({told[0]['grade']})"
                if told
                else "–",
                f"{fixed(exponent['median'], 3)} ({fixed(exponent['low'], 3)} to {fixed(exponent['high'], 3)})"
                if exponent
                else "–",
            ]
        )
    heads = ["curve", "measured", "forecast", "90 % interval", "exponent b (90 %)"]
    return Table("The curves side by side", heads, rows, frozenset({0}))
