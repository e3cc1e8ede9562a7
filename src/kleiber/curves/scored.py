"""Scores by size and split, as scikit-learn's `learning_curve` and `LearningCurveDisplay` have them, as a curve.

Splits of one data set share examples, so the spread between them understates the noise of their mean: its variance is taken
to be (1 / K + n_test / n_train) times that of one split (Nadeau and Bengio 2003, Inference for the Generalization Error).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import importers
from kleiber.curves.curve import Caution, Curve, make_curve
from kleiber.errors import KleiberError
from kleiber.metric import Metric

Array = NDArray[np.float64]

FIELDS = ("train_sizes", "train_scores", "test_scores")


def is_scored(source: Any) -> bool:
    """Say whether a source is what `learning_curve` gives, or an object with its sizes and scores."""
    if isinstance(source, tuple):
        return 3 <= len(source) <= 5 and np.ndim(source[0]) == 1 and all(np.ndim(each) == 2 for each in source[1:])
    return all(hasattr(source, name) for name in FIELDS)


def curve_of_scored(source: Any, metric: str | None = None, model: str | None = None) -> Curve:
    """Give the curve of the test scores; `metric` names the score where the source does not.

    Raises `KleiberError` where sizes and scores do not fit each other.
    """
    if isinstance(getattr(source, "curve", None), Curve):
        own: Curve = source.curve
        return own
    sizes, _, scores = source[:3] if isinstance(source, tuple) else [getattr(source, name) for name in FIELDS]
    said = metric or getattr(source, "score_name", None) or "score"
    return curve_of_scores(np.asarray(sizes), np.asarray(scores), metric=str(said), model=model or "model")


def curve_of_scores(
    sizes: NDArray[Any], scores: NDArray[Any], *, metric: str, model: str = "model", held_out: float | None = None
) -> Curve:
    """Give the curve of the scores `(m, k)` of k splits at sizes `(m,)`, higher better.

    held_out: examples that a split is judged on, over those that it can train on; not given: those of k folds. A size with
    a score that is no number is left out, and that is a caution.
    """
    if scores.ndim != 2 or sizes.shape != scores.shape[:1]:
        raise KleiberError(f"the sizes have shape {sizes.shape} and the scores {scores.shape}; give (m,) and (m, splits)")
    whole = np.isfinite(scores).all(axis=1)
    if not whole.any():
        raise KleiberError("no size has a score in each split; see why its fits failed")
    n, values = sizes[whole].astype(np.float64), scores[whole].astype(np.float64)
    known = _metric(metric, values)
    losses = np.asarray(known.loss_of(values))
    splits = losses.shape[1]
    share = held_out if held_out is not None else 1 / max(splits - 1, 1)
    widened = 1 / splits + share
    se = np.sqrt(widened * losses.var(axis=1, ddof=1)) if splits > 1 else None
    made = make_curve(n, losses.mean(axis=1), se=None if se is None or not se.any() else se, metric=known.loss, model=model)
    said = [*_left_out(sizes[~whole]), *_shared(splits, widened)]
    note = importers.note_of(known, values.ravel())
    if note is not None:
        said.append(Caution("read-as", note))
    return replace(made, cautions=(*made.cautions, *said), measured_as=known)


def _metric(name: str, values: Array) -> Metric:
    """Give the metric of a score by its name and values; scikit-learn's are higher-is-better, at best 1 or 0."""
    plain = "_".join(name.lower().replace("negative", "neg").split())
    if values.max() <= 0 and values.min() < 0 and "r2" not in plain and not plain.startswith("neg_"):
        plain = f"neg_{plain}"
    if plain.startswith("neg_") or importers.is_score(plain):
        return importers.metric_of(plain, values.ravel())
    if values.max() > 1:
        raise KleiberError(
            f"the score {name!r} has the value {values.max():g}, and nothing says what a perfect one is. "
            "Score by a metric that is 1 or 0 at best"
        )
    return importers.metric_of(plain, values.ravel(), higher=True, best=1.0)


def _left_out(sizes: Sequence[Any] | NDArray[Any]) -> list[Caution]:
    if not len(sizes):
        return []
    named = ", ".join(f"{size:,}" for size in sizes)
    return [Caution("failed-fits", f"Fits failed at n = {named}: these sizes are left out; the rest is no fair mean.")]


def _shared(splits: int, widened: float) -> list[Caution]:
    if splits < 2:
        return []
    by = float(np.sqrt(widened * splits))
    return [
        Caution(
            "splits-share-data",
            f"The {splits} splits share examples, so the error of their mean is taken as {by:.2g} times what they spread.",
        )
    ]
