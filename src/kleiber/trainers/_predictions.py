"""What a fitted estimator says of examples, measured: by its probabilities, by its decision function, or by its labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.trainers import _parts
from kleiber.trainers._judge import judged, measured_names
from kleiber.trainers._metrics import measure

Array = NDArray[np.float64]

FAR_OFF = 1e-3  # by which probabilities may be below 0, and a row's sum off 1: in 32 bits some of GaussianNB's are 2
BY_LABEL = ("error", "balanced_error")  # metrics that need no more than the class that is named


@dataclass(frozen=True, slots=True)
class Classes:
    """What is known of the classes: how many there are, and of the n training examples, how many each has `(c,)`.

    `names` are theirs, empty where no class is measured alone; `sources` those of the test set's examples.
    """

    count: int
    seen: NDArray[np.int64]
    names: Sequence[str] = ()
    sources: _parts.Sources = field(default_factory=dict)

    @classmethod
    def of(
        cls, y: NDArray[np.int64], count: int, names: Sequence[str] = (), sources: _parts.Sources = _parts.NO_SOURCES
    ) -> "Classes":
        """Count the training targets `(n,)`."""
        return cls(count, np.bincount(y, minlength=count), names, sources)

    @property
    def n(self) -> int:
        """Number of training examples."""
        return int(self.seen.sum())

    @property
    def unseen(self) -> NDArray[np.int64]:
        """Classes without a training example."""
        return np.flatnonzero(self.seen == 0)


def says(estimator: Any) -> str:
    """Name by which method an estimator says most: "predict_proba", "decision_function" or "predict"."""
    return next((name for name in ("predict_proba", "decision_function") if hasattr(estimator, name)), "predict")


def names_for(estimator: Any, kind: str, metrics: Sequence[str]) -> list[str]:
    """Give the names of the metrics that an estimator can be measured by; no loss where it names classes alone."""
    names = measured_names(kind, metrics)
    if kind == "regression" or says(estimator) != "predict":
        return names
    return [name for name in names if name in BY_LABEL]


def measure_classes(
    estimator: Any, inputs: Sequence[Any], y: Sequence[NDArray[Any]], classes: Classes, names: Sequence[str]
) -> tuple[list[dict[str, float]], list[str]]:
    """Measure a classifier on several sets of inputs and targets `(m,)`, the validation set first; with what is to be said.

    Probabilities become the log loss as scikit-learn's `log_loss` has it, a class that the training examples lack having
    the probability 1 / (n + classes) (Laplace). The values of a decision function become probabilities as
    `_judge.judged` says. On all sets but the first each class of `classes.names` is measured alone too.
    """
    labels = [np.asarray(estimator.predict(x)) for x in inputs]
    by_label = [
        {name: measure(name, _one_hot(said, classes.count), truth, 0.0) for name in names if name in BY_LABEL}
        for said, truth in zip(labels, y, strict=True)
    ]
    rest = [name for name in names if name not in BY_LABEL]
    how, told = says(estimator), _told(labels[0], y[0], classes)
    if not rest or how == "predict":
        wrong = [said.reshape(-1) != truth for said, truth in zip(labels, y, strict=True)]
        alone = [
            _parts.of_each(np.asarray(t), classes.names, wrong=w, sources=classes.sources)
            for t, w in zip(y[1:], wrong[1:], strict=True)
        ]
        return [{**one, **parts} for one, parts in zip(by_label, [{}, *alone], strict=True)], told
    said = [_columns(getattr(estimator, how)(x), estimator, classes, how) for x in inputs]
    if how == "predict_proba":
        scaled = [_scaled(p, estimator) for p in said]
        said = [p for p, _ in scaled]
        told += [scaled[0][1]] if scaled[0][1] else []
        found = [
            _by_probability(p, np.asarray(truth), rest, classes, ones.reshape(-1) if number else None)
            for number, (p, truth, ones) in enumerate(zip(said, y, labels, strict=True))
        ]
        surprised = int(np.sum(said[0][np.arange(len(y[0])), y[0]] <= 0))
        told += [f"{surprised} of {len(y[0])} validation examples had probability 0 for their class"] if surprised else []
    else:
        found = judged(said, y, classes.seen / classes.n, classes.n, rest, classes=classes.names, sources=classes.sources)
        told.append("its decision function was scaled to probabilities on the validation set")
    return [{**one, **other} for one, other in zip(by_label, found, strict=True)], told


def measure_numbers(
    estimator: Any,
    inputs: Sequence[Any],
    y: Sequence[NDArray[Any]],
    names: Sequence[str],
    sources: _parts.Sources = _parts.NO_SOURCES,
) -> list[dict[str, float]]:
    """Measure a regressor on several sets of inputs and targets `(m,)`: the loss is the mean squared error.

    sources: of all sets but the first, the validation set.
    """
    found = []
    for number, (x, truth) in enumerate(zip(inputs, y, strict=True)):
        said = np.asarray(estimator.predict(x), dtype=np.float64).reshape(len(truth), -1)
        if said.shape[1] != 1:
            raise KleiberError(f"{type(estimator).__name__} predicts {said.shape[1]} numbers an example; a study has one")
        loss = float(np.mean((said[:, 0] - truth) ** 2))
        alone = _parts.of_numbers(said[:, 0], np.asarray(truth), sources if number else {})
        found.append({name: measure(name, said[:, 0], np.asarray(truth), loss) for name in names} | alone)
    return found


def _one_hot(labels: NDArray[Any], count: int) -> Array:
    return np.eye(count)[labels.astype(np.int64).reshape(-1)]


def _told(labels: NDArray[Any], y: NDArray[Any], classes: Classes) -> list[str]:
    told = []
    if len(classes.unseen):
        told.append(f"{len(classes.unseen)} of {classes.count} classes have no example among the {classes.n:,}")
    if len(np.unique(labels)) == 1 and len(np.unique(y)) > 1:
        told.append("it says the same class for every validation example")
    return told


def _columns(values: Any, estimator: Any, classes: Classes, how: str) -> Array:
    """Lay columns out over all classes by `classes_`, which lacks those that were not among the training examples."""
    said = np.asarray(values)
    if how == "decision_function" and said.ndim == 1:
        said = np.stack([-said / 2, said / 2], axis=1)
    known = getattr(estimator, "classes_", None)
    seen = np.flatnonzero(classes.seen) if known is None else np.asarray(known).astype(np.int64)
    if said.ndim == 2 and said.shape[1] == classes.count != len(seen):
        return np.asarray(said)
    if said.ndim != 2 or said.shape[1] != len(seen):
        raise KleiberError(
            f"{type(estimator).__name__}.{how} gives the shape {said.shape}, but {len(seen)} classes were seen; "
            'with one column a class it can be measured, else write  metric = "error"'
        )
    lowest = said.min(axis=1, keepdims=True) if how == "decision_function" else np.zeros((len(said), 1), said.dtype)
    out = np.repeat(lowest, classes.count, axis=1)
    out[:, seen] = said
    return out


def _scaled(p: Array, estimator: Any) -> tuple[Array, str]:
    """Give rows `(m, c)` that add up to 1, with what is to be said where some did not; refuse numbers below 0."""
    if (p < -FAR_OFF).any():
        raise KleiberError(
            f"{type(estimator).__name__}.predict_proba gives {np.nanmin(p):.3g}, which is no probability. Mend it, or "
            'write  metric = "error"'
        )
    sums = p.sum(axis=1, keepdims=True)
    off = (np.abs(sums - 1.0) > FAR_OFF) & (sums > 0)  # not those that are no number, which are a divergence
    said = f"the probabilities of {off.sum()} of {len(p)} validation examples do not add up to 1, so they were scaled"
    return np.where(off, p / np.where(off, sums, 1.0), p), said if off.any() else ""


def _by_probability(
    p: Array, y: NDArray[Any], names: Sequence[str], classes: Classes, labels: NDArray[Any] | None
) -> dict[str, float]:
    """Measure by probabilities, and each class alone where the labels `(m,)` that were predicted are given."""
    tiny = float(np.finfo(p.dtype).eps)  # as scikit-learn's log_loss has it
    if len(classes.unseen):
        share = 1.0 / (classes.n + classes.count)
        p = p * (1.0 - share * len(classes.unseen))
        p[:, classes.unseen] = share
    log_p = np.log(np.clip(p.astype(np.float64), tiny, 1.0))
    losses = -log_p[np.arange(len(y)), y]
    wrong, sources = None if labels is None else labels != y, classes.sources
    alone = {} if wrong is None else _parts.of_each(y, classes.names, wrong=wrong, losses=losses, sources=sources)
    return {**{name: measure(name, log_p, y, float(losses.mean())) for name in names}, **alone}
