"""What the numbers of one curve say, in the words of a person who has to decide. In: a curve's findings. Out: sentences.

Each is in the user's metric, with its interval. `editor.py` chooses which are shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kleiber.answers.need_words import NEED
from kleiber.metric import Metric
from kleiber.wording import called, counted, for_one, given, graded, listed, number, probability, unit_of

TOLD = 0.6  # a size whose likeliest region has less than this is said to be of none
SURE = 0.9
PLACES = {"small_data": "in the small-data region", "power_law": "on the power law", "floor": "near the floor"}
NAMES = {
    "broken_power": "power law with a bend",
    "constant": "no learning",
    "inverse_log": "inverse logarithm",
    "m4": "M4",
    "mmf": "MMF",
    "power": "plain power law",
    "power_floor": "power law with a floor",
    "shifted_power": "late power law",
    "stretched_exponential": "stretched exponential",
}
"""The laws of the package as a reader who does not know them calls them; another law goes by its own name."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with what it is about: "answer", "target", "ahead", "law", ...; the editor ranks by it."""

    kind: str
    text: str


def of_curve(curve: Mapping[str, Any], price_per_example: float | None = None, *, alone: bool = True) -> list[Said]:
    """Give the sentences of one curve of the findings; `alone` where it is the only one, and needs no name."""
    fc, who = curve["forecast"], "" if alone else f"{called(curve['model'])}: "
    scale = Metric.from_dict(curve["scale"])
    if fc["status"] == "refused":
        text = f"{who}No forecast of {scale.name}. {fc['reason']} {fc['help']}"
        return [Said("answer", text)]
    found: list[Said] = []
    if fc["target"] is not None:
        found.append(Said("target", who + fc["target"]["sentences"][0]))
        if price_per_example is not None:
            found.append(Said("price", who + _price(fc, scale, price_per_example, curve.get("unit_of_n"))))
    ahead = [entry for entry in fc["at"] if entry["n"] >= fc["largest"]] or fc["at"]
    if ahead:
        found.append(Said("answer", who + _answer(curve, ahead[0], scale)))
    rest = [entry for entry in fc["at"] if ahead and entry is not ahead[0]]
    if rest:
        found.append(Said("ahead", f"{who}At {'; at '.join(_short(curve, entry, scale) for entry in rest)}."))
    found.append(Said("law", who + _law(curve, scale)))
    found += [Said("record", who + text) for text in _record(curve, scale)]
    if any(point["region"] for point in curve["points"]):
        found.append(Said("regions", who + _regions(curve)))
    found.append(Said("laws", who + _laws(fc["laws"])))
    return found


def _answer(curve: Mapping[str, Any], entry: Mapping[str, Any], scale: Metric) -> str:
    """Say what the metric will be at a size, how much better that is than today, and how far to rely on it."""
    loss, last = entry["loss"], _today(curve)
    value = scale.write(loss["median"], loss["low"], loss["high"])
    between = f"90 % interval {scale.write_interval(loss['low'], loss['high'])}"
    text = f"At {_examples(curve, entry['n'])} expect {scale.name} {value} ({entry['grade']}; {between})"
    today = last["loss"]["mean"]
    if entry["n"] > last["n"]:
        measured = scale.write(today, loss["low"], loss["high"])
        better = loss["median"] < today and measured != value
        gain = scale.write_gain(today, loss["median"], loss["low"], loss["high"]) if better else "no better"
        text += f". That is {gain} than the {measured} measured at {given(last['n'])}"
    why = _why(curve, entry)
    return f"{text}.{why}"


