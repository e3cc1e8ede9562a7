"""What a net gives for examples, measured: one number a class (logits or probabilities), or one number.

Every framework's outputs are measured here, by the same rules, so that their studies can be compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.trainers import _parts
from kleiber.trainers._judge import measured_names
from kleiber.trainers._metrics import measure, not_measured
from kleiber.trainers._task import Outcome, Task

Array = NDArray[np.float64]


def outputs_of(values: Any, count: int, what: str) -> Array:
    """Give a net's outputs as an array `(m, count)` float64; raises `KleiberError` for another shape.

    count: the classes, or 1 for a number. what: the model, as messages name it.
    """
    found = np.asarray(values, dtype=np.float64)
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or found.shape[1] != count:
        needed = f"one number for each of the {count} classes" if count > 1 else "one number an example"
        raise KleiberError(
            f"module: {what} gives the shape {found.shape} for {len(found)} examples; its last layer must give {needed}"
        )
    return found


def are_probabilities(outputs: Array) -> bool:
    """Say whether outputs `(m, c)` of several classes are probabilities: none below 0, and each row adds up to 1."""
    return outputs.shape[1] > 1 and bool((outputs >= 0).all()) and bool(np.abs(outputs.sum(axis=1) - 1).max() < 1e-4)


def measure_outputs(outputs: Array, y: NDArray[Any], kind: str, names: Sequence[str]) -> dict[str, float]:
    """Measure outputs `(m, c)` against y `(m,)`: by the cross-entropy in nats, or by the mean squared error.

    Logits become probabilities by the softmax. Probabilities of float32 are held above its epsilon, as scikit-learn's
    `log_loss` has it.
    """
    if kind == "regression":
        said = outputs[:, 0]
        loss = float(np.mean((said - y) ** 2))
    else:
        tiny = float(np.finfo(np.float32).eps)
        said = np.log(np.clip(outputs, tiny, 1.0)) if are_probabilities(outputs) else log_softmax(outputs, axis=1)
        loss = float(-said[np.arange(len(y)), y].mean())
    return {name: measure(name, said, np.asarray(y), loss) for name in names}


def measure_parts(outputs: Array, test: Part, kind: str, classes: Sequence[str]) -> dict[str, float]:
    """Measure each class and each source of the test set alone, by outputs `(m, c)`, as the whole is measured."""
    y = np.asarray(test.y)
    if kind == "regression":
        return _parts.of_numbers(outputs[:, 0], y, test.sources)
    tiny = float(np.finfo(np.float32).eps)
    logits = np.log(np.clip(outputs, tiny, 1.0)) if are_probabilities(outputs) else outputs
    return _parts.of_logits(logits, y, classes, test.sources)


def refuse_metric(metric: str, kind: str, metrics: Sequence[str]) -> None:
    """Refuse a metric of a study that is not measured."""
    known = measured_names(kind, metrics)
    if metric not in known:
        raise KleiberError(not_measured(metric, kind, known))


def outcome(
    task: Task, said: Sequence[Array], *, epochs: int, batch: int, warned: Sequence[str], versions: Mapping[str, str]
) -> Outcome:
    """Give the outcome of a task whose best epoch's outputs are `said`, on the validation set and then on the test set."""
    parts = [task.validation] if task.test is None else [task.validation, task.test]
    names = measured_names(task.kind, task.metrics)
    found = [measure_outputs(each, part.y, task.kind, names) for each, part in zip(said, parts, strict=True)]
    if task.test is not None:
        found[1] |= measure_parts(said[1], task.test, task.kind, task.classes)
    return Outcome(
        validation=found[0],
        test=found[1] if task.test is not None else None,
        epochs=epochs,
        examples=epochs * task.n,
        message="; ".join([*_told(task, batch, said[0]), *warned]),
        versions=versions,
    )


def validation_loss(task: Task, said: Array) -> float:
    """Give the loss on the validation set, by which epochs are compared."""
    return measure_outputs(said, task.validation.y, task.kind, ["loss"])["loss"]


def _told(task: Task, batch: int, validation: Array) -> list[str]:
    """Say what a reader must know of a trial: classes without an example, a batch above n, one answer for all.

    validation: the outputs on the validation set `(m, c)`.
    """
    said = []
    if task.kind == "classification":
        absent = len(task.classes) - len(np.unique(task.train.y))
        if absent:
            said.append(f"{absent} of {len(task.classes)} classes have no example among the {task.n:,}")
        if len(np.unique(validation.argmax(axis=1))) == 1 and len(np.unique(task.validation.y)) > 1:
            said.append("it says the same class for every validation example")
    if batch > task.n:
        said.append(f"a batch is {batch:,} examples, more than the {task.n:,}, so an epoch is one step")
    return said
