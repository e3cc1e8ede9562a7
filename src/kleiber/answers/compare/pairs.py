"""Every pair of the models compared. Each model is drawn once for all its pairs, on one ladder of sizes.

So a model costs what it costs alone, and a pair only arithmetic on the draws of both. All draws are held at once: 2 to 5 MB
a model.
"""

from collections.abc import Callable, Mapping
from itertools import combinations

from kleiber.answers.compare.contender import Contender, contender
from kleiber.answers.compare.ground import Ground, Pair, Question, grounds
from kleiber.answers.compare.model_pair import PairComparison, compare_pair, unforecast_pair
from kleiber.answers.compare.paired import paired_differences, subsets
from kleiber.forecasting.forecast import Forecast

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
    where = grounds(found, [pair for pair in pairs if pair not in told], question)
    models = _contenders(found, where, watch)
    for (a, b), place in where.items():
        if watch:
            watch("pairs", len(told), len(pairs))
        told[a, b] = compare_pair(models[a], models[b], place, question, paired[a, b])
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
        models[name] = contender(name, found[name], places)
    return models
