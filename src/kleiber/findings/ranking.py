"""Which curve comes first: the metric in percent before the others, and of its models the best, never the first by name."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from kleiber.findings.needed import needed


def groups(curves: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Give the curves of each metric together, best first: the metric of the target leads, else the one in percent."""
    metrics = list(dict.fromkeys(curve["metric"] for curve in curves))
    found = [[curve for curve in curves if curve["metric"] == metric] for metric in metrics]
    found.sort(key=_leads)
    return [best_first(group) for group in found]


def best_first(curves: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give curves of one metric by the data that their target takes, then by what they reach at a size common to all."""
    at = common_size(curves)
    return sorted(curves, key=lambda curve: (curve["forecast"]["status"] != "ok", _needed(curve), _loss_at(curve, at)))


def common_size(curves: Sequence[Mapping[str, Any]]) -> float | None:
    """Give the size at which models are compared: the first asked for beyond all that was measured, None without any."""
    forecasts = [curve["forecast"] for curve in curves if curve["forecast"]["status"] == "ok"]
    largest = max((fc["largest"] or 0.0 for fc in forecasts), default=0.0)
    asked = sorted({float(row["n"]) for fc in forecasts for row in fc["at"]})
    return next((n for n in asked if n > largest), asked[-1] if asked else None)


def _leads(group: Sequence[Mapping[str, Any]]) -> tuple[bool, ...]:
    """Sort metrics: that of the target, one that is not of the training data, one with a forecast, one in percent."""
    asked = any(curve["forecast"].get("target") for curve in group)
    trained = re.match(r"(?:train|training)\b|(?:train|training)_", str(group[0]["metric"])) is not None
    return not asked, trained, all(curve["forecast"]["status"] != "ok" for curve in group), not in_percent(group[0])


def in_percent(curve: Mapping[str, Any]) -> bool:
    """Say whether a curve's metric is written in percent, as people think of it."""
    return bool(curve["scale"]["unit"] == "%" or curve["scale"]["in_percent"])


def _needed(curve: Mapping[str, Any]) -> float:
    """Give the size that is enough for the target with even chances, infinity where none is or none was asked for."""
    target = curve["forecast"].get("target")
    middle = needed(target).middle if target else None
    return math.inf if middle is None else middle


def _loss_at(curve: Mapping[str, Any], n: float | None) -> float:
    """Give the median at a size from the band, lower is better; what was measured last where there is no forecast."""
    sign = -1.0 if curve["scale"]["higher_is_better"] else 1.0
    band = curve["forecast"].get("band")
    if n is not None and band:
        rows = list(zip(band["n"], band["median"], strict=True))
        for (a, low), (b, high) in pairwise(rows):
            if a <= n <= b:
                return sign * float(low + (high - low) * math.log(n / a) / math.log(b / a))
        return sign * float(rows[-1][1])
    return sign * float(curve["points"][-1]["mean"]) if curve["points"] else math.inf
