"""A forecast of the loss at sizes that nobody has measured, with its interval, and what it cannot tell.

fc = forecast([200, 400, 800, 1600], [1.98, 1.79, 1.66, 1.51])
fc.quantile(50_000, [0.05, 0.95])
"""

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import importers
from kleiber.curves.curve import Caution, Curve, Sizes, check_named, check_test, sizes
from kleiber.curves.sources import choose, curves_from, from_arrays, numbers, slot_of
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting import calibration as learnt
from kleiber.forecasting import cautions, outliers, refusals
from kleiber.forecasting.draws import Drawn, draw
from kleiber.forecasting.grid import Grid, chosen
from kleiber.forecasting.inference import draw_up
from kleiber.forecasting.posterior import Posterior, weighted_quantile
from kleiber.forecasting.regions import Region, regions
from kleiber.laws import Law

Array = NDArray[np.float64]

HORIZON = 32.0  # never trust beyond this multiple of the largest size
DRAWS = 2000  # for a probability that no quantile gives
CENTRAL = np.array([0.05, 0.5, 0.95])
TOLERANCE = 1.5  # nor where the 80 % band of the curve is wider than this ratio


@dataclass(frozen=True, slots=True)
class _How:
    """How to forecast: the same for all curves of a call."""

    random_state: int
    tolerance: float
    grid: Grid
    calibration: learnt.Calibration


class HorizonWarning(UserWarning):
    """The size asked for lies beyond the forecast's horizon, or below the smallest size measured.

    The number rests on the law's form, not on the data.
    """


@dataclass(frozen=True, slots=True)
class Interval:
    """Median and central interval of a posterior, with the probability that the interval holds."""

    median: float
    low: float
    high: float
    probability: float = 0.9


