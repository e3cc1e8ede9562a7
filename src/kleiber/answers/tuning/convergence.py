"""What in a study's own account bends its curve: winners at the edge of their range, training cut off, a warm start's help,
and the luck of a search, which the runs of a size share.

In: the study's part of an imported ledger. Each is a warning with a stable code; none corrects a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber import seeds
from kleiber.curves.curve import Caution
from kleiber.halving import survivors
from kleiber.space import Range, Space, edge_share, parse_space
from kleiber.wording import given

Array = NDArray[np.float64]

CUT_OFF = 0.5  # share of a size's score trials whose best epoch is their last, from which it is told
FEWEST = 3  # sizes with a search that are needed to see what a warm start does to the exponent
PROBABILITY = 0.9  # of the interval of what a search varies by
DRAWS = 400
BY_LUCK = 0.05  # p-value up to which what luck may do as well is told
LEAST = 0.01  # and the least change that is


def cautions(study: Mapping[str, Any], scores: Mapping[float, Sequence[float]] | None = None) -> Iterator[Caution]:
    """Give the warnings of a study, each about all the sizes that it concerns.

    scores: the losses of each size's score trials, in the metric that the search went by; without them nothing is said of
    the search's luck.
    """
    search = study["description"].get("search", {})
    yield from _at_edge(study.get("winners", ()), parse_space(search.get("space") or {}))
    yield from _cut_off(study)
    losses = searched(study)
    if search.get("warm_start"):
        yield from warm_start(losses)
    trials, stages = search.get("trials", 0), search.get("stages") or []
    to_the_end = survivors(trials, len(stages), search.get("keep") or 1.0)[-1]
    if scores and to_the_end > 1 and search.get("sampler", "random") == "random":  # two of many drawn alike
        if search.get("warm_start"):  # the first of every size but the smallest is inherited, and no draw
            losses = {n: values if n == min(losses) else values[1:] for n, values in losses.items()}
        yield from search_luck(losses, scores)


def searched(study: Mapping[str, Any]) -> dict[float, list[float]]:
    """Give the validation losses of a study's search trials by size, in their order, inf for those that diverged."""
    return {float(e["n"]): [np.inf if v is None else v for v in e["losses"]] for e in study.get("searches", ())}


def _at_edge(winners: Sequence[Mapping[str, Any]], space: Space) -> Iterator[Caution]:
    """Warn of the ranges at whose edge more winners lie than luck puts there, all ranges of the search allowed for."""
    ranges = {name: edge_share(entry) for name, entry in space.items() if isinstance(entry, Range)}
    found = []
    for name, share in ranges.items():
        places = sorted(winner["n"] for winner in winners if name in (winner.get("at_edge") or ()))
        p = _at_least(len(places), len(winners), share)
        if p <= BY_LUCK / len(ranges):
            found.append(
                f"{name} at {len(places)} of {len(winners)} sizes (n = {', '.join(map(given, places))}; p = {p:.2g})"
            )
    if found:
        yield Caution(
            "winner-at-edge",
            f"The search's winners lie at the edge of a range more often than luck puts them there: {'; '.join(found)}. A "
            "better setting may lie outside, and a size that could not get its own lifts the curve there. Widen the range.",
        )


def _cut_off(study: Mapping[str, Any]) -> Iterator[Caution]:
    """Warn where the best epoch was the last more often than where any is as likely, as after converging.

    Where the rate falls to nothing the last always is the best, and tells nothing.
    """
    training = study["description"].get("training", {})
    endings = study.get("endings", ())
    if training.get("schedule", "constant") != "constant" or not endings:
        return
    count, at_last, by_luck = (sum(e[key] for e in endings) for key in ("count", "at_last", "by_luck"))
    found = [e for e in endings if e["at_last"] >= CUT_OFF * e["count"]]
    if not found or _at_least(at_last, count, by_luck / count) > BY_LUCK:
        return
    more = "steps (training.steps)" if training.get("length") == "steps" else "epochs (training.epochs)"
    listed = ", ".join(f"{e['at_last']} of {e['count']} at n = {given(e['n'])}" for e in found)
    yield Caution(
        "cut-off",
        f"The best epoch was the last one in {listed}: training was cut off before it had converged, which lifts the loss "
        f"at these sizes and bends the curve. Give more {more}.",
    )


