"""From a column of text to targets: class indices or numbers, and never a silent guess between the two."""

import math
from collections.abc import Sequence
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Task
from kleiber.datasets._needed import OptionNeededError
from kleiber.errors import KleiberError


def encode(
    values: Sequence[str], lines: Sequence[int], *, place: str, task: str | None
) -> tuple[Task, tuple[str, ...], NDArray[Any]]:
    """Give the task, the class names, and the targets `(m,)`, float64 or int64 index, of a column as text.

    `place` names file and column, `lines` the line of each value. Without `task`: text is a class, fractions are a
    regression, and whole numbers could be either, so that `KleiberError` asks. Classes are sorted, numbers by value.
    """
    if task not in (None, "classification", "regression"):
        raise OptionNeededError(
            f"task is classification or regression, not {task!r}", *({"task": known} for known in get_args(Task))
        )
    for value, line in zip(values, lines, strict=True):
        if not value:
            raise KleiberError(f"{place}, line {line}: no target; fill it in or remove the line")
    numbers = [number(value) for value in values]
    numeric = None not in numbers
    if task is None and numeric and all(value == int(value) for value in cast("list[float]", numbers)):
        raise OptionNeededError(
            f"{place}: whole numbers, which could be classes or amounts", *({"task": task} for task in get_args(Task))
        )
    if task == "regression" or (task is None and numeric):
        if not numeric:
            line, value = next((i, v) for i, v, n in zip(lines, values, numbers, strict=True) if n is None)
            raise KleiberError(
                f"{place}, line {line}: {value!r} is no number, which a regression needs; mend the cell, or remove the line"
            )
        return "regression", (), np.array(numbers, dtype=np.float64)
    names = [_class_name(value, known) for value, known in zip(values, numbers, strict=True)]
    classes = sorted(set(names), key=_by_value)
    index = {name: i for i, name in enumerate(classes)}
    return "classification", tuple(classes), np.array([index[name] for name in names], dtype=np.int64)


def number(text: str) -> float | None:
    """Give the number that a cell holds; None for text, for an infinite one and for nan. `1_000` is text."""
    if "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _class_name(value: str, known: float | None) -> str:
    """Give one name to 1, 1.0 and 01, so that a class is not cut in two by the way it was written."""
    return str(int(known)) if known is not None and known == int(known) else value


def _by_value(name: str) -> tuple[bool, float, str]:
    value = number(name)
    return value is None, 0.0 if value is None else value, name
