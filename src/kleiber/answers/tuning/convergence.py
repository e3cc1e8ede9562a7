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
from kleiber.answers.tuning import luck
from kleiber.curves.curve import Caution
from kleiber.curves.luck import Luck, drawn
from kleiber.space import Range, Space, edge_share, parse_space
from kleiber.wording import counted, given

Array = NDArray[np.float64]

CUT_OFF = 0.5  # share of a size's score trials whose best epoch is their last, from which it is told
FEWEST = 3  # sizes with a search that are needed to see what a warm start does to the exponent
ALL = 2  # runs of the largest size from which it is told where all of them ended so
DRAWS = 400
BY_LUCK = 0.05  # p-value up to which what luck may do as well is told
LEAST = 0.01  # and the least change that is


def cautions(
    study: Mapping[str, Any], scores: Mapping[float, Sequence[float]] | None = None, known: Luck | None = None
) -> Iterator[Caution]:
    """Give the warnings of a study, each about all the sizes that it concerns.

    scores: the losses of each size's score trials, in the metric that the search went by; without them nothing is said of
    the search's luck. known: that luck, where repeated searches tell it.
    """
    search = study["description"].get("search", {})
    yield from _at_edge(study.get("winners", ()), parse_space(search.get("space") or {}))
    yield from _cut_off(study)
    losses = searched(study)
    if search.get("warm_start"):
        yield from warm_start(losses)
    if scores and (drawn(search) or known):
        alike = searched(study, "alike")
        if search.get("warm_start"):  # the first of every size but the smallest is inherited, and no draw
            alike = {n: values if n == min(alike) else values[1:] for n, values in alike.items()}
        yield from luck.told(alike, scores, int(search.get("trials", 0)), _epochs(study), known)


def searched(study: Mapping[str, Any], which: str = "losses") -> dict[float, list[float]]:
    """Give the validation losses of a study's search trials by size, in their order, inf for those that diverged.

    which: "losses" for the last of each trial, "alike" for those at one epoch which the second best reached.
    """
    return {float(e["n"]): [np.inf if v is None else v for v in e[which]] for e in study.get("searches", ())}


def _epochs(study: Mapping[str, Any]) -> list[int]:
    """Give the epochs before their end at which the search trials of sizes are compared."""
    return sorted({e["until"] for e in study.get("searches", ()) if e["until"] is not None})


def _at_edge(winners: Sequence[Mapping[str, Any]], space: Space) -> Iterator[Caution]:
    """Warn of the ranges at whose edge more winners lie than luck puts there, all ranges of the search allowed for."""
    ranges = {name: edge_share(entry) for name, entry in space.items() if isinstance(entry, Range)}
    found = []
    for name, share in ranges.items():
        places = sorted(winner["n"] for winner in winners if name in (winner.get("at_edge") or ()))
        p = _at_least(len(places), len(winners), share)
        if p <= BY_LUCK / len(ranges):
            where = f"n = {', '.join(map(given, places))}; p = {p:.2g}"
            found.append(f"{name} at {len(places)} of {counted(len(winners), 'size')} ({where})")
    if found:
        yield Caution(
            "winner-at-edge",
            f"The search's winners lie at the edge of a range more often than by luck: {'; '.join(found)}. A better "
            "setting may lie outside. Widen the range.",
        )


def _cut_off(study: Mapping[str, Any]) -> Iterator[Caution]:
    """Warn where the best epoch was the last more often than where any is as likely, as after converging, and where it was
    in all runs of the largest size, two or more.

    Where the rate falls to nothing the last always is the best, and tells nothing.
    """
    training = study["description"].get("training", {})
    endings = study.get("endings", ())
    if training.get("schedule", "constant") != "constant" or not endings:
        return
    count, at_last, by_luck = (sum(e[key] for e in endings) for key in ("count", "at_last", "by_luck"))
    largest = max(endings, key=lambda e: e["n"])
    p = _at_least(at_last, count, by_luck / count)
    found = [e for e in endings if e["at_last"] >= CUT_OFF * e["count"]] if p <= BY_LUCK else []
    if not found and largest["at_last"] == largest["count"] >= ALL:
        found, p = [largest], (largest["by_luck"] / largest["count"]) ** largest["count"]
    if not found:
        return
    more = "steps (training.steps)" if training.get("length") == "steps" else "epochs (training.epochs)"
    listed = ", ".join(f"{e['at_last']} of {counted(e['count'], 'run')} at n = {given(e['n'])}" for e in found)
    sure = "" if p <= BY_LUCK else f" So few runs may do so by luck (p = {p:.2g})."
    yield Caution(
        "cut-off",
        f"{listed} still improved in their last epoch. Training probably stopped too early there, which bends the "
        f"curve.{sure} Give more {more}.",
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
            f"Inherited settings raise the exponent by {change:.2g} (p = {p:.2g}). They won at {won} of {len(sizes) - 1} "
            "sizes: larger sizes profit from the searches of smaller ones. Leave out warm_start, or search more at the "
            "small sizes.",
        )


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