@dataclass(frozen=True, eq=False)
class Forecast:
    """The posterior of one curve. `status` is "ok" or "refused"; a refused one says why, and raises `Refused`.

    `n` is a number or an array `(k,)`; a number gives a float. Beyond `horizon`, and below the smallest size measured, a
    `HorizonWarning` comes with them. `distrusted` is what a failed back-test says: nothing is to be relied on then beyond
    the largest size.
    """

    curve: Curve
    status: Literal["ok", "refused"]
    refusal: refusals.Refusal | None
    measured: Sizes | None
    distrusted: Caution | None
    _cautions: tuple[Caution, ...]
    _outlier: Caution | None
    _posterior: Posterior | None
    _tolerance: float
    _random_state: int

    @cached_property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what a reader has to know, each with a stable code and a sentence."""
        first = () if self.distrusted is None else (self.distrusted,)
        if self.measured is None or self._posterior is None:
            return (*first, *self._cautions, *self.curve.cautions)
        before = cautions.before(self.curve, self.measured, self._outlier, improves=self.improves)
        return (*first, *self._cautions, *before, *cautions.after(self._posterior, self.measured, self._reach))

    @property
    def flat(self) -> bool:
        """Say whether the curve is flat: then neither exponent, floor nor what it takes can be told."""
        return any(warning.code == "flat" for warning in self.warnings)

    @property
    def reason(self) -> str | None:
        """Give why the forecast is refused, None where it is not."""
        return None if self.refusal is None else self.refusal.reason

    @property
    def help(self) -> str | None:
        """Give what would help against the refusal, None where there is none."""
        return None if self.refusal is None else self.refusal.help

    @property
    def posterior(self) -> Posterior:
        """Give the posterior itself, whose methods take arrays and never warn."""
        if self._posterior is None:
            raise Refused(f"{self.reason} {self.help}")
        return self._posterior

    @property
    def horizon(self) -> float:
        """Give the largest size to rely on: 32 times the largest measured, less where the 80 % band is too wide."""
        largest = float(self.posterior.n_unit if self.measured is None else self.measured.n[-1])
        return largest if self.distrusted is not None else self._reach

    @cached_property
    def _reach(self) -> float:
        assert self.measured is not None
        return _reach(self.posterior, self.measured, self._tolerance)

    def draws(self, n: ArrayLike, count: int = 1000) -> Array:
        """Give joint draws of the curve at sizes n `(k,)`, discrepancy included, `(count, k)`; a row is one curve.

        They follow `random_state` and never warn; raises as `quantile` does.
        """
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= 1_000_000:
            raise KleiberError(f"count is {count!r}: it is how many draws to give, 1 to 1,000,000")
        return self.drawn(_positive(n, "n"), int(count)).loss

    def drawn(self, n: Array, count: int, *, quantiles: Array | None = None) -> Drawn:
        """Give draws with their heights; `quantiles` as `kleiber.forecasting.draws.draw` takes them."""
        return draw(self.posterior, n, count, self._random_state, quantiles)

    @property
    def exponent(self) -> Interval:
        """Give the exponent of the reducible loss, its mean from the largest size to 8 times it, all laws together."""
        return _interval(weighted_quantile(self.posterior.exponents(), self.posterior.weight, CENTRAL))

    @property
    def floor(self) -> Interval:
        """Give the loss that no amount of data removes, all laws together (the power law's is 0)."""
        return _interval(self.posterior.floor_quantile(CENTRAL))

    @cached_property
    def improves(self) -> float:
        """Give the probability that 8 times the largest size is better than the largest: P(mean curve there < here)."""
        if self.measured is None:
            raise Refused(f"{self.reason} {self.help}")
        ends = self.measured.n[-1] * np.array([1.0, 8.0])
        here, there = draw(self.posterior, ends, DRAWS, self._random_state).loss.T
        return float(np.mean(there < here))

    @property
    def regions(self) -> tuple[Region, ...]:
        """Give for each measured size the probabilities of the small-data region, the power law and the floor."""
        known = self.posterior
        assert self.measured is not None
        return regions(known, self.measured.n)

    @property
    def laws(self) -> tuple[tuple[Law, float], ...]:
        """Give each law with its posterior weight."""
        known = self.posterior
        weight = np.bincount(known.family, known.weight, len(known.grid.laws))
        return tuple(zip(known.grid.laws, (float(w) for w in weight), strict=True))

    @overload
    def median(self, n: float) -> float: ...
    @overload
    def median(self, n: ArrayLike) -> float | Array: ...
    def median(self, n: ArrayLike) -> float | Array:
        """Give the median loss of a new run at n: a float, or `(k,)`."""
        middle: float | Array = self.quantile(n, 0.5)
        return middle

    def quantile(self, n: ArrayLike, q: ArrayLike, of: Literal["run", "mean"] = "run") -> Any:
        """Give quantiles q of the loss of a new run at n, or with of="mean" of the curve itself.

        Arrays n `(k,)` and q `(j,)` give `(k, j)`; a number in place of either drops its axis. Raises `KleiberError`
        for sizes that are not positive and q outside (0, 1), `Refused` where the forecast is refused.
        """
        if of not in ("run", "mean"):
            raise KleiberError(f"of={of!r}: it is 'run' (a new run) or 'mean' (the curve itself)")
        points, levels = _positive(n, "n"), numbers(q, "q")
        if not np.all((levels > 0) & (levels < 1)):
            raise KleiberError(f"q must lie strictly between 0 and 1, not {q!r}")
        known = self.posterior
        self._warn_beyond(points)
        return _shaped(known.quantile(points, levels, 1.0 if of == "run" else None), np.ndim(n), np.ndim(q))

    def logpdf(self, n: ArrayLike, loss: ArrayLike) -> Any:
        """Give the natural log of the predictive density of a new run's loss at n; n and loss broadcast."""
        points, losses = np.broadcast_arrays(_positive(n, "n"), numbers(loss, "loss"))
        known = self.posterior
        self._warn_beyond(points)
        values = known.logpdf(points, losses)
        return float(values[0]) if np.ndim(n) == np.ndim(loss) == 0 else values

    def needed(self, target: float, *, probability: float = 0.5) -> float:
        """Give the smallest size where the mean curve, discrepancy included, is at most target with this probability.

        It is searched from the smallest measured size to 1e4 times the largest; inf where there is none.
        """
        if not 0 < probability < 1:
            raise KleiberError(f"probability is {probability!r}: it lies strictly between 0 and 1")
        size = self.posterior.needed(_number(target, "target"), probability)
        if np.isfinite(size):
            self._warn_beyond(np.array([size]))
        return size

    def never(self, target: float) -> float:
        """Give P(floor >= target), the floor's posterior alone: the probability that no amount of data is enough."""
        return self.posterior.floor_above(_number(target, "target"))

    def beyond(self, n: float) -> bool:
        """Say whether a size lies beyond the horizon, or below the smallest size measured."""
        return self._below(n) or n > self.horizon

    def _below(self, n: float) -> bool:
        return n < float(self.curve.n[0]) * (1 - 1e-9)

    def _warn_beyond(self, n: Array) -> None:
        if np.max(n, initial=0.0) > self.curve.n[-1] and np.max(n) > self.horizon:
            text = f"n = {np.max(n):g} is beyond the horizon of this forecast, {self.horizon:.3g}"
        elif len(n) and self._below(float(np.min(n))):
            text = f"n = {np.min(n):g} is below the smallest size measured, {self.curve.n[0]:g}"
        else:
            return
        warnings.warn(f"{text}: the number rests on the law's form more than on the data", HorizonWarning, stacklevel=3)


def forecast(
    n_or_source: Any,
    loss: ArrayLike | None = None,
    *,
    replicate: Iterable[Hashable] | None = None,
    seed: Iterable[Hashable] | None = None,
    se: ArrayLike | None = None,
    n_test: int | None = None,
    chance: float | None = None,
    metric: str | None = None,
    model: str | None = None,
    random_state: int = 0,
    tolerance: float = TOLERANCE,
    laws: Any = None,
    calibration: Any = None,
) -> Forecast:
    """Forecast the loss of a model trained on more data, from sizes `(m,)` and losses `(m,)` in any order, or a source.

    A source is a path (CSV, TSV, Parquet, JSON, or a ledger's .db), a data frame, an imported table or a `Curve`; `metric`
    and `model` then pick one of its curves. `replicate` and `seed` label subsets and runs, `se` is each row's standard
    error, `chance` the loss of guessing. `n_test` is the number of examples of a new run's own test set: predictions of
    a new run then carry its noise (binomial for error rates, else as if one example's standard deviation were the loss);
    the curve itself, the horizon and `needed` do not, since points measured on one test set share its noise. An error
    rate whose values are all at most 1 is a fraction, and is cut off at 1, one of at most 100 at 100. `tolerance` sets the
    horizon: the widest ratio of the 80 % band to rely on. `laws` are names, `kleiber.laws.Law` objects, or a mapping of
    either to prior weights, in place of the laws of the calibration; `calibration` is a table in place of the shipped one,
    or "untaught" for the hand-set prior. `random_state` is that of `Forecast.draws`: all else is exact.
    """
    how = _how(random_state, tolerance, laws, calibration)
    check_test(n_test, chance)
    check_named(metric, model)
    if loss is None:
        if any(given is not None for given in (replicate, seed, se)):
            raise KleiberError("replicate, seed and se belong to arrays: a source has them as columns")
        curve = _with(choose(curves_from(n_or_source), metric=metric, model=model), n_test, chance)
        return _forecast_all([(curve, ())], how, [n_test])[0]
    arrays = {"replicate": replicate, "seed": seed, "se": se, "n_test": n_test, "chance": chance}
    found = from_arrays(n_or_source, loss, **arrays, metric=metric, model=model)
    return _forecast_all([found], how, [n_test])[0]


def forecast_many(
    curves: Iterable[Curve | tuple[ArrayLike, ArrayLike] | Mapping[str, Any]],
    *,
    random_state: int = 0,
    tolerance: float = TOLERANCE,
    laws: Any = None,
    calibration: Any = None,
) -> list[Forecast]:
    """Forecast many curves at once; a refused curve keeps its slot.

    Each is a `Curve`, a pair (n, loss), or a mapping of `forecast`'s arguments for one curve, with keys "n" and "loss".
    Raises `KleiberError` that names the first slot with something else.
    """
    how = _how(random_state, tolerance, laws, calibration)
    if isinstance(curves, Curve | str | Mapping) or not hasattr(curves, "__iter__"):
        raise KleiberError(f"forecast_many takes a list of curves, not a {type(curves).__name__}: use forecast for one")
    found: list[tuple[Curve, tuple[Caution, ...]]] = []
    tests: list[int | None] = []
    for slot, item in enumerate(curves):
        if isinstance(item, Curve):
            found.append((item, ()))
            tests.append(None)
            continue
        n, options = slot_of(slot, item)
        try:
            check_test(options.get("n_test"), options.get("chance"))
            found.append(from_arrays(n, **options))
        except KleiberError as error:
            raise KleiberError(f"curve {slot}: {error}") from error
        tests.append(options.get("n_test"))
    return _forecast_all(found, how, tests)


def _how(random_state: Any, tolerance: Any, laws: Any, calibration: Any) -> _How:
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
        raise KleiberError(f"random_state is {random_state!r}: it is a whole number")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.number) or not tolerance > 1:
        raise KleiberError(f"tolerance is {tolerance!r}: it is a ratio above 1, such as 1.25")
    table = learnt.chosen(calibration)
    return _How(int(random_state), float(tolerance), chosen(laws, table.laws), table)


