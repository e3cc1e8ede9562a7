"""Which of several models is best where, from the small sizes measured to where the forecasts end, in one sentence.

A model is best at a size where the 90 % band of its curve is better than those of all others. Two models change places
somewhere between the sizes at which their bands part, which is an interval of at least 90 %.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kleiber.wording import called, size, unit_of

GRID = 97  # sizes, evenly in their logs, at which the bands are read
MOST = 3  # models that are named, the last ones


@dataclass(frozen=True, slots=True)
class Lead:
    """A model that is best from the first of these sizes to the last."""

    model: str
    first: float
    last: float


def leads(curves: Sequence[Mapping[str, Any]]) -> list[Lead]:
    """Give the models that are best somewhere, by the sizes where they are; curves of one metric in the findings."""
    bands = {str(curve["model"]): curve["forecast"]["band"] for curve in curves if curve["forecast"].get("band")}
    if len(bands) < 2:
        return []
    low, high = (end(band["n"][place] for band in bands.values()) for end, place in ((max, 0), (min, -1)))
    if not low < high:
        return []
    higher = bool(curves[0]["scale"]["higher_is_better"])
    found: list[Lead] = []
    for i in range(GRID):
        n = low * (high / low) ** (i / (GRID - 1))
        model = _best(bands, n, higher=higher)
        if model and found and found[-1].model == model:
            found[-1] = Lead(model, found[-1].first, n)
        elif model:
            found.append(Lead(model, n, n))
    return found


def _best(bands: Mapping[str, Mapping[str, Sequence[float]]], n: float, *, higher: bool) -> str:
    """Give the model whose band is better than all others at a size, "" where none is."""
    worst, best = ("low90", "high90") if higher else ("high90", "low90")
    sign = 1.0 if higher else -1.0
    ends = {model: (sign * _at(band, worst, n), sign * _at(band, best, n)) for model, band in bands.items()}
    first = max(ends, key=lambda model: ends[model][0])
    return first if all(ends[first][0] > top for model, (_, top) in ends.items() if model != first) else ""


def _at(band: Mapping[str, Sequence[float]], name: str, n: float) -> float:
    """Give a column of a band at a size, linear in its log."""
    sizes, values = band["n"], band[name]
    for (a, one), (b, other) in pairwise(zip(sizes, values, strict=True)):
        if n <= b * (1 + 1e-9):
            return one + (other - one) * min(max(math.log(n / a) / math.log(b / a), 0.0), 1.0)
    return values[-1]


def where(curves: Sequence[Mapping[str, Any]], *, always: bool) -> str:
    """Say which model is best where, in two sentences at most; "" where bands tell none apart.

    Where one is best throughout it is said `always`, or not.
    """
    found, bands = leads(curves), [band for curve in curves if (band := curve["forecast"].get("band"))]
    if not found:
        return ""
    low, high = max(band["n"][0] for band in bands), min(band["n"][-1] for band in bands)
    begins, ends = found[0].first <= low * (1 + 1e-9), found[-1].last >= high * (1 - 1e-9)
    if len(found) == 1 and begins and ends and not always:
        return ""
    unit, (first, *others) = unit_of(curves[0].get("unit_of_n")), found[-MOST:]
    begins = begins and len(found) <= MOST and (bool(others) or not ends)
    until = f"up to {_about(first.last)} {unit}" if begins else f"from {_about(first.first)} to {_about(first.last)} {unit}"
    parts = [f"{called(first.model)} is best {until}"]
    parts += [f"{called(one.model)} from {_about(one.first)} to {_about(one.last)}" for one in others]
    beyond = "; beyond that it is too close to call." if len(parts) == 1 else ". Beyond that it is too close to call."
    return f"{', '.join(parts)}{'.' if ends else beyond}"


def _about(n: float) -> str:
    """Write the place where bands part: two digits are more than they tell."""
    return size(float(f"{n:.2g}"))
