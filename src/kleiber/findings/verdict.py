"""The one verdict of a source, with the question that it answers: what a page, a terminal or a mail says first.

In: the curves, comparisons and advice of the findings. Out: plain data, each number with its interval.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kleiber.findings import leading, ranking, sentences
from kleiber.findings.needed import needed
from kleiber.metric import Metric
from kleiber.wording import agreed, called, counted, given, listed, number, probability, size, unit_of

CLOSE = 0.6  # probability below which neither of two models is said to be better
OPEN = 0.25  # probability of meeting a target above which a curve that does not "may" never meet it


def of(
    curves: Sequence[Mapping[str, Any]], advice: Sequence[Mapping[str, Any]], comparisons: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give the question, the sentences of the verdict, the model and metric that it is about, and the grade it has."""
    groups = ranking.groups(curves)
    if not groups:
        return {"question": "", "sentences": [], "model": None, "metric": None, "grade": None}
    group = groups[0]
    best = group[0]
    one = next((one for one in advice if _same(one, best)), advice[0] if advice else None)
    if one is not None:
        best = next(curve for curve in curves if _same(one, curve))
        question, said, grade = "What to buy: labels, engineers, or nothing?", _plan(one, best), _grade_of_plan(one, best)
    elif best["forecast"].get("target"):
        question, said, grade = _question(group), list(_targets(group)), _grade_of_target(best)
    else:
        goes = "rise" if best["scale"]["higher_is_better"] else "fall"
        asked = "Which model is best" if len(group) > 1 else f"How far does {best['metric']} {goes}"
        question, said = f"{asked} with more {unit_of(best.get('unit_of_n'))}?", list(_ahead(group, comparisons))
        grade = _grade_ahead(best)
    return {
        "question": question,
        "sentences": said,
        "model": best["model"],
        "metric": best["metric"],
        "grade": grade if best["forecast"]["status"] == "ok" else None,
    }


def _same(one: Mapping[str, Any], curve: Mapping[str, Any]) -> bool:
    """Say whether advice, which names losses, is about a curve, which names the user's metric."""
    return bool(one["model"] == curve["model"] and one["metric"] in (curve["metric"], curve["scale"]["loss"]))


def _alone(curve: Mapping[str, Any], kind: str) -> list[str]:
    """Give what is said of a curve where it is the only one; a refusal is an answer too."""
    said = {one.kind: one.text for one in reversed(sentences.of_curve(curve))}
    return _split(said.get(kind) or said["answer"])


def _split(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)


def _question(group: Sequence[Mapping[str, Any]]) -> str:
    curve = group[0]
    scale, unit = Metric.from_dict(curve["scale"]), unit_of(curve.get("unit_of_n"))
    goal = f"{scale.name} {scale.write_given(curve['forecast']['target']['loss'])}"
    if len(group) > 1:
        return f"Which model reaches {goal} first, and with how many {unit}?"
    return f"How many {unit} does {goal} take?"