def _with(curve: Curve, n_test: int | None, chance: float | None) -> Curve:
    if n_test is None and chance is None:
        return curve
    return replace(
        curve, n_test=curve.n_test if n_test is None else n_test, chance=curve.chance if chance is None else chance
    )


def _forecast_all(
    curves: Sequence[tuple[Curve, tuple[Caution, ...]]], how: _How, n_test: Sequence[int | None]
) -> list[Forecast]:
    """Forecast curves, each with what was said of it before; those that can be are solved together."""
    judged = [_judge(curve, cautions, how) for curve, cautions in curves]
    usable = [i for i, fc in enumerate(judged) if fc.status == "ok"]
    means = [fc.measured for fc in judged if fc.status == "ok" and fc.measured is not None]
    highest = [_highest(judged[i].curve) for i in usable]
    drawn = draw_up(means, how.grid, how.calibration, n_test=[n_test[i] for i in usable], highest=highest) if usable else []
    for i, one in zip(usable, drawn, strict=True):
        judged[i] = replace(judged[i], _posterior=one)
    return judged


def _highest(curve: Curve) -> float:
    """Give the highest loss there is: 1 of an error rate as a fraction, 100 in percent, else inf."""
    largest = float(curve.loss.max())
    if not importers.is_error_rate(curve.metric) or largest > 100:
        return float("inf")
    return 1.0 if largest <= 1 else 100.0