def warm_start(losses: Mapping[float, Sequence[float]]) -> Iterator[Caution]:
    """Warn where the winner that each size inherits from its neighbour changes the exponent by more than luck.

    losses: validation losses of each size's search trials in their order, inf for those that diverged; the first of every
    size but the smallest is the inherited one. The best of all is compared with the best of the fresh ones, and the change
    with what any other trial of each size, taken for the inherited one, would make (a permutation test): a larger size
    inherits what all smaller ones found, as if it had more trials.
    """
    sizes = sorted(losses)
    values = [np.asarray(losses[n], dtype=float) for n in sizes]
    if len(sizes) < FEWEST or any(np.isfinite(v).sum() < 3 for v in values):
        return
    x = np.log(sizes) - np.log(sizes).mean()
    change = _change(x, values, np.zeros(len(sizes), dtype=int))
    chance = seeds.generator("warm start", len(sizes))
    by_luck = [_change(x, values, np.array([chance.integers(len(v)) for v in values])) for _ in range(DRAWS)]
    p = (1 + sum(other >= change for other in by_luck)) / (1 + DRAWS)
    if p <= BY_LUCK and change > LEAST:
        won = sum(v[0] == v.min() for v in values[1:])
        yield Caution(
            "warm-start-bias",
            f"The setting inherited from the smaller size won at {won} of {len(sizes) - 1} sizes, and makes the search's "
            f"exponent larger by {change:.2g} than its fresh trials do (p = {p:.2g}): larger sizes profit from the "
            "searches of all smaller ones. Leave out warm_start, or search with more trials at the small sizes.",
        )


def search_luck(losses: Mapping[float, Sequence[float]], scores: Mapping[float, Sequence[float]]) -> Iterator[Caution]:
    """Warn where what a search finds varies by more than the mean of its size's runs, which all train its one winner.

    losses: validation losses of each size's search trials, drawn at random, inf for those that diverged. scores: losses of
    its score trials. Where trials were paused, the second best may be one of them, so that the gap is an upper bound.
    The standard deviation of the best of k trials is near the mean gap between the best two, in units of ln loss: where
    the chance of a loss within x of the lowest rises as x^a, their ratio is (for large k) sqrt(G(1 + 2/a) - G(1 + 1/a)^2)
    to G(2 + 1/a) - G(1 + 1/a), G the gamma function: 1.12, 1, 1.05, 1.09 for a = 1/2, 1, 2, 3 (from the order statistics
    of a Weibull distribution, David and Nagaraja 2003, "Order Statistics", chapter 10). The interval takes gaps for
    exponential; in simulations of 4 and 7 sizes that of 90 % covered .74 to .95 for these a.
    In 27 searches of `benchmarks/pruning.py`, nine seeds at three sizes, the best varied by .024 and the mean gap was .035.
    """
    gaps = [np.diff(np.log(np.sort(values)[:2]))[0] for values in losses.values() if _has_two(values)]
    spreads = [(np.var(np.log(v), ddof=1), len(v)) for v in scores.values() if len(v) > 1 and min(v) > 0]
    if len(gaps) < FEWEST or not spreads:
        return
    luck = float(np.mean(gaps))
    low, high = 2 * len(gaps) * luck / special.chdtri(2 * len(gaps), [0.5 - PROBABILITY / 2, 0.5 + PROBABILITY / 2])
    noise = float(np.sqrt(np.mean([variance / count for variance, count in spreads])))
    if low > max(noise, LEAST):
        yield Caution(
            "search-luck",
            f"A new search would change the results by about {100 * luck:.0f} % (90 % interval {100 * low:.0f} to "
            f"{100 * high:.0f} %), more than the {100 * noise:.0f} % between repeats, which all train the one winner; the "
            "intervals may be too narrow. Search with more trials, or repeat the study with another seed.",
        )


def _has_two(values: Sequence[float]) -> bool:
    best = np.sort(values)[:2]
    return len(best) == 2 and best[0] > 0 and bool(np.isfinite(best).all())


def _change(x: Array, values: Sequence[Array], inherited: NDArray[np.int_]) -> float:
    """Give by how much the exponent of the best of all exceeds that of the best of those that are not inherited.

    The smallest size inherits nothing, so that it is one trial short of the others in both.
    """
    fresh = np.log([np.delete(v, place).min() for v, place in zip(values, inherited, strict=True)])
    best = np.minimum(fresh, np.log([np.inf, *(v[place] for v, place in zip(values[1:], inherited[1:], strict=True))]))
    return float(-(x @ (best - fresh)) / (x @ x))


def _at_least(count: int, of: int, share: float) -> float:
    """Give P(count or more of so many), each with probability `share`."""
    return float(special.bdtrc(count - 1, of, share)) if count else 1.0
