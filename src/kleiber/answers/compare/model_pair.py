"""Two models compared by their forecasts: who is better at which size, where they cross, what one is worth in data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber import seeds
from kleiber.answers.compare.contender import Contender
from kleiber.answers.compare.coupled import beat_runs, coupled_scores, partners, share_below
from kleiber.answers.compare.ground import Ground, Question, common_size
from kleiber.answers.compare.paired import Paired
from kleiber.curves.curve import Curve
from kleiber.forecasting.forecast import Interval
from kleiber.forecasting.grades import Grade, worse

Array = NDArray[np.float64]

SHARE = 0.05  # least chance that two curves cross for its place to be told


@dataclass(frozen=True, slots=True)
class AtSize:
    """At n: P(the curve of first lies below that of second), the same of one new run of each, and by how much.

    `difference` is first minus second, `ratio` first over second, both of the curves. `grade` is the worse of the two.
    """

    n: float
    beats: float
    beats_run: float
    difference: Interval
    ratio: Interval
    grade: Grade


@dataclass(frozen=True, slots=True)
class Crossing:
    """Between `start` and `end`: P(the curves cross), P(never there), and where the first crossing lies if they do."""

    start: float
    end: float
    crosses: float
    never_within: float
    place: Interval | None


@dataclass(frozen=True, slots=True)
class Multiplier:
    """What second needs for a loss as a multiple of what first needs, over the draws in which one of them gets there.

    inf: only first does; 0: only second does, both within `searched_to`. `never` are each one's P(floor >= loss), `within`
    P(it gets there by the horizon of both). `grade` is a guess where the median size of either lies beyond that.
    """

    loss: float
    ratio: Interval
    first_never: float
    second_never: float
    first_within: float
    second_within: float
    searched_to: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Two models; `crossing` and what is forecast are empty where either forecast is refused."""

    first: str
    second: str
    largest_common: float
    apart: bool
    horizon: float | None
    at: tuple[AtSize, ...]
    paired: tuple[Paired, ...]
    crossing: Crossing | None
    multipliers: tuple[Multiplier, ...]


def unforecast_pair(first: tuple[str, Curve], second: tuple[str, Curve], paired: tuple[Paired, ...]) -> PairComparison:
    """Compare what was measured on two models, where the forecast of either is refused."""
    common, apart = common_size(first[1], second[1])
    return PairComparison(first[0], second[0], common, apart, None, (), paired, None, ())


def compare_pair(
    first: Contender, second: Contender, where: Ground, question: Question, paired: tuple[Paired, ...]
) -> PairComparison:
    """Compare two models on their ground; `paired` is what was measured on their common replicates."""
    grid, horizon, common = where.grid, where.horizon, where.largest_common
    scores = coupled_scores(seeds.generator(question.random_state, "coupled", first.name, second.name))
    partner = partners(scores)
    x, y = first.drawn(grid), second.drawn(grid)
    sizes = tuple(_at(first, second, where, (x, y), partner, scores))
    found = PairComparison(first.name, second.name, common, where.apart, horizon, sizes, paired, None, ())
    if first.forecast.flat or second.forecast.flat:  # what a flat curve needs, and whether it crosses another, is noise
        return found
    levels = _levels(first, second, where) if question.target is None else [question.target]
    inside = slice(0, int(np.searchsorted(grid, where.top, side="right")))
    up_to = (x[inside], y[inside])
    multipliers = tuple(_multiplier(first, second, loss, grid[inside], up_to, partner, horizon) for loss in levels)
    ahead = slice(*np.searchsorted(grid, [common * (1 - 1e-9), horizon * (1 + 1e-9)]).tolist())
    crossing = _crossing(grid[ahead], x[ahead], y[ahead][:, partner])
    return replace(found, crossing=crossing, multipliers=multipliers)


