"""What the numbers say, in the words of a person who has to decide. In: a curve's findings. Out: sentences.

No number without its interval and the count behind it; a refused forecast says why and what would help.
"""

from collections.abc import Iterator, Mapping
from typing import Any

FIRST = ("backtest-failed", "bends-down", "u-shape", "flat", "three-sizes")  # what has to be said before the law is


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
    found += _record(what, curve)
    return found


def number(value: float) -> str:
    """Write a loss or a price with three significant digits, a large number in full with thousands separated."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:.3g}"


def probability(p: float) -> str:
    """Write a probability in per cent; what 2,000 draws cannot tell from 0 or 1 is under 1 % or over 99 %."""
    return "under 1 %" if p < 0.01 else "over 99 %" if p > 0.99 else f"{p:.0%}"


def size(n: float) -> str:
    """Write a number of examples with three significant digits and thousands separated: 12,800."""
    return f"{float(f'{n:.3g}'):,.0f}" if n >= 10 else f"{n:.3g}"


def _at(what: str, curve: Mapping[str, Any]) -> Iterator[str]:
    fc = curve["forecast"]
    runs = sum(point["count"] for point in curve["points"])
    basis = f"from {runs} runs at {len(curve['points'])} sizes up to {size(fc['largest'])}"
    smallest = curve["points"][0]["n"]
    below = [entry for entry in fc["at"] if entry["withheld"] and entry["n"] < smallest]
    withheld = [entry for entry in fc["at"] if entry["withheld"] and entry not in below]
    for entry in fc["at"]:
        if not entry["withheld"]:
            yield (
                f"At n = {size(entry['n'])} ({number(entry['n'] / fc['largest'])} times the largest "
                f"measured) the {what} of a "
                f"new run is forecast at {number(entry['median'])}, {entry['probability']:.0%} interval "
                f"{number(entry['low'])} "
                f"to {number(entry['high'])}, {basis}."
            )
    if withheld:
        sizes = ", ".join(size(entry["n"]) for entry in withheld)
        yield f"At n = {sizes} nothing is forecast: that is beyond the horizon of {size(fc['horizon'])} {basis}."
    if below:
        sizes = ", ".join(size(entry["n"]) for entry in below)
        yield f"At n = {sizes} nothing is forecast: that is below the smallest size measured, {size(smallest)}."


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
    yield (
        f"The {what} reaches {number(target['loss'])} {chances}; with probability {probability(target['never'])} no "
        f"amount of data is enough."
    )
    if price is not None:
        yield _price(what, fc, price)


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

    if all(needed[level]["n"] is None or needed[level]["withheld"] for level in (0.1, 0.5, 0.9)):
        if most <= 0:
            return f"What the way to {number(fc['target']['loss'])} costs is not told: the horizon is the largest size."
        return (
            f"At {number(price)} for each example beyond the {size(fc['largest'])} measured, bringing the {what} to "
            f"{number(fc['target']['loss'])} costs more than {number(most)}, the price of the horizon of "
            f"{size(fc['horizon'])}."
        )
    return (
        f"At {number(price)} for each example beyond the {size(fc['largest'])} measured, bringing the {what} "
        f"to {number(fc['target']['loss'])} costs {cost(0.5)} with even chances, 80% interval {cost(0.1)} "
        f"to {cost(0.9)}."
    )


def _law(what: str, fc: Mapping[str, Any]) -> str:
    b, c = fc["exponent"], fc["floor"]
    said = {warning["code"]: warning["message"] for warning in fc["warnings"]}
    first = next((f"{said[code]} " for code in FIRST if code in said), "")
    open_ = all(0.1 <= law["weight"] <= 0.9 for law in fc["laws"]) or "floor-not-identified" in said
    between = f"{number(c['low'])} and {number(c['high'])} ({c['probability']:.0%} interval)"
    floor = (
        f"the data leave the floor between {between}"
        if open_
        else f"what no data removes is {number(c['median'])}, between {between}"
    )
    return (
        f"{first}The {what} falls with exponent {number(b['median'])} ({b['probability']:.0%} interval "
        f"{number(b['low'])} to {number(b['high'])}); {floor}."
    )


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
