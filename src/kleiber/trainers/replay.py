"""A recorded table answers instead of training: for tests, for simulation, and to try a schedule out before paying for it.

The table is a CSV file with a row for each recorded run: `n`, the metrics on the validation set (`loss`, ...), the same on
the test set (`test_loss`, ...), and, where there are any, `replicate`, `purpose` and hyper-parameters. A task gets the row
of its size, replicate and purpose whose hyper-parameters are nearest, in their logarithm where all are positive; among
equals, its seed chooses. A search has replicate 0, however often it is repeated.
"""

import csv
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from kleiber.errors import KleiberError
from kleiber.records import finite
from kleiber.seeds import generator
from kleiber.trainers._task import Outcome, Task

TAKES_TEXT = True
KEYS = ("n", "replicate", "purpose")


class Options(BaseModel):
    """Which table answers, and how fast."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    table: str
    """Path of the CSV file."""
    seconds: float = Field(default=0.0, ge=0)
    """How long each answer takes."""


def train(task: Task, options: Options) -> Outcome:
    """Give what the table recorded for the task; raises `KleiberError` where it recorded nothing for this size."""
    time.sleep(options.seconds)
    rows = [row for row in _table(options.table) if _matches(row, task)]
    if not rows:
        what = f"n = {task.n}, replicate {task.replicate}, {task.purpose}"
        raise KleiberError(f"{options.table} has no row for {what}; add one, or leave the size out")
    row = _nearest(rows, task)
    metrics = {key: value for key, value in row.items() if key not in KEYS and key not in task.params}
    test = {key.removeprefix("test_"): value for key, value in metrics.items() if key.startswith("test_")}
    validation = {key: value for key, value in metrics.items() if not key.startswith("test_")}
    if task.test is not None and not test:
        raise KleiberError(f"{options.table} has no test_ column, which a score trial needs; add test_loss")
    return Outcome(validation, test if task.test is not None else None, message=f"replayed from {Path(options.table).name}")


@lru_cache(maxsize=8)
def _table(path: str) -> tuple[dict[str, Any], ...]:
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise KleiberError(f"[training] table: cannot read {path}: {error.strerror}") from error
    if not rows or "n" not in rows[0]:
        raise KleiberError(f"[training] table: {path} needs a header with the column n, and at least one row")
    return tuple({key: _value(text) for key, text in row.items() if key} for row in rows)


def _value(text: str) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _matches(row: Mapping[str, Any], task: Task) -> bool:
    replicate = max(task.replicate, 0)  # searches that are repeated count down from that of the first, 0
    asked = {"n": task.n, "replicate": replicate, "purpose": task.purpose}
    return all(row[key] == asked[key] for key in KEYS if key in row)


def _nearest(rows: list[dict[str, Any]], task: Task) -> dict[str, Any]:
    distance = np.zeros(len(rows))
    for key, asked in task.params.items():
        if key not in rows[0]:
            continue
        recorded = [row[key] for row in rows]
        if finite(asked) and all(finite(value) for value in recorded):
            values = np.array([*recorded, asked], dtype=float)
            scaled = np.log(values) if values.min() > 0 else values
            distance += ((scaled[:-1] - scaled[-1]) / (np.ptp(scaled[:-1]) or 1.0)) ** 2
        else:
            distance += [value != asked for value in recorded]
    best = np.flatnonzero(distance == distance.min())
    return rows[int(generator(task.seed64, "replay").choice(best))]
