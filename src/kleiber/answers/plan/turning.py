"""Where an advice turns, in words: thresholds of the decision by expected cost, not estimates."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kleiber.answers.plan.economics import Choice
from kleiber.answers.plan.sensitivity import BreakEven, Sensitivity
from kleiber.wording import counted, number

MONEY = {
    "value_per_point": ("a point were worth", "value of a point"),
    "price_per_example": ("a label cost", "price of a label"),
    "cost_per_month": ("a month of engineers cost", "monthly cost of engineers"),
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
    each = f"{number(even.price)} each ({_between(even.price_ends)}"
    worth = f"worth more than {number(even.value)} ({_between(even.value_ends)})"
    if price == 0:
        yield f"Labels alone pay up to a price of {each})."
    elif pay:
        yield f"Labels alone pay up to a price of {each}; {number(price)} was given). They pay if {point} is {worth}."
    else:
        below = f"below a price of {each}; {number(price)} was given)"
        yield f"Labels alone would pay {below}. They would pay if {point} were {worth}."


def _between(ends: tuple[float, float] | None, unit: str = "", *, of: float = 1.0) -> str:
    """Write the 90 % interval of a threshold; where a draw turns nowhere it has no upper end."""
    assert ends is not None
    low, high = (of * end for end in ends)
    if np.isinf(low):
        return "90 % interval without end"
    return f"90 % interval {number(low)}{f' to {number(high)}{unit}' if np.isfinite(high) else f'{unit} or more'}"


def _engineers(even: BreakEven, months: float, metric: str, other: str) -> str:
    """Say what engineers alone would have to bring, or how fast, to be better than the other option."""
    assert even.months is not None and even.gain is not None
    given, cut = counted(months, "month", number), _between(even.gain_ends, " %", of=100)
    if even.gain < 1:
        share = f"{100 * even.gain:.0f} %"
        need = f"In {given} engineers must cut the reducible {metric} by more than {share} to beat {other} ({cut})"
    else:
        need = f"No cut of the reducible {metric} makes engineers alone better than {other} in {given}"
    within = _between(even.months_ends)
    with_gain = "With the gain given they are better"
    if even.months == 0:
        speed = "With the gain given they are worse, however fast they are"
    elif np.isinf(even.months):
        speed = f"{with_gain}, however long they take"
    elif even.months < months:
        speed = f"{with_gain} only if they finish within {counted(even.months, 'month', number)} ({within})"
    else:
        speed = f"{with_gain} if they take at most {counted(even.months, 'month', number)} ({within})"
    return f"{need}. {speed}."


def _changes(tornado: Sequence[Sensitivity], choice: Choice, metric: str) -> Iterator[str]:
    """Say each change that makes another option the best, but for those that are the break-even of labels."""
    for bar in tornado:
        for flip, ends, other in zip(bar.flips, bar.flip_ends, bar.becomes, strict=True):
            if bar.what == "cost_per_month" or bar.what == "gain" or {choice, other} != {"nothing", "labels"}:
                yield f"If {_change(bar, flip, ends, metric)}, {OPTIONS[other]} would be best."
        if bar.what in HALVES:
            for phrase, other in zip(HALVES[bar.what], (bar.choice_low, bar.choice_high), strict=True):
                if other != choice:
                    yield f"If the {metric} {phrase}, {OPTIONS[other]} would be best."


def _change(bar: Sensitivity, flip: float, ends: tuple[float, float], metric: str) -> str:
    if bar.what in MONEY:
        given = float(np.sqrt(bar.low * bar.high))  # the middle of the bar, by ratio
        than = f"{'less' if flip < given else 'more'} than {number(flip)}"
        return f"{MONEY[bar.what][0]} {than} ({_between(ends)}; {number(given)} was given)"
    more = "less" if flip < (bar.low + bar.high) / 2 else "more"
    return f"engineers surely cut the reducible {metric} by {more} than {100 * flip:.1f} % ({_between(ends, ' %', of=100)})"
