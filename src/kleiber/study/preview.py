"""A first look at a study's curve in seconds, by another learner than its net: exact kernel ridge regression.

All nested sizes of a replicate share one Cholesky factor, so that a size costs next to nothing once the largest is paid.
Width and ridge are chosen once, on the validation set at a small size; the curve is measured on test examples.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kleiber import ladder
from kleiber.datasets import Dataset, Part
from kleiber.errors import KleiberError
from kleiber.study.schedule import Schedule
from kleiber.trainers import kernel
from kleiber.trainers._judge import measured_names
from kleiber.trainers._metrics import metric_name
from kleiber.wording import unit_of

LARGEST = kernel.LARGEST
WIDTHS = (0.1, 0.3, 1.0, 3.0)
RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PILOT = 800  # largest size at which width and ridge are chosen
JUDGES = 2000  # validation and test examples that are looked at, at most
REPLICATES = 3
REPEATED = 3200  # replicates after the first end here, where each costs little
FEWEST = 5  # sizes of a curve; where the study has fewer, halves are added


@dataclass(frozen=True, slots=True)
class Preview:
    """The runs of a first look: a row for each size and replicate, with the metrics measured on `n_test` test examples.

    `chosen` are the kernel's width and ridge, `left_out` the study's sizes that were too large, `seconds` what it took.
    `metric` is the study's, or "loss" where the kernel cannot measure that.
    """

    rows: tuple[Mapping[str, Any], ...]
    metric: str
    chosen: Mapping[str, float]
    left_out: tuple[int, ...]
    n_test: int
    seconds: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """Give the sizes measured, rising."""
        return tuple(sorted({int(row["n"]) for row in self.rows}))


def preview(plan: Schedule, dataset: Dataset) -> Preview:
    """Measure a study's sizes up to `LARGEST` with the kernel, on the subsets that its score trials have.

    Raises `KleiberError` where no size is small enough.
    """
    if len(dataset.train.weights):
        raise KleiberError(
            f"--preview: it counts examples, and the sizes of this study count {unit_of(dataset.unit)}; leave out --preview"
        )
    started = time.monotonic()
    sizes = sizes_of(plan.sizes, len(dataset.classes))
    metric, names = _metrics(plan, dataset)
    classes = len(dataset.classes) if dataset.task == "classification" else 0
    bench = kernel.Bench.of(dataset.validation, dataset.test, kernel.Options(judges=JUDGES))
    orders = {r: _order(plan, dataset, r)[: sizes[-1]] for r in range(1, REPLICATES + 1)}
    chosen = choose(bench, dataset.train.take(orders[1][:PILOT]), _until(sizes, PILOT)[-1], classes)
    rows: list[Mapping[str, Any]] = []
    for replicate, order in orders.items():
        within = sizes if replicate == 1 else _until(sizes, REPEATED)
        pool = dataset.train.take(order[: within[-1]])
        found = kernel.measure(bench, bench.features(pool.x), pool.y, within, classes, names, chosen)
        rows += [{"n": n, "replicate": replicate, **test} for n, (_, test) in zip(within, found, strict=True)]
    left_out = tuple(n for n in plan.sizes if n > LARGEST)
    return Preview(tuple(rows), metric, chosen, left_out, len(bench.targets[-1]), time.monotonic() - started)


def sizes_of(asked: Sequence[int], classes: int) -> list[int]:
    """Give the sizes asked for that are small enough, and halves of the largest of them where these are few.

    Raises `KleiberError` where none is small enough.
    """
    within = sorted(n for n in asked if n <= LARGEST)
    if not within:
        raise KleiberError(
            f"the preview holds a matrix of all pairs of examples in memory, so it goes up to {LARGEST:,}. "
            f"The smallest size is {min(asked):,}: add smaller sizes"
        )
    half = within[-1] // 2
    while len(within) < FEWEST and half >= max(classes, 8):
        within = sorted({*within, half})
        half //= 2
    return within


def choose(bench: kernel.Bench, pilot: Part, n: int, classes: int) -> dict[str, float]:
    """Choose width and ridge by the loss on the validation set after n examples of the pilot; the test set is not read."""
    judge = kernel.Bench(bench.features, bench.inputs[:1], bench.targets[:1])
    tried = [{"width": width, "ridge": ridge} for width in WIDTHS for ridge in RIDGES]
    examples = bench.features(pilot.x[:n])

    def loss(params: Mapping[str, float]) -> float:
        ((measured, *_),) = kernel.measure(judge, examples, pilot.y, [n], classes, ["loss"], params)
        return measured["loss"]

    return min(tried, key=loss)


def _until(sizes: Sequence[int], n: int) -> list[int]:
    """Give the sizes up to n, at least the smallest."""
    return [size for size in sizes if size <= n] or [sizes[0]]


def _order(plan: Schedule, dataset: Dataset, replicate: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return ladder.order(dataset.train.y, stratified=plan.stratified, seed=plan.study.seed, replicate=replicate)


def _metrics(plan: Schedule, dataset: Dataset) -> tuple[str, list[str]]:
    """Give the metric of the curve and the names of all that is measured."""
    try:
        metric = metric_name(plan.study.metric, dataset.task)
    except KleiberError:  # a trainer of the user's own measures what it likes
        metric = "loss"
    return metric, measured_names(dataset.task, [metric])
