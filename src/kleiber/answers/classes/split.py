"""How to split the next labels among classes, from runs whose subsets hold the classes in different shares.

split = label_split("mixes.csv", labels=1000, counts={"cat": "n_cat", "dog": "n_dog"})
split.to_each          # labels for each class, with 90 % intervals; refused where the runs can't tell

Each class lowers the loss by a power of its own number, L = c + sum_k a_k n_k^-b (a weighted count of each class in place
of n, as Muehlenstaedt and Frtunikj 2024, arXiv 2403.06311, have it), with a, c >= 0 by non-negative least squares on
relative errors and b on a grid. Its uncertainty is a parametric bootstrap's. The labels of least loss follow from
Lagrange's condition: a_k b n_k^(-b - 1) is equal for every class that gets some.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, nnls

from kleiber import importers, seeds
from kleiber.answers.classes import split_words
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting.interval import Interval
from kleiber.importers._columns_of import columns_of
from kleiber.plain import record
from kleiber.wording import InWords

Array = NDArray[np.float64]

EXPONENTS = np.arange(0.1, 1.55, 0.1)
DRAWS = 200
APART = 1.5  # ratio of a class's largest share to its smallest, at the least
SPARE = 2  # mixes beyond one for each class, at the least
SURE = 0.9  # probability that a split beats the present shares, to be told
SKILL = 0.3  # share of what the total size leaves unexplained that hidden mixes have to show
LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, repr=False)
class Split(InWords):
    """The next `labels` by class: `to_each` with its 90 % interval, from `have` examples.

    `saving` is how much lower the loss is than with as many labels in the present shares, as a share of it, and `sure` the
    probability that it is lower at all. `skill` is the share of what the total size leaves unexplained that the model
    explained of mixes that it had not seen.
    """

    labels: float
    have: Mapping[str, float]
    to_each: Mapping[str, Interval]
    saving: Interval
    sure: float
    skill: float
    mixes: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say the split with its intervals, what it saves, and what that assumes."""
        return tuple(split_words.of_split(self))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return record({**asdict(self), "sentences": list(self.sentences)})


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """L = floor + sum_k a_k n_k^-b."""

    floor: float
    a: Array
    b: float

    def loss(self, n: Array) -> Array:
        """Give the loss of mixes `(m, k)`."""
        return np.asarray(self.floor + (n**-self.b) @ self.a)


def label_split(
    runs: Any,
    *,
    labels: float,
    counts: Mapping[str, str] | Sequence[str],
    loss: str = "loss",
    have: Mapping[str, float] | None = None,
    random_state: int = 0,
) -> Split:
    """Say how to split the next labels among classes.

    runs: a table with a row for each run, by path, frame or dict of columns. `counts`: the column with each class's number
    of training examples, by class or alone; `loss`: that of the test loss, above 0 and lower is better. `have`: examples
    of each class at hand, by default those of the largest run. Raises `Refused` where the runs can't tell a better split
    than the present shares, with what would, and `KleiberError` for what is no such table.
    """
    names = dict(counts) if isinstance(counts, Mapping) else {column: column for column in counts}
    if len(names) < 2:
        raise KleiberError("counts names fewer than two classes, and labels are split among two or more")
    if not labels > 0:
        raise KleiberError(f"labels is {labels!r}: give the number of labels to split, above 0")
    if isinstance(runs, str | os.PathLike) and Path(runs).is_file() and importers.is_ledger(Path(runs)):
        raise Refused(
            "Every run of a study keeps the classes' shares, so no run shows what one class's labels gain. "
            f"{split_words.HOW}"
        )
    n, y = _read(runs, names, loss)
    owned = _owned(have, names, n)
    _require(names, n)
    best = _fitted(n, y)
    skill = _skill(n, y)
    mixes = len(np.unique(n, axis=0))
    if skill < SKILL:
        raise Refused(
            f"The shares of the classes explain {max(100 * skill, 0):.0f} % of what the total size leaves, of mixes that "
            f"were hidden. So the runs can't tell a better split. {split_words.HOW}"
        )
    drawn = _bootstrap(best, n, y, random_state)
    each = np.array([_least(model, owned, labels) for model in drawn])
    chosen = each.mean(axis=0)
    even = owned + labels * owned / owned.sum()
    saved = np.array([1.0 - float(m.loss(owned + chosen) / m.loss(even)) for m in drawn])
    sure = float(np.mean(saved > 0))
    if sure < SURE:
        raise Refused(
            "No split is surely better than the present shares: the best is so with a probability of "
            f"{100 * sure:.0f} %. {split_words.HOW}"
        )
    ends = np.quantile(each, [LEVELS[0], LEVELS[2]], axis=0)
    to_each = {
        name: Interval(float(middle), min(float(low), float(middle)), max(float(high), float(middle)))
        for name, middle, low, high in zip(names, chosen, *ends, strict=True)
    }
    told = Interval.of(np.quantile(saved, LEVELS))
    return Split(float(labels), dict(zip(names, owned.tolist(), strict=True)), to_each, told, sure, skill, mixes)