def _judge(curve: Curve, cautions: tuple[Caution, ...], how: _How) -> Forecast:
    """Give a forecast without a posterior: refused, or with what the measurements alone warn of."""

    refusal = refusals.unusable(curve)
    means = None if refusal else sizes(curve)
    outlier = None
    if means is not None:
        outlier, refusal = outliers.far_off(curve) or (None, None)
        refusal = refusal or refusals.contradictory(means)
    status: Literal["ok", "refused"] = "refused" if refusal else "ok"
    return Forecast(curve, status, refusal, means, None, cautions, outlier, None, how.tolerance, how.random_state)


def _reach(known: Posterior, means: Sizes, tolerance: float) -> float:
    """Give the largest size, up to 32 times the largest measured, where the 80 % band is within tolerance."""
    largest = float(means.n[-1])
    n = largest * np.geomspace(1.0, HORIZON, 7)
    low, high = known.quantile(n, np.array([0.1, 0.9]), None).T
    wide = np.log(np.maximum(high, 1e-300)) - np.log(np.maximum(low, 1e-300)) - np.log(tolerance)
    beyond = np.flatnonzero(wide > 0)
    if len(beyond) == 0:
        return HORIZON * largest
    if beyond[0] == 0:
        return largest
    i = beyond[0]
    return float(np.exp(np.interp(0.0, wide[i - 1 : i + 1], np.log(n[i - 1 : i + 1]))))


def _interval(quantiles: Array) -> Interval:
    low, middle, high = quantiles
    return Interval(median=float(middle), low=float(low), high=float(high))


def _positive(values: ArrayLike, name: str) -> Array:
    found = numbers(values, name)
    if not np.all(np.isfinite(found) & (found > 0)):
        raise KleiberError(f"{name} must be finite and positive, not {values!r}")
    return found


def _number(value: float, name: str) -> float:
    found = numbers(value, name)
    if found.shape != (1,) or not np.isfinite(found[0]):
        raise KleiberError(f"{name} must be one finite number, not {value!r}")
    return float(found[0])


def _shaped(table: Array, n_dims: int, q_dims: int) -> float | Array:
    """Drop the axes for which a number was given: `(k, j)` to `(k,)`, `(j,)` or a float."""
    if n_dims == 0 and q_dims == 0:
        return float(table[0, 0])
    if n_dims == 0:
        return np.asarray(table[0])
    return np.asarray(table[:, 0]) if q_dims == 0 else table
