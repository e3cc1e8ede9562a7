"""Where a decision by expected cost turns: break-evens, and what one change at a time does to it, as a tornado."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.plan import economics
from kleiber.answers.plan.economics import Choice, Terms
from kleiber.answers.plan.scenarios import TAILS, Scenarios

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
    `price_ends` and so on are the 5 and 95 % quantiles of the same over the draws, each turning on its own curve and floor.
    """

    price: float
    value: float
    prices: tuple[tuple[float, float], ...]
    months: float | None
    gain: float | None
    gains: tuple[tuple[float, float], ...] | None
    price_ends: tuple[float, float]
    value_ends: tuple[float, float]
    months_ends: tuple[float, float] | None
    gain_ends: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One bar of the tornado: `what` set to `low` and to `high`, the choice there and what it saves against nothing.

    `flips` are the nearest values below and above at which the choice is another, where there are any within a tenth to
    ten times (a gain: 0 to 0.99), `becomes` what it is there, and `flip_ends` the 5 and 95 % quantiles over the draws of
    where each of them turns from the one to the other.
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
    flip_ends: tuple[tuple[float, float], ...]


def break_even(terms: Terms, drawn: Scenarios, point: float) -> BreakEven:
    """Give where the decision turns; `point` is how much loss a point is."""
    expected = drawn.mean()
    stops = float(economics.price_that_stops(terms, expected.n, expected.loss))
    each = economics.price_that_stops(terms, drawn.n, drawn.loss)
    with np.errstate(divide="ignore"):
        worth = point * terms.value * terms.price / each if terms.price > 0 else np.zeros(len(each))
    ends = _ends(each), _ends(worth)
    value = terms.value * point
    prices = tuple((value * k, stops * k) for k in (0.25, 0.5, 1.0, 2.0, 4.0))
    starts = point * economics.value_that_starts(terms, expected.n, expected.loss)
    if expected.improved is None:
        return BreakEven(stops, starts, prices, None, None, None, *ends, None, None)
    (place, cost), loss = economics.options(terms, expected)["labels"], float(expected.loss[0])
    gains = [(k * terms.months, float(economics.cut_that_pays(terms, loss, expected.floor, cost, k * terms.months)))
             for k in (0.25, 0.5, 1.0, 2.0, 4.0)]  # fmt: skip
    months = float(economics.months_that_pay(terms, loss, float(expected.improved[0]), cost))
    assert drawn.improved is not None
    costs = economics.costs_of_labels(terms, drawn.n, drawn.loss)[:, place]
    own = (
        economics.months_that_pay(terms, drawn.loss[:, 0], drawn.improved[:, 0], costs),
        economics.cut_that_pays(terms, drawn.loss[:, 0], drawn.floor, costs, terms.months),
    )
    return BreakEven(stops, starts, prices, months, gains[2][1], tuple(gains), *ends, *map(_ends, own))


def _ends(values: Array) -> tuple[float, float]:
    """Give the ends of the 90 % interval of draws, which may be inf."""
    low, high = np.quantile(values, TAILS, method="inverted_cdf").tolist()
    return low, high


def tornado(terms: Terms, drawn: Scenarios, asked: dict[str, Any], point: float) -> tuple[Sensitivity, ...]:
    """Vary one thing at a time, and sort by how far it moves what is saved."""
    bars = []
    for name, attribute, unit in MONEYS:
        base = getattr(terms, attribute)
        if base > 0:
            bars.append(_of_money(name, attribute, terms, drawn, unit=point if unit else 1.0))
    if drawn.cut is not None:
        bars.append(_of_gain(terms, drawn, asked["gain"], float(drawn.cut.mean())))
    if len(drawn.n) > 1:
        slope = np.log(drawn.loss[:, 0] / drawn.loss[:, -1]) / np.log(drawn.n[-1] / drawn.n[0])
        bars.append(_of_halves("exponent", slope, terms, drawn))
    bars.append(_of_halves("floor", drawn.floor, terms, drawn))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.saving_high - bar.saving_low)))


