"""From runs to forecasts: one curve, or many that are solved together.

fc = forecast([200, 400, 800, 1600], [1.98, 1.79, 1.66, 1.51])
fc.quantile(50_000, [0.05, 0.95])
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from kleiber.curves.curve import Caution, Curve, check_named, check_test, sizes
from kleiber.curves.sources import choose, curves_from, from_arrays, slot_of
from kleiber.errors import KleiberError
from kleiber.forecasting import calibration as learnt
from kleiber.forecasting import refusals, robust
from kleiber.forecasting.cautions import branched, turn
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import ROUGH
from kleiber.forecasting.grid import Grid, chosen
from kleiber.forecasting.inference import draw_up
from kleiber.forecasting.outliers import far_off, highest

Outliers = Literal["robust", "keep"]
TOLERANCE = ROUGH  # the widest ratio of the 80 % band of the curve to act on, where nobody says another


@dataclass(frozen=True, slots=True)
class _How:
    """How to forecast: the same for all curves of a call."""

    random_state: int
    tolerance: float
    grid: Grid
    calibration: learnt.Calibration
    outliers: Outliers


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
    column: Mapping[str, str] | None = None,
    random_state: int = 0,
    tolerance: float = TOLERANCE,
    laws: Any = None,
    calibration: Any = None,
    outliers: Outliers = "robust",
) -> Forecast:
    """Forecast the loss of a model trained on more data, from sizes `(m,)` and losses `(m,)` in any order, or a source.

    A source is a path (CSV, TSV, Parquet, JSON, or a ledger's .db), a data frame, an imported table, a `Curve`, or what
    scikit-learn's `learning_curve` or `LearningCurveDisplay` gives;
    `metric` and `model` then pick one of its curves, and `column` says what a table calls our columns, as in {"n":
    "samples"}. `replicate` and `seed` label subsets and runs, `se` is each row's standard error, `chance` the loss of
    guessing. `n_test` is the number of examples of a new run's own test set: predictions of a new run then carry its
    noise (binomial for error rates, else as if one example's standard deviation were the loss); the curve itself, the
    horizon and `needed` do not, since points measured on one test set share its noise. An error rate whose values are
    all at most 1 is a fraction, and is cut off at 1, one of at most 100 at 100. `tolerance` sets the horizon: the
    widest ratio of the 80 % band to act on. `laws` are names, `kleiber.laws.Law` objects, or a mapping of either to
    prior weights, in place of the laws of the calibration; `calibration` is a table in place of the shipped one, or
    "untaught" for the hand-set prior. `outliers` "robust" leaves out runs far off their neighbours, which
    `Forecast.outliers` names; "keep" leaves them in. `random_state` is that of `Forecast.draws`: all else is exact.
    """
    how = _how(random_state, tolerance, laws, calibration, outliers)
    check_test(n_test, chance)
    check_named(metric, model)
    if loss is None:
        if any(given is not None for given in (replicate, seed, se)):
            raise KleiberError("replicate, seed and se belong to arrays: a source has them as columns")
        curve = _with(choose(curves_from(n_or_source, column, metric=metric), metric=metric, model=model), n_test, chance)
        return _forecast_all([(curve, ())], how, [n_test])[0]
    if column:
        raise KleiberError("column names the columns of a table, and these are arrays: leave it out")
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
    outliers: Outliers = "robust",
) -> list[Forecast]:
    """Forecast many curves at once; a refused curve keeps its slot.

    Each is a `Curve`, a pair (n, loss), or a mapping of `forecast`'s arguments for one curve, with keys "n" and "loss".
    Raises `KleiberError` that names the first slot with something else.
    """
    how = _how(random_state, tolerance, laws, calibration, outliers)
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


def _how(random_state: Any, tolerance: Any, laws: Any, calibration: Any, treated: Any) -> _How:
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
        raise KleiberError(f"random_state is {random_state!r}: it is a whole number")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.number) or not tolerance > 1:
        raise KleiberError(f"tolerance is {tolerance!r}: it is a ratio above 1, such as 1.25")
    if treated not in ("robust", "keep"):
        raise KleiberError(f"outliers is {treated!r}: it is 'robust' (left out) or 'keep' (left in)")
    table = learnt.chosen(calibration)
    return _How(int(random_state), float(tolerance), chosen(laws, table.laws), table, treated)


def _with(curve: Curve, n_test: int | None, chance: float | None) -> Curve:
    if n_test is None and chance is None:
        return curve
    return replace(
        curve, n_test=curve.n_test if n_test is None else n_test, chance=curve.chance if chance is None else chance
    )


def _forecast_all(
    curves: Sequence[tuple[Curve, tuple[Caution, ...]]], how: _How, n_test: Sequence[int | None]
) -> list[Forecast]:
    """Forecast curves, each with what was said of it before; those that can be are solved together.

    A curve with outliers is forecast without them and with them.
    """
    judged = _judge_all(curves, how)
    usable = [i for i, fc in enumerate(judged) if fc.status == "ok"]
    means = [fc.measured for fc in judged if fc.status == "ok" and fc.measured is not None]
    tops, tests = [highest(judged[i].curve) for i in usable], [n_test[i] for i in usable]
    guess = [judged[i].curve.chance for i in usable]
    drawn = draw_up(means, how.grid, how.calibration, n_test=tests, highest=tops, guess=guess) if usable else []
    for i, one in zip(usable, drawn, strict=True):
        judged[i] = replace(judged[i], _posterior=one)
    twice = [i for i in usable if judged[i].outliers]
    if twice:
        again = _forecast_all([curves[i] for i in twice], replace(how, outliers="keep"), [n_test[i] for i in twice])
        for i, kept in zip(twice, again, strict=True):
            judged[i] = replace(judged[i], kept=kept)
    return judged


def _judge_all(curves: Sequence[tuple[Curve, tuple[Caution, ...]]], how: _How) -> list[Forecast]:
    """Give forecasts without a posterior: each refused, or with what the measurements alone warn of."""
    refused = [refusals.unusable(curve) for curve, _ in curves]
    found = [(None if no else far_off(curve)) or (None, no) for (curve, _), no in zip(curves, refused, strict=True)]
    whole = [i for i, (_, no) in enumerate(found) if no is None] if how.outliers == "robust" else []
    parts = dict(zip(whole, robust.split_all([curves[i][0] for i in whole]), strict=True))
    return [
        _judge(curve, cautions, how, outlier, refusal, *parts.get(i, (curve, ())), measured=refused[i] is None)
        for i, ((curve, cautions), (outlier, refusal)) in enumerate(zip(curves, found, strict=True))
    ]


def _judge(
    curve: Curve,
    cautions: tuple[Caution, ...],
    how: _How,
    outlier: Caution | None,
    refusal: refusals.Refusal | None,
    rest: Curve,
    left: tuple[robust.Outlier, ...],
    *,
    measured: bool,
) -> Forecast:
    """Judge a curve by what is left of it, `rest`; `measured` says whether its sizes have means."""
    means = sizes(rest) if measured else None
    if means is not None:
        refusal = refusal or refusals.contradictory(means, curve.scale)
    status: Literal["ok", "refused"] = "refused" if refusal else "ok"
    branches = () if refusal or means is None else tuple(branched(means, curve.scale))
    return Forecast(
        curve, status, refusal, means, turn(branches), cautions, outlier, branches, None, how.tolerance, how.random_state,
        outliers=left,
    )  # fmt: skip
