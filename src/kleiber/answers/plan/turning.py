"""Where an advice turns, in words: thresholds of the decision by expected cost, not estimates."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kleiber.answers.plan.economics import Choice
from kleiber.answers.plan.sensitivity import BreakEven, Sensitivity
from kleiber.wording import number

MONEY = {
    "value_per_point": ("a point were worth", "value of a point"),
    "price_per_example": ("a label cost", "price of a label"),
    "cost_per_month": ("a month of engineers cost", "cost of an engineers' month"),
}
OPTIONS = {
    "nothing": "buying nothing",
    "labels": "labels alone",
    "engineers": "engineers alone",
    "both": "engineers with labels",
}
HALVES = {
    "exponent": ("falls more slowly than expected", "falls faster than expected"),
    "floor": ("has a lower floor than expected", "has a higher floor than expected"),
}


def turning(
    even: BreakEven, tornado: Sequence[Sensitivity], choice: Choice, *, asked: Mapping[str, Any], metric: str, goal: str
) -> Iterator[str]:
    """Say where labels and engineers stop paying, and what change by itself makes another option the best.

    `asked` are the terms given; `metric` names the loss, and `goal` says how much of what was measured a point is.
    """
    price = asked["price_per_example"]
    pay = even.price > price or even.price > 0 == price
    yield from _labels(even, price, pay, f"a point ({goal})")
    if even.months is not None and even.gain is not None:
        yield _engineers(even, asked["months"], metric, "labels alone" if pay else "buying nothing")
    told = list(_changes(tornado, choice, metric))
    if told:
        yield from told
    elif not any(bar.flips for bar in tornado):
        named = [MONEY[bar.what][1] for bar in tornado if bar.what in MONEY]
        one = " or the ".join([", the ".join(named[:-1]), named[-1]] if named[1:] else named)
        yield f"No other option becomes the best if the {one} changes tenfold."


def _labels(even: BreakEven, price: float, pay: bool, point: str) -> Iterator[str]:
    if even.price <= 0:
        return
    given, worth = f"({number(price)} was given)", f"worth more than {number(even.value)}"
    if price == 0:
        yield f"Labels alone pay up to a price of {number(even.price)} each."
    elif pay:
        yield f"Labels alone pay up to a price of {number(even.price)} each {given}. They pay if {point} is {worth}."
    else:
        yield f"Labels alone would pay below a price of {number(even.price)} each {given}, or if {point} were {worth}."


def _engineers(even: BreakEven, months: float, metric: str, other: str) -> str:
    """Say what engineers alone would have to bring, or how fast, to be better than the other option."""
    assert even.months is not None and even.gain is not None
    better = f"engineers alone are better than {other}"
    if even.gain < 1:
        need = f"{better} if they surely cut the reducible {metric} by more than {100 * even.gain:.0f} %"
    else:
        need = f"no cut of the reducible {metric} makes {better.replace(' are', '')}"
    with_gain = "With the gain given they are better"
    if even.months == 0:
        speed = "With the gain given they are worse, however fast they are"
    elif np.isinf(even.months):
        speed = f"{with_gain}, however long they take"
    elif even.months < months:
        speed = f"{with_gain} only if they finish within {number(even.months)} months"
    else:
        speed = f"{with_gain} if they take at most {number(even.months)} months"
    return f"In the {number(months)} months given, {need}. {speed}."


def _changes(tornado: Sequence[Sensitivity], choice: Choice, metric: str) -> Iterator[str]:
    """Say each change that makes another option the best, but for those that are the break-even of labels."""
    for bar in tornado:
        for flip, other in zip(bar.flips, bar.becomes, strict=True):
            if bar.what == "cost_per_month" or bar.what == "gain" or {choice, other} != {"nothing", "labels"}:
                yield f"If {_change(bar, flip, metric)}, {OPTIONS[other]} would be best."
        if bar.what in HALVES:
            for phrase, about, other in zip(
                HALVES[bar.what], (bar.low, bar.high), (bar.choice_low, bar.choice_high), strict=True
            ):
                if other != choice:
                    yield f"If the {metric} {phrase} ({bar.what} about {number(about)}), {OPTIONS[other]} would be best."


def _change(bar: Sensitivity, flip: float, metric: str) -> str:
    if bar.what in MONEY:
        given = float(np.sqrt(bar.low * bar.high))  # the middle of the bar, by ratio
        return f"{MONEY[bar.what][0]} {'less' if flip < given else 'more'} than {number(flip)} ({number(given)} was given)"
    more = "less" if flip < (bar.low + bar.high) / 2 else "more"
    return f"engineers surely cut the reducible {metric} by {more} than {100 * flip:.1f} %"
