"""The luck of a search: what its best varies by from one search to another, and the sizes that it probably let down.

All runs of a size train its search's one winner, so that their agreement does not show it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.curves.curve import Caution
from kleiber.wording import agreed, counted, given, listed

Array = NDArray[np.float64]

FEWEST = 3  # sizes with a search that are needed
PROBABILITY = 0.9  # of the interval of what a search varies by
LEAST = 0.01  # what a search varies by, from which it is told
STARTUP = 8  # trials that every sampler draws at random first
FEW = 20  # trials at each size below which they are few
ABOVE = 0.05  # share by which a size that was let down lies above the others, at least,
ERRORS = 3.0  # and so many standard errors of its runs,
PLAUSIBLE = 4.0  # and at most so many times what searches vary by: what is more has another cause


@dataclass(frozen=True, slots=True)
class Luck:
    """The standard deviation of ln loss from one search to another, with its 90 % interval."""

    middle: float
    low: float
    high: float


def drawn(search: Mapping[str, Any]) -> bool:
    """Say whether the trials of a search are all drawn alike."""
    return bool(search.get("sampler", "random") in ("random", "quasi-random") or search.get("trials", 0) <= STARTUP)


def told(
    losses: Mapping[float, Sequence[float]],
    scores: Mapping[float, Sequence[float]],
    trials: int,
    epochs: Sequence[int] = (),
) -> Iterator[Caution]:
    """Warn of sizes that few trials let down or, where there are none, of what a search varies by.

    losses: validation losses of each size's search trials at one epoch, inf for those that diverged. scores: losses of its
    score trials. trials: how many settings were tried at each size. epochs: those at which the losses are, if not the end.
    """
    luck = judged(losses, scores)
    if luck is None:
        return
    found = {n: by for n, by in let_down(scores).items() if by <= PLAUSIBLE * luck.high} if trials < FEW else {}
    if found:
        yield _few(found, trials)
    else:
        yield from search_luck(losses, scores, trials, epochs)


def of(losses: Mapping[float, Sequence[float]]) -> Luck | None:
    """Give what the best of a size's search trials, drawn at random, varies by; None where too few sizes tell.

    The standard deviation of the best of k trials is near the mean gap between the best two, in units of ln loss: where
    the chance of a loss within x of the lowest rises as x^a, their ratio is (for large k) sqrt(G(1 + 2/a) - G(1 + 1/a)^2)
    to G(2 + 1/a) - G(1 + 1/a), G the gamma function: 1.12, 1, 1.05, 1.09 for a = 1/2, 1, 2, 3 (from the order statistics
    of a Weibull distribution, David and Nagaraja 2003, "Order Statistics", chapter 10). The interval takes gaps for
    exponential; in simulations of 4 and 7 sizes that of 90 % covered .74 to .95 for these a.
    In 27 searches of `benchmarks/pruning.py`, nine seeds at three sizes, the best varied by .024 and the mean gap was .035.
    """
    gaps = [np.diff(np.log(np.sort(values)[:2]))[0] for values in losses.values() if _has_two(values)]
    if len(gaps) < FEWEST:
        return None
    middle = float(np.mean(gaps))
    ends = 2 * len(gaps) * middle / special.chdtri(2 * len(gaps), [0.5 - PROBABILITY / 2, 0.5 + PROBABILITY / 2])
    return Luck(middle, *map(float, ends))


def judged(losses: Mapping[float, Sequence[float]], scores: Mapping[float, Sequence[float]]) -> Luck | None:
    """Give the luck that trials show, but no more than the curve leaves room for.

    Few trials lie far apart below their best, and more so at the epoch of a pause than at their end; a curve whose winners
    varied as much would not be smooth.
    """
    luck, room = of(losses), scatter(scores)
    if luck is None or room is None:
        return luck
    return min(luck, room, key=lambda one: one.middle)


def scatter(scores: Mapping[float, Sequence[float]]) -> Luck | None:
    """Give what the sizes of a curve scatter by, in ln loss, about the lines between their neighbours; a bend counts too.

    The interval takes the distances from the lines for independent and normal. None for fewer than four sizes.
    """
    kept = {n: values for n, values in sorted(scores.items()) if len(values) and min(values) > 0}
    if len(kept) < FEWEST + 1:
        return None
    y, line, part = _lines(kept)
    away = (y[1:-1] - line[1:-1]) ** 2 / (1 + (1 - part) ** 2 + part**2)
    dof = len(away)
    middle, *ends = (
        float(np.sqrt(away.sum() / k))
        for k in (dof, special.chdtri(dof, 0.5 - PROBABILITY / 2), special.chdtri(dof, 0.5 + PROBABILITY / 2))
    )
    return Luck(middle, *ends)


def search_luck(
    losses: Mapping[float, Sequence[float]],
    scores: Mapping[float, Sequence[float]],
    trials: int = 0,
    epochs: Sequence[int] = (),
) -> Iterator[Caution]:
    """Warn where what a search finds varies by more than the mean of its size's runs, which all train its one winner.

    The arguments are those of `told`.
    """
    luck, noise = judged(losses, scores), _noise(scores)
    if luck is None or noise is None:
        return
    by = float(np.sqrt(np.mean([noise**2 / len(values) for values in scores.values() if len(values) > 1])))
    if luck.low > max(by, LEAST):
        at = f", judged by the trials at epoch {listed([str(epoch) for epoch in epochs])}" if epochs else ""
        between = f"90 % interval {100 * luck.low:.0f} to {100 * luck.high:.0f} %{at}"
        yield Caution(
            "search-luck",
            f"A new search would change the results by about {100 * luck.middle:.0f} % ({between}), more than the "
            f"{100 * by:.0f} % between repeats of its winner. The intervals may be too narrow. Search "
            f"more (--trials {more(trials)} --allow-test-reuse), or repeat the study with another seed.",
        )


def let_down(scores: Mapping[float, Sequence[float]]) -> dict[float, float]:
    """Give the sizes whose mean loss lies above that of a smaller size, or above the line between neighbours that lie below
    theirs, by more than the noise of the runs, and by how much in ln loss.
    """
    kept = {n: values for n, values in sorted(scores.items()) if len(values) and min(values) > 0}
    noise = _noise(kept)
    if len(kept) < FEWEST or noise is None:
        return {}
    y, line, part = _lines(kept)
    unit = 1 / np.array([len(values) for values in kept.values()])
    of_line = np.array([np.nan, *((1 - part) ** 2 * unit[:-2] + part**2 * unit[2:]), np.nan])
    found = {}
    for i, n in enumerate(kept):
        best = int(np.argmin(y[: i + 1]))
        by = [(y[i] - y[best], unit[best]), (y[i] - line[i], of_line[i])]
        beside = [y[j] < line[j] for j in (i - 1, i + 1) if 0 < j < len(y) - 1]
        if not beside or not all(beside):  # a curve that bends down lies above such a line throughout
            del by[1]
        above = [share for share, other in by if share > max(ABOVE, ERRORS * noise * np.sqrt(unit[i] + other))]
        if above:
            found[n] = float(max(above))
    return found


def _lines(kept: Mapping[float, Sequence[float]]) -> tuple[Array, Array, Array]:
    """Give ln mean loss of each size `(k,)`, where the line between its neighbours lies there `(k,)`, NaN at both ends, and
    the larger neighbour's part in it `(k - 2,)`.
    """
    x, y = np.log(list(kept)), np.log([np.mean(values) for values in kept.values()])
    part = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    return y, np.array([np.nan, *(y[:-2] * (1 - part) + y[2:] * part), np.nan]), part


def more(trials: int) -> int:
    """Give how many trials to search with instead: twice as many, and not few."""
    return max(FEW, 2 * trials)


def _few(found: Mapping[float, float], trials: int) -> Caution:
    sizes = listed([given(n) for n in found])
    by = listed([f"{100 * np.expm1(above):.0f}" for above in found.values()])
    one = len(found) == 1
    lies, searches = agreed("lies", one=one), "its search" if one else "their searches"
    return Caution(
        "few-trials",
        f"Only {counted(trials, 'trial')} searched each size, and n = {sizes} {lies} {by} % above the other sizes: "
        f"{searches} probably missed a good setting. Add --trials {more(trials)} --allow-test-reuse: it keeps what is "
        "measured.",
    )


def _noise(scores: Mapping[float, Sequence[float]]) -> float | None:
    """Give the standard deviation of ln loss of a size's runs, pooled over the sizes; None where none was repeated."""
    logs = [np.log(values) for values in scores.values() if len(values) > 1 and min(values) > 0]
    dof = sum(len(values) - 1 for values in logs)
    return float(np.sqrt(sum(np.var(values) * len(values) for values in logs) / dof)) if dof else None


def _has_two(values: Sequence[float]) -> bool:
    best = np.sort(values)[:2]
    return len(best) == 2 and best[0] > 0 and bool(np.isfinite(best).all())
