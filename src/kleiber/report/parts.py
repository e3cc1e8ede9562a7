"""Which metrics of a model belong beside each other by their names: training beside test, and one class beside another."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PARTS = {
    "train": "training", "training": "training", "tr": "training", "val": "validation", "valid": "validation",
    "validation": "validation", "dev": "validation", "test": "test", "eval": "test",
}  # fmt: skip
_PART = re.compile(rf"({'|'.join(sorted(PARTS, key=len, reverse=True))})[ _/.:-]+(.+)", re.IGNORECASE)
_CLASS = re.compile(
    r"(recall|precision|f1(?:[ _-]score)?|accuracy|acc|error|iou|ap|auc|sensitivity|specificity|dice)"
    r"[ _/.:-]+(?:class[ _/.:-]*)?(.+)",
    re.IGNORECASE,
)
_MEANS = {"macro", "micro", "weighted", "mean", "avg", "average", "rate", "score", "all", "total"}


@dataclass(frozen=True, slots=True)
class Beside:
    """Curves of one model that belong in one figure: `what` they are, and the curves under their names there."""

    model: str
    what: str
    kind: str
    curves: tuple[Mapping[str, Any], ...]


def part_of(metric: str) -> tuple[str, str]:
    """Give the part of the data that a metric names ("" for none), and the rest of its name."""
    match = _PART.fullmatch(metric)
    return (PARTS[match[1].lower()], match[2]) if match else ("", metric)


def class_of(metric: str) -> tuple[str, str] | None:
    """Give the score and the class that a metric names, as in recall_cat; None where it names no class."""
    match = _CLASS.fullmatch(metric)
    return None if match is None or match[2].lower() in _MEANS else (match[1], match[2])


def beside(curves: Sequence[Mapping[str, Any]]) -> list[Beside]:
    """Give the groups of two curves or more: each score in the parts of the data, then each score of the classes."""
    parts: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    classes: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for curve in (curve for curve in curves if curve["points"]):
        model, scale = str(curve.get("model") or ""), curve["scale"]
        alike = (str(scale["higher_is_better"]), str(scale["unit"]))
        part, rest = part_of(str(curve.get("metric") or ""))
        if part:
            parts.setdefault((model, rest, *alike), []).append(_named(curve, part, rest))
        told = class_of(rest)
        if told:
            score = f"{part} {told[0]}".strip()
            classes.setdefault((model, score, *alike), []).append(_named(curve, told[1], score))
    found = [Beside(key[0], key[1], "parts", tuple(group)) for key, group in parts.items() if len(group) > 1]
    return found + [Beside(key[0], key[1], "classes", tuple(group)) for key, group in classes.items() if len(group) > 1]


def _named(curve: Mapping[str, Any], name: str, metric: str) -> dict[str, Any]:
    """Give a curve under the name that it has in the figure, without the target, which is of another metric."""
    forecast = {**curve["forecast"], "target": None}
    return {**curve, "model": name, "metric": metric, "scale": {**curve["scale"], "name": metric}, "forecast": forecast}
