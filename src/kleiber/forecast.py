"""A forecast of the loss at sizes that nobody has measured, with its interval, and what it cannot tell.

fc = forecast([200, 400, 800, 1600], [1.98, 1.79, 1.66, 1.51])
fc.quantile(50_000, [0.05, 0.95])
"""

import warnings
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import importers, posterior, soundness
from kleiber.curve import Caution, Curve, Sizes, check_named, check_test, curves_of, make_curve, sizes
from kleiber.errors import KleiberError, Refused
from kleiber.laws import Law, law

Array = NDArray[np.float64]

HORIZON = 32.0  # never trust beyond this multiple of the largest size
ARGUMENTS = ("n", "loss", "replicate", "seed", "se", "n_test", "chance", "metric", "model", "random_state", "tolerance")
TOLERANCE = 1.5  # nor where the 80 % band of the curve is wider than this ratio


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


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The posterior of one curve. `status` is "ok" or "refused"; a refused one says why, and raises `Refused`.

    `n` is a number or an array `(k,)`; a number gives a float. Beyond `horizon`, and below the smallest size measured, a
    `HorizonWarning` comes with them.
    """

    curve: Curve
    status: Literal["ok", "refused"]
    warnings: tuple[Caution, ...]
    reason: str | None
    help: str | None
    _posterior: posterior.Posterior | None
    _horizon: float | None

    @property
    def draws(self) -> posterior.Posterior:
        """Give the posterior's draws, whose methods take arrays and never warn."""
        if self._posterior is None:
            raise Refused(f"{self.reason} {self.help}")
        return self._posterior

    @property
    def horizon(self) -> float:
        """Give the largest size to rely on: 32 times the largest measured, less where the 80 % band is too wide."""
        if self._horizon is None:
            raise Refused(f"{self.reason} {self.help}")
        return self._horizon

    @property
    def exponent(self) -> Interval:
        """Give the exponent b, both laws together."""
        return _interval(self.draws.exponent)

    @property
    def floor(self) -> Interval:
        """Give the loss that no amount of data removes, both laws together (the power law's is 0)."""
        return _interval(self.draws.floor * self.draws.data.loss_unit)

    @property
    def laws(self) -> tuple[tuple[Law, float], ...]:
        """Give each law with its posterior weight."""
        draws = self.draws
        return tuple((law(name), float(np.mean(draws.law == i))) for i, name in enumerate(posterior.LAWS))

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
        points, levels = _positive(n, "n"), _numbers(q, "q")
        if not np.all((levels > 0) & (levels < 1)):
            raise KleiberError(f"q must lie strictly between 0 and 1, not {q!r}")
        draws = self.draws
        self._warn_beyond(points)
        return _shaped(draws.quantile(points, levels, 1.0 if of == "run" else None), np.ndim(n), np.ndim(q))

    def logpdf(self, n: ArrayLike, loss: ArrayLike) -> Any:
        """Give the natural log of the predictive density of a new run's loss at n; n and loss broadcast."""
        points, losses = np.broadcast_arrays(_positive(n, "n"), _numbers(loss, "loss"))
        draws = self.draws
        self._warn_beyond(points)
        values = draws.logpdf(points, losses)
        return float(values[0]) if np.ndim(n) == np.ndim(loss) == 0 else values

    def needed(self, target: float, *, probability: float = 0.5) -> float:
        """Give the smallest size where the mean curve, discrepancy included, is at most target with this probability.

        It is searched from the smallest measured size to 1e4 times the largest; inf where there is none.
        """
        if not 0 < probability < 1:
            raise KleiberError(f"probability is {probability!r}: it lies strictly between 0 and 1")
        size = self.draws.needed(_number(target, "target"), probability)
        if np.isfinite(size):
            self._warn_beyond(np.array([size]))
        return size

    def never(self, target: float) -> float:
        """Give P(floor >= target), the floor's posterior alone: the probability that no amount of data is enough."""
        return float(np.mean(self.draws.floor * self.draws.data.loss_unit >= _number(target, "target")))

    def beyond(self, n: float) -> bool:
        """Say whether a size lies beyond the horizon, or below the smallest size measured."""
        return bool(n > self.horizon or n < float(self.curve.n[0]) * (1 - 1e-9))

    def _warn_beyond(self, n: Array) -> None:
        if np.max(n, initial=0.0) > self.horizon:
            text = f"n = {np.max(n):g} is beyond the horizon of this forecast, {self.horizon:.3g}"
        elif len(n) and self.beyond(float(np.min(n))):
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
) -> Forecast:
    """Forecast the loss of a model trained on more data, from sizes `(m,)` and losses `(m,)` in any order, or a source.

    A source is a path (CSV, TSV, JSON, or a ledger's .db), a data frame, an imported table or a `Curve`; `metric` and
    `model` then pick one of its curves. `replicate` and `seed` label subsets and runs, `se` is each row's standard
    error, `chance` the loss of guessing. `n_test` is the number of examples of a new run's own test set: predictions of
    a new run then carry its noise (binomial for error rates, else as if one example's standard deviation were the loss);
    the curve itself, the horizon and `needed` do not, since points measured on one test set share its noise. An error
    rate whose values are all at most 1 is a fraction, and is cut off at 1. `tolerance` sets the horizon: the widest
    ratio of the 80 % band to rely on.
    """
    _check_options(random_state, tolerance)
    check_test(n_test, chance)
    check_named(metric, model)
    if loss is None:
        if any(given is not None for given in (replicate, seed, se)):
            raise KleiberError("replicate, seed and se belong to arrays: a source has them as columns")
        curve = choose(curves_from(n_or_source), metric=metric, model=model)
        curve = _with(curve, n_test, chance)
        return _forecast_curve(curve, random_state, tolerance, n_test=n_test)
    values = [float(v) for v in _numbers(loss, "loss")]
    name, losses, note = importers.as_loss(metric or "loss", values)
    if se is not None:
        se = _numbers(se, "se") / importers.scale_of(metric or "loss", values)
    curve = make_curve(
        n_or_source,
        losses,
        replicate=replicate,
        seed=seed,
        se=se,
        n_test=n_test,
        chance=chance,
        metric=name,
        model=model or "model",
    )
    said = () if note is None else (Caution("read-as", note),)
    return _forecast_curve(curve, random_state, tolerance, said, n_test=n_test)


