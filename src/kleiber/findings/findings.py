"""What is found of one curve, as plain data: its points and their regions, its forecast, its back-test.

Everything is in the user's metric; the loss that it was forecast as stands beside it, under `loss`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from kleiber.answers.need import need
from kleiber.curves.curve import Curve, Sizes, sizes
from kleiber.findings.sideways import needed_curve
from kleiber.forecasting.backtest import Check, backtest, judged
from kleiber.forecasting.doubt import untold, why
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.forecasts import forecast
from kleiber.forecasting.refusals import unusable
from kleiber.forecasting.shown import AHEAD
from kleiber.metric import Metric

PROBABILITY = 0.9
NORMAL = float(special.ndtri(0.5 + PROBABILITY / 2))
BAND = 25


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A curve's forecast with its back-test, which has judged it: one that fails is distrusted beyond the largest size."""

    forecast: Forecast
    checks: tuple[Check, ...]


def judge(curve: Curve, how: Mapping[str, Any]) -> Judged:
    """Forecast and back-test a curve; `how` are the other arguments of `forecast`."""
    checks = backtest(curve, probability=PROBABILITY, **how)
    return Judged(judged(forecast(curve, **how), checks), checks)


def of_curve(one: Judged, at: Sequence[float] | None, target: float | None) -> dict[str, Any]:
    """Give what is found of a curve at sizes `at`, each told once, and for a target."""
    fc, curve = one.forecast, one.forecast.curve
    whole, scale = sizes(curve), curve.scale
    used = whole if fc.measured is None else fc.measured
    finite = bool(np.all(np.isfinite([curve.n, curve.loss])))
    return {
        "model": curve.model,
        "metric": scale.name,
        "scale": scale.to_dict(),
        "unit_of_n": curve.unit_of_n or "examples",
        "chance": None if curve.chance is None else scale.value(curve.chance),
        "points": [_in_metric(point, scale) for point in _points(whole, used, _regions(fc))] if finite else [],
        "forecast": _forecast(fc, whole, at, target),
        "line": _line(used) if unusable(curve) is None else None,
        "backtest": [_in_metric(asdict(check), scale) for check in one.checks],
    }


LOSSES = ("mean", "median", "predicted", "measured", "low", "high")
"""The fields of an entry that are losses before they are the user's metric."""


def _in_metric(entry: dict[str, Any], scale: Metric) -> dict[str, Any]:
    """Turn an entry's losses into values of the metric, the lower end of an interval first; the losses stand beside."""
    losses = {name: entry[name] for name in LOSSES if name in entry}
    found = {**entry, **{name: scale.value(loss) for name, loss in losses.items()}}
    if "low" in losses:
        found["low"], found["high"] = scale.ends(losses["low"], losses["high"])
    if "sd" in entry:
        losses["sd"], found["sd"] = entry["sd"], None if entry["sd"] is None else entry["sd"] * scale.per_loss
    if "values" in entry:
        found["values"] = [scale.value(loss) for loss in entry["values"]]
    return {**found, "loss": losses}


