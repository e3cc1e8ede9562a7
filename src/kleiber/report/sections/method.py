"""How to read the report: what intervals and marks mean, the laws with their weights, and what computed the numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, name, table
from kleiber.report.numbers import percent
from kleiber.report.reading import curve_name

ORDER = 70
TITLE = "How to read this"
ABOUT = "intervals, grades, laws and what computed the numbers"

TEMPLATE = """
<div class="prose">
<p><strong>The curve.</strong> A point is the mean loss at one size, over replicates trained on fresh subsets with fresh
seeds. Lower is better. Its bar is the 90&nbsp;% interval of that mean; small dots are the single replicates. A size
measured once has no bar.</p>
<p><strong>The laws.</strong> kleiber weighs several laws against what was measured. All of them enter the forecast,
with the weights below. The plain power law <code>a * n**-b</code> is a straight line on log-log axes. Others begin
late, have a bend, or end at a floor c that no amount of data crosses. Real curves stray from every law, so the forecast
allows for as much as past curves strayed. The exponent b describes the part above the floor, from the largest size to
eight times it.</p>
<p><strong>The regions.</strong> A learning curve can have three. With little data a model is hardly better than
guessing (small data). Then its loss falls along a power law, and in the end it flattens near the floor. A size is on
the power law if the loss falls with more than half of the law's exponent. The probabilities are those of the laws; a
flat curve has none.</p>
<p><strong>The bands.</strong> The line is solid where sizes were measured, and dashed where it is a forecast. The bands are
paler where a forecast is rough, and palest where it is a guess. The mean curve lies inside the 50&nbsp;% band with
probability one half, if it behaves like the curves of the calibration. An interval covers no change in the data, the model
or its training.</p>
<p><strong>The grades.</strong> A forecast is firm if the 80&nbsp;% band of the curve spans a ratio of up to 1.25, and
rough up to 2. All else is a guess. So is every forecast beyond 32 times the largest size, or beyond the largest after a
failed back-test. Advice buys no further than a rough forecast reaches. A needed size is firm only if its 90&nbsp;% interval
spans a ratio of up to 3. A grade says how narrow a forecast is, not how good the model is.</p>
<p><strong>The back-test.</strong> It forecasts measured sizes from smaller ones, and is the best guide to how far to
trust the forecast.</p>
</div>
{{ laws }}
{{ provenance }}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the guide, the laws and the provenance; nothing where there is neither a curve nor a provenance."""
    curves = findings.get("curves") or []
    provenance = findings.get("provenance") or {}
    if not curves and not provenance:
        return Markup("")
    told = [curve for curve in curves if curve["forecast"].get("laws")]
    laws = table(_laws(told)) if told else ""
    rows = list(_rows(provenance))
    made = table(Table("Provenance", ["part", "version or source"], rows, frozenset({0, 1})))
    return fill(TEMPLATE, laws=laws, provenance=made if rows else "")


def _rows(provenance: Mapping[str, Any]) -> Iterator[list[object]]:
    """Give the parts of a provenance as rows; what a part consists of stands in rows of its own."""
    for key, value in provenance.items():
        if isinstance(value, Mapping):
            yield from ([f"{key}: {part}", item] for part, item in value.items() if item is not None)
        else:
            yield [key, value]


def _laws(curves: Sequence[Mapping[str, Any]]) -> Table:
    """Give the laws in the order of the first curve, with their weight in each."""
    weights = [{law["name"]: law["weight"] for law in curve["forecast"]["laws"]} for curve in curves]
    formulas = {law["name"]: law["formula"] for curve in curves for law in curve["forecast"]["laws"]}
    rows = [
        [law, Markup("<code>{}</code>").format(name(formula)), *(percent(weight.get(law)) for weight in weights)]
        for law, formula in formulas.items()
    ]
    heads = ["weight"] if len(curves) == 1 else [f"weight, {curve_name(curve)}" for curve in curves]
    return Table("Laws and their weights", ["law", "loss at n", *heads], rows, frozenset({0, 1}))
