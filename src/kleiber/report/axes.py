"""An axis: a range, a scale and the ticks that a reader can use.

Logarithmic axes have ticks at 1-2-5 values; where fewer than three of them fall into the range, the round values of a
plain scale are used at their logarithmic places. Labels are thinned by whole classes, so that what stays is regular.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kleiber.report.numbers import size

CHARACTER = 7.2
"""Width of a character of a tick label in the units of the panel (13 px text)."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick at `value`; an empty label means a small tick without one."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis from `low` to `high`; on a logarithmic one both are positive.

    With `best` it is logarithmic in what a score lacks to its best value, which a power law takes off.
    """

    label: str
    low: float
    high: float
    log: bool
    ticks: tuple[Tick, ...]
    best: float | None = None

    @property
    def scale(self) -> str:
        """Say in words what the distances on it are logarithms of; "" on a plain axis."""
        unit = " %" if self.label.endswith(", %") else ""
        lacking = "" if self.best is None else f" of what lacks to {self.best:g}{unit}"
        return f"log scale{lacking}" if self.log else ""

    def fraction(self, value: float) -> float:
        """Give the place of a value as a fraction of the axis; what a logarithm cannot show lies below it, at -1."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        if self.best is not None:
            lacks, most = self.best - value, self.best - self.low
            return 2.0 if lacks <= 0 else math.log(most / lacks) / math.log(most / (self.best - self.high))
        if value <= 0:
            return -1.0
        return math.log(value / self.low) / math.log(self.high / self.low)

    def at(self, fraction: float) -> float:
        """Give the value at a fraction of the axis."""
        if self.log and self.best is not None:
            most = self.best - self.low
            return float(self.best - most * ((self.best - self.high) / most) ** fraction)
        if self.log:
            return float(self.low * (self.high / self.low) ** fraction)
        return self.low + fraction * (self.high - self.low)


def size_axis(label: str, low: float, high: float, *, log: bool, room: float) -> Axis:
    """Give the horizontal axis of sizes n; `room` is its length in the units of the panel."""

    def fits(values: Sequence[float]) -> bool:
        places = [room * Axis("", low, high, log, ()).fraction(value) for value in values]
        widths = [CHARACTER * len(size(value)) for value in values]
        return all(places[i + 1] - places[i] >= (widths[i] + widths[i + 1]) / 2 + 7 for i in range(len(values) - 1))

    return Axis(label, low, high, log, _ticks(low, high, log, fits, size))


def metric_axis(label: str, low: float, high: float, *, log: bool, room: float, best: float | None = None) -> Axis:
    """Give the vertical axis of a metric; `room` is its length in the units of the panel, `best` that of a score."""
    if log and best is not None:
        return _score_axis(label, low, high, room, best)

    def fits(values: Sequence[float]) -> bool:
        places = [room * Axis("", low, high, log, ()).fraction(value) for value in values]
        return all(places[i + 1] - places[i] >= 24 for i in range(len(values) - 1))

    return Axis(label, low, high, log, _ticks(low, high, log, fits, None))


def value_axis(
    label: str, low: float, high: float, *, log: bool, room: float, write: Callable[[float], str], upright: bool = False
) -> Axis:
    """Give an axis of any values, whose labels `write` gives; `room` is its length, `upright` says that it is vertical."""

    def fits(values: Sequence[float]) -> bool:
        places = [room * Axis("", low, high, log, ()).fraction(value) for value in values]
        widths = [10.0 if upright else CHARACTER * len(write(value)) for value in values]
        return all(places[i + 1] - places[i] >= (widths[i] + widths[i + 1]) / 2 + 14 for i in range(len(values) - 1))

    return Axis(label, low, high, log, _ticks(low, high, log, fits, write))


def _score_axis(label: str, low: float, high: float, room: float, best: float) -> Axis:
    """Give the axis of a score, logarithmic in what it lacks to its best value, whose ticks are round in that."""
    lacks = metric_axis(label, best - high, best - low, log=True, room=room)
    values = [best - tick.value for tick in lacks.ticks if tick.label]
    digits = max((_digits(value) for value in values), default=0)
    ticks = [Tick(best - tick.value, f"{best - tick.value:,.{digits}f}" if tick.label else "") for tick in lacks.ticks]
    return Axis(label, low, high, True, tuple(sorted(ticks, key=lambda tick: tick.value)), best)


def _ticks(
    low: float,
    high: float,
    log: bool,
    fits: Callable[[Sequence[float]], bool],
    write: Callable[[float], str] | None,
) -> tuple[Tick, ...]:
    labelled = _chosen(low, high, log, fits)
    every = _mantissas(low, high, range(1, 10)) if log else []
    text = write or _writer(labelled)
    wide = log and len(_mantissas(low, high, (1, 2, 5))) >= 3
    small = [value for value in every if value not in labelled] if wide else []
    ticks = [Tick(value, text(value)) for value in labelled] + [Tick(value, "") for value in small]
    return tuple(sorted(ticks, key=lambda tick: tick.value))


def _chosen(low: float, high: float, log: bool, fits: Callable[[Sequence[float]], bool]) -> list[float]:
    """Give the labelled values: the densest regular choice that has room."""
    if log and len(_mantissas(low, high, (1, 2, 5))) >= 3:
        for mantissas in ((1, 2, 5), (1, 3), (1,)):
            values = _mantissas(low, high, mantissas)
            if len(values) >= 2 and fits(values):
                return values
        decades = _mantissas(low, high, (1,))
        for stride in range(2, len(decades)):
            if fits(decades[::stride]):
                return decades[::stride]
    step = 10.0 ** math.floor(math.log10((high - low) / 6))
    while True:
        for factor in (1, 2, 5):
            values = _multiples(low, high, factor * step)
            if len(values) <= 8 and fits(values):
                return values
        step *= 10


def _mantissas(low: float, high: float, mantissas: Sequence[int]) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [float(f"{mantissa}e{decade}") for decade in decades for mantissa in mantissas]
    return [value for value in values if low * 0.9999 <= value <= high * 1.0001]


def _multiples(low: float, high: float, step: float) -> list[float]:
    slack = 1e-6 * (high - low)
    first, last = math.ceil((low - slack) / step), math.floor((high + slack) / step)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _writer(values: Sequence[float]) -> Callable[[float], str]:
    """Write losses with as many places as the values need, the same for all unless they span decades."""
    digits = max((_digits(value) for value in values), default=0)
    spans = bool(values) and min(values) > 0 and max(values) / min(values) >= 20
    if spans:
        return lambda value: f"{value:.{_digits(value)}f}"
    return lambda value: f"{value:,.{digits}f}".replace("-", "−")


def _digits(value: float) -> int:
    text = f"{value:.10f}".rstrip("0")
    return len(text.partition(".")[2])