def _read(runs: Any, names: Mapping[str, str], loss: str) -> tuple[Array, Array]:
    """Give the mixes `(m, k)` and losses `(m,)`."""
    found = columns_of(runs, [*names.values(), loss])
    columns = []
    for column, cells in found.cells.items():
        values = []
        for cell, where in zip(cells, found.where, strict=True):
            try:
                value = float(cell)
            except (TypeError, ValueError):
                value = float("nan")
            if not 0 < value < np.inf:
                what = "loss" if column == loss else "number of examples"
                raise KleiberError(f"{where}, column {column!r}: {cell!r} is no {what} above 0; mend it, or remove the run")
            values.append(value)
        columns.append(values)
    return np.array(columns[:-1]).T, np.array(columns[-1])


def _owned(have: Mapping[str, float] | None, names: Mapping[str, str], n: Array) -> Array:
    if have is None:
        return np.asarray(n[n.sum(axis=1).argmax()])
    if missing := [name for name in names if name not in have]:
        raise KleiberError(f"have lacks {missing[0]!r}; give how many examples of each class there are")
    if wrong := [name for name in names if not have[name] > 0]:
        raise KleiberError(f"have: {wrong[0]!r} has {have[wrong[0]]!r} examples; it must be above 0")
    return np.array([float(have[name]) for name in names])


def _require(names: Mapping[str, str], n: Array) -> None:
    """Refuse runs whose mixes are too few, or too much alike, to tell the classes apart."""
    mixes = len(np.unique(n, axis=0))
    if mixes < n.shape[1] + 1 + SPARE:
        raise Refused(
            f"There are {mixes} mixes of {n.shape[1]} classes, and {n.shape[1] + 1 + SPARE} are the least. "
            f"{split_words.HOW}"
        )
    share = n / n.sum(axis=1, keepdims=True)
    for name, column in zip(names, share.T, strict=True):
        if column.max() < APART * column.min():
            raise Refused(
                f"Class {name!r} has {100 * column.min():.0f} to {100 * column.max():.0f} % of the examples in every run, "
                f"so what its labels gain can't be told. {split_words.HOW}"
            )


def _fitted(n: Array, y: Array) -> Model:
    """Fit by least squares on relative errors, of the best exponent; where several fit alike, of the least of them."""
    return min((_of_exponent(n, y, float(b)) for b in EXPONENTS), key=lambda one: float(f"{one[1]:.9g}"))[0]


def _of_exponent(n: Array, y: Array, b: float) -> tuple[Model, float]:
    design = np.column_stack([np.ones(len(y)), n**-b]) / y[:, None]
    scale = np.sqrt((design**2).sum(axis=0))
    found, norm = nnls(design / scale, np.ones(len(y)))
    return Model(float(found[0] / scale[0]), found[1:] / scale[1:], b), float(norm)


def _skill(n: Array, y: Array) -> float:
    """Hide one mix after the other, and compare the errors with those of a model of the total size alone."""
    total = n.sum(axis=1, keepdims=True)
    own, plain = 0.0, 0.0
    for mix in np.unique(n, axis=0):
        hidden = (n == mix).all(axis=1)
        truth = np.log(y[hidden]).mean()
        for which, x in (("own", n), ("plain", total)):
            error = float((np.log(_fitted(x[~hidden], y[~hidden]).loss(x[hidden])).mean() - truth) ** 2)
            own, plain = own + error * (which == "own"), plain + error * (which == "plain")
    return 1.0 - own / max(plain, 1e-300)


def _bootstrap(best: Model, n: Array, y: Array, random_state: int) -> list[Model]:
    """Draw models: fits to losses drawn anew around the best fit, with the noise that it leaves."""
    chance = seeds.generator(random_state, "split")
    free = max(len(y) - n.shape[1] - 2, 1)
    noise = np.sqrt(float(np.sum((y / best.loss(n) - 1) ** 2)) / free)
    wide = np.sqrt(free / chance.chisquare(free, DRAWS))  # the noise is not known exactly either
    drawn = best.loss(n) * np.maximum(1 + noise * wide[:, None] * chance.normal(size=(DRAWS, len(y))), 0.01)
    return [_fitted(n, each) for each in drawn]


def _least(model: Model, owned: Array, labels: float) -> Array:
    """Give the labels of each class `(k,)` that make the loss least; in the present shares where none changes it."""
    if not model.a.any():
        return np.asarray(labels * owned / owned.sum())
    power = 1.0 / (1.0 + model.b)

    def needed(log_price: float) -> Array:
        return np.asarray(np.maximum((model.a * model.b / np.exp(log_price)) ** power - owned, 0.0))

    slope = np.log(model.a[model.a > 0] * model.b) - (1 + model.b) * np.log(owned[model.a > 0])
    lowest = np.log(model.a.max() * model.b) - (1 + model.b) * np.log(owned.sum() + labels) - 50.0
    price = brentq(lambda value: needed(value).sum() - labels, lowest, float(slope.max()))
    found = needed(float(price))
    return np.asarray(found * labels / found.sum())
