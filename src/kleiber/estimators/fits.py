"""One fit and its scores, in whatever process it is done."""

import time
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing


class Fit(NamedTuple):
    """Scores on the subset and on what was held out, the seconds of fitting and scoring, and what went wrong."""

    train: float
    test: float
    fit_time: float
    score_time: float
    failed: str


def fit_and_score(
    estimator: Any, X: Any, y: Any, scorer: Any, train: NDArray[np.int64], test: NDArray[np.int64], with_train: bool
) -> Fit:
    """Fit a clone on a subset, and score it; what raises, and a score that is no number, is told and not raised."""
    started = time.perf_counter()
    inputs, targets = _safe_indexing(X, train), _safe_indexing(y, train)
    fresh = clone(estimator)
    try:
        fresh.fit(inputs, targets)
    except Exception as error:  # the border to anybody's code
        return _failed("fit", error, started)
    fitted = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            held_out = float(scorer(fresh, _safe_indexing(X, test), _safe_indexing(y, test)))
            scored = time.perf_counter()
            own = float(scorer(fresh, inputs, targets)) if with_train else np.nan
    except Exception as error:
        return _failed("score", error, started)
    why = "" if np.isfinite(held_out) else f"its score is {held_out}{_first(found)}"
    return Fit(own, held_out, fitted - started, scored - fitted, why)


def _failed(what: str, error: Exception, started: float) -> Fit:
    said = " ".join(f"{what}: {type(error).__name__}: {error}".split())
    return Fit(np.nan, np.nan, time.perf_counter() - started, 0.0, said)


def _first(found: list[warnings.WarningMessage]) -> str:
    return "" if not found else ": " + str(found[0].message).strip().splitlines()[-1][:200]
