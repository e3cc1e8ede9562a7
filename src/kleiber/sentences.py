"""What the numbers say, in the words of a person who has to decide. In: a curve's findings. Out: sentences.

No number without its interval and the count behind it; a refused forecast says why and what would help.
"""

from collections.abc import Iterator, Mapping
from typing import Any


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


def size(n: float) -> str:
    """Write a number of examples with three significant digits and thousands separated: 12,800."""
    return f"{float(f'{n:.3g}'):,.0f}" if n >= 10 else f"{n:.3g}"


def _at(what: str, curve: Mapping[str, Any]) -> Iterator[str]:
    fc = curve["forecast"]
    runs = sum(point["count"] for point in curve["points"])
    basis = f"from {runs} runs at {len(curve['points'])} sizes up to {size(fc['largest'])}"
    withheld = [entry for entry in fc["at"] if entry["withheld"]]
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


def _target(what: str, fc: Mapping[str, Any], price: float | None) -> Iterator[str]:
    target = fc["target"]
    chances = " and ".join(
        f"with probability {entry['probability']:.0%} "
        + ("by no size searched" if entry["n"] == "never" else f"by n = {size(entry['n'])}" + _reach(entry["n"], fc))
        for entry in target["needed"]
        if entry["probability"] in (0.5, 0.9)
    )
    yield (
        f"The {what} reaches {number(target['loss'])} {chances}; with probability {target['never']:.0%} no "
        f"amount of data is enough."
    )
    if price is not None:
        yield _price(what, fc, price)


def _reach(n: float, fc: Mapping[str, Any]) -> str:
    return " (beyond the horizon)" if n > fc["horizon"] else ""


def _price(what: str, fc: Mapping[str, Any], price: float) -> str:
    needed = {entry["probability"]: entry["n"] for entry in fc["target"]["needed"]}

    def cost(probability: float) -> str:
        n = needed[probability]
        return "no price searched" if n == "never" else number(max(n - fc["largest"], 0.0) * price)

    return (
        f"At {number(price)} for each example beyond the {size(fc['largest'])} measured, bringing the {what} "
        f"to {number(fc['target']['loss'])} costs {cost(0.5)} with even chances, 80% interval {cost(0.1)} "
        f"to {cost(0.9)}."
    )


def _law(what: str, fc: Mapping[str, Any]) -> str:
    b, c = fc["exponent"], fc["floor"]
    return (
        f"The {what} falls with exponent {number(b['median'])} ({b['probability']:.0%} interval {number(b['low'])} to "
        f"{number(b['high'])}); what no data removes is {number(c['median'])} ({number(c['low'])} to "
        f"{number(c['high'])})."
    )


def _record(what: str, curve: Mapping[str, Any]) -> Iterator[str]:
    checks = curve["backtest"]
    if checks:
        inside = sum(check["inside"] for check in checks)
        errors = sorted(abs(check["relative_error"]) for check in checks)
        yield (
            f"Back-test: of {len(checks)} hidden measurements of the {what}, {inside} fell inside their "
            f"{checks[0]['probability']:.0%} interval; half were forecast within {errors[len(errors) // 2]:.1%}."
        )
