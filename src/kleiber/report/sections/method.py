"""How to read the report: what intervals and marks mean, the laws with their weights, and what computed the numbers."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, name, table
from kleiber.report.numbers import percent
from kleiber.report.reading import curve_name

ORDER = 70
TITLE = "How to read this"

TEMPLATE = """
<div class="prose">
<p><strong>The curve.</strong> A point is the mean loss at one size, over replicates trained on fresh subsets with fresh
seeds. Lower is better. Its bar is the 90&nbsp;% interval of that mean; small dots are the single replicates. A size
measured once has no bar.</p>
<p><strong>The law.</strong> With n training examples the loss is taken to fall as <code>a * n**-b + c</code>: b is the
exponent, c the floor that more data does not cross. On log-log axes a law without floor is a straight line; a floor
bends it upwards.</p>
<p><strong>The bands.</strong> The mean curve lies inside the 50&nbsp;% band with probability one half, if one of the
laws holds beyond the sizes measured. An interval says nothing of a change in the data, the model or its training.</p>
<p><strong>The horizon.</strong> Forecasts end there. What lies beyond is withheld; that is no estimate of zero or of no
gain.</p>
<p><strong>The back-test.</strong> It forecasts sizes that were measured, from smaller sizes alone, and is the best
guide to how far the forecast can be trusted.</p>
</div>
{% for part in laws %}{{ part }}{% endfor %}
{{ provenance }}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the guide, the laws and the provenance; nothing where there is neither a curve nor a provenance."""
    curves = findings.get("curves") or []
    provenance = findings.get("provenance") or {}
    if not curves and not provenance:
        return Markup("")
    laws = [table(_laws(curve, len(curves) > 1)) for curve in curves if curve["forecast"].get("laws")]
    rows = [[key, value] for key, value in provenance.items()]
    made = table(Table("Provenance", ["part", "version or source"], rows, frozenset({0, 1})))
    return fill(TEMPLATE, laws=laws, provenance=made if rows else "")


def _laws(curve: Mapping[str, Any], several: bool) -> Table:
    rows = [
        [law["name"], Markup("<code>{}</code>").format(name(law["formula"])), percent(law["weight"])]
        for law in curve["forecast"]["laws"]
    ]
    caption = f"Laws and their weights: {curve_name(curve)}" if several else "Laws and their weights"
    return Table(caption, ["law", "loss at n", "weight"], rows, frozenset({0, 1}))