def forecast_many(
    curves: Iterable[Curve | tuple[ArrayLike, ArrayLike] | Mapping[str, Any]],
    *,
    random_state: int = 0,
    tolerance: float = TOLERANCE,
) -> list[Forecast]:
    """Forecast many curves; a refused curve keeps its slot.

    Each is a `Curve`, a pair (n, loss), or a mapping of `forecast`'s arguments with keys "n" and "loss". Raises
    `KleiberError` that names the first slot with something else.
    """
    _check_options(random_state, tolerance)
    if isinstance(curves, Curve | str | Mapping) or not hasattr(curves, "__iter__"):
        raise KleiberError(f"forecast_many takes a list of curves, not a {type(curves).__name__}: use forecast for one")
    found = []
    for slot, item in enumerate(curves):
        if isinstance(item, Curve):
            found.append(_forecast_curve(item, random_state, tolerance))
            continue
        n, options = _slot(slot, item)
        try:
            found.append(forecast(n, **{"random_state": random_state, "tolerance": tolerance, **options}))
        except KleiberError as error:
            raise KleiberError(f"curve {slot}: {error}") from error
    return found


def _slot(slot: int, item: Any) -> tuple[Any, dict[str, Any]]:
    """Give a slot's sizes and the other arguments of `forecast`."""
    if isinstance(item, Mapping):
        unknown = sorted(str(key) for key in item if key not in ARGUMENTS)
        if unknown or item.get("n") is None or item.get("loss") is None:
            wrong = f"it has {', '.join(map(repr, unknown))}" if unknown else "'n' or 'loss' is missing"
            raise KleiberError(f"curve {slot}: {wrong}; give n and loss, and of {', '.join(ARGUMENTS[2:])} what is known")
        return item["n"], {key: value for key, value in item.items() if key != "n"}
    if isinstance(item, list | tuple | np.ndarray) and len(item) == 2:
        return item[0], {"loss": item[1]}
    raise KleiberError(f"curve {slot}: give a Curve, a pair (n, loss) or a mapping, not {str(item)[:60]}")


def curves_from(source: Any) -> list[Curve]:
    """Give every curve of a source: a path, a data frame, an imported table, a `Curve`, or a list of curves."""
    if isinstance(source, Curve):
        return [source]
    if isinstance(source, list | tuple) and source and all(isinstance(c, Curve) for c in source):
        return list(source)
    return curves_of(importers.read(source))


