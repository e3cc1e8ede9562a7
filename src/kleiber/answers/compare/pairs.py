"""Every pair of the models compared. Pairs that meet on one grid of sizes share their models' draws, grid by grid.

So each model is drawn once for each grid, and no more than one grid's draws are held at a time.
"""

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.compare.contender import Contender, contender
from kleiber.answers.compare.model_pair import (
    Ground,
    PairComparison,
    Question,
    compare_pair,
    ground,
    unforecast_pair,
)
from kleiber.answers.compare.paired import paired_differences, subsets
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]
Pair = tuple[str, str]
Watch = Callable[[str, int, int], None]
"""Who looks on: is told what is being worked out, how many are done, and of how many."""


def compare_pairs(
    found: Mapping[str, Forecast], labelled: Mapping[str, bool], question: Question, watch: Watch | None = None
) -> tuple[PairComparison, ...]:
    """Compare each two models; `labelled` says whose replicates have names of their own."""
    pairs = list(combinations(found, 2))
    measured = {name: subsets(fc) if labelled[name] else {} for name, fc in found.items()}
    paired = {(a, b): tuple(paired_differences(measured[a], measured[b])) for a, b in pairs}
    told = {
        (a, b): unforecast_pair((a, found[a].curve), (b, found[b].curve), paired[a, b])
        for a, b in pairs
        if "refused" in (found[a].status, found[b].status)
    }
    where = {pair: ground(found[pair[0]], found[pair[1]], question) for pair in pairs if pair not in told}
    models = _contenders(found, where, watch)
    for group in _by_grid(where):
        drawn: dict[str, Array] = {}
        for pair in group:
            if watch:
                watch("pairs", len(told), len(pairs))
            for name in pair:
                if name not in drawn:
                    drawn[name] = models[name].drawn(where[pair].grid)
            a, b = (models[name] for name in pair)
            rows = (drawn[pair[0]], drawn[pair[1]])
            told[pair] = compare_pair(a, b, where[pair], question, rows, paired[pair])
    return tuple(told[pair] for pair in pairs)


def _contenders(found: Mapping[str, Forecast], where: Mapping[Pair, Ground], watch: Watch | None) -> dict[str, Contender]:
    asked: dict[str, list[Ground]] = {}
    for pair, place in where.items():
        for name in pair:
            asked.setdefault(name, []).append(place)
    models: dict[str, Contender] = {}
    for name, places in asked.items():
        if watch:
            watch("models", len(models), len(asked))
        models[name] = contender(name, found[name], [p.sizes for p in places], [p.wanted for p in places])
    return models


def _by_grid(where: Mapping[Pair, Ground]) -> list[list[Pair]]:
    groups: dict[bytes, list[Pair]] = {}
    for pair, place in where.items():
        groups.setdefault(place.grid.tobytes(), []).append(pair)
    return list(groups.values())
