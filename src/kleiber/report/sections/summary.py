"""The answer: what a manager reads first. The sentence, its interval, and what is not known."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.metric import Metric
from kleiber.report.content import label_of
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, needed, percent, places, probability, rough_size, size
from kleiber.report.reading import curve_name, tells_no_law
from kleiber.wording import SENTENCES

ORDER = 10
TITLE = "The answer"

TEMPLATE = """
{% if sentences %}
<p class="lead">{{ name(sentences[0] | together) }}</p>
{% elif not curves %}
<p class="lead">These findings hold no learning curve, so there is nothing to forecast.</p>
{% endif %}
{% if tiles %}
<dl class="tiles">
{% for tile in tiles %}
<div><dt>{{ name(tile.what) }}</dt><dd class="number">{{ tile.number }}</dd>
<dd class="about">{{ tile.about }}</dd></div>
{% endfor %}
</dl>
{% endif %}
{{ comparison }}
<div class="two">
{% if sentences[1:] %}
<div><h3>In words</h3><ul>
{% for sentence in sentences[1:] %}<li>{{ name(sentence | together) }}</li>{% endfor %}</ul>
{% if more %}<details><summary>More in words</summary><ul>
{% for sentence in more %}<li>{{ name(sentence | together) }}</li>{% endfor %}</ul></details>{% endif %}</div>
{% endif %}
{% if remarks %}
<div class="unknown"><h3>What to keep in mind</h3>
<ul>{% for whose, text in remarks %}
<li>{% if whose %}<b>{{ name(whose) }}:</b> {% endif %}{{ name(text | together) }}</li>{% endfor %}</ul>
</div>
{% endif %}
</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the first screen of the report."""
    curves = findings.get("curves") or []
    several = len(curves) > 1
    sentences = list(findings.get("sentences") or [])
    remarks = [
        (curve_name(warning) if several and warning.get("model") else "", _sentence(warning["message"]))
        for warning in findings.get("warnings") or []
        if warning.get("shown")
    ]
    return fill(
        TEMPLATE,
        curves=curves,
        sentences=sentences[:SENTENCES],
        more=sentences[SENTENCES:],
        tiles=_tiles(curves[0]) if len(curves) == 1 else [],
        comparison=table(_comparison(curves)) if several else "",
        remarks=remarks,
    )


def _tiles(curve: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the key numbers of one curve, each with its interval and the count behind it."""
    points, forecast = curve["points"], curve["forecast"]
    tiles = []
    digits = places(point["mean"] for point in points)
    if points:
        last = points[-1]
        tiles.append(
            _tile(f"{label_of(curve)} measured at {size(last['n'])}", fixed(last["mean"], digits), _measured(last, digits))
        )
    ahead = forecast.get("at") or []
    for row in ahead if len(ahead) < 3 else (ahead[0], ahead[-1]):
        interval = f"90 % interval {fixed(row['low'], digits)} to {fixed(row['high'], digits)}; {row['grade']}"
        tiles.append(_tile(f"Forecast at {size(row['n'])}", fixed(row["median"], digits), interval))
    target = forecast.get("target")
    if target:
        tiles.append(_needed(curve, target))
    exponent = forecast.get("exponent")
    if exponent and not tells_no_law(forecast):
        about = f"{percent(exponent['probability'])} interval {fixed(exponent['low'], 3)} to {fixed(exponent['high'], 3)}"
        tiles.append(_tile("Exponent b of the law", fixed(exponent["median"], 3), about))
    if forecast["status"] != "ok":
        tiles.append(_tile("Forecast", "refused", str(forecast.get("reason") or "")))
    return tiles


def _tile(what: str, number: str, about: str) -> dict[str, str]:
    return {"what": what, "number": number, "about": about}


def _measured(point: Mapping[str, Any], digits: int) -> str:
    if point["count"] < 2:
        return "measured once, so its noise is not known"
    return f"90 % interval {fixed(point['low'], digits)} to {fixed(point['high'], digits)}, {point['count']} replicates"


def _needed(curve: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, str]:
    """Give the size that is enough with even chances, with its interval and grade."""
    rows = {row["probability"]: row for row in target["needed"]}
    low, middle, high = rows[0.05]["n"], rows[0.5]["n"], rows[0.95]["n"]
    scale = Metric.from_dict(curve["scale"])
    what = f"Examples for {scale.name} {scale.write_given(target['loss'])}"
    if middle is None:
        never = f"no amount is enough with probability {probability(target['never'])}"
        return _tile(what, f"> {rough_size(rows[0.5]['searched_to'])}", never)
    ends = f"{needed(low)} to {'no end' if high is None else needed(high)}"
    return _tile(what, needed(middle), f"90 % interval {ends}; {rows[0.5]['grade']}")


def _comparison(curves: list[Mapping[str, Any]]) -> Table:
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


def _sentence(text: object) -> str:
    whole = str(text or "").strip()
    return whole if not whole or whole[-1] in ".!?" else f"{whole}."
