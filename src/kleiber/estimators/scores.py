"""What came of the fits: scores and times by size and split, and the ways on from there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Curve
from kleiber.curves.scored import curve_of_scores
from kleiber.errors import KleiberError
from kleiber.estimators.cost import Cost
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.forecasts import forecast
from kleiber.forecasting.shown import data_frame

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class LearningCurve:
    """Scores and seconds of fits: `train_sizes (m,)`, all else `(m, k)` for the k splits; None where it was not asked for.

    Scores are scikit-learn's, higher is better, and NaN where a fit failed. `held_out` is the number of examples that a
    split is judged on over those that it can train on. `failures` are (size, split, what was raised). `few_classes` are
    (size, most classes that a subset lacks, classes that there are). `grown` says that each size went on from the one
    before it; then `fit_times` are those of going on.
    """

    train_sizes: NDArray[np.int64]
    train_scores: Array | None
    test_scores: Array
    fit_times: Array | None
    score_times: Array | None
    score_name: str
    model: str
    held_out: float
    failures: tuple[tuple[int, int, str], ...] = ()
    few_classes: tuple[tuple[int, int, int], ...] = ()
    grown: bool = False

    def __repr__(self) -> str:
        """Give a line for each size: the mean score on what was held out, its spread, and the seconds of a fit."""
        grown = ", grown from size to size" if self.grown else ""
        count = self.test_scores.shape[1]
        lines = [f"{self.model}: {self.score_name} by number of training examples, {count} splits{grown}"]
        for i, n in enumerate(self.train_sizes):
            scores = self.test_scores[i]
            spread = f", {scores.min():.4f} to {scores.max():.4f}" if len(scores) > 1 else ""
            seconds = "" if self.fit_times is None else f", {self.fit_times[i].mean():.3g} s a fit"
            lines.append(f"  {n:>9,}  {scores.mean():.4f}{spread}{seconds}")
        return "\n".join(lines)

    @cached_property
    def curve(self) -> Curve:
        """Give the curve of the scores on what was held out, which `forecast`, `analyse` and `compare` take.

        The splits share examples, so that the error of their mean is wider than their spread: see `curves/scored.py`.
        """
        return curve_of_scores(
            self.train_sizes, self.test_scores, metric=self.score_name, model=self.model, held_out=self.held_out
        )

    def forecast(self, **options: Any) -> Forecast:
        """Forecast the score of larger training sets; the options are those of `kleiber.forecast`."""
        return forecast(self.curve, **options)

    def cost(self) -> Cost:
        """Forecast the seconds of a fit; raises `KleiberError` where the fits were not timed."""
        if self.fit_times is None:
            raise KleiberError("the fits were not timed: call learning_curve with return_times=True")
        if self.grown:
            raise KleiberError("the fits were grown from size to size, which is no cost of a fit: leave out incremental")
        failed = np.isnan(self.test_scores)
        times = np.where(failed, np.nan, self.fit_times)
        return Cost.of(np.repeat(self.train_sizes, times.shape[1]), times.ravel())

    def to_frame(self) -> Any:
        """Give a row for each fit as a data frame of pandas, or else polars: n, split, scores and seconds."""
        m, k = self.test_scores.shape
        fields = {
            "n": np.repeat(self.train_sizes, k),
            "split": np.tile(np.arange(k), m),
            "train_score": self.train_scores,
            "test_score": self.test_scores,
            "fit_time": self.fit_times,
            "score_time": self.score_times,
        }
        columns = {name: np.ravel(values) for name, values in fields.items() if values is not None}
        return data_frame(columns)

    def plot(self, ax: Any = None, *, log: bool = True) -> Any:
        """Draw the forecast with its band, and the scores on the subsets themselves, into Axes of matplotlib.

        New Axes where none are given, which come back; `log=False` gives plain axes.
        """
        axes = self.forecast().plot(ax, log=log)
        if self.train_scores is not None:
            shown = self.curve.scale.shown if log else self.curve.scale
            own = np.nanmean(self.train_scores, axis=1)
            loss = np.asarray(self.curve.scale.loss_of(own))
            height = shown.per_loss * loss if log else shown.value(loss)
            known = np.isfinite(height) & ((height > 0) | (not log))
            if known.any():
                axes.plot(self.train_sizes[known], height[known], "^", fillstyle="none", label="on the subset itself")
                axes.legend()
        return axes
