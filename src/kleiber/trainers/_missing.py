"""Whether an estimator takes missing values: by its tags, or else by a fit on a few of the examples themselves.

Tags of pipelines, of searches and of old packages say no where the answer is yes, so that only a yes is believed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import get_tags
from threadpoolctl import threadpool_limits

from kleiber.datasets import Dataset
from kleiber.datasets._missing import HOW
from kleiber.errors import KleiberError
from kleiber.trainers._untouched import untouched

TRIED, OF_A_CLASS = 60, 6  # examples of a fit: those that lack values first, and those of each class


def refuse_missing(estimator: Any, dataset: Dataset, missing: str) -> None:
    """Refuse an estimator that takes no missing values, for data that lack some. missing: where, empty for nowhere."""
    if not missing or _says_yes(estimator):
        return
    parts = (dataset.train, dataset.validation, dataset.test)
    x, y = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "y"))
    chosen = _few(x, y, dataset.task == "classification")
    x, y = x[chosen], y[chosen]
    y = np.unique(y, return_inverse=True)[1] if dataset.task == "classification" else y
    if not _works(estimator, x, y) and _works(estimator, np.nan_to_num(x), y):  # else the rehearsal says what is wrong
        raise KleiberError(f"data: {missing}, and {type(estimator).__name__} takes no missing values. {HOW}")


def _says_yes(estimator: Any) -> bool:
    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except (AttributeError, TypeError, ValueError):  # it has no tags
        return False


def _few(x: NDArray[Any], y: NDArray[Any], classes: bool) -> NDArray[np.int64]:
    """Choose examples of `(m, d)`: some that lack values, some that do not, and some of every class."""
    lacking = np.isnan(x).any(axis=1)
    found = [*np.flatnonzero(lacking)[: TRIED // 2], *np.flatnonzero(~lacking)[: TRIED // 2]]
    for each in np.unique(y) if classes else ():
        found += list(np.flatnonzero(y == each)[:OF_A_CLASS])
    return np.unique(found)


def _works(estimator: Any, x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Say whether a fit and its predictions raise nothing, and no prediction is NaN."""
    fresh = clone(estimator) if hasattr(estimator, "get_params") else estimator
    try:
        with threadpool_limits(1), untouched(0):
            said = np.asarray(fresh.fit(x, y).predict(x))
    except Exception:  # the border to anybody's code
        return False
    return not (said.dtype.kind == "f" and np.isnan(said).any())
