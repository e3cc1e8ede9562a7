"""Any estimator or pipeline with scikit-learn's manners: the study's `module` names it, `[params]` sets its parameters.

XGBoost, LightGBM and skorch have these manners too. Images become rows of numbers from 0 to 1. Classes are the numbers from
0 up. Every trial has an estimator of its own, its seeds are the trial's, and it computes on one thread.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from kleiber import plugins
from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.seeds import generator
from kleiber.trainers._job import Check
from kleiber.trainers._metrics import not_measured
from kleiber.trainers._predictions import Classes, measure_classes, measure_numbers, names_for
from kleiber.trainers._task import Outcome, Task
from kleiber.trainers._untouched import untouched

with plugins.needing("sklearn", "the trainer sklearn"):
    from threadpoolctl import threadpool_limits

TAKES_TEXT = True
TAKES_MISSING = True  # where the estimator does, which `check` looks at
REHEARSES = True  # anybody's code: one trial with its score is tried before a study begins
HOW = 'module = "mine.py:make_model"'


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    epochs: int = Field(default=1, ge=1)
    """Passes by `partial_fit`, of which the best on the validation set is kept; 1: `fit` is called once."""
    patience: int = Field(default=5, ge=1)
    """Passes without a better one after which training stops."""
    batch: int = Field(default=256, ge=1)
    """Examples of each `partial_fit`."""


def train(task: Task, options: Options) -> Outcome:
    """Fit the study's estimator on the rung, and measure it; what it warned of is the outcome's message."""
    estimators = plugins.heavy("trainers._estimator")
    x, y = rows(task.train), np.asarray(task.train.y)
    parts = [task.validation] if task.test is None else [task.validation, task.test]
    sources = {} if task.test is None else task.test.sources
    inputs, truths = [rows(part) for part in parts], [np.asarray(part.y) for part in parts]
    with threadpool_limits(1), untouched(task.seed) as warned:
        estimator = estimators.make(task.net, task.params, task.seed)
        names = names_for(estimator, task.kind, task.metrics)

        def measured(fitted: Any, sets: int) -> tuple[list[dict[str, float]], list[str]]:
            if task.kind == "regression":
                return measure_numbers(fitted, inputs[:sets], truths[:sets], names, sources), []
            known = Classes.of(y, len(task.classes), task.classes, sources)
            return measure_classes(fitted, inputs[:sets], truths[:sets], known, names)

        epochs = 1
        if options.epochs == 1:
            _fitted(estimator, x, y, task.classes)
        else:
            estimator, epochs = _in_passes(estimator, x, y, task, options, lambda one: _leading(measured(one, 1)[0][0]))
        try:
            found, told = measured(estimator, len(parts))
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise _explained(error, estimator, y, task.classes, "predict after training") from error
    if options.epochs == 1:
        task.report(1, _leading(found[0]))
    split = estimators.inner_split(estimator, task.n)
    return Outcome(
        validation=found[0],
        test=found[1] if task.test is not None else None,
        epochs=epochs,
        examples=epochs * task.n,
        message="; ".join([*told, *([split] if split else []), *warned[:3]]),
        versions=_versions(estimator),
    )


def check(study: Check) -> None:
    """Refuse an estimator that can't be made or does another task, and a metric or device that there is not."""
    if study.net == "lenet":
        raise KleiberError(f"module: name the estimator, its class, or a function that makes it. Write  {HOW}")
    if ":" not in study.net:
        raise KleiberError(f"module: {study.net!r} is no place of an estimator. Write  {HOW}")
    if study.device != "cpu":
        raise KleiberError(f"device: the trainer sklearn computes on the CPU, not on {study.device}; leave out --device")
    estimator = plugins.heavy("trainers._estimator").make(study.net, study.params, 0)
    name, kind = type(estimator).__name__, study.dataset.task
    from_tags = plugins.heavy("trainers._kind").kind_of(estimator)
    if from_tags and from_tags != kind:
        raise KleiberError(f"module: {name} is for {from_tags}, but the data are for {kind}; give another estimator")
    if not hasattr(estimator, "predict"):
        raise KleiberError(f"module: {name} has no predict(X), by which it is measured; give an estimator that predicts")
    known = names_for(estimator, kind, study.metrics)
    if study.metric not in known and kind == "classification" and "loss" not in known:
        lacks = f"{name} has neither predict_proba nor decision_function, so it has no log loss"
        raise KleiberError(f'metric: {lacks}. Write  metric = "error"')
    if study.metric not in known:
        raise KleiberError(not_measured(study.metric, kind, known))
    plugins.heavy("trainers._missing").refuse_missing(estimator, study.dataset, study.missing)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most, by its own account."""
    return float(options.epochs)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "scikit-learn"


def get_ready(reference: str) -> None:
    """Import scikit-learn, before the first task needs it."""
    plugins.heavy("trainers._estimator")


def rows(part: Part) -> Any:
    """Give the examples as an estimator takes them: `(m, d)` float32, images as numbers from 0 to 1; texts as a list."""
    if part.x.ndim == 4:
        return part.x.reshape(len(part), -1).astype(np.float32) / np.float32(255)
    if (texts := part.texts) is not None:
        return np.array(texts, dtype=object)
    return np.array(part.x) if np.isnan(part.x).any() else np.asarray(part.x)  # a forest needs to write where values lack


def _fitted(estimator: Any, x: NDArray[Any], y: NDArray[Any], classes: Sequence[str]) -> None:
    try:
        estimator.fit(x, y)
    except Exception as error:
        raise _explained(error, estimator, y, classes) from error


def _explained(
    error: Exception, estimator: Any, y: NDArray[Any], classes: Sequence[str], what: str = "fit"
) -> KleiberError:
    """Say what failed on which examples, and where a class with few of them may be the reason."""
    said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
    hint = ""
    if classes:
        counts = np.bincount(y, minlength=len(classes))
        least = int(counts.argmin())
        if counts[least] < 5:
            hint = f". Class {classes[least]!r} has {counts[least]} of them: leave out the smallest sizes if that is why"
    return KleiberError(f"{type(estimator).__name__} failed to {what} on {len(y):,} examples: {said}{hint}")


def _in_passes(
    estimator: Any, x: NDArray[Any], y: NDArray[Any], task: Task, options: Options, measured: Any
) -> tuple[Any, int]:
    """Train by `partial_fit` in passes, in the trial's order, and give the best pass's estimator and the passes."""
    if not hasattr(estimator, "partial_fit"):
        name = type(estimator).__name__
        raise KleiberError(f"[training] epochs: {name} has no partial_fit, so it can't be trained in passes; remove epochs")
    order, best, kept, since, epoch = generator(task.seed64, "passes"), np.inf, estimator, 0, 0
    first = {"classes": np.arange(len(task.classes))} if task.kind == "classification" else {}
    for epoch in range(1, options.epochs + 1):
        shuffled = order.permutation(len(y))
        for start in range(0, len(y), options.batch):
            chosen = shuffled[start : start + options.batch]
            try:
                estimator.partial_fit(x[chosen], y[chosen], **(first if epoch == 1 and start == 0 else {}))
            except Exception as error:
                raise _explained(error, estimator, y, task.classes) from error
        loss = measured(estimator)
        task.report(epoch, loss)
        if loss < best:
            best, kept, since = loss, copy.deepcopy(estimator), 0
        else:
            since += 1
        if since >= options.patience:
            break
    return kept, epoch


def _leading(metrics: Mapping[str, float]) -> float:
    """Give the metric by which a pass is judged: the loss, or what there is."""
    return metrics.get("loss", next(iter(metrics.values())))


def _versions(estimator: Any) -> dict[str, str]:
    return dict(plugins.heavy("trainers._kind").versions(estimator))