def _today(curve: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the largest size of which a run counts."""
    points: Sequence[Mapping[str, Any]] = curve["points"]
    return next(point for point in reversed(points) if point["left_out"] < len(point["values"]))


def _why(curve: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Say why a forecast is a guess; nothing where it is better."""
    near = _nearest(curve)
    missed = sum(not check["inside"] for check in near)
    said = {
        None: "",
        "below": f"the smallest size measured is {given(curve['points'][0]['n'])}",
        "turned": f"{Metric.from_dict(curve['scale']).name} got worse at the largest sizes",
        "backtest": f"the back-test failed, {missed} of {counted(len(near), 'forecast')} of the next size missed",
        "far": f"that is {number(entry['n'] / curve['forecast']['largest'])} times the largest size measured",
        "unbegun": "no improvement is seen yet",
        "wide": "these runs leave much open there",
    }[entry["why"]]
    return f" It is a guess: {said}." if said else ""


def _short(curve: Mapping[str, Any], entry: Mapping[str, Any], scale: Metric) -> str:
    loss = entry["loss"]
    value = scale.write(loss["median"], loss["low"], loss["high"])
    between = scale.write_interval(loss["low"], loss["high"])
    return f"{given(entry['n'])}: {value} ({entry['grade']}; {between})"


def _price(fc: Mapping[str, Any], scale: Metric, price: float, unit: str | None) -> str:
    """Say what the examples beyond those measured cost."""
    needed = {entry["probability"]: entry for entry in fc["target"]["needed"]}
    low, middle, high = (
        None if needed[level]["n"] is None else max(needed[level]["n"] - fc["largest"], 0.0) * price
        for level in (0.05, 0.5, 0.95)
    )
    goal = f"{scale.name} {scale.write_given(fc['target']['loss'])}"
    if fc["target"]["verdict"] == "reached":
        return f"{goal} costs nothing more (probability {probability(fc['target']['now'])})."
    if middle is None or low is None:
        return f"We can't say what {goal} costs: it is unlikely at any size searched."
    told = {"low": number(low), "middle": number(middle), "high": "" if high is None else number(high)}
    words = NEED["costs-open" if high is None else "costs"]
    known = {"price": number(price), "each": for_one(unit), "goal": goal, "grade": graded(fc["target"]["grade"])}
    return words.format(**known, **told)


def _law(curve: Mapping[str, Any], scale: Metric) -> str:
    """Say what a doubling of the data removes, and where the metric levels off."""
    fc = curve["forecast"]
    if fc["untold"] is not None:
        return f"We can't estimate an exponent or a floor from these runs: {fc['untold']}."
    b, c = fc["exponent"], fc["floor"]
    part = "the gap to where it levels off" if scale.higher_is_better else f"the reducible {_noun(scale)}"
    gain = f"{_gain(b['median'])} of {part} (90 % interval {_gain(b['low'])} to {_gain(b['high'])})"
    if c["loss"]["high"] <= 0:
        asked = "form of curve that you asked for has" if len(fc["laws"]) == 1 else "forms of curve have"
        return f"Each doubling of the data removes {gain}. The {asked} no {'end' if scale.higher_is_better else 'floor'}."
    between = scale.write_interval(c["loss"]["low"], c["loss"]["high"])
    if c["loss"]["low"] <= 0 or c["loss"]["high"] - c["loss"]["low"] > 0.5 * _today(curve)["loss"]["mean"]:
        where = f"{'It levels off' if scale.higher_is_better else 'The floor lies'} somewhere in {between}"
        return f"Each doubling of the data removes {gain}. {where}; these runs can't narrow it down."
    middle = scale.write(c["loss"]["median"], c["loss"]["low"], c["loss"]["high"])
    where = "It levels off at" if scale.higher_is_better else "The floor is"
    return f"Each doubling of the data removes {gain}. {where} {middle} (90 % interval {between})."


def _noun(scale: Metric) -> str:
    return "error" if "error" in scale.loss else "loss"


def _gain(exponent: float) -> str:
    """Give what a doubling of the data takes off a loss that falls with this exponent."""
    return f"{100 * (1 - 2.0 ** -max(exponent, 0.0)):.0f} %"


def _regions(curve: Mapping[str, Any]) -> str:
    """Say how many sizes lie in which region, as far as that can be told."""
    points = curve["points"]
    told = [(p["n"], p["region"]["likely"]) for p in points if _chance(p) >= TOLD]
    if not told:
        return f"We can't say in which region of the learning curve the {counted(len(points), 'size')} lie."
    parts = [part for part in (_in_region(region, told) for region in PLACES) if part]
    parts += [f"{len(points) - len(told)} unclear"] if len(told) < len(points) else []
    sure = sum(_chance(p) >= SURE for p in points)
    if len(parts) == 1:
        where = f"All {counted(len(points), 'size')} probably lie {PLACES[told[0][1]]}"
    else:
        where = f"{counted(len(points), 'size')}: probably {listed(parts)}"
    if sure == 0:
        return f"{where}, none with certainty."
    if sure == len(points):
        return f"{where}. Each has a probability of 90 % or more."
    return f"{where}. Of these, {sure} {'has' if sure == 1 else 'have'} a probability of 90 % or more."


def _in_region(name: str, told: Sequence[tuple[float, str]]) -> str:
    """Give how many sizes lie in a region, and where it ends or begins if they are all on one side; "" for none."""
    inside = [n for n, likely in told if likely == name]
    if not inside:
        return ""
    where = ""
    if name == "small_data" and all(n > inside[-1] for n, likely in told if likely != name):
        where = f" (up to {given(inside[-1])})"
    if name == "floor" and all(n < inside[0] for n, likely in told if likely != name):
        where = f" (from {given(inside[0])})"
    return f"{len(inside)}{where} {PLACES[name]}"


def _chance(point: Mapping[str, Any]) -> float:
    """Give the probability of a size's likeliest region, 0 where none is told."""
    region = point.get("region")
    return float(region[region["likely"]]) if region else 0.0


def _laws(laws: Sequence[Mapping[str, Any]]) -> str:
    """Say on which forms of curve the forecast rests, the likeliest first, up to three of at least a tenth."""
    named = [(NAMES.get(law["name"], law["name"]), law["weight"]) for law in laws]
    if len(named) == 1:
        return f"The forecast uses one law alone, as you asked: {named[0][0]}."
    shown = [one for i, one in enumerate(named) if i == 0 or (i < 3 and one[1] >= 0.1)]
    rest = len(named) - len(shown)
    parts = [f"{name} ({probability(weight)})" for name, weight in shown]
    parts += [f"{counted(rest, 'other')} ({probability(sum(w for _, w in named[len(shown) :]))})"] * (rest > 0)
    return f"The forecast weighs {counted(len(named), 'law')}: {listed(parts)}."


def _nearest(curve: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give each cut's check of the next size."""
    near: dict[float, Mapping[str, Any]] = {}
    for check in sorted(curve["backtest"], key=lambda one: one["n"]):
        near.setdefault(check["used_up_to"], check)
    return list(near.values())


def _record(curve: Mapping[str, Any], scale: Metric) -> Iterator[str]:
    checks = curve["backtest"]
    if checks:
        near = _nearest(curve)
        inside, held = (sum(check["inside"] for check in some) for some in (checks, near))
        middle = len(checks) // 2
        error = f"{100 * sorted(abs(check['relative_error']) for check in checks)[middle]:.2g} %"
        if scale.higher_is_better:  # of which a share of the loss says nothing to a reader
            missed = sorted(abs(check["loss"]["predicted"] - check["loss"]["measured"]) for check in checks)
            error = scale.write_amount(missed[middle])
        yield (
            f"Back-test: {inside} of {counted(len(checks), 'forecast')} of hidden sizes held their 90 % interval "
            f"({held} of {len(near)} for the next size). The median error was {error}."
        )


def _examples(curve: Mapping[str, Any], n: float) -> str:
    return f"{given(n)} {unit_of(curve.get('unit_of_n'))}"
