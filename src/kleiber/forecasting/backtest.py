"""The forecaster's own record on a curve: hide the largest sizes, forecast them from the smaller ones, compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Curve, Sizes, sizes, up_to
from kleiber.forecasting.cautions import untrue
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.forecasts import forecast_many
from kleiber.forecasting.refusals import unusable
from kleiber.forecasting.robust import split

CUTS = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One hidden size: what the sizes up to `used_up_to` forecast, and what was measured (mean of its runs)."""

    used_up_to: float
    n: float
    predicted: float
    low: float
    high: float
    probability: float
    measured: float
    relative_error: float
    inside: bool


def backtest(
    curve: Curve,
    *,
    probability: float = 0.9,
    random_state: int = 0,
    cuts: int = CUTS,
    laws: Any = None,
    calibration: Any = None,
    outliers: Literal["robust", "keep"] = "robust",
) -> tuple[Check, ...]:
    """Forecast every hidden size from each cut that leaves three sizes or more, smallest cut first.

    Hidden and shown points were measured on one test set, so no noise of a test set is added. Only the last `cuts` cuts
    are taken. Cuts whose forecast is refused are left out; a curve with fewer than four
    sizes, or one that no forecast can use, gives none. `laws`, `calibration` and `outliers` are those of `forecast`; a
    run that is left out of the curve's forecast is neither shown nor hidden here.
    """
    if unusable(curve) is not None:
        return ()
    curve = split(curve)[0] if outliers == "robust" else curve
    measured = sizes(curve)
    ends = measured.n[2:-1][max(len(measured.n) - 3 - cuts, 0) :]
    shown = [up_to(curve, float(end)) for end in ends]
    found: list[Check] = []
    forecasts = forecast_many(shown, random_state=random_state, laws=laws, calibration=calibration, outliers=outliers)
    for part, fc in zip(shown, forecasts, strict=True):
        if fc.status == "ok":
            end, first = float(part.n[-1]), int(np.searchsorted(measured.n, part.n[-1], side="right"))
            rows = _hidden(fc, measured, first, probability)
            found += [
                _check(end, float(n), row, float(mean), probability)
                for n, mean, row in zip(measured.n[first:], measured.mean[first:], rows, strict=True)
            ]
    return tuple(found)


def judged(fc: Forecast, checks: Sequence[Check]) -> Forecast:
    """Give a forecast with what its back-test says: where too many of the next sizes were missed, it is distrusted."""
    if fc.status == "refused" or not checks:
        return fc
    failed = untrue([check.inside for check in nearest(checks)], checks[0].probability)
    return fc if failed is None else replace(fc, distrusted=failed)


def nearest(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Give each cut's check of the next size, the one that a forecast has to pass first."""
    first: dict[float, Check] = {}
    for check in checks:
        first[check.used_up_to] = min(first.get(check.used_up_to, check), check, key=lambda one: one.n)
    return tuple(first.values())


def _hidden(fc: Forecast, measured: Sizes, first: int, probability: float) -> NDArray[np.float64]:
    """Give low end, median and high end of the mean of as many runs as were measured, for each size from `first` on."""
    q = np.array([0.5 - probability / 2, 0.5, 0.5 + probability / 2])
    n, count = measured.n[first:], measured.count[first:]
    rows = np.empty((len(n), len(q)))
    for runs in np.unique(count):
        rows[count == runs] = fc.posterior.quantile(n[count == runs], q, float(runs))
    return rows


def _check(used: float, n: float, row: NDArray[np.float64], measured: float, probability: float) -> Check:
    low, middle, high = (float(v) for v in row)
    return Check(used, n, middle, low, high, probability, measured, middle / measured - 1, low <= measured <= high)
