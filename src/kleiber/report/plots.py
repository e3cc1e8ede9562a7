"""One pair of axes for any numbers: ranges with a margin, a scale that suits them, and how their labels are written.

What the charts of costs, needed data, epochs and the search have in common; each says what it draws, and nothing here does.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from kleiber.report.axes import Axis, Tick, value_axis
from kleiber.report.drawing import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Band, Label, Line, Marks, Panel
from kleiber.report.numbers import plain, short

RIGHT = 20.0
WIDE, TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
DECADES = 20.0
"""From this ratio of the largest value to the smallest on, an axis is logarithmic."""


def spread_out(values: Iterable[float], apart: float = DECADES) -> bool:
    """Say whether values are positive and so far apart that a logarithmic axis suits them."""
    known = list(values)
    return bool(known) and min(known) > 0 and max(known) >= apart * min(known)


def around(values: Iterable[float], *, log: bool, pad: float = 0.06) -> tuple[float, float]:
    """Give the range of values with a margin on both sides; one value gets a range around it."""
    known = list(values)
    low, high = (math.log(min(known)), math.log(max(known))) if log else (min(known), max(known))
    width = high - low or max(0.1 if log else 0.1 * abs(high), 1e-6)
    low, high = low - pad * width, high + pad * width
    return (math.exp(low), math.exp(high)) if log else (low, high)


def across(label: str, low: float, high: float, *, log: bool = False, write: Callable[[float], str] = plain) -> Axis:
    """Give the horizontal axis of any values."""
    return value_axis(short(label, 44), low, high, log=log, room=WIDE, write=write)


def upright(label: str, low: float, high: float, *, log: bool = False, write: Callable[[float], str] = plain) -> Axis:
    """Give the vertical axis of any values."""
    return value_axis(short(label, 44), low, high, log=log, room=TALL, write=write, upright=True)


def of_words(label: str, words: Sequence[str]) -> Axis:
    """Give the horizontal axis of choices, the first at 0, the next at 1."""
    limit = max(int(WIDE / max(len(words), 1) / 8), 3)
    ticks = tuple(Tick(float(place), short(word, limit)) for place, word in enumerate(words))
    return Axis(short(label, 44), -0.5, len(words) - 0.5, False, ticks)


def panel(
    name: str,
    title: str,
    x: Axis,
    y: Axis,
    *,
    bands: Sequence[Band] = (),
    lines: Sequence[Line] = (),
    marks: Sequence[Marks] = (),
    labels: Sequence[Label] = (),
    spans: Sequence[Marks] = (),
) -> Panel:
    """Give one pair of axes with what is on it."""
    return Panel(name, title, x, y, RIGHT, tuple(bands), tuple(lines), tuple(marks), tuple(labels), spans=tuple(spans))


def compact(n: float) -> str:
    """Write a number of examples so that it fits beside a vertical axis: 500, 20k, 3M."""
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= unit:
            return f"{n / unit:.4g}{letter}"
    return f"{n:.4g}"
