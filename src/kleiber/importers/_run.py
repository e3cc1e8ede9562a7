"""What a tracker's file or folder holds: runs, each with parameters and the history of its metrics as it was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Series:
    """A metric's history in the order of writing: m steps, values, and where they are known the epochs."""

    step: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    epoch: list[float] | None = None

    def add(self, step: float, value: float, epoch: float | None = None) -> None:
        """Add what was written next."""
        self.step.append(step)
        self.value.append(value)
        if epoch is not None or self.epoch is not None:
            known = self.epoch if self.epoch is not None else [float("nan")] * (len(self.step) - 1)
            known.append(float("nan") if epoch is None else epoch)
            self.epoch = known


@dataclass(slots=True)
class Run:
    """A run: its name and place, its parameters as `data.n` is written, and each metric's history.

    `state` is how it ended, "" where nothing says so; `group` the experiment or study that it belongs to; `counted` the
    number of training examples that the source itself holds, with what says so. `kept` is the epoch or step of the
    checkpoint that was kept. `higher` is the direction of metrics that the source states; `validation` names metrics of
    the validation set whose names do not say so. `zero_unknown` says that a 0.0 may stand for a value that is not finite.
    `marks` are the codes of what was noticed (`_marks`).
    """

    name: str
    place: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    state: str = ""
    group: str = ""
    counted: tuple[float, str] | None = None
    kept: tuple[str, float] | None = None
    higher: dict[str, bool] = field(default_factory=dict)
    validation: frozenset[str] = frozenset()
    zero_unknown: bool = False
    marks: list[str] = field(default_factory=list)

    def add(self, metric: str, step: float, value: float, epoch: float | None = None) -> None:
        """Add a value of a metric as it was written next."""
        found = self.series.get(metric)
        if found is None:
            found = self.series[metric] = Series()
        found.add(step, value, epoch)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody says of a tracker's runs: parameters that are size, seed, model and group, the metric, and the rule."""

    n: str | None = None
    seed: str | None = None
    model: str | None = None
    group: str | None = None
    metric: str | None = None
    keep: str | None = None
    pool: float | None = None
    higher: bool | None = None


def flat(given: Mapping[str, Any], before: str = "", *, depth: int = 8, most: int = 2000) -> dict[str, Any]:
    """Give nested parameters as one level, as in {"data.n": 200}: numbers, texts and booleans, to a depth and a number."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        if len(found) >= most:
            break
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            if depth > 1:
                found |= flat(value, f"{name}.", depth=depth - 1, most=most - len(found))
        elif isinstance(value, str | int | float | bool):
            found[name] = value[:1000] if isinstance(value, str) else value
    return found


def number(value: Any) -> float | None:
    """Give a value of a metric as a number; "NaN", "Infinity" and the like are numbers too, None is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    if isinstance(value, str):
        try:
            return float(value.strip())
        except ValueError:
            return None
    return None
