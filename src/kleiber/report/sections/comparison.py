"""Models compared: which is better at which size, where they cross, and what one is worth in data of the other."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.metric import Metric
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, percent, plain, probability, rough_size, significant, size

ORDER = 35
TITLE = "Models compared"
ABOUT = "which is better where, and what one is worth in data of the other"

TEMPLATE = """
{% for one in comparisons %}
<article>
{% if several %}<h3>{{ name(one.metric) }}</h3>{% endif %}
<ul>{% for sentence in one.sentences %}<li>{{ name(sentence | together) }}</li>{% endfor %}</ul>
<div class="tables">{% for part in one.tables %}{{ part }}{% endfor %}</div>
</article>
{% endfor %}
<p>A model's exponent is that of its forecast, all laws together. The F-test fits a power law with a floor to each model's
sizes, each with its own noise. Another metric has other exponents.</p>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the comparison of each metric's models; nothing where there is none."""
    comparisons = findings.get("comparisons") or []
    given = [_comparison(one) for one in comparisons]
    return fill(TEMPLATE, comparisons=given, several=len(given) > 1) if given else Markup("")


def _comparison(one: Mapping[str, Any]) -> dict[str, Any]:
    tables = [_sizes(one), _multipliers(one), _crossings(one), _exponents(one)]
    return {"metric": one["metric"], "sentences": one["sentences"], "tables": [table(t) for t in tables if t.rows]}


def _sizes(one: Mapping[str, Any]) -> Table:
    rows: list[list[object]] = [
        [
            f"{pair['first']} and {pair['second']}",
            size(at["n"]),
            probability(at["beats"]),
            f"{_ratio(at['ratio'])}",
            at["grade"],
        ]
        for pair in one["pairs"]
        for at in pair["at"]
    ]
    heads = ["models", "n", "the first is better", "loss of the first / second", "grade"]
    return Table("Which is better", heads, rows, frozenset({0}))


def _multipliers(one: Mapping[str, Any]) -> Table:
    rows: list[list[object]] = [
        [
            f"{pair['second']} for {pair['first']}",
            Metric.from_dict(one["scale"]).write(level["loss"]),
            _ratio(level["ratio"]),
            probability(level["first_within"]),
            probability(level["second_within"]),
            level["grade"],
        ]
        for pair in one["pairs"]
        for level in pair["multipliers"]
    ]
    heads = [
        "models",
        "for",
        "data of the first named / the second",
        "the second reaches it",
        "the first reaches it",
        "grade",
    ]
    return Table("What a model is worth in data", heads, rows, frozenset({0}))


def _crossings(one: Mapping[str, Any]) -> Table:
    rows: list[list[object]] = [
        [
            f"{pair['first']} and {pair['second']}",
            f"{size(cross['start'])} to {rough_size(cross['end'])}",
            probability(cross["crosses"]),
            "–"
            if cross["place"] is None
            else f"{rough_size(cross['place']['median'])} ({rough_size(cross['place']['low'])} to "
            f"{rough_size(cross['place']['high'])}, {percent(cross['place']['probability'])})",
        ]
        for pair in one["pairs"]
        if (cross := pair["crossing"]) is not None
    ]
    return Table("Whether the curves cross", ["models", "between n", "they cross", "if so, near n"], rows, frozenset({0}))


def _exponents(one: Mapping[str, Any]) -> Table:
    found = one["exponents"]
    rows: list[list[object]] = [
        [
            f"{pair['first']} minus {pair['second']}",
            _interval(pair["difference"], 3),
            probability(pair["probability"]),
            "–" if pair["detectable"] is None else fixed(pair["detectable"], 3),
        ]
        for pair in (found["pairs"] if found else [])
    ]
    apart = f"more than {found['pairs'][0]['differ']:g} apart" if rows else ""
    heads = ["exponents", "difference", apart, "smallest detectable difference"]
    return Table("Whether the exponents differ", heads, rows, frozenset({0}))


def _ratio(value: Mapping[str, Any]) -> str:
    median, low, high = (_number(value[key]) for key in ("median", "low", "high"))
    return f"{median} ({low} to {high}, {percent(value['probability'])})"


def _number(value: float | None) -> str:
    return "without end" if value is None else plain(significant(value, 3))


def _interval(value: Mapping[str, Any], digits: int) -> str:
    low, high = fixed(value["low"], digits), fixed(value["high"], digits)
    return f"{fixed(value['median'], digits)} ({low} to {high}, {percent(value['probability'])})"
