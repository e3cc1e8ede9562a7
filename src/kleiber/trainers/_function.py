"""`@kleiber.trainer`: anybody's own function of a task as a trainer."""

import inspect
import re
import reprlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kleiber.errors import KleiberError
from kleiber.records import finite, part_of
from kleiber.trainers._parts import of_each
from kleiber.trainers._task import Outcome, Task

MARK = "__kleiber_trainer__"
Function = Callable[[Task], Mapping[str, Any]]
COUNTS = ("epochs", "examples")
PROBABILITIES = "test_probabilities"
SCORE = re.compile(r"map|(.*_)?(auc|auroc|f1|precision|recall|r2|mcc|kappa|bleu|rouge\w?|iou|ndcg)", re.IGNORECASE)


def trainer(function: Function) -> Function:
    """Mark a function of a task as a trainer, so that a study can name it: `Study(trainer=train, ...)`.

    The function trains on `task.train` and returns metrics, lower is better: "loss" and any others on the validation
    set, and, where `task.test` is not None, the same measured on the test set as "test_loss" and so on. "accuracy"
    becomes error; a negative number is refused, since it is a negated score.
    "epochs" and "examples" (training examples seen) are kept where returned. So is what tells the classes apart, or other
    parts of the test set: "test_probabilities", `(m, classes)` for the test set's m examples, or each part's own values,
    "test_loss[class=cat]" and "test_count[class=cat]".
    """
    setattr(function, MARK, True)
    return function


def reference(function: Function) -> str:
    """Give the `file.py:name` by which another process finds a decorated function."""
    name = getattr(function, "__name__", "")
    if not getattr(function, MARK, False):
        raise KleiberError(f"trainer: {name or function!r} is not decorated with @kleiber.trainer; add that")
    file = inspect.getsourcefile(inspect.unwrap(function))
    if file is None or not Path(file).is_file() or "<" in function.__qualname__:
        raise KleiberError(
            f"trainer: {name!r} must be a top-level function in a Python file, so that workers can import it. In a "
            f"notebook put %%writefile training.py into the first line of its cell; then from training import {name}"
        )
    return f"{Path(file).resolve()}:{name}"


def call(function: Function, task: Task) -> Outcome:
    """Run a decorated function, and take its metrics apart into validation and test."""
    metrics = function(task)
    if not isinstance(metrics, Mapping) or not metrics:
        raise KleiberError(f"{_name(function)} returned {reprlib.repr(metrics)}; return a dict such as {{'loss': 0.31}}")
    plain = {str(key): _number(function, key, value) for key, value in metrics.items() if key != PROBABILITIES}
    counts = {key: int(plain.pop(key)) for key in COUNTS if key in plain}
    _refuse_scores(function, plain)
    test = {key.removeprefix("test_"): value for key, value in plain.items() if key.startswith("test_")}
    validation = {key: value for key, value in plain.items() if not key.startswith("test_")}
    if task.test is None and (test or PROBABILITIES in metrics):
        given = ", ".join([*(f"test_{key}" for key in test), *([PROBABILITIES] if PROBABILITIES in metrics else [])])
        raise KleiberError(f"{_name(function)} returned {given} for a search trial; return it where task.test is not None")
    if alone := sorted(key for key in validation if part_of(key)):
        raise KleiberError(f"{_name(function)} returned {alone[0]!r}: parts are of the test set; return 'test_{alone[0]}'")
    if task.test is not None and {key for key in test if not part_of(key)} != set(validation):
        needed = ", ".join(f"'test_{key}'" for key in validation)
        raise KleiberError(f"{_name(function)} must return {needed} too, measured on task.test, for a score trial")
    return Outcome(
        validation=_lower(validation),
        test={**_lower(test), **_by_class(function, task, metrics)} if task.test is not None else None,
        epochs=counts.get("epochs", 0),
        examples=counts.get("examples", 0),
    )


def _by_class(function: Function, task: Task, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Measure each class of the test set by the probabilities that a function returned; nothing where it did not."""
    if PROBABILITIES not in metrics or task.test is None:
        return {}
    y, given = np.asarray(task.test.y), metrics[PROBABILITIES]
    p = np.asarray(given.detach().cpu() if hasattr(given, "detach") else given, dtype=np.float64)
    if p.shape != (len(y), len(task.classes)):
        raise KleiberError(
            f"{_name(function)} returned {PROBABILITIES} of the shape {p.shape}; the test set has {len(y):,} examples and "
            f"{len(task.classes)} classes, so it is {(len(y), len(task.classes))}"
        )
    if not (np.isfinite(p).all() and (p >= 0).all() and np.allclose(p.sum(axis=1), 1.0, atol=1e-3)):
        raise KleiberError(f"{_name(function)} returned {PROBABILITIES} whose rows are no probabilities: each sums to 1")
    losses = -np.log(np.maximum(p[np.arange(len(y)), y], np.finfo(np.float64).eps))
    return of_each(y, task.classes, wrong=p.argmax(axis=1) != y, losses=losses, sources=task.test.sources)


def _refuse_scores(function: Function, metrics: Mapping[str, float]) -> None:
    """Refuse what more is better of: the search would keep the worst."""
    for key, value in metrics.items():
        plain = (part_of(key) or (key,))[0].removeprefix("test_")
        if SCORE.fullmatch(plain):
            raise KleiberError(
                f"{_name(function)} returned {key!r} = {value:.4g}, of which more is better. "
                f"Return '{key}_error' = 1 - {plain}{' / 100' if value > 1 else ''} in its place"
            )
        if value < 0:
            raise KleiberError(
                f"{_name(function)} returned {key!r} = {value:.4g}: the {plain} is negative. Is it a negated score? "
                f"Return it with its sign turned, so that lower is better"
            )


def _name(function: Function) -> str:
    return f"trainer {getattr(function, '__name__', function)!r}"


def _number(function: Function, key: object, value: Any) -> float:
    try:
        plain = value.item() if hasattr(value, "item") else value  # NumPy and PyTorch scalars
    except (ValueError, RuntimeError):
        plain = value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise KleiberError(
            f"{_name(function)} returned {key!r} = {reprlib.repr(value)}, which is not a number; return a plain one"
        )
    if key in COUNTS and not finite(plain):
        raise KleiberError(f"{_name(function)} returned {key!r} = {plain!r}, not a count; leave it out, or count")
    return float(plain)


def _lower(metrics: Mapping[str, float]) -> dict[str, float]:
    """Turn accuracies, which are shares of 1, into errors."""
    out = {}
    for key, value in metrics.items():
        if "accuracy" in key:
            if value == value and not 0 <= value <= 1:
                raise KleiberError(f"{key} = {value} is not a share between 0 and 1; divide a percentage by 100")
            out[key.replace("accuracy", "error")] = 1 - value
        else:
            out[key] = value
    return out
