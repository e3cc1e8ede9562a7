"""The first screen: the question, one verdict, how far to trust it, what threatens it most, and the chart."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.comparing import draw_comparison
from kleiber.report.figures import figure
from kleiber.report.learning import draw_curve
from kleiber.report.markup import fill
from kleiber.report.numbers import short
from kleiber.report.reading import curve_name, shown_first
from kleiber.wording import called

ORDER = 10
TITLE = "The answer"
MOST = 5
"""So many sentences the first screen has, those of a warning included; the others are in the fold of all sentences."""

TEMPLATE = """
{% if question %}<p class="question">{{ name(question) }}</p>{% endif %}
{% if verdict %}
<p class="lead">{{ name(verdict[0] | together) }}</p>
{% if verdict[1:] %}<p class="more">{% for one in verdict[1:] %}{{ name(one | together) }} {% endfor %}</p>{% endif %}
{% elif not curves %}
<p class="lead">These findings hold no learning curve, so there is nothing to forecast.</p>
{% endif %}
{% if trust %}<ul class="trust">
{% if trust.grade %}<li class="grade {{ trust.grade }}"><span class="meter" aria-hidden="true"><i></i><i></i><i></i></span>
{{- words[trust.grade] }}{% if whose %} of {{ name(whose) }}{% endif %}</li>{% endif %}
{% if trust.backtest %}<li><b>Back-test:</b> <a href="#s-backtest">
{{- trust.backtest.inside }} of {{ trust.backtest.of }} forecasts right</a></li>
{% elif curves %}<li><b>Back-test:</b> none was possible</li>{% endif %}
{% if trust.risk %}<li class="risk"><b>Main risk:</b> {{ name(trust.risk.text) }}</li>{% endif %}
</ul>{% endif %}
{% for whose, text in threats %}
<p class="threat">{% if whose %}<b>{{ name(whose) }}:</b> {% endif %}{{ name(text | together) }}</p>
{% endfor %}
{{ chart }}
"""
WORDS = {"firm": "Firm forecast", "rough": "Rough forecast", "guess": "A guess"}
"""The badge: how far to rely on the forecast of the verdict's model, which it names where there are several."""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the first screen of the report."""
    curves, verdict = findings.get("curves") or [], findings.get("verdict") or {}
    said = list(verdict.get("sentences") or (findings.get("sentences") or [])[:1])
    threats = _threats(findings)
    room = max(MOST - sum(len(re.findall(r"[.!?](?=\s|$)", text)) for _, text in threats), 1)
    return fill(
        TEMPLATE,
        curves=curves,
        question=verdict.get("question") or "",
        verdict=said[:room],
        trust=findings.get("trust") or {},
        words=WORDS,
        threats=threats,
        whose=short(called(str(verdict.get("model") or "")), 32) if len(shown_first(findings)) > 1 else "",
        chart=_chart(findings, shown_first(findings)) if curves else Markup(""),
    )


def _chart(findings: Mapping[str, Any], curves: Sequence[Mapping[str, Any]]) -> Markup:
    """Give the one figure of the answer: the curve, or the models of its metric in one."""
    if len(curves) == 1 or sum(bool(curve["points"]) for curve in curves) < 2:
        return figure(draw_curve(curves[0], strip=False, advised=_advised(findings)), "first")
    metric = str(curves[0].get("metric") or "loss")
    return figure(draw_comparison(curves, metric, findings.get("comparisons") or []), "first")


def _advised(findings: Mapping[str, Any]) -> float | None:
    """Give the number of examples that the advice comes to, where it is more than is owned."""
    one = next(iter(findings.get("advice") or []), None)
    options = {option["name"]: option["n"] for option in (one or {}).get("options") or []}
    chosen = options.get((one or {}).get("choice") or "")
    return chosen if chosen is not None and chosen > options.get("nothing", chosen) else None


def _threats(findings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the gravest warning that is shown, which the badge names in a few words; the others stand in their sections."""
    risk = (findings.get("trust") or {}).get("risk") or {}
    several = len({curve.get("model") for curve in findings.get("curves") or []}) > 1
    return [
        (curve_name(warning) if several and warning.get("model") else "", _sentence(warning["message"]))
        for warning in findings.get("warnings") or []
        if warning.get("shown") and warning["code"] == risk.get("code")
    ][:1]


def _sentence(text: object) -> str:
    whole = str(text or "").strip()
    return whole if not whole or whole[-1] in ".!?" else f"{whole}."
