"""The space that a search draws hyper-parameters from: named ranges and choices.

Written as plain data, in Python or TOML: `{"lr": {"low": 1e-6, "high": 0.1, "log": True}, "batch_size": [4, 16, 64]}`.
A range whose bounds are both whole numbers draws whole numbers; a list is a choice.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kleiber.errors import KleiberError
from kleiber.records import finite

_END = {"min": "low", "max": "high", "lower": "low", "upper": "high", "from": "low", "to": "high"}
EDGE = 0.02  # share of a range, in its own scale, that counts as its edge


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included, uniform in the number or, with `log`, in its logarithm."""

    low: float
    high: float
    log: bool = False

    @property
    def integer(self) -> bool:
        """Whether whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, each as likely."""

    values: tuple[Any, ...]


Space = dict[str, Range | Choice]


def parse_space(entries: Mapping[str, Any]) -> Space:
    """Give the space that plain data describe; raises `KleiberError` that names the parameter and what is wrong."""
    return {name: _parse(name, entry) for name, entry in sorted(entries.items())}


def middles(space: Space) -> list[dict[str, Any]]:
    """Give what a search asks for on the whole: the middle of each range, in its own scale, with each value of a choice.

    Choices are gone through side by side, so that there are as many settings as the longest of them has values.
    """
    count = max((len(entry.values) for entry in space.values() if isinstance(entry, Choice)), default=1)
    return [{name: _middle(entry, turn) for name, entry in space.items()} for turn in range(count)]


def _middle(entry: Range | Choice, turn: int) -> Any:
    if isinstance(entry, Choice):
        return entry.values[turn % len(entry.values)]
    value = math.sqrt(entry.low * entry.high) if entry.log else (entry.low + entry.high) / 2
    return round(value) if entry.integer else value


def plain(space: Space) -> dict[str, Any]:
    """Give the plain data that `parse_space` makes the space of."""
    return {name: list(entry.values) if isinstance(entry, Choice) else asdict(entry) for name, entry in space.items()}


def dimensions(space: Space) -> int:
    """Give the number of coordinates of a setting: one for a range or a choice of two, one a value for a longer choice."""
    return sum(map(_width, space.values()))


def coordinates(space: Space, params: Mapping[str, Any]) -> list[float]:
    """Give a setting as a point of the unit cube, `(dimensions,)`: each range in its own scale, each choice as corners."""
    return [x for name, entry in space.items() for x in _coordinates(entry, params[name])]


def setting(space: Space, point: Sequence[float]) -> dict[str, Any]:
    """Give the setting at a point of the unit cube, uniform in each range's own scale and over a choice's values."""
    found, left = {}, [float(x) for x in point]
    for name, entry in space.items():
        own, left = left[: _width(entry)], left[_width(entry) :]
        found[name] = _at(entry, own)
    return found


def _width(entry: Range | Choice) -> int:
    return len(entry.values) if isinstance(entry, Choice) and len(entry.values) > 2 else 1


def _coordinates(entry: Range | Choice, value: Any) -> list[float]:
    if isinstance(entry, Choice):
        place = entry.values.index(value)
        return [float(place)] if _width(entry) == 1 else [float(place == i) for i in range(_width(entry))]
    low, high = _ends_of(entry)
    return [(_scaled(entry, value) - low) / (high - low)]


def _at(entry: Range | Choice, own: Sequence[float]) -> Any:
    if isinstance(entry, Choice):
        place = int(own[0] * len(entry.values)) if len(own) == 1 else max(range(len(own)), key=own.__getitem__)
        return entry.values[min(place, len(entry.values) - 1)]
    low, high = _ends_of(entry)
    value = low + own[0] * (high - low)
    value = math.exp(value) if entry.log else value
    return round(min(max(value, entry.low), entry.high)) if entry.integer else min(max(value, entry.low), entry.high)


def _ends_of(entry: Range) -> tuple[float, float]:
    """Give both ends in the range's own scale; whole numbers have half a step more, so that all are as likely."""
    step = 0.5 if entry.integer else 0.0
    return _scaled(entry, entry.low - step), _scaled(entry, entry.high + step)


def at_edge(space: Space, params: Mapping[str, Any]) -> list[str]:
    """List the parameters that lie within two hundredths of a range's end: the search may have been cut off there."""
    return [name for name, entry in space.items() if isinstance(entry, Range) and _near_end(entry, params[name])]


def edge_share(entry: Range) -> float:
    """Give the share of a range's draws that lie at its edge, as `at_edge` counts it."""
    if not entry.integer:
        return 2.0 * EDGE
    low, high = int(entry.low), int(entry.high)
    values = np.arange(low, high + 1, dtype=float)
    weights = 1.0 / values if entry.log else np.ones(len(values))
    ends = np.array([_near_end(entry, value) for value in values])
    return float(weights[ends].sum() / weights.sum())


def _near_end(entry: Range, value: float) -> bool:
    low, high, x = _scaled(entry, entry.low), _scaled(entry, entry.high), _scaled(entry, value)
    share = (x - low) / (high - low)
    return share < EDGE or share > 1 - EDGE


def _scaled(entry: Range, value: float) -> float:
    return math.log(value) if entry.log else float(value)


def _parse(name: str, entry: Any) -> Range | Choice:
    if isinstance(entry, Range | Choice):
        return entry
    place = f"[search.space] {name}: "
    if isinstance(entry, Sequence) and not isinstance(entry, str):
        if not entry:
            raise KleiberError(f"{place}a choice needs at least one value: {name} = [0.1, 0.01]")
        return Choice(tuple(entry))
    if not isinstance(entry, Mapping):
        value = f'"{entry}"' if isinstance(entry, str) and not _reads_as_number(entry) else entry
        raise KleiberError(f"{place}one value is nothing to search. Write  {name} = {value}  under [params]")
    ends = {_end(key): value for key, value in entry.items()}
    if set(entry) != set(ends) or not {"low", "high"} <= set(ends) <= {"low", "high", "log"}:
        low, high = _ends(ends)
        line = f"{name} = {{ low = {low:g}, high = {high:g}{', log = true' if ends.get('log') else ''} }}"
        raise KleiberError(f"{place}a range has low, high and, if you like, log, not {', '.join(entry)}. Write  {line}")
    low, high, log = entry["low"], entry["high"], bool(entry.get("log", False))
    if not (finite(low) and finite(high)) or low >= high:
        raise KleiberError(f"{place}low must be a number below high, not low = {low!r} with high = {high!r}")
    if log and low <= 0:
        raise KleiberError(f"{place}log = true needs low above 0, not {low!r}; raise it, or remove log = true")
    return Range(low, high, log)


def _end(key: str) -> str:
    """Give the key of a range that one is meant for, or the key itself."""
    near = difflib.get_close_matches(key.lower(), [*_END, "low", "high", "log"], n=1)
    return _END.get(near[0], near[0]) if near else key


def _ends(given: Mapping[str, Any]) -> tuple[float, float]:
    """Give both ends for a line that works, ten times apart where one is missing."""
    low, high = (float(given[end]) if finite(given.get(end)) else None for end in ("low", "high"))
    if low is None:
        high = 0.1 if high is None else high
        return (high / 10 if high > 0 else high - 10), high
    return low, (low * 10 if low > 0 else low + 10) if high is None else high


def _reads_as_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
