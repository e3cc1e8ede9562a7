"""Kleiber's own forecasts, each with the table that was learnt without the curve's own fold or domain."""

import json
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from dev.learning.curves import fold_of

from benchmarks.protocol.curves import BenchmarkCurve
from benchmarks.protocol.scores import Predictive, Score, errors
from kleiber import forecast_many
from kleiber.forecasting.forecast import HorizonWarning

QUERIES, REACH = 12, 8.0  # sizes asked while the clock runs, from the largest observed to eight times it
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def held_out_name(curve: BenchmarkCurve) -> str:
    """Give the name of the table learnt without a curve: LCDB-0 to LCDB-4 by its data set's fold, else its domain."""
    if curve.domain.startswith("LCDB"):
        return f"LCDB-{fold_of(curve.name.split('|')[1])}"
    return curve.domain


def score_ours(curves: Iterable[BenchmarkCurve], held_out: Path) -> list[Score]:
    """Score the forecaster on each curve, with the table `<name>.json` of the folder `held_out` where there is one.

    Its seconds are those of one forecast and one call for five quantiles at twelve sizes; what is loaded once is not in
    them.
    """
    tables = {path.stem: json.loads(path.read_text()) for path in sorted(held_out.glob("*.json"))}
    scores = []
    for curve in curves:
        name = held_out_name(curve)
        options = {"calibration": tables[name]} if name in tables else {}
        if not scores:
            forecast_many([asked(curve)], **options)
        scores.append(score_one(curve, options, name if options else None))
    return scores


def asked(curve: BenchmarkCurve) -> dict[str, Any]:
    """Give what the forecaster sees of a curve: its observed sizes and losses, and standard errors where there are any."""
    return {"n": curve.n, "loss": curve.loss, "se": curve.se}


def score_one(curve: BenchmarkCurve, options: dict[str, Any], table: str | None) -> Score:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HorizonWarning)
        start = time.perf_counter()
        (found,) = forecast_many([asked(curve)], **options)
        refused = found.status == "refused"
        if not refused:
            found.quantile(curve.n[-1] * np.geomspace(1.0, REACH, QUERIES), LEVELS)
        seconds = time.perf_counter() - start
        if refused:
            last = np.full(len(curve.at), curve.loss[-1])
            return Score(curve.name, *errors(last, curve), seconds, refused=True, table=table)
        return Score(curve.name, *errors(found.median(curve.at), curve), seconds, predictive(found, curve), table=table)


def predictive(found: Any, curve: BenchmarkCurve) -> Predictive:
    """Give log-likelihood and coverage on the unseen losses; the losses of DD in units of the largest observed."""
    unit = float(np.max(curve.loss)) if curve.domain == "DD" else 1.0
    low90, low50, _, high50, high90 = found.quantile(curve.at, LEVELS).T
    return Predictive(
        log_likelihood=float(np.mean(found.logpdf(curve.at, curve.loss_at)) + np.log(unit)),
        inside50=float(np.mean((low50 <= curve.loss_at) & (curve.loss_at <= high50))),
        inside90=float(np.mean((low90 <= curve.loss_at) & (curve.loss_at <= high90))),
    )
