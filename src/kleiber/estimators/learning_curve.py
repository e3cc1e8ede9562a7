"""`learning_curve(estimator, X, y)`: fits of an estimator on growing subsets, in one line and in scikit-learn's manners.

lc = learning_curve(LogisticRegression(), X, y, cv=5)
lc.forecast().median(100_000)
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.estimators.scores import LearningCurve

with plugins.needing("sklearn", "learning_curve"):
    from joblib import effective_n_jobs
    from sklearn.base import is_classifier, is_regressor
    from sklearn.metrics import check_scoring
    from sklearn.utils import indexable
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.parallel import Parallel, delayed
    from threadpoolctl import threadpool_limits

    from kleiber.estimators import growing
    from kleiber.estimators.fits import Fit, fit_and_score, on_one_thread
    from kleiber.estimators.missing import refuse_lacking_targets, why_it_failed
    from kleiber.estimators.splits import Split, sizes_of, splits_of


def learning_curve(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sizes: Sequence[float] | None = None,
    cv: Any = None,
    groups: Any = None,
    scoring: str | Callable[..., float] | None = None,
    replicates: int = 3,
    n_jobs: int | None = None,
    random_state: int = 0,
    incremental: bool = False,
    return_times: bool = True,
    return_train: bool = True,
) -> LearningCurve:
    """Fit an estimator on subsets of growing size, and give its scores with all that a forecast needs.

    X: `(m, d)` array, sparse matrix or frame, or a list of m texts for a pipeline that takes them; y: `(m,)` targets.
    X may have NaN where the estimator takes it, y may not.
    `sizes`: numbers of examples, or shares (floats up to 1) of those that a split can train on; not given: doubled up to
    them. `cv`: folds or a splitter as scikit-learn's, whose shuffled subsets are those of its own
    `learning_curve(shuffle=True, random_state=random_state)`. Not given: `replicates` splits with a fifth held out,
    stratified by class; `groups` keeps all examples of a group on one side. `scoring`: a scorer by name, or a callable
    `(estimator, X, y)`, higher is better; not given: the estimator's `score`. `n_jobs`: processes, as scikit-learn has it.
    `return_times`, `return_train`: whether fits are timed for `cost()`, and whether subsets are scored too, as scikit-learn
    always does. `incremental`: each size goes on from the parameters of the one before it. That saves time for nets,
    logistic regression and SGD with a rate other than "optimal", little for Lasso and ElasticNet. The result says that it
    was grown, and an estimator that can't be grown, or gains nothing, is refused with the reason. Where several jobs work
    at once, each computes on one thread, and the process is left as it was. Fits that fail are named in `failures` and
    warned of. Raises `KleiberError` where nothing can be fitted.
    """
    _check(estimator, X, y, random_state)
    refuse_lacking_targets(y)
    if incremental:
        growing.check(estimator)
    try:
        X, y, groups = indexable(X, y, groups)
        scorer = check_scoring(estimator, scoring=scoring)
    except (ValueError, TypeError) as error:
        raise KleiberError(" ".join(str(error).split())) from error
    classes = _has_classes(estimator, y)
    splits = splits_of(X, y, cv=cv, groups=groups, replicates=replicates, seed=random_state, classes=classes)
    found = sizes_of(sizes, splits, len(np.unique(np.asarray(y))) if classes else 0, stratified=cv is None)
    fitted = _grown if incremental else _fitted
    fits = fitted(estimator, X, y, scorer, found, splits, n_jobs, return_train)
    lc = LearningCurve(
        train_sizes=np.array(found),
        train_scores=_field(fits, "train") if return_train else None,
        test_scores=_field(fits, "test"),
        fit_times=_field(fits, "fit_time") if return_times else None,
        score_times=_field(fits, "score_time") if return_times else None,
        score_name=_score_name(estimator, scoring),
        model=type(estimator).__name__,
        held_out=float(np.mean([len(split.test) / len(split.order) for split in splits])),
        failures=tuple(
            (n, number, fit.failed)
            for n, row in zip(found, fits, strict=True)
            for number, fit in enumerate(row)
            if fit.failed
        ),
        few_classes=_few_classes(y, found, splits) if classes else (),
        grown=incremental,
    )
    _tell(lc, X)
    return lc


def _check(estimator: Any, X: Any, y: Any, random_state: Any) -> None:
    if isinstance(estimator, type) or not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        name = getattr(estimator, "__name__", type(estimator).__name__)
        how = f"give {name}()" if isinstance(estimator, type) else "give a scikit-learn estimator or pipeline"
        raise KleiberError(f"estimator: {name} is none with fit and get_params; {how}")
    if y is None:
        raise KleiberError("y is missing: a learning curve needs the target of each example")
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer) or random_state < 0:
        raise KleiberError(f"random_state is {random_state!r}: it is a whole number from 0 up")
    if X is None or (not hasattr(X, "shape") and not hasattr(X, "__len__")):
        raise KleiberError(f"X is a {type(X).__name__}: it is an array, a sparse matrix, a frame or a list")


def _has_classes(estimator: Any, y: Any) -> bool:
    if not (is_classifier(estimator) or is_regressor(estimator)):
        return type_of_target(y) in ("binary", "multiclass")
    return bool(is_classifier(estimator)) and type_of_target(y) in ("binary", "multiclass")


def _fitted(
    estimator: Any,
    X: Any,
    y: Any,
    scorer: Any,
    sizes: Sequence[int],
    splits: Sequence[Split],
    n_jobs: int | None,
    train: bool,
) -> list[list[Fit]]:
    """Fit at every size and split, `(m, k)`: the largest first where several work at once, so that none is left over."""
    jobs = [(n, number) for n in sizes for number in range(len(splits))]
    if n_jobs not in (None, 1):
        jobs.sort(key=lambda job: -job[0])
    done = _done(
        n_jobs,
        fit_and_score,
        ((estimator, X, y, scorer, splits[number].order[:n], splits[number].test, train) for n, number in jobs),
    )
    by_job = dict(zip(jobs, done, strict=True))
    return [[by_job[n, number] for number in range(len(splits))] for n in sizes]


def _grown(
    estimator: Any,
    X: Any,
    y: Any,
    scorer: Any,
    sizes: Sequence[int],
    splits: Sequence[Split],
    n_jobs: int | None,
    train: bool,
) -> list[list[Fit]]:
    """Grow one estimator over the sizes of each split, `(m, k)`."""
    done = _done(n_jobs, growing.grow_and_score, ((estimator, X, y, scorer, split, sizes, train) for split in splits))
    return [list(row) for row in zip(*done, strict=True)]


def _done(n_jobs: int | None, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Call a function with each of some arguments in `n_jobs` jobs, each on one thread where there are several.

    The libraries' limits are set here too: jobs that are threads of this process share them, and each would otherwise set
    back what another has set.
    """
    if effective_n_jobs(n_jobs) == 1:
        return list(Parallel(n_jobs=n_jobs)(delayed(function)(*call) for call in calls))
    with threadpool_limits(1):
        return list(Parallel(n_jobs=n_jobs)(delayed(on_one_thread)(function, call) for call in calls))


