"""One estimator grown over nested subsets: each size goes on from the parameters of the one before it, where that is sound.

It is sound where nothing of the smaller subset stays but a starting point: linear models and nets that are fitted by an
iteration. An ensemble would keep trees of the smaller subsets, so that it is refused. So is what gains nothing: the rate
"optimal" of SGD begins each fit with steps so large that they lose the starting point.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, MultiTaskElasticNet, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import _safe_indexing

from kleiber.errors import KleiberError
from kleiber.estimators.fits import Fit, failed, scored
from kleiber.estimators.splits import Split

NETS = (MLPClassifier, MLPRegressor)
GROWS = (*NETS, LogisticRegression, SGDClassifier, SGDRegressor, ElasticNet, Lasso, MultiTaskElasticNet)
COLD = ("liblinear", "newton-cholesky")  # solvers of LogisticRegression that take no starting point


def check(estimator: Any) -> None:
    """Raise `KleiberError` for an estimator that can't go on from a smaller subset, with the reason."""
    model = _last(estimator)
    name = type(model).__name__
    anew = isinstance(model, SGDClassifier | SGDRegressor) and model.learning_rate == "optimal"
    if isinstance(model, GROWS) and getattr(model, "solver", "") not in COLD and not anew:
        return
    if anew:
        why = "learning_rate='optimal' loses the starting point, so that no time is saved; with 'constant' some is"
    elif hasattr(model, "n_estimators"):
        why = "it would keep trees of the smaller subsets, so that its scores would lag behind"
    elif getattr(model, "solver", "") in COLD:
        why = f"its solver {model.solver!r} takes no starting point; solver='lbfgs' does"
    elif hasattr(model, "warm_start"):
        why = "whether its warm start gives what a fit from the start gives is not known"
    else:
        why = "its fit has no warm start"
    raise KleiberError(f"incremental: {name} can't be grown, since {why}. Leave out incremental")


def grow_and_score(
    estimator: Any, X: Any, y: Any, scorer: Any, split: Split, sizes: Sequence[int], with_train: bool
) -> list[Fit]:
    """Fit one clone on rising sizes of a split, each from where the last ended, and score each; a failure starts afresh."""
    grown, known, found = _fresh(estimator), None, []
    test = _safe_indexing(X, split.test), _safe_indexing(y, split.test)
    for n in sizes:
        started = time.perf_counter()
        train = split.order[:n]
        inputs, targets = _safe_indexing(X, train), _safe_indexing(y, train)
        there = np.unique(np.asarray(targets)) if hasattr(_last(grown), "classes_") or known is None else known
        if known is not None and len(there) != len(known):
            grown = _fresh(estimator)  # a class more, or fewer columns: its parameters have other shapes
        known = there
        _forget(_last(grown))
        try:
            grown.fit(inputs, targets)
        except Exception as error:  # the border to anybody's code
            found.append(failed("fit", error, started))
            grown = _fresh(estimator)
            continue
        fit_time = time.perf_counter() - started
        found.append(scored(grown, scorer, (inputs, targets) if with_train else None, test, fit_time))
    return found


def _last(estimator: Any) -> Any:
    """Give the estimator itself, or the last step of a pipeline."""
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def _fresh(estimator: Any) -> Any:
    made = clone(estimator)
    _last(made).set_params(warm_start=True)
    return made


def _forget(model: Any) -> None:
    """Let a net train on: the lowest loss of a smaller subset, lower than any of a larger one, would end it at once."""
    if isinstance(model, NETS) and hasattr(model, "best_loss_"):
        model.best_loss_ = None if model.best_loss_ is None else np.inf
        if getattr(model, "best_validation_score_", None) is not None:
            model.best_validation_score_ = -np.inf