def _targets(group: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say what the target takes: of one model as its curve says it, of several the best and then the others."""
    best, *others = group
    if not others:
        yield from _alone(best, "target")
        return
    scale, target = Metric.from_dict(best["scale"]), best["forecast"]["target"]
    goal, unit = f"{scale.name} {scale.write_given(target['loss'])}", unit_of(best.get("unit_of_n"))
    close = [curve for curve in others if _close(best, curve)]
    if close:
        rivals = listed([called(curve["model"]) for curve in (best, *close)]).replace(" and ", " or ")
        yield f"{rivals} would reach {goal} first: too close to call."
    yield f"{called(best['model'])} {_reaches(best, '' if close else f'reach {goal}', unit, first=not close)}."
    yield from (f"{called(curve['model'])} {_reaches(curve, '', '')}." for curve in close)
    if best["forecast"]["status"] == "ok" and (told := leading.where(group, always=True)):
        yield from _split(told)
    rest = [curve for curve in others if curve not in close]
    never = [] if _never(best) else [curve for curve in rest if _never(curve) and _chance(curve) <= OPEN]
    yield from (f"{called(curve['model'])} {_reaches(curve, '', '')}." for curve in rest if curve not in never)
    if never:
        chances = listed([probability(_chance(curve)) for curve in never])
        end = size(never[0]["forecast"]["target"]["needed"][0]["searched_to"])
        reach, who = agreed("reaches", one=len(never) == 1), listed([called(curve["model"]) for curve in never])
        yield f"{who} probably never {reach} it (probability {chances} within {end})."


def _never(curve: Mapping[str, Any]) -> bool:
    """Say whether a curve probably meets its target at no size, as far as that can be told."""
    fc = curve["forecast"]
    if fc["status"] != "ok" or fc["untold"] is not None or fc["target"]["verdict"] == "reached":
        return False
    need = needed(fc["target"])
    return need.middle is None or need.low is None


def _chance(curve: Mapping[str, Any]) -> float:
    """Give the probability that a curve meets its target at some size."""
    return float(curve["forecast"]["target"]["reached"])


def _reaches(curve: Mapping[str, Any], goal: str, unit: str, *, first: bool = False) -> str:
    """Say with how much data a curve reaches the target; the goal and the unit are named where they are given.

    `first` says that it does so with the fewest examples, clearly.
    """
    fc = curve["forecast"]
    if fc["status"] != "ok":
        return "has no forecast"
    target = fc["target"]
    if target["verdict"] == "reached":
        past = goal.replace("reach ", "has reached ", 1) if goal else "has reached it"
        need, here = needed(target), f"{given(fc['largest'])} {unit}".strip()
        if need.low is None or need.middle is None or need.high is None or not need.middle < fc["largest"]:
            return f"{past} already, with {here} (probability {probability(target['now'])})"
        ends = f"{need.between} {size(need.low)} to {size(need.high)}"
        return f"{past} already: it takes about {size(need.middle)} ({ends}), and {here} are measured"
    would = f"would {goal}{' first,' if first else ''} with" if goal else "would need"
    need = needed(target)
    if fc["untold"] is not None:
        return f"may reach it or not: {fc['untold']}"
    if need.middle is None or need.low is None:
        never = goal.replace("reach ", "", 1) or "it"
        within = f"{probability(target['reached'])} within {size(target['needed'][0]['searched_to'])}"
        likely = "may never reach" if target["reached"] > OPEN else "probably never reaches"
        return f"{likely} {never} (probability {within})"
    grade = f"{need.grade}{'; the back-test failed' if fc['distrusted'] and need.grade == 'guess' else ''}"
    if need.high is None:
        least = f"{size(need.low)} {unit}".strip()
        return f"{would} at least {least}, about {size(need.middle)} with even chances ({grade}; no upper end)"
    about = f"{size(need.middle)} {unit}".strip()
    return f"{would} about {about} ({grade}; {need.between} {size(need.low)} to {size(need.high)})"


def _close(best: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether another model's need lies inside the interval of the best one's."""
    if any(curve["forecast"]["status"] != "ok" for curve in (best, other)):
        return False
    need, mine = (needed(curve["forecast"]["target"]) for curve in (other, best))
    if need.middle is None or mine.middle is None or best["forecast"]["target"]["verdict"] == "reached":
        return False
    overlap = need.low is not None and need.low <= mine.middle
    return overlap and bool(mine.high is None or need.middle <= mine.high)


def _ahead(group: Sequence[Mapping[str, Any]], comparisons: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say what the best model will reach and what the others; of one model as its curve says it."""
    best, *others = group
    entries = {id(curve): _entry(curve, ranking.common_size(group)) for curve in group}
    if not others or entries[id(best)] is None:
        yield from _alone(best, "answer")
        return
    scale, entry, second = Metric.from_dict(best["scale"]), entries[id(best)], others[0]
    assert entry is not None
    chance = _beats(best, second, entry["n"], comparisons)
    rank = ""
    if chance is not None and max(chance, 1 - chance) < CLOSE:
        rank = f", too close to call with {called(second['model'])}"
    elif chance is not None:
        rank = f", and be best with probability {probability(chance)}"
    where = f"With {given(entry['n'])} {unit_of(best.get('unit_of_n'))}"
    yield f"{where}, {called(best['model'])} would have {scale.name} {_value(scale, entry, '90 % interval ')}{rank}."
    if told := leading.where(group, always=False):
        yield from _split(told)
    for curve in others:
        who, one = called(curve["model"]), entries[id(curve)]
        yield f"{who} would have {_value(scale, one)}." if one else f"{who} has no forecast there."


def _value(scale: Metric, entry: Mapping[str, Any], what: str = "") -> str:
    loss = entry["loss"]
    value = scale.write(loss["median"], loss["low"], loss["high"])
    return f"{value} ({entry['grade']}; {what}{scale.write_interval(loss['low'], loss['high'])})"


def _entry(curve: Mapping[str, Any], n: float | None) -> Mapping[str, Any] | None:
    return next((row for row in curve["forecast"]["at"] if row["n"] == n), None)


def _beats(
    first: Mapping[str, Any], second: Mapping[str, Any], n: float, comparisons: Sequence[Mapping[str, Any]]
) -> float | None:
    """Give the probability that one model's curve is better than another's at a size, None where it was not compared."""
    names = (first["metric"], first["scale"]["loss"])
    pairs = [pair for one in comparisons if one["metric"] in names for pair in one["pairs"]]
    for pair in pairs:
        if {pair["first"], pair["second"]} == {first["model"], second["model"]}:
            at = next((row["beats"] for row in pair["at"] if row["n"] == n), None)
            return None if at is None else float(at if pair["first"] == first["model"] else 1 - at)
    return None


def _plan(one: Mapping[str, Any], curve: Mapping[str, Any]) -> list[str]:
    """Say what to buy, and what that saves; where there is no advice, the advice's own words for why."""
    option = next((option for option in one["options"] if option["name"] == one["choice"]), None)
    if one["status"] != "ok" or option is None or one["neither"] or one["warnings"]:
        return _split(str(one["sentences"][0]))
    nothing = one["options"][0]
    more = counted(option["n"] - nothing["n"], "more label", size) if option["n"] > nothing["n"] else "no more labels"
    months = f"for {counted(option['months'], 'month', number)}"
    paid = f"for {number(option['spend'])}"
    what = {
        "nothing": "Buy nothing: neither labels nor engineers pay",
        "labels": f"Buy {more}, {size(option['n'])} in all, {paid}",
        "engineers": f"Pay engineers {months}, {paid}",
        "both": f"Pay engineers {months} and buy {more}, {paid} together",
    }[option["name"]]
    chance = f"It is the best option with probability {probability(option['best'])}."
    if option["name"] == "nothing":
        return [f"{what}.", chance]
    ends = f"{number(option['saving_low'])} to {number(option['saving_high'])}"
    saved = f"That saves about {number(option['saving'])} over doing nothing (90 % interval {ends})."
    return [f"{what}.", saved, chance]


def _grade_of_plan(one: Mapping[str, Any], curve: Mapping[str, Any]) -> str | None:
    option = next((option for option in one["options"] if option["name"] == one["choice"]), None)
    return None if option is None else _grade_at(curve, option["n"])


def _grade_of_target(curve: Mapping[str, Any]) -> str | None:
    target = curve["forecast"]["target"]
    if target["verdict"] == "reached":
        return "firm"
    return needed(target).grade


def _grade_ahead(curve: Mapping[str, Any]) -> str | None:
    fc = curve["forecast"]
    ahead = [row for row in fc["at"] if row["n"] >= (fc["largest"] or 0)] or fc["at"]
    return str(ahead[0]["grade"]) if ahead else None


def _grade_at(curve: Mapping[str, Any], n: float) -> str | None:
    """Give the grade of a size from the band: that of the first row from there on."""
    band = curve["forecast"].get("band")
    if not band:
        return None
    return next((str(grade) for at, grade in zip(band["n"], band["grade"], strict=True) if at >= n), "guess")
