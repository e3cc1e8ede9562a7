"""A metric as its user knows it: its name, unit and direction, and how values and losses turn into each other.

A forecast is made of losses, lower is better; a person reads the metric that was measured. Every conversion is here.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

Values = TypeVar("Values", float, Any)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: value = best - per_loss * loss where higher is better, else per_loss * loss.

    `name` is the user's, `loss` names the loss. `best` is the value of a perfect score. `unit` follows a value: "%" of one
    in percent. `in_percent` says that the values are fractions and are written in percent. `nominal` says that `best` is
    only the end of the scale, as of BLEU: nobody reaches it, so what lacks to it is evidence of nothing.
    """

    name: str
    loss: str
    higher_is_better: bool = False
    best: float = 0.0
    per_loss: float = 1.0
    unit: str = ""
    in_percent: bool = False
    nominal: bool = False

    @classmethod
    def of_loss(cls, name: str) -> "Metric":
        """Give the metric that is a loss already."""
        return cls(name, name)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Metric":
        """Give the metric that `to_dict` described."""
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)

    def value(self, loss: Values) -> Values:
        """Give the metric's value of a loss, a number or an array."""
        return self.best - self.per_loss * loss if self.higher_is_better else self.per_loss * loss

    def loss_of(self, value: Values) -> Values:
        """Give the loss of a value, a number or an array."""
        return (self.best - value) / self.per_loss if self.higher_is_better else value / self.per_loss

    def ends(self, low: float, high: float) -> tuple[float, float]:
        """Give the interval of values, the lower end first, of an interval of losses."""
        one, other = self.value(low), self.value(high)
        return (other, one) if self.higher_is_better else (one, other)

    @property
    def shown(self) -> "Metric":
        """Give the metric as it is written: fractions that are written in percent become percent."""
        if not self.in_percent:
            return self
        return replace(self, best=100 * self.best, per_loss=100 * self.per_loss, unit="%", in_percent=False)

    def write(self, loss: float, low: float | None = None, high: float | None = None) -> str:
        """Write a loss as a value with its unit, to the digits that its interval of losses `low` to `high` bears."""
        shown = self.shown
        return f"{_written(shown.value(loss), _digits(shown, loss, low, high))}{_unit(shown.unit)}"

    def write_given(self, loss: float) -> str:
        """Write a loss as a value that somebody gave: to six digits, none for show."""
        return f"{self.shown.value(loss):.6g}{_unit(self.shown.unit)}"

    def write_interval(self, low: float, high: float) -> str:
        """Write an interval of losses as values, the lower first, the unit once."""
        shown = self.shown
        digits = _digits(shown, low, low, high)
        one, other = (_written(end, digits) for end in shown.ends(low, high))
        return f"{one} to {other}{_unit(shown.unit)}"

    def write_gain(self, before: float, after: float, low: float, high: float) -> str:
        """Write how much better a loss is than the one before it: "2.3 points less", or "more" where higher is better.

        `low` to `high` is the interval of the loss after it, which says how many digits it bears.
        """
        shown = self.shown
        change = shown.per_loss * (after - before) * (-1 if shown.higher_is_better else 1)
        digits = _digits(shown, after, low, high)
        return f"{_amount(shown, _written(abs(change), digits))} {'less' if change < 0 else 'more'}"

    def write_amount(self, change: float) -> str:
        """Write how large a change of loss is, in the metric's unit to two digits: "2.3 points"."""
        shown = self.shown
        return _amount(shown, f"{abs(shown.per_loss * change):.2g}")

    def write_change(self, change: float, low: float, high: float) -> str:
        """Write a change of loss with its interval: "2.3 points (90 % interval -1.1 to 3.4)"."""
        middle, between = self._change(change, low, high)
        return f"{middle} {between}"

    def write_lead(self, lead: float, low: float, high: float) -> str:
        """Write by how much a loss is lower than another: "2.3 points higher (90 % interval 1.1 to 3.4)"."""
        middle, between = self._change(lead, low, high)
        return f"{middle} {'higher' if self.higher_is_better else 'lower'} {between}"

    def _change(self, change: float, low: float, high: float) -> tuple[str, str]:
        shown = self.shown
        digits = _digits(shown, change, low, high)
        middle, one, other = (_written(shown.per_loss * end, digits) for end in (change, low, high))
        return _amount(shown, middle), f"(90 % interval {one} to {other})"


def _digits(metric: Metric, loss: float, low: float | None, high: float | None) -> int:
    """Give the decimals of a value: two digits of its interval's width, or three of its loss."""
    width = 0.0 if low is None or high is None else abs(high - low) * metric.per_loss
    if width > 0 and math.isfinite(width):
        return min(max(1 - math.floor(math.log10(width)), 0), 6)
    size = abs(loss) * metric.per_loss
    return min(max(2 - math.floor(math.log10(size)), 0), 6) if size > 0 and math.isfinite(size) else 3


def _written(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text  # no -0.0


def _amount(shown: Metric, text: str) -> str:
    """Give a difference of values with its unit: of percent, points."""
    points = " point" if text in ("1", "-1") else " points"
    return f"{text}{points if shown.unit == '%' else _unit(shown.unit)}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
