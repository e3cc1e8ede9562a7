"""The decision: how many, how much and how sure, with the expected cost against the number of examples."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.costs import draw_costs
from kleiber.report.figures import figure
from kleiber.report.markup import Table, fill, table
from kleiber.report.numbers import rough_size, size
from kleiber.report.reading import curve_name, leading
from kleiber.wording import counted, number, probability

ORDER = 12
TITLE = "The decision"
ABOUT = "how many, how much, how sure"
OPEN = True

TEMPLATE = """
{% if several %}<h3>{{ name(one.name) }}</h3>{% endif %}
{% if one.refused %}<p class="refused">{{ name(one.refused | together) }}</p>{% endif %}
{% if one.tiles %}
<dl class="tiles three">{% for what, number, about in one.tiles %}<div><dt>{{ what }}</dt>
<dd><p class="number">{{ name(number | together) }}</p><p class="about">{{ name(about | together) }}</p></dd></div>
{% endfor %}</dl>
{% endif %}
{% if one.figure %}<div class="beside">{{ one.figure }}{{ one.table }}</div>{% endif %}
{{ others }}
"""
NAMES = {"nothing": "buy nothing", "labels": "labels", "engineers": "engineers", "both": "labels and engineers"}
CAPTION = (
    "Lines are expected savings over the draws of the forecast, bands their 90 % intervals. What is spent is taken off. "
    "Error that nothing removes does not count. The highest point is the best buy."
)


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the decision on the best curve, and in a table on the others; nothing where no advice was asked for."""
    advice = {(one["model"], one["metric"]): one for one in findings.get("advice") or []}
    asked = [(curve, advice.get((curve.get("model"), curve.get("metric")))) for curve in leading(findings)]
    told = [(curve, one) for curve, one in asked if one is not None]
    if not told:
        return Markup("")
    curve, one = next(((curve, one) for curve, one in told if one["status"] == "ok"), told[0])
    several = len(told) > 1
    return fill(TEMPLATE, one=_decision(one, curve), several=several, others=table(_others(told)) if several else "")


def _decision(advice: Mapping[str, Any], curve: Mapping[str, Any]) -> dict[str, Any]:
    unit = str(curve.get("unit_of_n") or "examples")
    if advice["status"] != "ok":
        return {"name": curve_name(advice), "refused": advice["sentences"][0], "tiles": [], "figure": "", "table": ""}
    drawing = draw_costs(advice, unit)
    return {
        "name": curve_name(advice),
        "refused": advice["sentences"][0] if advice["neither"] else "",
        "tiles": _tiles(advice, curve),
        "figure": figure(drawing, "cost", CAPTION) if drawing else "",
        "table": table(_options(advice, unit)),
    }


def _options(advice: Mapping[str, Any], unit: str) -> Table:
    """Give what each option saves over doing nothing, the advised one first."""
    ordered = sorted(advice["options"], key=lambda one: one["name"] != advice["choice"])
    rows = [
        [
            NAMES[one["name"]],
            rough_size(one["n"]) if one["n"] > advice["options"][0]["n"] else size(one["n"]),
            "–" if one["name"] == "nothing" else _saving(one),
            probability(one["best"]),
        ]
        for one in ordered
    ]
    return Table("What each option saves", ["option", f"{unit} n", "saves (90 %)", "is the best"], rows, frozenset({0}))


def _others(told: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Table:
    """Give the decision on each model in a row."""
    rows: list[list[object]] = []
    for curve, advice in told:
        if advice["status"] != "ok":
            rows.append([curve_name(curve), "refused", "–", "–", "–"])
            continue
        best = next(one for one in advice["options"] if one["name"] == advice["choice"])
        more = best["n"] - advice["options"][0]["n"]
        saved = "–" if best["name"] == "nothing" else _saving(best)
        labels = f"{'at least ' if advice['beyond'] else ''}{rough_size(more)}" if more > 0 else "0"
        rows.append([curve_name(curve), NAMES[best["name"]], labels, number(best["spend"]), saved])
    heads = ["model", "cheapest", "more labels", "spent", "saves (90 %)"]
    return Table("The decision for each model", heads, rows, frozenset({0, 1}))


def _saving(one: Mapping[str, Any]) -> str:
    return f"{number(one['saving'])} ({number(one['saving_low'])} to {number(one['saving_high'])})"


def _tiles(advice: Mapping[str, Any], curve: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Give the three numbers that a manager signs, each with its interval or its reason to have none."""
    best = next(one for one in advice["options"] if one["name"] == advice["choice"])
    return [_how_many(advice, best), _how_much(best), _how_sure(advice, best, curve)]


def _how_many(advice: Mapping[str, Any], best: Mapping[str, Any]) -> tuple[str, str, str]:
    owned = advice["options"][0]["n"]
    more, what = best["n"] - owned, "How many"
    hire = f"{counted(best['months'], 'month', number)} of engineers. " if best["months"] else ""
    if advice["most"] <= owned:
        why = f"Beyond the {size(owned)} owned any forecast is a guess, or no more exist. Measure larger sizes first."
        return what, "can't say", f"{hire}{why}"
    if more <= 0:
        return what, "0 labels", f"{hire}More labels cost more than they bring, in expectation."
    if advice["beyond"]:
        why = "Beyond that any forecast is a guess. Measure again there: more may pay."
        return what, f"at least {counted(more, 'label', rough_size)}", f"{hire}{rough_size(best['n'])} in all. {why}"
    ends = f"{rough_size(max(best['n_low'] - owned, 0))} to {rough_size(best['n_high'] - owned)}"
    return (
        what,
        counted(more, "label", rough_size),
        f"{hire}{rough_size(best['n'])} in all. Knowing the curve, one would buy {ends} (90 % interval).",
    )


def _how_much(best: Mapping[str, Any]) -> tuple[str, str, str]:
    if best["name"] == "nothing":
        return "How much", "0", "Every other option is expected to cost more than it saves."
    saved = f"{number(best['saving'])} (90 % interval {number(best['saving_low'])} to {number(best['saving_high'])})"
    return "How much", number(best["spend"]), f"Saves {saved} over doing nothing, what is spent included."


def _how_sure(advice: Mapping[str, Any], best: Mapping[str, Any], curve: Mapping[str, Any]) -> tuple[str, str, str]:
    checks = curve.get("backtest") or []
    inside = sum(check["inside"] for check in checks)
    test = f"Back-test: {inside} of {len(checks)} right." if checks else "There is no back-test."
    grade = f"The forecast at {rough_size(best['n'])} is {best['grade']}." if "grade" in best else ""
    if advice["beyond"] or advice["most"] <= advice["options"][0]["n"]:
        return "How sure", "can't say", f"These runs don't reach far enough to say what is best. {grade} {test}"
    regret = f"Not knowing the curve costs {number(best['regret'])} on average."
    return "How sure", probability(best["best"]), f"that no other option is cheaper. {regret} {grade} {test}"
