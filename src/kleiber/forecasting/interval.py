"""A number that is not known exactly: its median and a central interval."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """Median and central interval of a posterior, with the probability that the interval holds."""

    median: float
    low: float
    high: float
    probability: float = 0.9

    @classmethod
    def of(cls, quantiles: Iterable[float]) -> "Interval":
        """Give the 90 % interval of the quantiles .05, .5 and .95."""
        low, middle, high = map(float, quantiles)
        return cls(median=middle, low=low, high=high)