def _points(whole: Sizes, used: Sizes, regions: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Give the mean of each size with its 90 % interval, from the relative spread of subsets pooled over the sizes.

    Of a size with one row it is that of the row's own standard error, where the source gives it; else none is known.
    A mean is of the runs that the forecast uses; of a size that has none left it is of those left out.
    """
    spread, found, place = _spread(used), [], {float(n): i for i, n in enumerate(used.n)}
    for i, region in enumerate(regions or [None] * len(whole.n)):
        n, values = float(whole.n[i]), whole.values[i]
        of, at = (used, place[n]) if n in place else (whole, i)
        mean, count = float(of.mean[at]), len(of.values[at])
        known = 0.0 if of.se is None else float(of.se[at]) * NORMAL  # of one row, which may be a mean with its error
        half = abs(mean) * spread / np.sqrt(count) if count > 1 else known
        low = float(max(mean - half, 0.0)) if mean > 0 else float(mean - half)
        point = {"n": _count(n), "mean": mean, "low": low, "high": float(mean + half), "sd": of.sd[at], "count": count}
        left = len(values) - (count if of is used else 0)
        found.append({**point, "left_out": left, "values": list(values), "region": region})
    return found


def _spread(measured: Sizes) -> float:
    """Give the half-width of the 90 % interval of one subset's loss, relative to it; 0 where no size was repeated."""
    told = np.flatnonzero(measured.mean)  # a mean of 0 has no relative spread
    values = tuple(measured.values[i] for i in told)
    kept = replace(measured, n=measured.n[told], mean=measured.mean[told], count=measured.count[told], values=values)
    dof = int(np.sum(kept.count - 1))
    return float(np.sqrt(kept.scatter / dof) * special.stdtrit(dof, 0.5 + PROBABILITY / 2)) if dof else 0.0


def _regions(fc: Forecast) -> list[dict[str, Any] | None]:
    """Give each measured size's region with its probability; None throughout for a curve that is flat or rises at its end.

    Of these the sizes tell no region: it is said whether the curve has not begun, or has levelled off, as far as it shows.
    Nor is there one where the best score is nominal: how near the floor a size lies goes by what lacks to that.
    """
    if fc.status == "refused":
        return []
    if fc.flat or fc.turned or fc.curve.scale.nominal:
        return [None] * len(fc.regions)
    return [
        {"small_data": r.small_data, "power_law": r.power_law, "floor": r.floor, "likely": r.likely} for r in fc.regions
    ]


def _forecast(fc: Forecast, measured: Sizes, at: Sequence[float] | None, target: float | None) -> dict[str, Any]:
    given = {
        "status": fc.status,
        "code": None if fc.refusal is None else fc.refusal.code,
        "reason": fc.reason,
        "help": fc.help,
        "warnings": [{"code": w.code, "message": w.message} for w in fc.warnings],
    }
    if fc.status == "refused":
        empty = dict.fromkeys(("exponent", "floor", "horizon", "largest", "band", "needed", "target", "luck"))
        none = {"distrusted": False, "flat": False, "flatness": None, "turned": False, "untold": None}
        return {**given, "laws": [], "at": [], **none, **empty}
    largest, scale = float(measured.n[-1]), fc.curve.scale
    return {
        **given,
        "laws": _laws(fc),
        "exponent": _interval(fc.exponent),
        "floor": _in_metric(_interval(fc.floor), scale),
        "luck": None if fc.luck is None else {key: getattr(fc.luck, key) for key in ("middle", "low", "high", "told_by")},
        "horizon": fc.horizon,
        "largest": largest,
        "band": _band(fc, float(measured.n[0]), 8 * largest),
        "needed": needed_curve(fc),
        "at": _at(fc, [largest * k for k in AHEAD] if at is None else list(dict.fromkeys(float(n) for n in at))),
        "target": None if target is None else need(fc, float(target)).to_dict() | {"value": scale.value(float(target))},
        "distrusted": fc.distrusted is not None,
        "flat": fc.flat,
        "flatness": None if fc.flatness is None else {"kind": fc.flatness.kind, "since": fc.flatness.since},
        "turned": fc.turned,
        "untold": untold(fc),
    }


def _laws(fc: Forecast) -> list[dict[str, Any]]:
    """Give the laws with their posterior weights, the heaviest first."""
    found = [{"name": law.name, "formula": law.formula, "weight": weight} for law, weight in fc.laws]
    return sorted(found, key=lambda one: (-float(one["weight"]), str(one["name"])))


def _band(fc: Forecast, smallest: float, largest: float) -> dict[str, list[Any]]:
    """Give median, 50 % and 90 % band of the curve in the user's metric, and the grade of each size."""
    n, scale = np.geomspace(smallest, largest, BAND), fc.curve.scale
    median, *ends = fc.posterior.quantile(n, np.array([0.5, 0.25, 0.75, 0.05, 0.95]), None).T
    found: dict[str, list[Any]] = {"n": n.tolist(), "median": scale.value(median).tolist()}
    for part, (low, high) in zip(("50", "90"), (ends[:2], ends[2:]), strict=True):
        lower, upper = (high, low) if scale.higher_is_better else (low, high)
        found[f"low{part}"], found[f"high{part}"] = scale.value(lower).tolist(), scale.value(upper).tolist()
    return {**found, "grade": list(fc.grade(n))}


def _at(fc: Forecast, n: list[float]) -> list[dict[str, Any]]:
    """Give the forecast of a new run at each size, with its grade; no size asked for is left out."""
    if not n:
        return []
    at = np.array(n, dtype=np.float64)
    return [
        _in_metric({"n": size, **asdict(one)}, fc.curve.scale) | {"grade": grade, "why": why(fc, size, grade)}
        for size, one, grade in zip(n, fc.intervals(at), fc.grade(at), strict=True)
    ]


def _line(measured: Sizes) -> dict[str, float]:
    """Give the straight line through log mean against log n: its exponent, and the RMS of what it leaves."""
    x, y = np.log(measured.n), np.log(measured.mean)
    slope, start = np.polyfit(x - x.mean(), y, 1)
    rms = float(np.sqrt(np.mean((y - start - slope * (x - x.mean())) ** 2)))
    return {"exponent": float(-slope), "rms_log_residual": rms}


def _interval(found: Interval) -> dict[str, float]:
    return asdict(found)


def _count(n: float) -> int | float:
    return int(n) if float(n).is_integer() else float(n)
