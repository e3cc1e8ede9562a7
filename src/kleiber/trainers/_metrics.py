"""Metrics by name, lower is better, of a net's outputs: what is named by its virtue is measured by its lack.

"accuracy" is measured as error, "balanced_accuracy" as balanced_error, "top5_accuracy" as top5_error.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

CLASSIFICATION = ("loss", "error", "balanced_error", "topK_error")
REGRESSION = ("loss", "rmse", "mae")


def metric_name(name: str, kind: str) -> str:
    """Give the lower-is-better name of a metric; raises `KleiberError` for one that the kind of task does not have."""
    lowered = name.lower().replace("-", "_").replace("accuracy", "error").replace("top_", "top")
    known = CLASSIFICATION if kind == "classification" else REGRESSION
    if lowered in known and lowered != "topK_error":
        return lowered
    if kind == "classification" and re.fullmatch(r"top[1-9]\d*_error", lowered):
        return lowered
    raise KleiberError(f"metrics: {name!r} is not known for {kind}; there are {', '.join(known)}")


def not_measured(metric: str, kind: str, names: Sequence[str]) -> str:
    """Say of a study's metric that is not among those measured what there are, and the line that works."""
    try:
        meant = metric_name(metric, kind)
    except KleiberError:
        meant = ""
    line = f'metric = "{meant or "loss"}"'
    if meant and meant not in names:
        line += f' , and  metrics = ["{meant}"] , which measures it'
    return f"metric: {metric!r} is not measured; there are {', '.join(names)}. Write  {line}"


def measure(name: str, outputs: NDArray[np.floating], y: NDArray[Any], loss: float) -> float:
    """Give one metric of the outputs `(m, classes)`, or `(m,)` in the target's unit for regression, against y `(m,)`."""
    if name == "loss":
        return loss
    if name == "error":
        return float(np.mean(outputs.argmax(1) != y))
    if name == "balanced_error":
        wrong = outputs.argmax(1) != y
        return float(np.mean([wrong[y == label].mean() for label in np.unique(y)]))
    if name == "rmse":
        return float(np.sqrt(np.mean((outputs - y) ** 2)))
    if name == "mae":
        return float(np.mean(np.abs(outputs - y)))
    k = min(int(name[3:].removesuffix("_error")), outputs.shape[1])
    best = np.argpartition(-outputs, k - 1, axis=1)[:, :k]
    return float(np.mean(~(best == y[:, None]).any(1)))
