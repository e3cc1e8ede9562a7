"""Curves to learn from, each cut into what a forecaster sees and what it has to forecast.

Real ones: the corpus of LCDB 1.1 and the scaling curves of the benchmark. Simulated ones: laws with floors, bends and
breaks, few sizes, repeated runs. `group` is the data set (LCDB), the domain (scaling curves) or "simulated".
"""

import csv
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FOLDS = 5
PLANNED = 0.3  # weight of a cut as somebody plans a study: the same curve is among the others
FAR = 8.0  # of few sizes, a curve is forecast up to this multiple
SHORT = 4.0  # cut early, a scaling curve is forecast up to this multiple


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One curve cut: rows seen `n, loss (m,)`, with standard errors where known, and rows to forecast `at, truth (k,)`."""

    source: str
    group: str
    n: Array
    loss: Array
    at: Array
    truth: Array
    se: Array | None = None
    replicate: tuple[str, ...] | None = None
    weight: float = 1.0  # beside other cuts of its source


def fold_of(dataset: str) -> int:
    """Give the fold of an LCDB data set, 0 to 4, by its name alone."""
    return int(hashlib.sha256(str(dataset).encode()).hexdigest(), 16) % FOLDS


def all_cuts(folder: Path, chance: np.random.Generator) -> list[Cut]:
    """Give every cut to learn from, in a fixed order."""
    corpus = list(whole_lcdb(folder / "lcdb_corpus.csv.gz"))
    found = [cut for whole in corpus for cut in _lcdb(whole, chance)]
    found += [cut for whole in _scaling(folder / "scaling_curves.csv.gz") for cut in _early(whole)]
    found += [_simulated(chance, MIXED) for _ in range(2500)]
    return found + [_simulated(chance, STUDIES) for _ in range(3000)]


def whole_lcdb(path: Path) -> Iterator[Cut]:
    """Give every curve of the corpus whole, with nothing to forecast."""
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            measured = (float(row["n"]), float(row["loss"]), float(row["stderr"]))
            rows.setdefault((row["dataset"], row["learner"]), []).append(measured)
    for (dataset, _), values in rows.items():
        n, loss, se = np.array(sorted(values)).T
        yield Cut("lcdb", dataset, n, loss, n[:0], loss[:0], se)


def _lcdb(whole: Cut, chance: np.random.Generator) -> Iterator[Cut]:
    """Cut as the benchmark does, at 1/8 or 1/16 with the last eight sizes to forecast; thinned to few sizes; near by."""
    last = np.arange(len(whole.n)) >= len(whole.n) - 8
    yield from _cut(whole, whole.n <= whole.n[-1] / float(chance.choice([8.0, 16.0])), last)
    seen = np.flatnonzero(whole.n <= whole.n[-1] * float(chance.choice([1 / 2, 1 / 4, 1 / 8, 1 / 16])))
    count = int(chance.integers(3, 11))
    if len(seen) > count:
        start = 0 if chance.random() < 0.5 else int(chance.integers(0, len(seen) // 2))
        few = np.zeros(len(whole.n), dtype=bool)
        few[seen[np.unique(np.round(np.linspace(start, len(seen) - 1, count)).astype(int))]] = True
        later = whole.n > whole.n[seen[-1]]
        for cut in _cut(whole, few, later):
            yield replace(cut, se=None if chance.random() < 0.5 else cut.se)
    if chance.random() < 0.5:
        yield from _cut(whole, whole.n <= whole.n[-1] / 2, np.ones(len(whole.n), dtype=bool))
    yield from _few(whole, int(chance.integers(5, 10)))


def _few(whole: Cut, count: int) -> Iterator[Cut]:
    """Cut as somebody plans a study: so many sizes, even on the log, from the smallest to 1/8 of the largest."""
    seen = whole.n[whole.n <= whole.n[-1] / FAR * (1 + 1e-9)]
    if len(seen) < count:
        return
    places = [int(np.argmin(np.abs(np.log(seen / at)))) for at in np.geomspace(seen[0], seen[-1], count)]
    few = np.isin(np.arange(len(whole.n)), places)
    if few.sum() == count:
        for cut in _cut(whole, few, whole.n >= FAR / 2 * seen[-1]):
            yield replace(cut, weight=PLANNED)


def _cut(whole: Cut, seen: NDArray[np.bool_], ahead: NDArray[np.bool_]) -> Iterator[Cut]:
    ahead = ahead & (whole.n > whole.n[seen].max(initial=0.0))
    if seen.sum() < 3 or not ahead.any() or np.any(whole.loss[seen] <= 0):
        return
    se = None if whole.se is None else whole.se[seen]
    yield replace(whole, n=whole.n[seen], loss=whole.loss[seen], at=whole.n[ahead], truth=whole.loss[ahead], se=se)


def _scaling(path: Path) -> Iterator[Cut]:
    rows: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            measured = (float(row["n"]), float(row["loss"]), int(row["observed"]))
            rows.setdefault((row["domain"], row["curve"]), []).append(measured)
    for (domain, _), values in rows.items():
        table = np.array(values)
        seen = table[:, 2] == 1
        yield Cut("scaling", domain, table[seen, 0], table[seen, 1], table[~seen, 0], table[~seen, 1])


def _early(whole: Cut) -> Iterator[Cut]:
    """Give the cut of the benchmark, and earlier ones."""
    yield whole
    n, loss = np.concatenate([whole.n, whole.at]), np.concatenate([whole.loss, whole.truth])
    for share in (0.35, 0.2, 0.1):
        seen = n <= n.max() * share
        ahead = ~seen & (n <= n.max() * min(1.0, SHORT * share))
        if len(np.unique(n[seen])) >= 6 and ahead.any():
            yield replace(whole, n=n[seen], loss=loss[seen], at=n[ahead], truth=loss[ahead])


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of simulated curves without a floor, with a bend, with a break; and the luck that runs share, over noise."""

    source: str
    no_floor: float
    bend: float
    broken: float
    shared: tuple[float, ...]


