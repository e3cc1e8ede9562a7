"""Where a decision by expected cost turns: break-evens, and what one change at a time does to it, as a tornado."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.plan import economics
from kleiber.answers.plan.economics import Choice, Expected, Terms
from kleiber.answers.plan.scenarios import Scenarios

Array = NDArray[np.float64]

SWING = 2.0  # the tornado halves and doubles money
SEARCH = 10.0  # and looks for what flips the advice from a tenth to ten times
MONEYS = (("value_per_point", "value", True), ("price_per_example", "price", False), ("cost_per_month", "wage", False))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where a decision by expected cost turns, all else as given.

    `price` of a label from which none are bought, `value` of a point from which some are (inf: never). `prices` are pairs
    of a value of a point and the price that goes with it. `months` up to which engineers cost no more than labels, `gain`
    the certain relative cut at which they do, `gains` pairs of months and the gain they need; None without engineers.
    """

    price: float
    value: float
    prices: tuple[tuple[float, float], ...]
    months: float | None
    gain: float | None
    gains: tuple[tuple[float, float], ...] | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One bar of the tornado: `what` set to `low` and to `high`, the choice there and what it saves against nothing.

    `flips` are the nearest values below and above at which the choice is another, where there are any within a tenth to
    ten times (a gain: 0 to 0.99), and `becomes` what it is there.
    """

    what: str
    low: float
    high: float
    choice_low: Choice
    choice_high: Choice
    saving_low: float
    saving_high: float
    flips: tuple[float, ...]
    becomes: tuple[Choice, ...]


def break_even(terms: Terms, expected: Expected, point: float) -> BreakEven:
    """Give where the decision turns; `point` is how much loss a point is."""
    stops = economics.price_that_stops(terms, expected.n, expected.loss)
    value = terms.value * point
    prices = tuple((value * k, stops * k) for k in (0.25, 0.5, 1.0, 2.0, 4.0))
    starts = point * economics.value_that_starts(terms, expected.n, expected.loss)
    if expected.improved is None:
        return BreakEven(stops, starts, prices, None, None, None)
    cost, loss = economics.options(terms, expected)["labels"][1], float(expected.loss[0])
    gains = [(k * terms.months, economics.cut_that_pays(terms, loss, expected.floor, cost, k * terms.months))
             for k in (0.25, 0.5, 1.0, 2.0, 4.0)]  # fmt: skip
    months = economics.months_that_pay(terms, loss, float(expected.improved[0]), cost)
    return BreakEven(stops, starts, prices, months, gains[2][1], tuple(gains))


def tornado(terms: Terms, drawn: Scenarios, asked: dict[str, Any], point: float) -> tuple[Sensitivity, ...]:
    """Vary one thing at a time, and sort by how far it moves what is saved."""
    expected, bars = drawn.mean(), []
    for name, attribute, unit in MONEYS:
        base = getattr(terms, attribute)
        if base > 0:
            bars.append(_of_money(name, attribute, terms, expected, unit=point if unit else 1.0))
    if drawn.cut is not None:
        bars.append(_of_gain(terms, expected, asked["gain"], float(drawn.cut.mean())))
    if len(drawn.n) > 1:
        slope = np.log(drawn.loss[:, 0] / drawn.loss[:, -1]) / np.log(drawn.n[-1] / drawn.n[0])
        bars.append(_of_halves("exponent", slope, terms, drawn))
    bars.append(_of_halves("floor", drawn.floor, terms, drawn))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.saving_high - bar.saving_low)))


def _of_money(name: str, attribute: str, terms: Terms, expected: Expected, *, unit: float) -> Sensitivity:
    base = getattr(terms, attribute)

    def chosen(value: float) -> tuple[Choice, float]:
        return economics.choose(replace(terms, **{attribute: value}), expected)

    ends = [economics.turns(lambda value: chosen(value)[0], base, end) for end in (base / SEARCH, base * SEARCH)]
    (first, saved_first), (last, saved_last) = chosen(base / SWING), chosen(base * SWING)
    flips = [end for end in ends if end is not None]
    return Sensitivity(
        name, base / SWING * unit, base * SWING * unit, first, last, saved_first, saved_last,
        tuple(end * unit for end in flips), tuple(chosen(end)[0] for end in flips),
    )  # fmt: skip


def _of_gain(terms: Terms, expected: Expected, gain: tuple[float, float], mean: float) -> Sensitivity:
    """Vary the gain as one that is sure; what flips is looked for from its mean."""

    def chosen(share: float) -> tuple[Choice, float]:
        return economics.choose(terms, expected.cut(max(share, 0.0)))

    ends = [economics.turns(lambda share: chosen(share)[0], mean, end) for end in (0.0, 0.99)]
    (first, saved_first), (last, saved_last) = chosen(gain[0]), chosen(gain[1])
    flips = tuple(end for end in ends if end is not None)
    becomes = tuple(chosen(end)[0] for end in flips)
    return Sensitivity("gain", float(gain[0]), float(gain[1]), first, last, saved_first, saved_last, flips, becomes)


def _of_halves(name: str, values: Array, terms: Terms, drawn: Scenarios) -> Sensitivity:
    """Decide in the lower and the upper half of the draws, by some value of each; the halves are told by their medians."""
    low = np.argsort(np.argsort(values)) < len(values) // 2
    (first, saved_first), (last, saved_last) = (economics.choose(terms, drawn.mean(half)) for half in (low, ~low))
    middles = float(np.median(values[low])), float(np.median(values[~low]))
    return Sensitivity(name, *middles, first, last, saved_first, saved_last, (), ())