def _field(fits: Sequence[Sequence[Fit]], name: str) -> Any:
    return np.array([[getattr(fit, name) for fit in row] for row in fits])


def _score_name(estimator: Any, scoring: Any) -> str:
    if isinstance(scoring, str):
        return scoring
    if scoring is None:
        return "accuracy" if is_classifier(estimator) else "r2" if is_regressor(estimator) else "score"
    return str(getattr(scoring, "__name__", "score"))


def _few_classes(y: Any, sizes: Sequence[int], splits: Sequence[Split]) -> tuple[tuple[int, int, int], ...]:
    """Give (size, most that a subset lacks, classes there are) for each size of which a subset lacks a class."""
    codes = np.unique(np.asarray(y), return_inverse=True)[1]
    there = int(codes.max()) + 1
    lacking = [(n, max(there - len(np.unique(codes[split.order[:n]])) for split in splits)) for n in sizes]
    return tuple((n, lacks, there) for n, lacks in lacking if lacks)


def _tell(lc: LearningCurve, X: Any) -> None:
    """Warn of what failed, of classes that a subset lacks; raise where nothing could be fitted."""
    n, _, said = lc.failures[0] if lc.failures else (0, 0, "")
    said = why_it_failed(said, lc.model, X)
    if len(lc.failures) == lc.test_scores.size:
        raise KleiberError(f"every fit of {lc.model} failed, the first at n = {n:,}: {said}")
    if lc.failures:
        warnings.warn(
            f"{len(lc.failures)} of {lc.test_scores.size} fits of {lc.model} failed, the first at n = {n:,}: {said}. "
            "Their sizes take no part in a forecast",
            UserWarning,
            stacklevel=3,
        )
    if lc.few_classes:
        named = ", ".join(f"{n:,}" for n, _, _ in lc.few_classes)
        lacks, there = max(lacks for _, lacks, _ in lc.few_classes), lc.few_classes[0][2]
        warnings.warn(
            f"subsets at n = {named} lack up to {lacks} of the {there} classes. Leave these sizes out, or leave out cv: "
            "without it every subset has all classes",
            UserWarning,
            stacklevel=3,
        )
