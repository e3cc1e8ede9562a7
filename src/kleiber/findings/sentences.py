"""What the numbers say, in the words of a person who has to decide. In: a curve's findings. Out: sentences.

No number without its interval and the count behind it; a refused forecast says why and what would help.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kleiber.forecasting.cautions import FIRST
from kleiber.wording import given, number, probability, size

TOLD = 0.6  # a size whose likeliest region has less than this is told to be of none
SURE = 0.9
PLACES = {"small_data": "in the small-data region", "power_law": "on the power law", "floor": "near the floor"}
NAMES = {
    "broken_power": "a power law that turns on its way",
    "constant": "no learning at all",
    "inverse_log": "an inverse logarithm",
    "m4": "a power law that begins at a guess (M4)",
    "mmf": "a slope from a guess to a floor (MMF)",
    "power": "a plain power law",
    "power_floor": "a power law with a floor",
    "shifted_power": "a power law that begins late",
    "stretched_exponential": "a stretched exponential",
}
"""The laws of the package as a reader who does not know them calls them; another law goes by its own name."""


def of_curve(curve: Mapping[str, Any], price_per_example: float | None = None) -> list[str]:
    """Give the sentences of one curve of the findings, most important first."""
    fc, what = curve["forecast"], f"{curve['metric']} of {curve['model']}"
    if fc["status"] == "refused":
        return [f"No forecast for the {what}: {fc['reason']} {fc['help']}"]
    found: list[str] = []
    if fc["target"] is not None:
        found += _target(what, fc, price_per_example)
    found += _at(what, curve)
    found.append(_law(what, fc))
    found.append(_regions(what, curve))
    found.append(_laws(what, fc["laws"]))
    found += _record(what, curve)
    return found


def _at(what: str, curve: Mapping[str, Any]) -> Iterator[str]:
    fc = curve["forecast"]
    runs = sum(point["count"] for point in curve["points"])
    basis = f"from {runs} runs at {len(curve['points'])} sizes up to {given(fc['largest'])}"
    smallest = curve["points"][0]["n"]
    below = [entry for entry in fc["at"] if entry["withheld"] and entry["n"] < smallest]
    withheld = [entry for entry in fc["at"] if entry["withheld"] and entry not in below]
    for entry in fc["at"]:
        if not entry["withheld"]:
            yield (
                f"At n = {given(entry['n'])} ({number(entry['n'] / fc['largest'])} times the largest "
                f"measured) the {what} of a "
                f"new run is forecast at {number(entry['median'])}, {entry['probability']:.0%} interval "
                f"{number(entry['low'])} "
                f"to {number(entry['high'])}, {basis}."
            )
    if withheld:
        sizes = ", ".join(given(entry["n"]) for entry in withheld)
        yield f"At n = {sizes} nothing is forecast: that is beyond the horizon of {size(fc['horizon'])} {basis}."
    if below:
        sizes = ", ".join(given(entry["n"]) for entry in below)
        yield f"At n = {sizes} nothing is forecast: that is below the smallest size measured, {given(smallest)}."


def _target(what: str, fc: Mapping[str, Any], price: float | None) -> Iterator[str]:
    target = fc["target"]
    untold = all(entry["withheld"] for entry in target["needed"])
    if untold and any(warning["code"] == "backtest-failed" for warning in fc["warnings"]):
        yield f"When the {what} reaches {number(target['loss'])} is not forecast, since the back-test failed."
        return
    chances = " and ".join(
        f"with probability {probability(entry['probability'])} {_by(entry, fc['horizon'])}"
        for entry in target["needed"]
        if entry["probability"] in (0.5, 0.9)
    )
    never = f"with probability {probability(target['never'])} no amount of data is enough"
    if _flat(fc):
        never = "whether any amount of data is enough cannot be told, since the curve is flat"
    yield f"The {what} {_verdict(fc)}. It gets there {chances}; {never}."
    if price is not None:
        yield _price(what, fc, price)


def _verdict(fc: Mapping[str, Any]) -> str:
    """Say whether a target is reached, as far as that can be told."""
    target, horizon = fc["target"], fc["horizon"]
    loss, chance = number(target["loss"]), probability(target["by_horizon"])
    if target["verdict"] == "reached":
        return f"has reached {loss} already, at n = {given(fc['largest'])} (probability {probability(target['now'])})"
    if target["verdict"] == "unreachable":
        floor = f"{number(fc['floor']['low'])} to {number(fc['floor']['high'])}"
        rest = f"what no data removes is above it (90% interval of the floor {floor})"
        return f"is not expected to reach {loss} with any data: {rest}"
    if target["verdict"] == "not-identifiable":
        reach = f"up to the horizon of {size(horizon)}"
        if _flat(fc):
            return f"may or may not reach {loss}: the curve is flat, and whether more data helps cannot be told"
        return f"may or may not reach {loss} {reach}: these data cannot tell (probability {chance})"
    return f"is {target['verdict']} to reach {loss} up to the horizon of {size(horizon)} (probability {chance})"


def _by(entry: Mapping[str, Any], horizon: float) -> str:
    """Give the size that is needed; what is withheld, or was not found, is more than the horizon."""
    if entry["n"] is None:
        return f"by no size searched (more than {size(horizon)})"
    return f"by more than {size(horizon)}" if entry["withheld"] else f"by n = {size(entry['n'])}"


def _price(what: str, fc: Mapping[str, Any], price: float) -> str:
    needed = {entry["probability"]: entry for entry in fc["target"]["needed"]}
    most = (fc["horizon"] - fc["largest"]) * price

    def cost(level: float) -> str:
        entry = needed[level]
        if entry["n"] is None or entry["withheld"]:
            return f"more than {number(most)}"
        return number(max(entry["n"] - fc["largest"], 0.0) * price)

    if all(needed[level]["n"] is not None and needed[level]["n"] <= fc["largest"] for level in (0.1, 0.5, 0.9)):
        return (
            f"Bringing the {what} to {number(fc['target']['loss'])} takes no example beyond the {given(fc['largest'])} "
            f"measured, so it costs nothing more (probability 90%)."
        )
    if all(needed[level]["n"] is None or needed[level]["withheld"] for level in (0.1, 0.5, 0.9)):
        if most <= 0:
            return f"What the way to {number(fc['target']['loss'])} costs is not told: the horizon is the largest size."
        return (
            f"At {number(price)} for each example beyond the {given(fc['largest'])} measured, bringing the {what} to "
            f"{number(fc['target']['loss'])} costs more than {number(most)}, the price of the horizon of "
            f"{size(fc['horizon'])}."
        )
    return (
        f"At {number(price)} for each example beyond the {given(fc['largest'])} measured, bringing the {what} "
        f"to {number(fc['target']['loss'])} costs {cost(0.5)} with even chances, 80% interval {cost(0.1)} "
        f"to {cost(0.9)}."
    )


def _law(what: str, fc: Mapping[str, Any]) -> str:
    b, c = fc["exponent"], fc["floor"]
    said = {warning["code"]: warning["message"] for warning in fc["warnings"]}
    first = next((f"{said[code]} " for code in FIRST if code in said), "")
    if "flat" in said:
        return f"{first}Neither an exponent nor a floor is told by the {what}."
    open_ = c["low"] <= 0 or "floor-not-identified" in said
    between = f"{number(c['low'])} and {number(c['high'])} ({c['probability']:.0%} interval)"
    floor = (
        f"the data leave the floor between {between}"
        if open_
        else f"what no data removes is {number(c['median'])}, between {between}"
    )
    return (
        f"{first}The {what} falls with exponent {number(b['median'])} ({b['probability']:.0%} interval "
        f"{number(b['low'])} to {number(b['high'])}): beyond n = {given(fc['largest'])} each doubling of the data takes "
        f"{_gain(b['median'])} off what more data can remove ({_gain(b['low'])} to {_gain(b['high'])}); {floor}."
    )


def _gain(exponent: float) -> str:
    """Give what a doubling of the data takes off a loss that falls with this exponent."""
    return f"{1 - 2.0 ** -max(exponent, 0.0):.0%}"


def _regions(what: str, curve: Mapping[str, Any]) -> str:
    """Say how many sizes lie in which region, as far as that can be told."""
    points = curve["points"]
    if _flat(curve["forecast"]):
        return f"Whether the {what} is flat since its power law has not begun, or since it is at its floor, cannot be told."
    told = [(p["n"], p["region"]["likely"]) for p in points if _chance(p) >= TOLD]
    if not told:
        return (
            f"Which sizes of the {what} lie in the small-data region, on the power law or near the floor cannot be told: "
            f"no region has a probability of {TOLD:.0%} at any of the {_count(len(points), 'size')}."
        )
    parts = [part for part in (_in_region(name, told) for name in PLACES) if part]
    parts += [f"{len(points) - len(told)} cannot be told"] if len(told) < len(points) else []
    sure = sum(_chance(p) >= SURE for p in points)
    basis = "or more for none" if sure == 0 else f"or more for {'all' if sure == len(points) else sure}"
    listed = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return f"Of the {_count(len(points), 'size')} of the {what}, {listed} (probability {SURE:.0%} {basis} of them)."


def _in_region(name: str, told: Sequence[tuple[float, str]]) -> str:
    """Give how many sizes lie in a region, and where it ends or begins if they are all on one side; "" for none."""
    inside = [n for n, likely in told if likely == name]
    if not inside:
        return ""
    where = ""
    if name == "small_data" and all(n > inside[-1] for n, likely in told if likely != name):
        where = f" (up to n = {given(inside[-1])})"
    if name == "floor" and all(n < inside[0] for n, likely in told if likely != name):
        where = f" (from n = {given(inside[0])})"
    return f"{len(inside)}{where} {'lies' if len(inside) == 1 else 'lie'} {PLACES[name]}"


def _flat(fc: Mapping[str, Any]) -> bool:
    return any(warning["code"] == "flat" for warning in fc["warnings"])


def _chance(point: Mapping[str, Any]) -> float:
    """Give the probability of a size's likeliest region, 0 where none is told."""
    region = point.get("region")
    return float(region[region["likely"]]) if region else 0.0


