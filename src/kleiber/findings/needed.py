"""The interval of the examples that a target takes, from the sizes that its probabilities have in the findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Needed:
    """The examples needed: the size of even chances, the ends of its interval, and the interval's probability.

    A size is None where none searched is enough. `grade` is that of the answer: its own interval counts too.
    """

    low: float | None
    middle: float | None
    high: float | None
    probability: float
    grade: str

    @property
    def between(self) -> str:
        """Name the interval as it is written: "90 % interval"."""
        return f"{100 * self.probability:.0f} % interval"


def needed(target: Mapping[str, Any]) -> Needed:
    """Give the widest interval that the levels of a target of the findings have on both sides of even chances."""
    rows = {round(float(row["probability"]), 6): row for row in target["needed"]}
    low = min(level for level in rows if level <= 0.5 and round(1 - level, 6) in rows)
    ends = (rows[low]["n"], rows[0.5]["n"], rows[round(1 - low, 6)]["n"])
    return Needed(*ends, round(1 - 2 * low, 6), str(target["grade"]))