def choose(curves: list[Curve], *, metric: str | None, model: str | None) -> Curve:
    """Pick the one curve of a metric and model; `KleiberError` lists the curves where the choice is open or empty."""
    wanted = importers.names_of(metric)
    fits = [c for c in curves if (not wanted or c.metric in wanted) and (model is None or c.model == model)]
    if len(fits) == 1:
        return fits[0]
    listed = "; ".join(f"metric={c.metric!r}, model={c.model!r}" for c in (fits or curves)[:20])
    if fits:
        raise KleiberError(f"there are {len(fits)} curves, choose one by metric= and model=: {listed}")
    raise KleiberError(f"there is no curve with metric={metric!r}, model={model!r}; there are: {listed or 'none'}")


def _with(curve: Curve, n_test: int | None, chance: float | None) -> Curve:
    if n_test is None and chance is None:
        return curve
    return replace(
        curve, n_test=curve.n_test if n_test is None else n_test, chance=curve.chance if chance is None else chance
    )


def _forecast_curve(
    curve: Curve, random_state: int, tolerance: float, cautions: tuple[Caution, ...] = (), *, n_test: int | None = None
) -> Forecast:
    refusal = soundness.unusable(curve)
    if refusal is not None:
        return _refused(curve, refusal, (*cautions, *curve.cautions))
    means = sizes(curve)
    cautions = (*cautions, *soundness.before(curve, means))
    outlier = soundness.far_off(curve)
    refusal = (outlier and outlier[1]) or soundness.contradictory(means)
    if refusal is not None:
        return _refused(curve, refusal, cautions)
    bounded = importers.is_error_rate(curve.metric) and float(curve.loss.max()) <= 1.0
    draws = posterior.draw(posterior.prepare(means), n_test=n_test, bounded=bounded, random_state=random_state)
    if len(draws.law) < posterior.DRAWS / 20:
        return _refused(curve, soundness.rising(means), cautions)
    return Forecast(
        curve=curve,
        status="ok",
        warnings=(*cautions, *soundness.after(draws, means)),
        reason=None,
        help=None,
        _posterior=draws,
        _horizon=_reach(draws, means, tolerance),
    )


def _refused(curve: Curve, refusal: soundness.Refusal, cautions: tuple[Caution, ...]) -> Forecast:
    return Forecast(curve, "refused", cautions, refusal.reason, refusal.help, None, None)


def _reach(draws: posterior.Posterior, means: Sizes, tolerance: float) -> float:
    """Give the largest size, up to 32 times the largest measured, where the 80 % band is within tolerance."""
    largest = float(means.n[-1])
    n = largest * np.geomspace(1.0, HORIZON, 11)
    low, high = draws.quantile(n, np.array([0.1, 0.9]), None).T
    wide = np.log(np.maximum(high, 1e-300)) - np.log(np.maximum(low, 1e-300)) - np.log(tolerance)
    beyond = np.flatnonzero(wide > 0)
    if len(beyond) == 0:
        return HORIZON * largest
    if beyond[0] == 0:
        return largest
    i = beyond[0]
    return float(np.exp(np.interp(0.0, wide[i - 1 : i + 1], np.log(n[i - 1 : i + 1]))))


def _check_options(random_state: object, tolerance: object) -> None:
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
        raise KleiberError(f"random_state is {random_state!r}: it is a whole number")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.number) or not tolerance > 1:
        raise KleiberError(f"tolerance is {tolerance!r}: it is a ratio above 1, such as 1.25")


def _interval(values: Array) -> Interval:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return Interval(median=float(middle), low=float(low), high=float(high))


def _numbers(values: ArrayLike, name: str) -> Array:
    try:
        numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise KleiberError(f"{name} must be a number or a sequence of numbers: {error}") from error
    if numbers.ndim != 1:
        raise KleiberError(f"{name} must be a number or one-dimensional, not of shape {numbers.shape}")
    return numbers


def _positive(values: ArrayLike, name: str) -> Array:
    numbers = _numbers(values, name)
    if not np.all(np.isfinite(numbers) & (numbers > 0)):
        raise KleiberError(f"{name} must be finite and positive, not {values!r}")
    return numbers


def _number(value: float, name: str) -> float:
    numbers = _numbers(value, name)
    if numbers.shape != (1,) or not np.isfinite(numbers[0]):
        raise KleiberError(f"{name} must be one finite number, not {value!r}")
    return float(numbers[0])


def _shaped(table: Array, n_dims: int, q_dims: int) -> float | Array:
    """Drop the axes for which a number was given: `(k, j)` to `(k,)`, `(j,)` or a float."""
    if n_dims == 0 and q_dims == 0:
        return float(table[0, 0])
    if n_dims == 0:
        return np.asarray(table[0])
    return np.asarray(table[:, 0]) if q_dims == 0 else table