def _at(
    first: Contender,
    second: Contender,
    where: Ground,
    drawn: tuple[Array, Array],
    partner: NDArray[np.int64],
    scores: tuple[Array, Array],
) -> Iterator[AtSize]:
    place = np.searchsorted(where.grid, where.wanted)
    chances = beat_runs(first.runs(where.wanted), second.runs(where.wanted), scores)
    for n, i, chance in zip(where.wanted.tolist(), place, chances, strict=True):
        x, y = drawn[0][i], drawn[1][i][partner]
        grade = worse(first.forecast.graded(n), second.forecast.graded(n))
        yield AtSize(n, share_below(x, y), chance, _interval(x - y), _interval(x / y), grade)


def _interval(values: Array, inside: float = 0.9) -> Interval:
    """Give median and central interval of draws, which may be inf: values that were drawn, none between them."""
    place = np.ceil(len(values) * np.array([(1 - inside) / 2, 0.5, (1 + inside) / 2]) - 1).astype(np.int64)
    low, middle, high = np.sort(values)[np.maximum(place, 0)].tolist()  # faster than a partition at three places
    return Interval(median=middle, low=low, high=high, probability=inside)


def _crossing(n: Array, x: Array, y: Array) -> Crossing | None:
    """Say whether and where curves `(Q, count)` cross from the first size to the last, linear between them on the log."""
    if len(n) < 2:
        return None
    above, below = x > y, x < y
    turned = (above & below[0]) | (below & above[0])
    crosses = turned.any(axis=0)
    share = float(crosses.mean())
    place = None
    if share >= SHARE:
        row, t = np.flatnonzero(crosses), np.log(n)
        i = np.argmax(turned[:, row], axis=0)
        before, after = (np.log(x[j, row] / y[j, row]) for j in (i - 1, i))
        place = _interval(np.exp(t[i - 1] + (t[i] - t[i - 1]) * before / (before - after)))
    return Crossing(float(n[0]), float(n[-1]), share, 1.0 - share, place)


def _levels(first: Contender, second: Contender, where: Ground) -> list[float]:
    """Give losses at which to compare: that of the worse and of the better at the largest common size, and half-way on."""
    here, there = ([one.median(n) for one in (first, second)] for n in (where.largest_common, where.half_way))
    found = [max(here), min(here), min(there)]
    return [y for i, y in enumerate(found) if i == 0 or y < 0.999 * min(found[:i])]


def _multiplier(
    first: Contender,
    second: Contender,
    loss: float,
    grid: Array,
    drawn: tuple[Array, Array],
    partner: NDArray[np.int64],
    horizon: float,
) -> Multiplier:
    needs = [_first_below(grid, draws, loss) for draws in drawn]
    needs[1] = needs[1][partner]
    told = (np.isfinite(needs[0]) | np.isfinite(needs[1])) & (np.maximum(needs[0], needs[1]) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(np.isfinite(needs[0]), needs[1] / needs[0], 0.0)[told]
    ratio = ratio if len(ratio) else np.array([np.inf])
    within = [float(np.mean(n <= horizon)) for n in needs]
    middle = [_interval(n).median for n in needs]
    graded = (one.forecast.graded(max(middle)) for one in (first, second))
    return Multiplier(
        loss=loss,
        ratio=_interval(ratio),
        first_never=first.never(loss),
        second_never=second.never(loss),
        first_within=within[0],
        second_within=within[1],
        searched_to=float(grid[-1]),
        grade="guess" if max(middle) > horizon or min(middle) <= 0 else worse(*graded),
    )


def _first_below(grid: Array, draws: Array, loss: float) -> Array:
    """Give the first size at which each curve is at most a loss, `(count,)`, linear in log n; inf where none is."""
    below = draws <= loss
    at = np.argmax(below, axis=0)
    row, t = np.arange(draws.shape[1]), np.log(grid)
    before = np.maximum(at - 1, 0)
    high, low = draws[before, row], draws[at, row]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(at > 0, (high - loss) / (high - low), 1.0)
    found = np.where(below[at, row], np.exp(t[before] + share * (t[at] - t[before])), np.inf)
    return np.where(below[0], 0.0, found)  # below the smallest size: how far is not known
