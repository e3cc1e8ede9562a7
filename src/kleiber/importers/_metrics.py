"""What a metric's name and values say: a loss already, or a rate in which higher is better, as a fraction or in percent."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

Array = NDArray[np.float64]

HIGHER_IS_BETTER = ("auc", "auroc", "f1", "precision", "recall")
ERROR_RATE = re.compile(
    r"(.*_)?error_rate|((test|train|training|val|valid|validation|dev|balanced|mean|top_?\d+|classification|"
    r"misclassification|zero_one|0_1)_)*((mis)?classification_)?error"
)
NOT_A_RATE = ("mean_error",)


def as_loss(metric: str, values: Sequence[float], *, unit: str | None = None) -> tuple[str, list[float], str | None]:
    """Turn a metric's values into a loss, lower is better: name, values, and a sentence on what was read into them.

    Accuracies become errors as fractions of 1; AUC, F1, precision and recall become 1 minus themselves; any other
    metric is a loss already and stays as it is. `unit` is "fraction" or "percent" of a rate; None takes accuracies
    above 1 as percent and leaves errors alone. Raises `KleiberError` where they lie on both sides of 1, or above 100 %.
    """
    given = np.asarray(values, dtype=np.float64)
    name, losses, note = losses_of(metric, given, unit=unit)
    return name, list(values) if losses is given else losses.tolist(), note


def losses_of(metric: str, values: Array, *, unit: str | None = None) -> tuple[str, Array, str | None]:
    """Turn values into a loss as `as_loss` does, `(m,)`; those of a loss are given back themselves."""
    if unit not in (None, "fraction", "percent"):
        raise KleiberError(f"unit {unit!r} of {metric!r}: it is 'fraction' or 'percent'")
    name = _plain(metric)
    if is_error_rate(metric) and unit is not None:
        _top(metric, values, unit)
    if is_error_rate(metric) and unit == "percent":
        return metric, values / 100, f"{metric!r} was read in percent; losses are fractions of 1."
    accuracy = _is_accuracy(name)
    if not accuracy and name not in HIGHER_IS_BETTER:
        above = is_error_rate(metric) and bool((values > 1).any())
        return metric, values, f"{metric!r} has values above 1 and was taken as it is." if above else None
    loss_name = "error" if name == "acc" else name.replace("accuracy", "error") if accuracy else f"1 - {name}"
    top = _top(metric, values, unit)
    scale = " in percent" if top > 1 else ""
    note = f"{metric!r} was read{scale} as higher-is-better; the loss is {loss_name!r}, as a fraction of 1."
    return loss_name, (top - values) / top, note


def scale_of(metric: str, values: Sequence[float] | Array, *, unit: str | None = None) -> float:
    """Give what `as_loss` divides a metric's values by: 100 where they are in percent, else 1; also for their errors."""
    name = _plain(metric)
    if _is_accuracy(name) or name in HIGHER_IS_BETTER:
        return _top(metric, np.asarray(values, dtype=np.float64), unit)
    return 100.0 if unit == "percent" and is_error_rate(metric) else 1.0


def is_error_rate(metric: str) -> bool:
    """Say whether a metric's name is that of a share of wrong answers, which as a fraction lies between 0 and 1.

    So are `error`, `test_error`, `top5_error` and whatever ends in `error_rate`; `mean_squared_error` is not.
    """
    name = _plain(metric)
    return name not in NOT_A_RATE and ERROR_RATE.fullmatch(name) is not None


def is_rate(metric: str) -> bool:
    """Say whether a metric is a share, which comes as a fraction or in percent: an error, an accuracy, an AUC, ..."""
    name = _plain(metric)
    return is_error_rate(metric) or _is_accuracy(name) or name in HIGHER_IS_BETTER


def names_of(metric: str | None) -> tuple[str, ...]:
    """Give the names that a curve may have for someone who asks for this metric; none where nobody asks."""
    return () if metric is None else (metric, as_loss(metric, [0.5])[0], f"{metric}_error")


def _plain(metric: object) -> str:
    if not isinstance(metric, str) or not metric.strip():
        raise KleiberError(f"metric is {metric!r}: it is a name, such as 'error'")
    return metric.strip().lower().replace(" ", "_").replace("-", "_")


def _is_accuracy(name: str) -> bool:
    return name == "acc" or name.endswith("accuracy")


def _top(metric: str, values: Array, unit: str | None) -> float:
    """Give the value of a perfect score: 1, or 100 where it is in percent."""
    finite = values[np.isfinite(values)]
    percent = unit == "percent" or (unit is None and bool((finite > 1).any()))
    top = 100.0 if percent else 1.0
    if (finite > top).any():
        raise KleiberError(
            f"{metric!r} has the value {finite.max():g}, above {top:g}: it is no rate so; name it as another metric"
        )
    below = finite[(finite > 0) & (finite <= 1)]
    if unit is None and percent and len(below):
        raise KleiberError(
            f"{metric!r} mixes values above 1 (such as {finite.max():g}) and below (such as {below[0]:g}): "
            "percent or fraction? Give all in one unit, or name it: unit='percent' (--unit percent)"
        )
    return top