MIXED = Mix("simulated", 0.3, 0.25, 0.07, (0.0, 0.0, 0.0, 1.0, 4.0))
STUDIES = Mix("study", 0.5, 0.15, 0.05, (0.0, 0.0, 0.0, 0.0, 1.0, 3.0))  # from which the clean kind is learnt


def _simulated(chance: np.random.Generator, mix: Mix) -> Cut:
    """Draw a curve: doubling sizes, a power law with or without floor, bend or break, and noise of three kinds."""
    sizes, runs = int(chance.integers(4, 11)), int(chance.choice([1, 1, 2, 3, 5]))
    n = 100.0 * 2.0 ** np.arange(sizes)
    at = n[-1] * 2.0 ** np.arange(1.0, 6.0)
    t = np.log(np.concatenate([n, at]) / n[0])
    b = float(np.exp(chance.uniform(np.log(0.04), np.log(0.8))))
    floor = 0.0 if chance.random() < mix.no_floor else float(chance.uniform(0.0, 0.6))
    kind = chance.random()
    if kind < mix.bend:  # a small-data bend
        fall = 1.0 / (1.0 + np.exp(b * (t - chance.uniform(0.0, 0.5) * t[sizes - 1])))
    elif kind < mix.bend + mix.broken:  # a break within the range
        change = float(chance.choice([-0.5, 0.5, 1.0])) * b
        fall = np.exp(-b * t - change * 0.3 * np.logaddexp(0.0, (t - chance.uniform(0.3, 0.85) * t[sizes - 1]) / 0.3))
    else:
        fall = np.exp(-b * t)
    truth = (1.0 - floor) * fall / fall[0] + floor
    noise = float(np.exp(chance.uniform(np.log(0.0007), np.log(0.05))))
    shared = noise * float(chance.choice(mix.shared))
    heavy = (
        chance.standard_t(4, size=(sizes, runs)) / np.sqrt(2.0)
        if chance.random() < 0.2
        else chance.normal(size=(sizes, runs))
    )
    factor = 1.0 + shared * chance.normal(size=(sizes, 1)) + noise * heavy
    loss = np.maximum(truth[:sizes, None] * factor, 1e-3)
    new = truth[sizes:] * (1.0 + np.hypot(shared, noise) * chance.normal(size=len(at)))
    labels = tuple(str(r) for _ in range(sizes) for r in range(runs))
    return Cut(mix.source, "simulated", np.repeat(n, runs), loss.ravel(), at, new, replicate=labels)
