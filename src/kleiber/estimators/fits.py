"""One fit and its scores, in whatever process it is done."""

import sys
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from threadpoolctl import ThreadpoolController


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
        return failed("fit", error, started)
    fit_time = time.perf_counter() - started
    held_out = _safe_indexing(X, test), _safe_indexing(y, test)
    return scored(fresh, scorer, (inputs, targets) if with_train else None, held_out, fit_time)


def scored(fitted: Any, scorer: Any, own: tuple[Any, Any] | None, held_out: tuple[Any, Any], fit_time: float) -> Fit:
    """Score an estimator whose fit took some seconds on what was held out, and on its own subset where it is given."""
    started = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            score = float(scorer(fitted, *held_out))
            judged = time.perf_counter()
            on_own = np.nan if own is None else float(scorer(fitted, *own))
    except Exception as error:
        return failed("score", error, started)._replace(fit_time=fit_time)
    why = "" if np.isfinite(score) else f"its score is {score}{_first(found)}"
    return Fit(on_own, score, fit_time, judged - started, why)


def on_one_thread(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function while the libraries of this process compute on one thread, and leave them as they were."""
    with _libraries(len(sys.modules)).limit(limits=1):
        return function(*arguments)


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """Find the libraries that compute on threads, anew where modules have come in: looking takes as long as a small fit."""
    return ThreadpoolController()


def failed(what: str, error: Exception, started: float) -> Fit:
    """Give a fit that raised, with what it said."""
    said = " ".join(f"{what}: {type(error).__name__}: {error}".split())
    return Fit(np.nan, np.nan, time.perf_counter() - started, 0.0, said)


def _first(found: list[warnings.WarningMessage]) -> str:
    return "" if not found else ": " + str(found[0].message).strip().splitlines()[-1][:200]
