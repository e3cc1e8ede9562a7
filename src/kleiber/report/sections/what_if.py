"""What if: controls that answer anew for other targets, prices, months and gains, from the draws that the page carries."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.answers.need import SURE
from kleiber.answers.need_words import NEED
from kleiber.answers.plan.advice_words import ADVICE, DOMINANT, LIKELY
from kleiber.forecasting.grades import NEEDED
from kleiber.report.costs import draw_frame
from kleiber.report.figures import figure
from kleiber.report.markup import fill, island
from kleiber.report.reading import curve_name
from kleiber.wording import for_one

ORDER = 13
TITLE = "What if"
ABOUT = "other targets, prices, months and gains"
SCRIPT = ("costs.js", "what_if.js")
LIMITS = {"sure": SURE, "dominant": DOMINANT, "likely": LIKELY, "needed": NEEDED}
"""Where an answer turns into another, as the library has it."""

TEMPLATE = """
<div id="what-if" class="what-if">
<p data-plain>The controls need the script of this page. Without it, <code>kleiber forecast --target</code> and
<code>kleiber plan</code> answer the same questions.</p>
<div class="controls" data-script hidden>
{% if curves | length > 1 %}
<label><span>Curve</span> <select name="curve">
{% for curve in curves %}<option value="{{ loop.index0 }}">{{ curve | shown }}</option>{% endfor %}</select></label>
{% endif %}
<label><span>Target <span data-out="metric"></span></span>
<span><input type="number" step="any" name="target" autocomplete="off"> <span data-out="unit"></span></span></label>
<label><span>Value of a point</span> <input type="number" step="any" min="0" name="value" autocomplete="off"></label>
<label><span>{{ price }}</span> <input type="number" step="any" min="0" name="price" autocomplete="off"></label>
<label><span>Months of engineers</span> <input type="number" step="any" min="0" name="months" autocomplete="off"></label>
<label><span>Cost of a month</span> <input type="number" step="any" min="0" name="cost" autocomplete="off"></label>
<fieldset><legend>They remove, % of the reducible loss</legend>
<input type="number" step="any" max="99.9" name="low" aria-label="Gain, low end" autocomplete="off"> to
<input type="number" step="any" max="99.9" name="high" aria-label="Gain, high end" autocomplete="off"></fieldset>
<button type="button" data-reset>Back to the terms of this report</button>
</div>
<div aria-live="polite" class="answer" data-script hidden>
<p class="refused" data-out="wrong" hidden></p>
<p data-out="need" hidden></p>
<p data-out="plan" hidden></p>
<p class="about" data-out="ask" hidden></p>
</div>
<div class="wide" data-table tabindex="0" role="region" aria-label="Options" hidden><table>
<caption>Options</caption>
<thead><tr><th scope="col" class="word">option</th><th scope="col">{{ unit }} n</th><th scope="col">spent</th>
<th scope="col">saves over doing nothing (90 %)</th><th scope="col">is the best</th></tr></thead>
<tbody></tbody></table></div>
{% for index, frame in frames %}<div data-chart="{{ index }}" hidden>{{ frame }}</div>{% endfor %}
{{ words }}
<p class="about" data-script hidden>A saving is over doing nothing, with what is spent taken off. A point is 0.01
of the loss (of an error in percent, 1). The gain is an 80 % range.
Answers come from the draws that this page carries. Their intervals agree with kleiber's own to about 1 % of the cost.</p>
</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the controls; nothing where the findings carry no draws."""
    curves = findings.get("what_if") or []
    if not curves:
        return Markup("")
    units = {(one["model"], one["metric"]): str(one.get("unit_of_n") or "examples") for one in findings["curves"]}
    frames = [
        (index, figure(draw_frame(plan["owned"], plan["most"], units[one["model"], one["metric"]]), f"what-if{index}"))
        for index, one in enumerate(curves)
        if (plan := one["plan"]) and len(plan["mean"]) > 1
    ]
    unit = units[curves[0]["model"], curves[0]["metric"]]
    words = island(
        "what-if-words",
        {
            "need": dict(NEED),
            "advice": dict(ADVICE),
            "limits": LIMITS,
            "each": {each: for_one(each) for each in units.values()},
        },
    )
    price = "Price of an example" if for_one(unit) == "an example" else f"Price {for_one(unit)}"
    names = [curve_name(one) for one in curves]
    return fill(TEMPLATE, curves=names, frames=frames, words=words, unit=unit, price=price)
