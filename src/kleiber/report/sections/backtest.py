"""The back-test: the largest sizes are hidden and forecast from the smaller ones, and the errors are shown."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.metric import Metric
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import fixed, percent, places, size
from kleiber.report.reading import curve_name
from kleiber.wording import agreed, counted, of_all

ORDER = 40
TITLE = "Back-test"
ABOUT = "would the forecast have been right?"

TEMPLATE = """
<p>Would the forecast have been right? We hid the larger sizes and forecast them from the sizes up to the one in the first
column. The open diamonds in a curve's figure are those from the fewest sizes.</p>
{% for curve in curves %}
<article>
{% if several %}<h3>{{ name(curve.name) }}</h3>{% endif %}
<p class="verdict">{{ curve.verdict }}</p>
{{ curve.table }}
</article>
{% endfor %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the back-tests; nothing where no curve has one."""
    curves = findings.get("curves") or []
    tested = [_curve(curve) for curve in curves if curve.get("backtest")]
    return fill(TEMPLATE, curves=tested, several=len(curves) > 1) if tested else Markup("")


def _curve(curve: Mapping[str, Any]) -> dict[str, Any]:
    tests = curve["backtest"]
    inside = sum(test["inside"] for test in tests)
    scale = Metric.from_dict(curve["scale"])
    expected = percent(tests[0]["probability"])
    near: dict[float, bool] = {}
    for test in sorted(tests, key=lambda one: float(one["n"])):
        near.setdefault(test["used_up_to"], test["inside"])
    hidden = len({test["n"] for test in tests})
    verdict = (
        f"{of_all(inside, len(tests), 'measured value', 'lies')} inside the {expected} interval, {sum(near.values())} of "
        f"{len(near)} for the next size. The largest error is {_largest(tests, scale)}. "
        f"There {agreed('is', one=len(tests) == 1)} {counted(len(tests), 'forecast')} of "
        f"{counted(hidden, 'hidden size')}, from {counted(len(near), 'cut')}."
    )
    return {"name": curve_name(curve), "verdict": verdict, "table": table(_table(tests, scale))}


def _table(tests: list[Mapping[str, Any]], scale: Metric) -> Table:
    digits = places(test["measured"] for test in tests)
    rows = [
        [
            size(test["used_up_to"]),
            size(test["n"]),
            fixed(test["predicted"], digits),
            f"{fixed(test['low'], digits)} to {fixed(test['high'], digits)}",
            fixed(test["measured"], digits),
            _error(test, scale),
            "inside" if test["inside"] else Markup('<strong class="miss">outside</strong>'),
        ]
        for test in tests
    ]
    heads = [
        "used up to n",
        "forecast at n",
        "forecast",
        f"{percent(tests[0]['probability'])} interval",
        "measured",
        "error",
        "measured is",
    ]
    return Table("Forecasts of hidden sizes", heads, rows, frozenset({6}))


def _error(test: Mapping[str, Any], scale: Metric) -> str:
    """Give what a forecast was off by: of a score in its own unit, + above what was measured; of a loss as a share."""
    if not scale.higher_is_better:
        return _signed(test["relative_error"])
    return f"{'+' if test['predicted'] >= test['measured'] else '−'}{scale.write_amount(_off(test, scale))}"


def _largest(tests: list[Mapping[str, Any]], scale: Metric) -> str:
    if not scale.higher_is_better:
        return percent(max(abs(test["relative_error"]) for test in tests), 1)
    return scale.write_amount(max(abs(_off(test, scale)) for test in tests))


def _off(test: Mapping[str, Any], scale: Metric) -> float:
    return (float(test["measured"]) - float(test["predicted"])) / scale.per_loss


def _signed(error: float) -> str:
    return percent(error, 1) if error < 0 else f"+{percent(error, 1)}"
