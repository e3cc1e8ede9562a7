"""The luck of a search: what its best varies by from one search to another, and the sizes that it probably let down.

All runs of a size train its search's one winner, so that their agreement does not show it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Caution
from kleiber.curves.luck import FEWEST, Luck, of_trials, pooled
from kleiber.curves.sizes import Sizes
from kleiber.wording import agreed, counted, given, listed

Array = NDArray[np.float64]

LEAST = 0.01  # what a search varies by, from which it is told
FEW = 20  # trials at each size below which they are few
ABOVE = 0.05  # share by which a size that was let down lies above the others, at least,
ERRORS = 3.0  # and so many standard errors of its runs,
PLAUSIBLE = 4.0  # and at most so many times what searches vary by: what is more has another cause


def told(
    losses: Mapping[float, Sequence[float]],
    scores: Mapping[float, Sequence[float]],
    trials: int,
    epochs: Sequence[int] = (),
    known: Luck | None = None,
) -> Iterator[Caution]:
    """Warn of sizes that few trials let down or, where there are none, of what a search varies by.

    losses: validation losses of each size's search trials at one epoch, inf for those that diverged. scores: losses of its
    score trials. trials: how many settings were tried at each size. epochs: those at which the losses are, if not the end.
    known: the luck where repeated searches tell it, which is not judged by the trials then.
    """
    luck = known or judged(losses, scores, trials)
    if luck is None:
        return
    found = {n: by for n, by in let_down(scores).items() if by <= PLAUSIBLE * luck.high} if trials < FEW else {}
    if found:
        yield _few(found, trials)
    else:
        yield from search_luck(losses, scores, trials, epochs, known)


def judged(
    losses: Mapping[float, Sequence[float]], scores: Mapping[float, Sequence[float]], trials: int = 0
) -> Luck | None:
    """Give the luck that the best of a size's trials show, but no more than the curve leaves room for.

    Few trials lie far apart below their best, and more so at the epoch of a pause than at their end; a curve whose winners
    varied as much would not be smooth. The arguments are those of `told`; trials that paused are not among the losses.
    """
    found = [of_trials(n, np.sort(_finite(values)), max(trials, len(values))) for n, values in losses.items()]
    luck, room = pooled([one for one in found if one is not None]), scatter(scores)
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
    return Luck.of(float(away.sum()) / dof, dof)


def search_luck(
    losses: Mapping[float, Sequence[float]],
    scores: Mapping[float, Sequence[float]],
    trials: int = 0,
    epochs: Sequence[int] = (),
    known: Luck | None = None,
) -> Iterator[Caution]:
    """Warn where what a search finds varies by more than the mean of its size's runs, which all train its one winner.

    The arguments are those of `told`.
    """
    luck, noise = known or judged(losses, scores, trials), _noise(scores)
    if luck is None or noise is None:
        return
    by = float(np.sqrt(np.mean([noise**2 / len(values) for values in scores.values() if len(values) > 1])))
    if luck.low > max(by, LEAST):
        at = f", judged by the trials at epoch {listed([str(epoch) for epoch in epochs])}" if epochs and not known else ""
        between = f"90 % interval {100 * luck.low:.0f} to {100 * luck.high:.0f} %{at}"
        yield Caution(
            "search-luck",
            f"A new search would change the results by about {100 * luck.middle:.0f} % ({between}), more than the "
            f"{100 * by:.0f} % between repeats of its winner. The intervals include that. Search "
            f"more (--trials {more(trials)} --allow-test-reuse), or more often (--searches {3 if known else 2}).",
        )


def repeated(measured: Sizes) -> dict[str, Any] | None:
    """Give how far the searches of sizes that were searched several times differ, as plain data with a sentence; None where
    each was searched once.
    """
    luck, times = measured.luck, measured.searches
    if times is None or not np.any(times > 1):
        return None
    often, count = int(times.max()), int(np.count_nonzero(times > 1))
    found: dict[str, Any] = {"searches": often, "sizes": count, "luck": None}
    if luck is None:
        needed = "Too few sizes were searched more than once to say how far one search differs from the next."
        return {**found, "sentence": needed}
    by = " and their trials" if luck.told_by == "trials and winners" else ""
    between = f"90 % interval {100 * luck.low:.1f} to {100 * luck.high:.1f} %"
    said = (
        f"From one search to the next a result varies by about {100 * luck.middle:.1f} % ({between}). "
        f"The winners of {often} searches at {counted(count, 'size')}{by} tell it."
    )
    known = {"middle": luck.middle, "low": luck.low, "high": luck.high, "told_by": luck.told_by}
    return {**found, "luck": known, "sentence": said}


def beyond_repeats(measured: Sizes) -> Caution | None:
    """Say where results vary from one search to another by more than the mean of a size's runs, so that more of them help
    little; None where they do not, or nothing tells.
    """
    luck, by = measured.luck, np.sqrt((measured.own or 0.0) / np.mean(measured.count))
    if luck is None or luck.low <= max(float(by), LEAST):
        return None
    return Caution(
        "search-luck",
        f"A new search would change a size by about {100 * luck.middle:.0f} % (90 % interval {100 * luck.low:.0f} to "
        f"{100 * luck.high:.0f} %), its runs by {100 * by:.1f} %. Repeats share that luck; a longer search lessens it.",
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


def _finite(values: Sequence[float]) -> Array:
    return np.asarray([value for value in values if np.isfinite(value)], dtype=np.float64)