def _laws(what: str, laws: Sequence[Mapping[str, Any]]) -> str:
    """Say on which forms of curve the forecast rests, the likeliest first, up to three of at least a tenth."""
    named = [(NAMES.get(law["name"], law["name"]), law["weight"]) for law in laws]
    if len(named) == 1:
        return f"The forecast of the {what} rests on one form of curve alone, {named[0][0]}, as was asked."
    shown = [one for i, one in enumerate(named) if i == 0 or (i < 3 and one[1] >= 0.1)]
    rest = len(named) - len(shown)
    parts = [f"{name} ({probability(weight)})" for name, weight in shown]
    left = f" and {_count(rest, 'other')} ({probability(sum(w for _, w in named[len(shown) :]))})" if rest else ""
    return f"The forecast of the {what} weighs {len(named)} forms of curve: {', '.join(parts)}{left}."


def _record(what: str, curve: Mapping[str, Any]) -> Iterator[str]:
    checks = curve["backtest"]
    if checks:
        near: dict[float, Mapping[str, Any]] = {}
        for check in sorted(checks, key=lambda one: one["n"]):
            near.setdefault(check["used_up_to"], check)
        inside, hidden = sum(check["inside"] for check in checks), len({check["n"] for check in checks})
        errors = sorted(abs(check["relative_error"]) for check in checks)
        yield (
            f"Back-test: {_count(len(checks), 'forecast')} of {_count(hidden, 'hidden size')} "
            f"of the {what}, from {_count(len(near), 'cut')}: {inside} fell inside their {checks[0]['probability']:.0%} "
            f"interval, and of those of the next size {sum(check['inside'] for check in near.values())} of {len(near)}; "
            f"half were forecast within {errors[len(errors) // 2]:.1%}."
        )


def _count(k: int, what: str) -> str:
    return f"{k} {what}{'' if k == 1 else 's'}"
