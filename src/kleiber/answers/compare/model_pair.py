"""Two models compared by their forecasts: who is better at which size, where they cross, what one is worth in data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber import seeds
from kleiber.answers.compare.contender import Contender
from kleiber.answers.compare.coupled import beats_run, coupled_scores, share_below
from kleiber.answers.compare.paired import Paired
from kleiber.curves.curve import Curve
from kleiber.forecasting.draws import ranks
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.grades import HORIZON, Grade, worse

Array = NDArray[np.float64]

TIMES = (1.0, 2.0, 4.0, 8.0)  # times the largest common size, where nothing else is asked
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


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of each pair: sizes and a loss, None where nobody asks."""

    at: Array | None
    target: float | None
    random_state: int


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The sizes at which two models meet: the `largest_common` one (`apart`: they share none), the `horizon` of both, those
    `wanted`, and the `grid` of draws up to `top` and wherever else something is asked.
    """

    largest_common: float
    apart: bool
    horizon: float
    top: float
    wanted: Array
    grid: Array

    @property
    def half_way(self) -> float:
        """Give the size half-way from the largest common one to the horizon, on the log."""
        return float(np.sqrt(self.largest_common * self.horizon))

    @property
    def sizes(self) -> Array:
        """Give all sizes at which the curves of the models are asked for."""
        return np.append(self.grid, self.half_way)


def common_size(a: Curve, b: Curve) -> tuple[float, bool]:
    """Give the largest size that two curves share, and whether they share none: then the lower of their largest."""
    both = np.intersect1d(a.n, b.n)
    return float(both[-1] if len(both) else min(a.n[-1], b.n[-1])), not len(both)


def ground(a: Forecast, b: Forecast, question: Question) -> Ground:
    """Lay out the sizes at which two forecasts are compared, neither of them refused."""
    common, apart = common_size(a.curve, b.curve)
    horizon, top = min(a.horizon, b.horizon, HORIZON * common), HORIZON * common
    wanted = common * np.array(TIMES) if question.at is None else question.at
    smallest = max(float(a.curve.n[0]), float(b.curve.n[0]))
    ladders = [np.geomspace(min(smallest, common), common, 9), np.geomspace(common, top, 24)]
    return Ground(common, apart, horizon, top, wanted, np.unique(np.concatenate([*ladders, [horizon], wanted])))


def unforecast_pair(first: tuple[str, Curve], second: tuple[str, Curve], paired: tuple[Paired, ...]) -> PairComparison:
    """Compare what was measured on two models, where the forecast of either is refused."""
    common, apart = common_size(first[1], second[1])
    return PairComparison(first[0], second[0], common, apart, None, (), paired, None, ())


def compare_pair(
    first: Contender,
    second: Contender,
    where: Ground,
    question: Question,
    drawn: tuple[Array, Array],
    paired: tuple[Paired, ...],
) -> PairComparison:
    """Compare two models on their ground, with each one's draws on its grid, the lowest curves first.

    `paired` is what was measured on their common replicates.
    """
    a, b, grid, horizon = first.forecast, second.forecast, where.grid, where.horizon
    scores = coupled_scores(seeds.generator(question.random_state, "coupled", first.name, second.name))
    x, y = (rows[ranks(z)] for rows, z in zip(drawn, scores, strict=True))
    sizes = tuple(_at(first, second, float(n), (x[:, i], y[:, i]), scores) for n, i in _places(grid, where.wanted))
    found = PairComparison(first.name, second.name, where.largest_common, where.apart, horizon, sizes, paired, None, ())
    if a.flat or b.flat:  # what a flat curve needs, and whether it crosses another, is noise
        return found
    levels = _levels(first, second, where) if question.target is None else [question.target]
    inside = slice(0, int(np.searchsorted(grid, where.top, side="right")))
    up_to = (x[:, inside], y[:, inside])
    multipliers = tuple(_multiplier(a, b, loss, grid[inside], up_to, horizon) for loss in levels)
    crossing = _crossing(grid, (x, y), where.largest_common, horizon)
    return replace(found, crossing=crossing, multipliers=multipliers)


def _places(grid: Array, wanted: Array) -> Iterator[tuple[float, int]]:
    return zip(wanted.tolist(), np.searchsorted(grid, wanted).tolist(), strict=True)


def _at(first: Contender, second: Contender, n: float, drawn: tuple[Array, Array], scores: tuple[Array, Array]) -> AtSize:
    x, y = drawn
    grade = worse(first.forecast.graded(n), second.forecast.graded(n))
    runs = beats_run(first.runs(n), second.runs(n), scores)
    return AtSize(n, share_below(x, y), runs, _interval(x - y), _interval(x / y), grade)


def _interval(values: Array, inside: float = 0.9) -> Interval:
    """Give median and central interval of draws, which may be inf: values that were drawn, none between them."""
    place = np.ceil(len(values) * np.array([(1 - inside) / 2, 0.5, (1 + inside) / 2]) - 1).astype(np.int64)
    place = np.maximum(place, 0)
    low, middle, high = np.partition(values, place)[place]
    return Interval(median=float(middle), low=float(low), high=float(high), probability=inside)


def _crossing(grid: Array, drawn: tuple[Array, ...], common: float, horizon: float) -> Crossing | None:
    """Say whether and where curves cross between the largest common size and the horizon, linear between grid points."""
    kept = (grid >= common * (1 - 1e-9)) & (grid <= horizon * (1 + 1e-9))
    if kept.sum() < 2:
        return None
    t, gap = np.log(grid[kept]), np.log(drawn[0][:, kept] / drawn[1][:, kept])
    turned = np.sign(gap) * np.sign(gap[:, :1]) < 0
    crosses = turned.any(axis=1)
    place = None
    if crosses.mean() >= SHARE:
        row, i = np.flatnonzero(crosses), np.argmax(turned[crosses], axis=1)
        before, after = gap[row, i - 1], gap[row, i]
        place = _interval(np.exp(t[i - 1] + (t[i] - t[i - 1]) * before / (before - after)))
    share = float(crosses.mean())
    return Crossing(common, horizon, share, 1.0 - share, place)


def _levels(first: Contender, second: Contender, where: Ground) -> list[float]:
    """Give losses at which to compare: that of the worse and of the better at the largest common size, and half-way on."""
    here, there = ([one.median(n) for one in (first, second)] for n in (where.largest_common, where.half_way))
    found = [max(here), min(here), min(there)]
    return [y for i, y in enumerate(found) if i == 0 or y < 0.999 * min(found[:i])]


def _multiplier(a: Forecast, b: Forecast, loss: float, grid: Array, drawn: tuple[Array, ...], horizon: float) -> Multiplier:
    needs = [_first_below(grid, draws, loss) for draws in drawn]
    told = (np.isfinite(needs[0]) | np.isfinite(needs[1])) & (np.maximum(needs[0], needs[1]) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(np.isfinite(needs[0]), needs[1] / needs[0], 0.0)[told]
    ratio = ratio if len(ratio) else np.array([np.inf])
    within = [float(np.mean(n <= horizon)) for n in needs]
    middle = [float(_interval(n).median) for n in needs]
    return Multiplier(
        loss=loss,
        ratio=_interval(ratio),
        first_never=a.never(loss),
        second_never=b.never(loss),
        first_within=within[0],
        second_within=within[1],
        searched_to=float(grid[-1]),
        grade="guess" if max(middle) > horizon or min(middle) <= 0 else worse(*(fc.graded(max(middle)) for fc in (a, b))),
    )


def _first_below(grid: Array, draws: Array, loss: float) -> Array:
    """Give the first size at which each row is at most a loss, `(count,)`, linear in log n; inf where none is."""
    below = draws <= loss
    at = np.argmax(below, axis=1)
    row, t = np.arange(len(draws)), np.log(grid)
    before = np.maximum(at - 1, 0)
    high, low = draws[row, before], draws[row, at]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(at > 0, (high - loss) / (high - low), 1.0)
    found = np.where(below.any(axis=1), np.exp(t[before] + share * (t[at] - t[before])), np.inf)
    return np.where(below[:, 0], 0.0, found)  # below the smallest size: how far is not known
