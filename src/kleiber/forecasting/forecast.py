"""What a forecast answers: the loss at sizes that nobody has measured, with its interval, and what it cannot tell.

`forecasts.py` makes it.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.curves.curve import Caution, Curve, Sizes, sizes
from kleiber.curves.luck import Luck
from kleiber.curves.sources import numbers
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting import cautions, refusals, shown
from kleiber.forecasting.asked import HorizonWarning as HorizonWarning
from kleiber.forecasting.asked import number as asked_number
from kleiber.forecasting.asked import positive, shaped
from kleiber.forecasting.draws import Drawn, draw
from kleiber.forecasting.exponents import Distribution, exponents
from kleiber.forecasting.flatness import LEARNS, Flat, flatness, guessing
from kleiber.forecasting.grades import FIRM, Grade, ceiling, grades, reach
from kleiber.forecasting.interval import Interval as Interval
from kleiber.forecasting.posterior import Posterior
from kleiber.forecasting.regions import Region, regions
from kleiber.forecasting.robust import Outlier
from kleiber.forecasting.trend import falls
from kleiber.laws import Law

Array = NDArray[np.float64]

DRAWS = 2000  # for a probability that no quantile gives
CENTRAL = np.array([0.05, 0.5, 0.95])


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """The posterior of one curve. `status` is "ok" or "refused"; a refused one says why, and raises `Refused`.

    `n` is a number or an array `(k,)`; a number gives a float. Beyond `horizon`, and below the smallest size measured, a
    `HorizonWarning` comes with them. `distrusted` is a failed back-test's warning, or that of a loss that rises at the end:
    all beyond the largest size is a guess then. `outliers` are the runs that the forecast leaves out: `measured` has the
    sizes without them, `kept` is the forecast with them, None where there are none.
    """

    curve: Curve
    status: Literal["ok", "refused"]
    refusal: refusals.Refusal | None
    measured: Sizes | None
    distrusted: Caution | None
    _cautions: tuple[Caution, ...]
    _outlier: Caution | None
    _branched: tuple[Caution, ...]
    _posterior: Posterior | None
    _tolerance: float
    _random_state: int
    outliers: tuple[Outlier, ...] = ()
    kept: "Forecast | None" = None

    def __repr__(self) -> str:
        """Give three lines: what was measured, what is forecast, what to know of it."""
        return "\n".join(shown.lines(self))

    def _repr_html_(self) -> str:
        """Give a small table for a notebook."""
        return shown.page(self)

    def to_frame(self, n: ArrayLike | None = None) -> Any:
        """Give sizes, medians, 90 % intervals in the user's metric and grades as a data frame of pandas, or else polars.

        `n` are the sizes `(k,)`; where nobody says, those measured and 2, 4 and 8 times the largest.
        """
        return shown.frame(self, None if n is None else positive(n, "n"))

    def plot(self, ax: Any = None, *, log: bool = True) -> Any:
        """Draw it into the given or new Axes of matplotlib (extra `plot`), and return the Axes; log=False is plain axes."""
        return shown.picture(self, ax, log=log)

    @cached_property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what a reader has to know, each with a stable code and a sentence."""
        first = () if self.distrusted is None else (self.distrusted,)
        if self.measured is None or self._posterior is None:
            return (*first, *self._cautions, *self.curve.cautions)
        said = shown.of_outliers(self, self._outlier)
        before = cautions.before(self.curve, self.measured, said, self._branched, self.flatness)
        exponent = None if self.flat or self.turned else self.exponent
        rest = (*before, *cautions.after(self._posterior, self.measured, self._reach, exponent))
        return (*first, *self._cautions, *(one for one in rest if one != self.distrusted))

    @cached_property
    def flatness(self) -> Flat | None:
        """Say why no fall is seen any more, None where one is, or the curve rises on its way or keeps a run far off."""
        far = self._outlier is not None and self.kept is None
        untold = self.measured is None or self._posterior is None or far or self._branched or self.improves >= LEARNS
        return None if untold or self.measured is None else flatness(self.measured, self.curve.chance)

    @property
    def flat(self) -> bool:
        """Say whether the curve is flat, with no clear fall before: then neither exponent, floor nor target is told."""
        return self.measured is not None and not falls(self.measured) and self.flatness is not None

    @property
    def unbegun(self) -> bool:
        """Say whether no fall was ever seen: whatever lies beyond the largest size is a guess then."""
        return self.flat and self.flatness is not None and self.flatness.kind != "saturated"

    @property
    def turned(self) -> bool:
        """Say whether the loss rises at the end: then neither exponent, floor nor what it takes can be told either."""
        return cautions.turn(self._branched) is not None

    @property
    def reason(self) -> str | None:
        """Give why the forecast is refused, None where it is not."""
        return None if self.refusal is None else self.refusal.reason

    @property
    def help(self) -> str | None:
        """Give what would help against the refusal, None where there is none."""
        return None if self.refusal is None else self.refusal.help

    @property
    def posterior(self) -> Posterior:
        """Give the posterior itself, whose methods take arrays and never warn."""
        if self._posterior is None:
            raise Refused(f"{self.reason} {self.help}")
        return self._posterior

    @property
    def horizon(self) -> float:
        """Give the largest size to act on: 32 times the largest measured, less where the 80 % band is too wide.

        With the `tolerance` as it is, what lies beyond is a guess.
        """
        reached = 0.0 if self._ceiling == "guess" else self._reach
        return max(reached, float(self.curve.n[-1]))

    @cached_property
    def _ceiling(self) -> Grade:
        return ceiling(self.posterior, distrusted=self.distrusted is not None, flat=self.unbegun)

    @cached_property
    def _reach(self) -> float:
        assert self.measured is not None
        return reach(self.posterior, self.measured, self._tolerance, self.curve.scale)

    @cached_property
    def firm_horizon(self) -> float:
        """Give the largest size up to which the forecast is firm."""
        assert self.measured is not None
        if self._ceiling != "firm":
            return float(self.curve.n[-1])
        return reach(self.posterior, self.measured, FIRM, self.curve.scale)

    def graded(self, n: float) -> Grade:
        """Give `grade` of a size by the ends of its bands alone, which costs nothing for the next size."""
        return "guess" if self.beyond(n) else "firm" if n <= self.firm_horizon else "rough"

    def draws(self, n: ArrayLike, count: int = 1000) -> Array:
        """Give joint draws of the curve at sizes n `(k,)`, discrepancy included, `(count, k)`; a row is one curve.

        They follow `random_state` and never warn; raises as `quantile` does.
        """
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= 1_000_000:
            raise KleiberError(f"count is {count!r}: it is how many draws to give, 1 to 1,000,000")
        return self.drawn(positive(n, "n"), int(count)).loss

    def drawn(self, n: Array, count: int, *, quantiles: Array | None = None) -> Drawn:
        """Give draws with their heights; `quantiles` as `kleiber.forecasting.draws.draw` takes them."""
        return draw(self.posterior, n, count, self._random_state, quantiles)

    @property
    def exponent(self) -> Interval:
        """Give the exponent of the reducible loss, its mean from the largest size to 8 times it, all laws together."""
        return Interval.of(self.exponents.quantile(CENTRAL))

    @cached_property
    def exponents(self) -> Distribution:
        """Give the distribution of the exponent that `exponent` has the middle and the ends of."""
        return exponents(self.posterior)

    @property
    def floor(self) -> Interval:
        """Give the loss that no amount of data removes, all laws together (the power law's is 0)."""
        return Interval.of(self.posterior.floor_quantile(CENTRAL))

    @property
    def luck(self) -> Luck | None:
        """Give what results vary by from one search to another, which all runs of a size share; None: unknown."""
        return None if self.measured is None else self.measured.luck

    @cached_property
    def improves(self) -> float:
        """Give the probability that 8 times the largest size is better than the largest: P(mean curve there < here)."""
        if self.measured is None:
            raise Refused(f"{self.reason} {self.help}")
        ends = self.measured.n[-1] * np.array([1.0, 8.0])
        here, there = draw(self.posterior, ends, DRAWS, self._random_state).loss.T
        return float(np.mean(there < here))

    @property
    def regions(self) -> tuple[Region, ...]:
        """Give for each measured size the probabilities of the small-data region, the power law and the floor."""
        known, measured = self.posterior, sizes(self.curve)
        return regions(known, measured.n, guessing(measured, self.curve.chance, self.flatness))

    @property
    def laws(self) -> tuple[tuple[Law, float], ...]:
        """Give each law with its posterior weight."""
        return self.posterior.laws

    @overload
    def grade(self, n: float) -> Grade: ...
    @overload
    def grade(self, n: Array | list[float]) -> list[Grade]: ...
    def grade(self, n: ArrayLike) -> Grade | list[Grade]:
        """Say how far the forecast at n is to be relied on: "firm", "rough" or "guess"; a list of them for sizes `(k,)`.

        By the ratio of the ends of the 80 % band of the curve: up to 1.25 firm, up to 2 rough, else a guess. So is what
        lies beyond 32 times the largest size or below the smallest, and beyond the largest where the back-test failed or
        no fall was seen. A curve that falls ever faster is rough at best.
        """
        sizes, measured = positive(n, "n"), self.curve.n
        ends = {"smallest": float(measured[0]), "largest": float(measured[-1])}
        found = grades(self.posterior, sizes, **ends, best=self._ceiling, scale=self.curve.scale)
        return found[0] if np.ndim(n) == 0 else found

    def intervals(self, n: Array) -> list[Interval]:
        """Give median and 90 % interval of a new run's loss at sizes n `(k,)`; never warns."""
        return [Interval.of(row) for row in self.posterior.quantile(n, CENTRAL, 1.0)]

    @overload
    def median(self, n: float) -> float: ...
    @overload
    def median(self, n: ArrayLike) -> float | Array: ...
    def median(self, n: ArrayLike) -> float | Array:
        """Give the median loss of a new run at n: a float, or `(k,)`."""
        middle: float | Array = self.quantile(n, 0.5)
        return middle

    def quantile(self, n: ArrayLike, q: ArrayLike, of: Literal["run", "mean"] = "run") -> Any:
        """Give quantiles q of the loss of a new run at n, or with of="mean" of the curve itself.

        Arrays n `(k,)` and q `(j,)` give `(k, j)`; a number in place of either drops its axis. Raises `KleiberError`
        for sizes that are not positive and q outside (0, 1), `Refused` where the forecast is refused.
        """
        if of not in ("run", "mean"):
            raise KleiberError(f"of={of!r}: it is 'run' (a new run) or 'mean' (the curve itself)")
        points, levels = positive(n, "n"), numbers(q, "q")
        if not np.all((levels > 0) & (levels < 1)):
            raise KleiberError(f"q must lie strictly between 0 and 1, not {q!r}")
        known = self.posterior
        self._warn_beyond(points)
        return shaped(known.quantile(points, levels, 1.0 if of == "run" else None), np.ndim(n), np.ndim(q))

    def logpdf(self, n: ArrayLike, loss: ArrayLike) -> Any:
        """Give the natural log of the predictive density of a new run's loss at n; n and loss broadcast."""
        points, losses = np.broadcast_arrays(positive(n, "n"), numbers(loss, "loss"))
        known = self.posterior
        self._warn_beyond(points)
        values = known.logpdf(points, losses)
        return float(values[0]) if np.ndim(n) == np.ndim(loss) == 0 else values

    def needed(self, target: float, *, probability: float = 0.5) -> float:
        """Give the smallest size where the mean curve, discrepancy included, is at most target with this probability.

        It is searched from the smallest measured size to 1e4 times the largest; inf where there is none.
        """
        if not 0 < probability < 1:
            raise KleiberError(f"probability is {probability!r}: it lies strictly between 0 and 1")
        size = self.posterior.needed(asked_number(target, "target"), probability)
        if np.isfinite(size):
            self._warn_beyond(np.array([size]))
        return size

    def never(self, target: float) -> float:
        """Give P(floor >= target), the floor's posterior alone: the probability that no amount of data is enough."""
        return self.posterior.floor_above(asked_number(target, "target"))

    def beyond(self, n: float) -> bool:
        """Say whether a size lies beyond the horizon, or below the smallest size measured."""
        return self._below(n) or n > self.horizon

    def _below(self, n: float) -> bool:
        return n < float(self.curve.n[0]) * (1 - 1e-9)

    def _warn_beyond(self, n: Array) -> None:
        if np.max(n, initial=0.0) > self.curve.n[-1] and np.max(n) > self.horizon:
            text = f"n = {np.max(n):g} is beyond the horizon of this forecast, {self.horizon:.3g}"
        elif len(n) and self._below(float(np.min(n))):
            text = f"n = {np.min(n):g} is below the smallest size measured, {self.curve.n[0]:g}"
        else:
            return
        warnings.warn(f"{text}: the number rests on the law's form more than on the data", HorizonWarning, stacklevel=3)
