"""The answer: what a manager reads first. The sentence, its interval, and what is not known."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, needed, percent, places, plain, probability, rough_size, size
from kleiber.report.reading import curve_name, is_flat

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
{% for sentence in sentences[1:] %}<li>{{ name(sentence | together) }}</li>{% endfor %}</ul></div>
{% endif %}
{% if unknown %}
<div class="unknown"><h3>What is not known</h3>
{% for curve, items in unknown %}
{% if curve %}<p class="whose">{{ name(curve) }}</p>{% endif %}
<ul>{% for item in items %}<li>{{ name(item) }}</li>{% endfor %}</ul>
{% endfor %}</div>
{% endif %}
</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the first screen of the report."""
    curves = findings.get("curves") or []
    several = len(curves) > 1
    unknown = [(curve_name(curve) if several else "", list(_unknown(curve))[: 2 if several else 8]) for curve in curves]
    return fill(
        TEMPLATE,
        curves=curves,
        sentences=_sentences(findings),
        tiles=_tiles(curves[0]) if len(curves) == 1 else [],
        comparison=table(_comparison(curves)) if several else "",
        unknown=[item for item in unknown if item[1]],
    )


def _sentences(findings: Mapping[str, Any]) -> list[str]:
    """Give the findings in words, but for what the sections on advice and comparison say."""
    elsewhere = {sentence for one in findings.get("advice") or [] for sentence in one["sentences"][1:]}
    elsewhere |= {sentence for one in findings.get("comparisons") or [] for sentence in one["sentences"]}
    return [sentence for sentence in findings.get("sentences") or [] if sentence not in elsewhere]


def _tiles(curve: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the key numbers of one curve, each with its interval and the count behind it."""
    points, forecast = curve["points"], curve["forecast"]
    tiles = []
    digits = places(point["mean"] for point in points)
    if points:
        last = points[-1]
        tiles.append(_tile(f"Measured at n = {size(last['n'])}", fixed(last["mean"], digits), _measured(last, digits)))
    for row in [row for row in forecast.get("at") or [] if not row["withheld"]][-1:]:
        interval = f"{percent(row['probability'])} interval {fixed(row['low'], digits)} to {fixed(row['high'], digits)}"
        tiles.append(_tile(f"Forecast at n = {size(row['n'])}", fixed(row["median"], digits), interval))
    target = forecast.get("target")
    if target:
        tiles.append(_needed(target, forecast.get("horizon")))
    exponent = forecast.get("exponent")
    if exponent and not is_flat(forecast):
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


def _needed(target: Mapping[str, Any], horizon: float | None) -> dict[str, str]:
    """Give the size that reaches the target with the highest probability for which one is known."""
    rows = sorted(target["needed"], key=lambda row: row["probability"], reverse=True)
    known = [row for row in rows if _size(row, horizon)[0].isdigit()]
    told = known[0] if known else rows[0] if rows else None
    others = [f"{_size(row, horizon)} with {percent(row['probability'])}" for row in rows if row is not told]
    about = [f"with probability {percent(told['probability'])}"] if told else []
    what = f"Examples for a loss of {plain(target['loss'])}"
    return _tile(what, _size(told, horizon) if told else "–", "; ".join([*about, *others]))


def _size(row: Mapping[str, Any], horizon: float | None) -> str:
    return needed(row["n"], horizon, withheld=row.get("withheld", False))


def _comparison(curves: list[Mapping[str, Any]]) -> Table:
    rows = []
    for curve in curves:
        points, forecast = curve["points"], curve["forecast"]
        digits = places(point["mean"] for point in points)
        last = points[-1] if points else None
        told = [row for row in forecast.get("at") or [] if not row["withheld"]][-1:]
        exponent = None if is_flat(forecast) else forecast.get("exponent")
        missing = "–" if forecast["status"] == "ok" else "refused"
        rows.append(
            [
                curve_name(curve),
                f"{fixed(last['mean'], digits)} at {size(last['n'])}" if last else "–",
                f"{fixed(told[0]['median'], digits)} at {size(told[0]['n'])}" if told else missing,
                f"{fixed(told[0]['low'], digits)} to {fixed(told[0]['high'], digits)}" if told else "–",
                f"{fixed(exponent['median'], 3)} ({fixed(exponent['low'], 3)} to {fixed(exponent['high'], 3)})"
                if exponent
                else "–",
            ]
        )
    heads = ["curve", "measured", "forecast", "90 % interval", "exponent b (90 %)"]
    return Table("The curves side by side", heads, rows, frozenset({0}))


def _unknown(curve: Mapping[str, Any]) -> Iterator[str]:
    """Give what these findings do not tell, most important first."""
    forecast, points = curve["forecast"], curve["points"]
    if forecast["status"] != "ok":
        yield f"There is no forecast. {_sentence(forecast.get('reason'))} {_sentence(forecast.get('help'))}".strip()
    smallest = min((point["n"] for point in points), default=0)
    withheld = [row["n"] for row in forecast.get("at") or [] if row["withheld"]]
    if beyond := [size(n) for n in withheld if n >= smallest]:
        what = f"The loss at {', '.join(beyond)} examples is withheld"
        yield f"{what}: it lies beyond the horizon of {rough_size(forecast['horizon'])}."
    if below := [size(n) for n in withheld if n < smallest]:
        yield f"The loss at {', '.join(below)} examples is withheld: it lies below the smallest size measured."
    floor = forecast.get("floor")
    if floor and points and not is_flat(forecast):
        digits = places(point["mean"] for point in points)
        between = f"somewhere between {fixed(floor['low'], digits)} and {fixed(floor['high'], digits)}"
        yield f"Where the curve ends: the floor lies {between} ({percent(floor['probability'])} interval)."
    target = forecast.get("target")
    if target and is_flat(forecast):
        yield f"Whether {plain(target['loss'])} can be reached at all, since the curve is flat."
    elif target and target.get("never"):
        above = f"the floor lies above it with a probability of {probability(target['never'])}"
        yield f"Whether {plain(target['loss'])} can be reached at all: {above}."
    if points and points[-1]["count"] < 2:
        yield f"The noise at n = {size(points[-1]['n'])}, which was measured once."
    outside = [row for row in curve.get("backtest") or [] if not row["inside"]]
    if outside:
        yield f"Why {len(outside)} of {len(curve['backtest'])} back-tests missed the interval."
    for warning in forecast.get("warnings") or []:
        yield _sentence(warning["message"])


def _sentence(text: object) -> str:
    whole = str(text or "").strip()
    return whole if not whole or whole[-1] in ".!?" else f"{whole}."
