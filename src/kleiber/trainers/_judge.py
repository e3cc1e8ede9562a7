"""From the outputs of a regression to metrics: for classes, by probabilities whose temperature validation chooses.

The outputs of one-hot targets are no probabilities. As logits, scaled by one number and added to the logarithm of the
rung's own class frequencies, they are: the scale minimises the cross-entropy of the validation set, so it can do no worse
there than those frequencies.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from kleiber.trainers import _parts
from kleiber.trainers._metrics import measure, metric_name

Array = NDArray[np.float64]

SCALES = (-6.0, 7.0)  # natural logarithms between which the scale is looked for


def targets_of(y: NDArray[Any], classes: int) -> Array:
    """Give what a regression learns: one-hot rows `(m, classes)` for classes, else `(m, 1)`."""
    return np.eye(classes)[y] if classes else np.asarray(y, dtype=np.float64)[:, None]


def measured_names(kind: str, metrics: Sequence[str]) -> list[str]:
    """Give the names of what is measured, the standard ones first."""
    standard = ("loss", "error") if kind == "classification" else ("loss", "rmse")
    return list(dict.fromkeys((*standard, *(metric_name(name, kind) for name in metrics))))


def judged(
    outputs: Sequence[Array],
    y: Sequence[NDArray[Any]],
    start: Array,
    n: int,
    names: Sequence[str],
    *,
    classes: Sequence[str] = (),
    sources: _parts.Sources = _parts.NO_SOURCES,
) -> list[dict[str, float]]:
    """Measure outputs `(m, c)` beyond `start` `(c,)`, on the validation set first and then on others, against y `(m,)`.

    start: mean of the n training targets; several of them are class frequencies, a single one is a regression's mean.
    classes: their names, of which each is measured alone too, on all sets but the validation set; `sources` likewise.
    """
    if len(start) == 1:
        said = [out[:, 0] + start[0] for out in outputs]
        losses = [float(np.mean((out - truth) ** 2)) for out, truth in zip(said, y, strict=True)]
    else:
        prior = np.log((start * n + 1.0) / (n + len(start)))
        scale = np.exp(minimize_scalar(_loss_at(outputs[0], y[0], prior), bounds=SCALES, method="bounded").x)
        said = [log_softmax(scale * out + prior, axis=1) for out in outputs]
        losses = [_cross_entropy(out, truth) for out, truth in zip(said, y, strict=True)]
    return [
        {name: measure(name, out, np.asarray(truth), loss) for name in names}
        | (_alone(out, np.asarray(truth), classes, sources) if number else {})
        for number, (out, truth, loss) in enumerate(zip(said, y, losses, strict=True))
    ]


def _alone(said: Array, y: NDArray[Any], classes: Sequence[str], sources: _parts.Sources) -> dict[str, float]:
    return _parts.of_numbers(said, y, sources) if said.ndim == 1 else _parts.of_logits(said, y, classes, sources)


def _loss_at(outputs: Array, y: NDArray[Any], prior: Array) -> Any:
    return lambda log_scale: _cross_entropy(log_softmax(np.exp(log_scale) * outputs + prior, axis=1), y)


def _cross_entropy(log_probability: Array, y: NDArray[Any]) -> float:
    return float(-log_probability[np.arange(len(y)), y].mean())
