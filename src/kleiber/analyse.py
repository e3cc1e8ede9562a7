"""The whole infer half in one call: measurements in, findings out, as plain data that the report and JSON share."""

import copy
import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy import special

from kleiber import importers, sentences
from kleiber.backtest import backtest, nearest
from kleiber.curve import Curve, Sizes, check_named, curves_of, sizes
from kleiber.errors import KleiberError
from kleiber.forecast import Forecast, Interval, curves_from, forecast
from kleiber.posterior import SEARCH
from kleiber.soundness import untrue, unusable

SCHEMA = "kleiber-findings/1"
AHEAD = (2.0, 4.0, 8.0)  # multiples of the largest size, where nobody says at which sizes to forecast
PROBABILITY = 0.9
NEEDED = (0.1, 0.5, 0.8, 0.9)
BAND = 25


@dataclass(frozen=True, slots=True)
class Findings:
    """Curves, forecasts, back-tests and sentences as plain data: all that a report sees."""

    content: Mapping[str, Any]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the findings in words, most important first."""
        return tuple(self.content["sentences"])

    def to_dict(self) -> dict[str, Any]:
        """Give a copy as dicts, lists, text, numbers, booleans and None."""
        return copy.deepcopy(dict(self.content))

    def to_json(self) -> str:
        """Give strict JSON: no NaN, no Infinity; a size searched for in vain is null."""
        return json.dumps(self.content, allow_nan=False, ensure_ascii=False, indent=1)


def analyse(
    source: Any,
    *,
    metric: str | None = None,
    model: str | None = None,
    at: Sequence[float] | None = None,
    target: float | None = None,
    price_per_example: float | None = None,
    random_state: int = 0,
) -> Findings:
    """Forecast and back-test every curve of a source, and say in sentences what follows.

    `source` is what `forecast` takes; `metric` and `model` leave only the curves that match. `at` are sizes to forecast
    (default 2, 4 and 8 times the largest measured), `target` a loss to reach, `price_per_example` what one more costs.
    With metric="accuracy" the target is an accuracy, and the findings say which error it was read as. Where the
    back-test fails, the findings' horizon is the largest size measured: nothing is forecast beyond it.
    Raises `KleiberError` where no curve matches, or where a target is given for several metrics.
    """
    check_named(metric, model)
    table, curves = _read(source)
    curves = _matching(curves, metric, model)
    _check(curves, target, price_per_example, at)
    target, read_as = _as_loss(metric, target, table.notes if table else ())
    _check_rate(curves, target)
    found = [_curve(curve, at, target, random_state) for curve in curves]
    said = [sentence for entry in found for sentence in sentences.of_curve(entry, price_per_example)]
    if read_as is not None:
        said.insert(1, read_as)
    notes = [_note("import", note) for note in (table.notes if table else ())]
    notes += [] if read_as is None else [_note("target", read_as)]
    return Findings(
        {
            "schema": SCHEMA,
            "title": _title(table, curves),
            "study": copy.deepcopy(dict(table.study)) if table and table.study else None,
            "curves": found,
            "warnings": notes
            + [
                {**warning, "model": entry["model"], "metric": entry["metric"]}
                for entry in found
                for warning in entry["forecast"]["warnings"]
            ],
            "sentences": said,
            "provenance": _provenance(source),
        }
    )


def _read(source: Any) -> tuple[importers.Table | None, list[Curve]]:
    if isinstance(source, Curve) or (isinstance(source, list | tuple) and source and isinstance(source[0], Curve)):
        return None, curves_from(source)
    table = importers.read(source)
    return table, curves_of(table)


def _matching(curves: list[Curve], metric: str | None, model: str | None) -> list[Curve]:
    wanted = importers.names_of(metric)
    found = [c for c in curves if (not wanted or c.metric in wanted) and (model is None or c.model == model)]
    if not found:
        listed = "; ".join(f"metric={c.metric!r}, model={c.model!r}" for c in curves[:20]) or "none"
        raise KleiberError(f"there is no curve with metric={metric!r}, model={model!r}; there are: {listed}")
    return found


def _check(curves: list[Curve], target: float | None, price: float | None, at: Sequence[float] | None) -> None:
    metrics = sorted({curve.metric for curve in curves})
    if target is not None and not _finite(target):
        raise KleiberError(f"target is {target!r}: it must be a finite loss, as a number")
    if target is not None and len(metrics) > 1:
        raise KleiberError(f"target={target} is a loss of one metric: choose metric= among {', '.join(metrics)}")
    if price is not None and not (_finite(price) and price >= 0):
        raise KleiberError(f"price_per_example is {price!r}: it must be a finite number and not negative")
    if price is not None and target is None:
        raise KleiberError("price_per_example is the price of the way to a target: give target= too, a loss to reach")
    if at is not None and (isinstance(at, str) or not hasattr(at, "__iter__")):
        raise KleiberError(f"at={at!r}: give a list of sizes, such as [{at if _finite(at) else 5000}]")
    if at is not None and not all(_finite(n) and n > 0 for n in at):
        raise KleiberError(f"at={list(at)}: sizes must be finite and positive numbers")


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _as_loss(metric: str | None, target: float | None, notes: Sequence[str]) -> tuple[float | None, str | None]:
    """Read a target of a higher-is-better metric as the loss that it is, with a sentence that says so."""
    if metric is None or target is None:
        return target, None
    name, (loss,), _ = importers.as_loss(metric, [float(target)])
    if name == metric:
        return float(target), None
    percent = any(note.startswith(f"{metric!r} was read in percent") for note in notes)
    if percent and 0 < target <= 1:
        raise KleiberError(f"target={target}: {metric!r} is in percent here; write {100 * target:g}")
    return loss, f"The target, {metric} {target:g}, was read as {name} {loss:.6g}."


def _check_rate(curves: Sequence[Curve], target: float | None) -> None:
    rates = [c for c in curves if importers.is_error_rate(c.metric) and np.all(c.loss <= 1)]
    if target is not None and target > 1 and rates:
        raise KleiberError(
            f"target={target}: {rates[0].metric!r} is a fraction of 1 here; write {target / 100:g} for percent"
        )


def _note(code: str, message: str) -> dict[str, str | None]:
    return {"code": code, "message": message, "model": None, "metric": None}


def _curve(curve: Curve, at: Sequence[float] | None, target: float | None, random_state: int) -> dict[str, Any]:
    usable = unusable(curve) is None
    measured = sizes(curve)
    fc = forecast(curve, random_state=random_state)
    checks = backtest(curve, probability=PROBABILITY, random_state=random_state)
    failed = untrue([check.inside for check in nearest(checks)], PROBABILITY) if fc.status == "ok" else None
    if failed is not None:
        fc = replace(fc, warnings=(failed, *fc.warnings), _horizon=float(measured.n[-1]))
    return {
        "model": curve.model,
        "metric": curve.metric,
        "chance": curve.chance,
        "points": _points(measured) if np.all(np.isfinite(curve.n)) and np.all(np.isfinite(curve.loss)) else [],
        "forecast": _forecast(fc, measured, at, target),
        "line": _line(measured) if usable else None,
        "backtest": [asdict(check) for check in checks],
    }


def _points(measured: Sizes) -> list[dict[str, Any]]:
    """Give the mean of each size with its 90 % interval, from the relative spread of subsets pooled over the sizes."""
    dof = int(np.sum(measured.count - 1))
    squares = sum(np.sum((np.array(v) / m - 1) ** 2) for v, m in zip(measured.values, measured.mean, strict=True) if m)
    spread = float(np.sqrt(squares / dof) * special.stdtrit(dof, 0.5 + PROBABILITY / 2)) if dof else 0.0
    found = []
    for n, mean, sd, values in zip(measured.n, measured.mean, measured.sd, measured.values, strict=True):
        half = abs(mean) * spread / np.sqrt(len(values)) if len(values) > 1 else 0.0
        low = float(max(mean - half, 0.0)) if mean > 0 else float(mean - half)
        point = {"n": _count(n), "mean": float(mean), "low": low, "high": float(mean + half), "sd": sd}
        found.append({**point, "count": len(values), "values": list(values)})
    return found


def _forecast(fc: Forecast, measured: Sizes, at: Sequence[float] | None, target: float | None) -> dict[str, Any]:
    given = {
        "status": fc.status,
        "reason": fc.reason,
        "help": fc.help,
        "warnings": [{"code": w.code, "message": w.message} for w in fc.warnings],
    }
    if fc.status == "refused":
        empty = dict.fromkeys(("exponent", "floor", "horizon", "largest", "band", "target"))
        return {**given, "laws": [], "at": [], **empty}
    largest = float(measured.n[-1])
    return {
        **given,
        "laws": [{"name": law.name, "formula": law.formula, "weight": weight} for law, weight in fc.laws],
        "exponent": _interval(fc.exponent),
        "floor": _interval(fc.floor),
        "horizon": fc.horizon,
        "largest": largest,
        "band": _band(fc, float(measured.n[0]), 8 * largest),
        "at": _at(fc, [largest * k for k in AHEAD] if at is None else [float(n) for n in at]),
        "target": None if target is None else _target(fc, float(target)),
    }


def _band(fc: Forecast, smallest: float, largest: float) -> dict[str, list[float]]:
    n = np.geomspace(smallest, largest, BAND)
    rows = fc.draws.quantile(n, np.array([0.5, 0.25, 0.75, 0.05, 0.95]), None).T
    return dict(zip(("n", "median", "low50", "high50", "low90", "high90"), [n.tolist(), *rows.tolist()], strict=True))


def _at(fc: Forecast, n: list[float]) -> list[dict[str, Any]]:
    q = np.array([0.5, 0.5 - PROBABILITY / 2, 0.5 + PROBABILITY / 2])
    rows = fc.draws.quantile(np.array(n, dtype=np.float64), q, 1.0) if n else np.empty((0, 3))
    return [
        {"n": size, "median": float(m), "low": float(low), "high": float(high), "probability": PROBABILITY}
        | {"withheld": fc.beyond(size)}
        for size, (m, low, high) in zip(n, rows, strict=True)
    ]


def _target(fc: Forecast, target: float) -> dict[str, Any]:
    """Give the sizes that reach the target; null where none up to `searched_to` does, withheld beyond the horizon."""
    top, failed = SEARCH * float(fc.curve.n[-1]), any(w.code == "backtest-failed" for w in fc.warnings)
    sizes_needed = [(p, fc.draws.needed(target, p)) for p in NEEDED]
    needed = [
        {"probability": p, "n": n, "searched_to": top, "withheld": fc.beyond(n)}
        if np.isfinite(n)
        else {"probability": p, "n": None, "searched_to": top, "withheld": failed}
        for p, n in sizes_needed
    ]
    return {"loss": target, "needed": needed, "never": fc.never(target)}


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


def _title(table: importers.Table | None, curves: list[Curve]) -> str:
    if table and table.study and table.study.get("name"):
        return str(table.study["name"])
    return ", ".join(dict.fromkeys(f"{curve.metric} of {curve.model}" for curve in curves[:3]))


def _provenance(source: Any) -> dict[str, str]:
    try:
        version = importlib.metadata.version("kleiber")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    named = Path(source).name if isinstance(source, str | os.PathLike) else type(source).__name__
    return {
        "kleiber": version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "source": str(named),
    }