def _of_money(name: str, attribute: str, terms: Terms, drawn: Scenarios, *, unit: float) -> Sensitivity:
    base, expected = getattr(terms, attribute), drawn.mean()

    def chosen(value: float) -> tuple[Choice, float]:
        return economics.choose(replace(terms, **{attribute: value}), expected)

    ends = [economics.turns(lambda value: chosen(value)[0], base, end) for end in (base / SEARCH, base * SEARCH)]
    (first, saved_first), (last, saved_last) = chosen(base / SWING), chosen(base * SWING)
    flips = [end for end in ends if end is not None]
    turn = tuple(
        _turn_ends(lambda value: (replace(terms, **{attribute: value}), drawn), base, flip, unit) for flip in flips
    )
    return Sensitivity(
        name, base / SWING * unit, base * SWING * unit, first, last, saved_first, saved_last,
        tuple(end * unit for end in flips), tuple(chosen(end)[0] for end in flips), turn,
    )  # fmt: skip


def _turn_ends(
    at: Callable[[float], tuple[Terms, Scenarios]], base: float, flip: float, unit: float = 1.0
) -> tuple[float, float]:
    """Give where each draw turns from what is best at `base` to what is best at `flip`: the ends of its 90 % interval.

    `at` gives terms and draws at a value. The amounts are those that are best just before and just beyond `flip`; with them
    the costs of both are linear in the value, and so is their difference, whose root is each draw's own.
    """
    options = []
    for value in (base + (flip - base) * (1 + 1e-6), base + (flip - base) * (1 - 1e-6)):
        terms, drawn = at(value)
        found, choice = economics.options(terms, drawn.mean()), economics.choose(terms, drawn.mean())[0]
        options.append((choice, found[choice][0]))
    ahead = [_costs(name, *at(value), place) for value in (base, flip) for name, place in options]
    first, last = ahead[0] - ahead[1], ahead[2] - ahead[3]
    with np.errstate(divide="ignore", invalid="ignore"):
        root = base + (flip - base) * first / (first - last)
    away = np.inf if flip > base else 0.0  # a draw whose difference does not move towards zero never turns
    return _ends(unit * np.maximum(np.where(first > last, root, away), 0.0))


def _costs(name: Choice, terms: Terms, drawn: Scenarios, place: int) -> Array:
    """Give the costs of an option at one of its amounts, `(S,)`."""
    if name in ("nothing", "labels"):
        return economics.costs_of_labels(terms, drawn.n, drawn.loss)[:, place]
    assert drawn.improved is not None
    return economics.costs_with_engineers(terms, drawn.n, drawn.loss, drawn.improved)[:, place]


def _of_gain(terms: Terms, drawn: Scenarios, gain: tuple[float, float], mean: float) -> Sensitivity:
    """Vary the gain as one that is sure; what flips is looked for from its mean."""
    expected = drawn.mean()

    def chosen(share: float) -> tuple[Choice, float]:
        return economics.choose(terms, expected.cut(max(share, 0.0)))

    ends = [economics.turns(lambda share: chosen(share)[0], mean, end) for end in (0.0, 0.99)]
    (first, saved_first), (last, saved_last) = chosen(gain[0]), chosen(gain[1])
    flips = tuple(end for end in ends if end is not None)
    becomes = tuple(chosen(end)[0] for end in flips)
    sure = lambda share: (terms, replace(drawn, cut=np.full(len(drawn.loss), max(share, 0.0))))  # noqa: E731
    ends_of = [_turn_ends(sure, mean, flip) for flip in flips]
    turn = tuple((low, high if high <= 1 else np.inf) for low, high in ends_of)  # no cut is more than all
    return Sensitivity("gain", float(gain[0]), float(gain[1]), first, last, saved_first, saved_last, flips, becomes, turn)


def _of_halves(name: str, values: Array, terms: Terms, drawn: Scenarios) -> Sensitivity:
    """Decide in the lower and the upper half of the draws, by some value of each; the halves are told by their medians."""
    low = np.argsort(np.argsort(values)) < len(values) // 2
    (first, saved_first), (last, saved_last) = (economics.choose(terms, drawn.mean(half)) for half in (low, ~low))
    middles = float(np.median(values[low])), float(np.median(values[~low]))
    return Sensitivity(name, *middles, first, last, saved_first, saved_last, (), (), ())
