"""Exact kernel ridge regression on fixed features: no net, nothing trained step by step, the same answer each time.

Images are compared by whitened patches pooled in a coarse grid, rows by their standardised values, both fixed by the
validation inputs without their labels. `kleiber run --preview` measures all sizes of a study with it in one pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.seeds import generator
from kleiber.trainers._features import Features
from kleiber.trainers._job import Check
from kleiber.trainers._judge import judged, measured_names, targets_of
from kleiber.trainers._metrics import not_measured
from kleiber.trainers._ridge import LARGEST as LARGEST
from kleiber.trainers._ridge import check_size, fit_nested
from kleiber.trainers._task import Outcome, Task

OWN: dict[str, float] = {"ridge": 0.3, "width": 1.0}  # hyper-parameters and what they are where nobody says
MEANINGS = {"ridge": "What is added to the kernel's diagonal of 1.", "width": "Of the kernel exp(-d^2 / width)."}


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    filters: int = Field(default=128, ge=8, le=1024)
    """Patches that images are compared by."""
    judges: int | None = Field(default=None, ge=1)
    """Validation and test examples that are looked at, at most, the same at each size; not set: all."""


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What is the same at every size: the features, and the features and targets of validation and, if given, test set,
    whose `sources` are measured alone."""

    features: Features
    inputs: tuple[NDArray[np.float32], ...]
    targets: tuple[NDArray[Any], ...]
    sources: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, validation: Part, test: Part | None, options: Options) -> "Bench":
        """Fix the features by the validation inputs, and look at so many examples as the options say."""
        features = _features(validation, options)
        parts = [validation] if test is None else [validation, test]
        inputs = tuple(_inputs(part, features, options.judges) for part in parts)
        judges = [_first(part, options.judges) for part in parts]
        return cls(features, inputs, tuple(part.y for part in judges), judges[-1].sources if test is not None else {})


def train(task: Task, options: Options) -> Outcome:
    """Solve for the rung's coefficients, and measure them; raises `KleiberError` for more examples than fit in memory."""
    check_size(task.n)
    bench = Bench.of(task.validation, task.test, options)
    names = measured_names(task.kind, task.metrics)
    classes = len(task.classes) if task.kind == "classification" else 0
    examples = bench.features(task.train.x)
    params = {**OWN, **task.params}
    (found,) = measure(bench, examples, task.train.y, [task.n], classes, names, params, alone=task.classes)
    task.report(1, found[0]["loss"])
    return Outcome(
        validation=found[0],
        test=found[1] if task.test is not None else None,
        epochs=1,
        examples=task.n,
        message="solved exactly",
        versions={"scipy": scipy.__version__},
    )


def measure(
    bench: Bench,
    examples: NDArray[np.float32],
    y: NDArray[Any],
    sizes: Sequence[int],
    classes: int,
    names: Sequence[str],
    params: Mapping[str, float],
    *,
    alone: Sequence[str] = (),
) -> list[list[dict[str, float]]]:
    """Measure, for each of rising sizes, what the first n examples teach: on validation and, if the bench has one, test.

    examples: their features `(m, k)`; classes: how many there are, 0 for a regression; alone: names of those that are
    measured alone too, on the test set.
    """
    targets = targets_of(y[: sizes[-1]], classes)
    learnt = fit_nested(examples[: sizes[-1]], targets, sizes, width=params["width"], ridge=params["ridge"])
    said = zip(*(learnt.outputs(inputs) for inputs in bench.inputs), strict=True)
    return [
        judged(outputs, bench.targets, start, n, names, classes=alone, sources=bench.sources)
        for outputs, start, n in zip(said, learnt.start, sizes, strict=True)
    ]


def check(study: Check) -> None:
    """Refuse a metric or hyper-parameter that there is not, and a device: this trainer computes on the processor."""
    known = measured_names(study.dataset.task, study.metrics)
    if study.metric not in known:
        raise KleiberError(not_measured(study.metric, study.dataset.task, known))
    if study.device != "cpu":
        raise KleiberError(f"device: the trainer kernel computes on the CPU, not on {study.device}; leave out --device")
    for name, value in study.params.items():
        if name not in OWN:
            raise KleiberError(f"[params] {name}: the trainer kernel takes {', '.join(OWN)}; remove or rename it")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
            raise KleiberError(f"[params] {name}: must be above 0, such as {name} = {OWN[name]}, not {value!r}")


@lru_cache(maxsize=2)
def _features(validation: Part, options: Options) -> Features:
    return Features.of(_first(validation, options.judges).x, options.filters)


@lru_cache(maxsize=4)
def _inputs(part: Part, features: Features, judges: int | None) -> NDArray[np.float32]:
    return features(_first(part, judges).x)


@lru_cache(maxsize=4)
def _first(part: Part, judges: int | None) -> Part:
    """Give so many examples of a part, the first of one order: they are the same each time."""
    order = generator("kernel", "judges").permutation(len(part))
    return part.take(order[:judges])
