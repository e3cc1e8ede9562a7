"""Two or more models on the same data: who is better at which size, where they cross, what one is worth in data.

Forecasts of models trained on the same data err together. Draws of two curves are therefore coupled: row i of one model
goes with row i of the other by a Gaussian copula of correlation `ALIKE` over the ranks of the rows. Nothing is said in
words beyond the horizon of either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from kleiber import seeds
from kleiber.backtest import backtest, judged
from kleiber.curve import Caution, Curve
from kleiber.errors import KleiberError
from kleiber.exponents import DIFFER, FEWEST, ExponentPair, Exponents, exponents
from kleiber.forecast import HORIZON, Forecast, Interval, forecast_many
from kleiber.plain import plain
from kleiber.sentences import given, number, probability, size, with_article
from kleiber.sources import check_rate, curves_from, loss_of, matching, numbers, slot_of

Array = NDArray[np.float64]

ALIKE = 0.0
"""Correlation of the normal scores of two models' losses about their forecasts.

On pairs of LCDB learners, each forecast without its fold of data sets, it is .14 (95 % interval .03 to .25 over data sets),
and the probability that one beats the other is no better for it: expected calibration error .031 at 0 and .029 at .15, log
score .359 and .360, Brier score .095 for both. So it stays 0. `benchmarks/comparison.py` measures it.
"""
SCORES = np.linspace(-4.0, 4.0, 33)  # normal scores between which a new run's quantiles are interpolated
DRAWS = 4000
TIMES = (1.0, 2.0, 4.0, 8.0)  # times the largest common size, where nothing else is asked
SHARE = 0.05  # least chance that two curves cross for its place to be told
SURE = 0.05  # p-value below which exponents are said to differ


@dataclass(frozen=True, slots=True)
class AtSize:
    """At n: P(the curve of first lies below that of second), the same of one new run of each, and by how much.

    `difference` is first minus second, `ratio` first over second, both of the curves. `withheld` past either horizon.
    """

    n: float
    beats: float
    beats_run: float
    difference: Interval
    ratio: Interval
    withheld: bool


@dataclass(frozen=True, slots=True)
class Paired:
    """First minus second over `count` replicates that both were measured on at n; Student's interval of the mean.

    `variance_ratio` is the variance of the difference over the sum of both variances: below 1 the luck they share cancels.
    """

    n: float
    count: int
    difference: Interval
    variance_ratio: float


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
    P(it gets there by the horizon of both). `withheld` where the median size of either lies beyond that.
    """

    loss: float
    ratio: Interval
    ratio_80: Interval
    first_never: float
    second_never: float
    first_within: float
    second_within: float
    searched_to: float
    withheld: bool


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
class Comparison:
    """Everything said of two or more models: their forecasts, exponents, and each pair of them.

    `exponents` is None where fewer than two models have the sizes for it; `left_out` says which have not, and why.
    `sentences` say it to a reader who has to decide.
    """

    metric: str
    models: tuple[str, ...]
    forecasts: tuple[Forecast, ...]
    exponents: Exponents | None
    pairs: tuple[PairComparison, ...]
    left_out: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the comparison in sentences, each number with its interval."""
        return tuple(_sentences(self))

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what to know of each forecast, with the model's name before it."""
        return tuple(
            replace(w, message=f"{name}: {w.message}")
            for name, fc in zip(self.models, self.forecasts, strict=True)
            for w in fc.warnings
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; a size or ratio without an upper end is None."""
        return {
            "metric": self.metric,
            "models": [
                {
                    "model": name,
                    "status": fc.status,
                    "horizon": fc.horizon if fc.status == "ok" else None,
                    "reason": fc.reason,
                }
                for name, fc in zip(self.models, self.forecasts, strict=True)
            ],
            "exponents": None if self.exponents is None else plain(self.exponents.to_dict()),
            "pairs": [plain(asdict(pair)) for pair in self.pairs],
            "left_out": list(self.left_out),
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
            "copula_correlation": ALIKE,
            "sentences": list(self.sentences),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What is asked of each pair: sizes and a loss, None where nobody asks."""

    at: Array | None
    target: float | None
    random_state: int


def worth_of_cut(cut: float, exponent: float) -> float:
    """Give what a relative cut of the reducible error is worth as a multiple of the data: (1 - cut)^(-1/exponent).

    It follows from a n^-b alone: the same floor and exponent, an amplitude lower by the cut.
    """
    if not (0 <= cut < 1 and exponent > 0):
        raise KleiberError(f"cut is {cut!r} and exponent {exponent!r}: give a cut of 0 to below 1 and an exponent above 0")
    return float((1.0 - cut) ** (-1.0 / exponent))


def compare(
    curves_by_model: Any,
    *,
    at: ArrayLike | None = None,
    target: float | None = None,
    metric: str | None = None,
    differ: float = DIFFER,
    random_state: int = 0,
    laws: Any = None,
    calibration: Any = None,
) -> Comparison:
    """Compare two or more models measured on the same data.

    `curves_by_model` maps names to a `Curve`, a pair (n, loss) or a mapping of `forecast`'s arguments; or it is a source of
    several models, of which `metric` picks the curves. `at` are sizes (default: the largest common size, 2, 4 and 8 times
    it), `target` a loss at which data needs are compared; with metric="accuracy" it is an accuracy. Exponents count as
    different beyond `differ`. A refused forecast is told in words, and the rest compared; one that fails its back-test is
    compared up to its largest size. Raises `KleiberError` for fewer than two models, and for several metrics, which it
    lists.
    """
    items, labelled = _inputs(curves_by_model, metric)
    target = loss_of(metric, target)
    question = _question(at, target, differ, random_state)
    how = {"random_state": random_state, "laws": laws, "calibration": calibration}
    forecasts = [judged(fc, backtest(fc.curve, **how)) for fc in forecast_many(items.values(), **how)]
    metrics = sorted({fc.curve.metric for fc in forecasts})
    if len(metrics) > 1:
        raise KleiberError(f"the models are measured by several metrics: {', '.join(metrics)}: compare one at a time")
    check_rate([fc.curve for fc in forecasts], target)
    found = dict(zip(items, forecasts, strict=True))
    left_out = {name: why for name, fc in found.items() if (why := _unfit(fc))}
    enough = {name: fc.measured for name, fc in found.items() if name not in left_out and fc.measured is not None}
    return Comparison(
        metric=metrics[0],
        models=tuple(found),
        forecasts=tuple(forecasts),
        exponents=exponents(enough, differ=differ, random_state=random_state) if len(enough) > 1 else None,
        pairs=tuple(
            _pair((a, found[a]), (b, found[b]), question, labelled[a] and labelled[b]) for a, b in combinations(found, 2)
        ),
        left_out=tuple(f"{name}: {why}" for name, why in left_out.items()),
    )


def _question(at: ArrayLike | None, target: float | None, differ: float, random_state: int) -> _Question:
    sizes = None if at is None else numbers(at, "at")
    if sizes is not None and not np.all(np.isfinite(sizes) & (sizes > 0)):
        raise KleiberError(f"at must be finite and positive sizes, not {at!r}")
    loss = None if target is None else numbers(target, "target")
    if loss is not None and not (loss.shape == (1,) and np.isfinite(loss[0]) and loss[0] > 0):
        raise KleiberError(f"target must be one positive loss, not {target!r}")
    if isinstance(differ, bool) or not isinstance(differ, int | float | np.number) or not 0 < differ < 1.5:
        raise KleiberError(f"differ is {differ!r}: it is a difference of exponents between 0 and 1.5, such as {DIFFER}")
    return _Question(sizes, None if loss is None else float(loss[0]), random_state)


def _unfit(fc: Forecast) -> str:
    """Say why a curve has no exponent to compare; "" where it has."""
    if fc.status == "refused" or fc.measured is None:
        return str(fc.reason)
    if len(fc.measured.n) < FEWEST:
        return f"an exponent and a floor take {FEWEST} sizes, there are {len(fc.measured.n)}"
    return "the curve is flat" if fc.flat else ""


def _inputs(source: Any, metric: str | None) -> tuple[dict[str, Any], dict[str, bool]]:
    """Give each model's item for `forecast_many`, and whether its rows can be paired."""
    by_model = isinstance(source, Mapping) and not {"n", "model"} <= set(source)
    if not by_model:
        curves = matching(curves_from(source), metric, None)
        metrics = sorted({curve.metric for curve in curves})
        if len(metrics) > 1:
            raise KleiberError(f"there are several metrics, choose one by metric=: {', '.join(metrics)}")
        names = [curve.model for curve in curves]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise KleiberError(f"there are several curves of model {', '.join(twice)}: give each a name of its own")
        source = dict(zip(names, curves, strict=True))
    if len(source) < 2:
        raise KleiberError(f"a comparison takes two models or more, and there is {', '.join(source) or 'none'}")
    items: dict[str, Any] = {}
    labelled: dict[str, bool] = {}
    for slot, (name, item) in enumerate(source.items()):
        if isinstance(item, Curve):
            items[name], labelled[name] = item, _labelled(item)
            continue
        try:
            n, options = slot_of(slot, item)
        except KleiberError as error:
            raise KleiberError(f"model {name!r}: {str(error).removeprefix(f'curve {slot}: ')}") from error
        labelled[name] = options.get("replicate") is not None or options.get("seed") is not None
        items[name] = {"n": n, **options, "metric": options.get("metric") or metric, "model": name}
    return items, labelled


def _labelled(curve: Curve) -> bool:
    """Say whether replicates have names of their own.

    Rows without names were numbered at each size in the order of their losses, which pairs nothing.
    """
    if any(curve.seed):
        return True
    start = np.append(0, np.flatnonzero(np.diff(curve.n)) + 1)
    place = np.arange(len(curve.n)) - np.repeat(start, np.diff(np.append(start, len(curve.n))))
    return tuple(str(i) for i in place) != curve.replicate or bool(np.any((np.diff(curve.loss) < 0) & (place[1:] > 0)))


def _pair(
    first: tuple[str, Forecast],
    second: tuple[str, Forecast],
    question: _Question,
    labelled: bool,
) -> PairComparison:
    a, b = first[1], second[1]
    both = np.intersect1d(a.curve.n, b.curve.n)
    common = float(both[-1] if len(both) else min(a.curve.n[-1], b.curve.n[-1]))
    paired = tuple(_paired(a.curve, b.curve)) if labelled else ()
    if "refused" in (a.status, b.status):
        return PairComparison(first[0], second[0], common, not len(both), None, (), paired, None, ())
    horizon = min(a.horizon, b.horizon, HORIZON * common)
    wanted = common * np.array(TIMES) if question.at is None else question.at
    smallest = max(float(a.curve.n[0]), float(b.curve.n[0]))
    top = HORIZON * common
    grid = np.concatenate(
        [np.geomspace(min(smallest, common), common, 9), np.geomspace(common, top, 24), [horizon], wanted]
    )
    grid = np.unique(grid)
    chance = seeds.generator(question.random_state, "coupled", first[0], second[0])
    scores = coupled_scores(chance)
    drawn = tuple(ordered(fc.draws(grid, DRAWS), z) for fc, z in zip((a, b), scores, strict=True))
    sizes = tuple(_at(a, b, float(n), tuple(d[:, np.searchsorted(grid, n)] for d in drawn), scores) for n in wanted)
    if a.flat or b.flat:  # what a flat curve needs, and whether it crosses another, is noise
        return PairComparison(first[0], second[0], common, not len(both), horizon, sizes, paired, None, ())
    crossing = _crossing(grid, drawn, common, horizon)
    levels = _levels(a, b, common, horizon) if question.target is None else [question.target]
    inside = grid <= top
    multipliers = tuple(_multiplier(a, b, y, grid[inside], tuple(d[:, inside] for d in drawn), horizon) for y in levels)
    return PairComparison(first[0], second[0], common, not len(both), horizon, sizes, paired, crossing, multipliers)


def coupled_scores(chance: np.random.Generator, alike: float = ALIKE) -> tuple[Array, Array]:
    """Give the normal scores of coupled rows, two `(DRAWS,)` of correlation `alike`."""
    u, v = chance.normal(size=(2, DRAWS))
    return u, alike * u + np.sqrt(1.0 - alike**2) * v


def ordered(draws: Array, scores: Array) -> Array:
    """Put rows in order so that how high a curve lies, over all sizes, has the ranks of the scores."""
    height = np.argsort(np.argsort(draws, axis=0), axis=0).mean(axis=1)
    return np.asarray(draws[np.argsort(height, kind="stable")][np.argsort(np.argsort(scores))])


def _at(a: Forecast, b: Forecast, n: float, drawn: tuple[Array, ...], scores: tuple[Array, Array]) -> AtSize:
    x, y = drawn
    size_of = np.array([n])
    runs = beats_run(run_quantiles(a, size_of)[0], run_quantiles(b, size_of)[0], scores)
    withheld = a.beyond(n) or b.beyond(n)
    return AtSize(n, _below(x, y), runs, _interval(x - y), _interval(x / y), withheld)


def run_quantiles(forecast: Forecast, n: Array) -> Array:
    """Give the quantiles of a new run's loss at sizes n `(k,)` at the normal scores `SCORES`, `(k, len(SCORES))`."""
    return forecast.posterior.quantile(n, special.ndtr(SCORES), 1.0)


def beats_run(first: Array, second: Array, scores: tuple[Array, Array]) -> float:
    """Give P(a new run of first has the lower loss) from the `run_quantiles` of both at one size and coupled scores."""
    return _below(*(np.interp(z, SCORES, row) for row, z in zip((first, second), scores, strict=True)))


def _below(x: Array, y: Array) -> float:
    return float(np.mean(x < y) + 0.5 * np.mean(x == y))


def _interval(values: Array, inside: float = 0.9) -> Interval:
    """Give median and central interval of draws, which may be inf."""
    low, middle, high = np.quantile(values, [(1 - inside) / 2, 0.5, (1 + inside) / 2], method="inverted_cdf")
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


def _levels(a: Forecast, b: Forecast, common: float, horizon: float) -> list[float]:
    """Give losses at which to compare: that of the worse and of the better at the largest common size, and half-way on."""
    n = np.array([common, np.sqrt(common * horizon)])
    middle = np.stack([fc.posterior.quantile(n, np.array([0.5]), None)[:, 0] for fc in (a, b)])
    found = [float(middle[:, 0].max()), float(middle[:, 0].min()), float(middle[:, 1].min())]
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
        ratio_80=_interval(ratio, 0.8),
        first_never=a.never(loss),
        second_never=b.never(loss),
        first_within=within[0],
        second_within=within[1],
        searched_to=float(grid[-1]),
        withheld=max(middle) > horizon or min(middle) <= 0,
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


def _paired(a: Curve, b: Curve) -> Iterator[Paired]:
    """Give the paired difference at each size that two replicates or more have in common; seeds of one are averaged."""
    losses = [_by_subset(curve) for curve in (a, b)]
    for n in sorted({n for n, _ in losses[0]}):
        labels = sorted(label for m, label in losses[0] if m == n and (n, label) in losses[1])
        if len(labels) < 2:
            continue
        x, y = (np.array([one[n, label] for label in labels]) for one in losses)
        middle, sd, k = float(np.mean(x - y)), float(np.std(x - y, ddof=1)), len(labels)
        half = float(stats.t.ppf(0.95, k - 1)) * sd / np.sqrt(k)
        apart = float(np.var(x, ddof=1) + np.var(y, ddof=1))
        yield Paired(n, k, Interval(middle, middle - half, middle + half), sd**2 / apart if apart > 0 else 1.0)


def _by_subset(curve: Curve) -> dict[tuple[float, str], float]:
    found: dict[tuple[float, str], list[float]] = {}
    for n, label, loss in zip(curve.n.tolist(), curve.replicate, curve.loss.tolist(), strict=True):
        found.setdefault((n, label), []).append(loss)
    return {key: float(np.mean(values)) for key, values in found.items()}


def _sentences(found: Comparison) -> Iterator[str]:
    for name, fc in zip(found.models, found.forecasts, strict=True):
        if fc.status == "refused":
            yield f"No forecast for the {found.metric} of {name}: {fc.reason} {fc.help} What was measured is compared."
    for pair in found.pairs:
        yield from _of_pair(found.metric, pair)
    for name, fc in zip(found.models, found.forecasts, strict=True):
        why = [text for text in found.left_out if text.startswith(f"{name}: ")]
        if why and fc.status != "refused":
            yield f"The exponent of {why[0]}, so it is not compared."
    if found.exponents is not None:
        for one in found.exponents.pairs:
            yield _of_exponents(one, found.exponents)


def _of_pair(what: str, pair: PairComparison) -> Iterator[str]:
    first, second = pair.first, pair.second
    if pair.apart:
        yield f"{first} and {second} have no size in common: they are compared by their forecasts alone."
    for one in pair.paired[-1:]:
        d = one.difference
        yield (
            f"Measured at n = {given(one.n)}, {what} of {first} minus that of {second}, paired over {one.count} "
            f"replicates: {_within(d)}."
        )
    for place in pair.at:
        if not place.withheld:
            yield _of_size(what, pair, place)
    beyond = [given(place.n) for place in pair.at if place.withheld]
    if beyond:
        yield f"At n = {', '.join(beyond)} {first} and {second} are not compared: that is beyond what both forecasts carry."
    if pair.crossing is not None:
        yield _of_crossing(pair, pair.crossing)
    for level in pair.multipliers:
        yield _of_multiplier(what, pair, level)


def _of_size(what: str, pair: PairComparison, place: AtSize) -> str:
    first, second, ratio, chance = pair.first, pair.second, place.ratio, place.beats
    if chance < 0.5:
        first, second, chance = second, first, 1.0 - chance
        ratio = Interval(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.probability)
    return (
        f"At n = {given(place.n)} the {what} of {first} is lower than that of {second} with probability "
        f"{probability(chance)}; it is {_within(ratio, 'times')} the other."
    )


def _of_crossing(pair: PairComparison, crossing: Crossing) -> str:
    text = (
        f"Between n = {given(crossing.start)} and {size(crossing.end)} the curves of {pair.first} and {pair.second} "
        f"cross with probability {probability(crossing.crosses)}"
    )
    if crossing.place is None:
        return f"{text}."
    where = crossing.place
    low, high = size(where.low), size(where.high)
    return f"{text}; if so, near n = {size(where.median)} ({where.probability:.0%} interval {low} to {high})."


def _of_multiplier(what: str, pair: PairComparison, level: Multiplier) -> str:
    first, second, ratio = pair.first, pair.second, level.ratio
    end = pair.horizon or pair.largest_common
    reach = (
        f"by n = {size(end)} {pair.first} gets there with probability {probability(level.first_within)}, "
        f"{pair.second} with {probability(level.second_within)}"
    )
    if level.withheld:
        return f"For {with_article(what)} of {number(level.loss)} the data needs are not compared: {reach}."
    if ratio.median > 1:
        first, second = second, first
        ratio = Interval(1 / ratio.median, _inverse(ratio.high), _inverse(ratio.low), ratio.probability)
    high = number(ratio.high) if np.isfinite(ratio.high) else "no end"
    goal = f"For {with_article(what)} of {number(level.loss)}"
    return (
        f"{goal}, {second} needs {number(ratio.median)} ({number(ratio.low)} to {high}, "
        f"{ratio.probability:.0%} interval) of the data of {first}; {reach}."
    )


def _within(found: Interval, unit: str = "") -> str:
    """Write a median with its interval."""
    middle = f"{number(found.median)} {unit}".strip()
    return f"{middle} ({found.probability:.0%} interval {number(found.low)} to {number(found.high)})"


def _inverse(value: float) -> float:
    return float("inf") if value == 0 else 1.0 / value


def _of_exponents(pair: ExponentPair, found: Exponents) -> str:
    d, test = pair.difference, found.test
    seen = (
        f"the least difference that this study could have seen is {number(pair.detectable)}"
        if np.isfinite(pair.detectable)
        else "this study could have seen no difference at all"
    )
    differ = "are not shown to differ" if test.p_bootstrap >= SURE else "differ"
    if test.p_bootstrap < SURE and d.low < 0 < d.high and len(found.models) == 2:
        differ = "differ by an F-test, and by this interval may not: take it as open"
    among = "" if len(found.models) == 2 else " of all models"
    return (
        f"Exponent of {pair.first} minus that of {pair.second}: {_within(d)}, more than {number(pair.differ)} apart with "
        f"probability {probability(pair.probability)}; the exponents{among} {differ} (p = {number(test.p_bootstrap)}), and "
        f"{seen}."
    )
