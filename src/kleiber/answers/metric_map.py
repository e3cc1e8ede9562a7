"""One metric told from another: error = epsilon - k exp(-gamma loss), with both uncertainties.

Error and loss have exponents of their own, and the loss is the smoother one to forecast. Where a study needs the error, a
map fitted to runs that have both carries the forecast over: Gadre et al. 2024 (arXiv 2403.08540), equation 5.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import seeds
from kleiber.curves.curve import Caution
from kleiber.curves.sources import numbers
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.refusals import Refusal
from kleiber.plain import record
from kleiber.wording import counted, given, number, size

Array = NDArray[np.float64]

FEWEST_PAIRS = 5  # runs with both metrics: three parameters, and two to judge them by
RATES = np.geomspace(0.02, 20.0, 160)  # of the map, in units of one over the range of its losses
GUESSED = 0.01  # scale of the map's misfit over the range of errors before any run is seen, worth one run
PROBABILITY = 0.9


@dataclass(frozen=True, eq=False)
class MetricMap:
    """An error told from a loss: error = epsilon - k exp(-gamma loss) (Gadre et al. 2024, arXiv 2403.08540, equation 5).

    `parameters (s, 4)` are draws of epsilon, k exp(-gamma lowest), gamma and the misfit of one run's error; the second
    is the fall of the error below epsilon at the `lowest` loss of the `runs` that it was fitted to, losses up to `highest`.
    `top` is the largest error there is: 1 of fractions, 100 of per cent. A refused map has `refusal`, and its numbers raise
    `Refused`.
    """

    runs: int
    lowest: float
    highest: float
    top: float
    refusal: Refusal | None
    _parameters: Array | None

    @property
    def status(self) -> str:
        """Give "ok" or "refused"."""
        return "ok" if self.refusal is None else "refused"

    @property
    def parameters(self) -> Array:
        """Give the draws of the parameters `(s, 4)`; raises `Refused` where there are none."""
        if self._parameters is None:
            assert self.refusal is not None
            raise Refused(f"{self.refusal.reason} {self.refusal.help}")
        return self._parameters

    @cached_property
    def gamma(self) -> tuple[float, float, float]:
        """Give the 5 %, 50 % and 95 % quantiles of gamma, per unit of loss."""
        low, middle, high = np.quantile(self.parameters[:, 2], [0.05, 0.5, 0.95], method="inverted_cdf")
        return float(low), float(middle), float(high)

    def errors(self, loss: ArrayLike, *, of_run: bool = False, random_state: int = 0) -> Array:
        """Give draws of the error `(count, k)` for draws of the loss `(count, k)`, each with its own draw of the map.

        `of_run` adds the misfit that one run has about the map. No error is below 0 or above `top`.
        """
        losses = np.asarray(loss, dtype=np.float64)
        if losses.ndim != 2 or not np.all(np.isfinite(losses)):
            raise KleiberError(f"loss has the shape {losses.shape}: give finite draws (count, k), a row for each curve")
        chance = seeds.generator(random_state, "metric map")
        pick = self.parameters[chance.integers(0, len(self.parameters), len(losses))]
        epsilon, fall, gamma, misfit = (pick[:, [i]] for i in range(4))
        with np.errstate(over="ignore"):
            mean = epsilon - fall * np.exp(-gamma * (losses - self.lowest))
        return np.clip(mean + (misfit * chance.normal(size=losses.shape) if of_run else 0.0), 0.0, self.top)


@dataclass(frozen=True, slots=True)
class CarriedError:
    """The error at sizes `n`, its `median` and interval `low` to `high`, each `(k,)`; both uncertainties are in it."""

    n: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    probability: float
    runs: int
    cautions: tuple[Caution, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return record(asdict(self))


def fit_metric_map(loss: ArrayLike, error: ArrayLike, *, count: int = 4000, random_state: int = 0) -> MetricMap:
    """Fit error = epsilon - k exp(-gamma loss) to runs that have both, `(m,)` each, and give draws of its parameters.

    Given gamma, on a grid, the rest is linear: closed form, flat in the errors at the lowest and the highest loss and
    in log gamma. Refused with fewer than five different losses, and where the error does not rise with the loss.
    """
    losses, errors = numbers(loss, "loss"), numbers(error, "error")
    if len(losses) != len(errors):
        raise KleiberError(f"error has {len(errors)} entries and loss has {len(losses)}: give both for each run")
    if not (np.all(np.isfinite(losses)) and np.all(np.isfinite(errors))):
        raise KleiberError("loss and error must be finite in each run: leave out those that diverged")
    top = next(limit for limit in (1.0, 100.0, np.inf) if np.all(errors <= limit))
    lowest, highest = (float(losses.min()), float(losses.max())) if len(losses) else (0.0, 0.0)
    if len(np.unique(losses)) < FEWEST_PAIRS:
        reason = "Too few runs of different loss have both metrics, for a map that has three parameters: "
        reason += f"{counted(len(np.unique(losses)), 'run', verb='has')} them."
        help_ = f"Measure both metrics in {FEWEST_PAIRS} runs or more, of different sizes."
        return MetricMap(len(losses), lowest, highest, top, Refusal("too-few-pairs", reason, help_), None)
    chance = seeds.generator(random_state, "metric map fit")
    drawn = _map_draws((losses - lowest) / (highest - lowest), errors, count, chance)
    rising = drawn[drawn[:, 1] > 0]
    if len(rising) < 0.9 * count:
        reason = f"In {len(losses)} runs the error does not rise with the loss by more than its scatter."
        help_ = "Check the two columns, or measure runs that differ more."
        return MetricMap(len(losses), lowest, highest, top, Refusal("unrelated-metrics", reason, help_), None)
    rising[:, 2] /= highest - lowest
    return MetricMap(len(losses), lowest, highest, top, None, rising)


def carry(
    forecast: Forecast, through: MetricMap, n: ArrayLike, *, probability: float = PROBABILITY, random_state: int = 0
) -> CarriedError:
    """Carry a forecast of the loss through a map to the error at sizes n `(k,)`, with both uncertainties.

    Raises `Refused` where either is refused. `cautions` say at which sizes the interval of the loss leaves the losses that
    the map has seen, and which lie beyond the forecast's horizon.
    """
    at = numbers(n, "n")
    losses = forecast.draws(at, 4000)
    errors = through.errors(losses, random_state=random_state)
    levels = [0.5 - probability / 2, 0.5, 0.5 + probability / 2]
    low, middle, high = np.quantile(errors, levels, axis=0, method="inverted_cdf")
    cautions = (*_unseen(at, np.quantile(losses, levels, axis=0), through), *_too_far(at, forecast))
    return CarriedError(_floats(at), _floats(middle), _floats(low), _floats(high), probability, through.runs, cautions)


def _unseen(at: Array, losses: Array, through: MetricMap) -> Iterator[Caution]:
    """Say at which sizes losses `(3, k)`, the ends of their intervals first and last, leave those that the map has seen."""
    for name, outside, end in (
        ("below", losses[0] < through.lowest, f"{number(through.lowest)}, the lowest"),
        ("above", losses[-1] > through.highest, f"{number(through.highest)}, the highest"),
    ):
        if np.any(outside):
            where = f"At n = {', '.join(given(n) for n in at[outside])} the interval of the loss reaches {name} {end}"
            yield Caution(
                "map-extrapolated",
                f"{where} of the runs that the map was fitted to. The error there rests on the map's form.",
            )


def _too_far(at: Array, forecast: Forecast) -> Iterator[Caution]:
    far = [given(n) for n in at if forecast.beyond(n)]
    if far:
        reach = f"{given(forecast.curve.n[0])} to {size(forecast.horizon)}"
        yield Caution(
            "map-beyond", f"n = {', '.join(far)} lies outside {reach}: there the forecast of the loss is a guess."
        )


def _map_draws(x: Array, error: Array, count: int, chance: np.random.Generator) -> Array:
    """Draw epsilon, fall, gamma and misfit `(count, 4)`, the losses being 0 to 1: posterior on a grid of gamma.

    In the errors at 0 and their rise to 1, error = low + rise (1 - exp(-g x)) / (1 - exp(-g)).
    """
    form = np.expm1(-RATES[:, None] * x) / np.expm1(-RATES[:, None])  # (G, m)
    design = np.stack([np.ones_like(form), form], axis=2)
    inverse = np.linalg.inv(np.einsum("gmi,gmj->gij", design, design))
    solved = np.einsum("gij,gmj,m->gi", inverse, design, error)
    left = np.sum((error - np.einsum("gmi,gi->gm", design, solved)) ** 2, axis=1)
    left = left + (GUESSED * max(float(np.ptp(error)), 1e-12)) ** 2
    dof = len(x) - 1  # two parameters solved, one run's worth guessed
    log_weight = 0.5 * np.linalg.slogdet(inverse)[1] - 0.5 * dof * np.log(left)
    weight = np.exp(log_weight - log_weight.max())
    pick = chance.choice(len(RATES), size=count, p=weight / weight.sum())
    misfit = np.sqrt(left[pick] / chance.chisquare(dof, count))
    root = np.linalg.cholesky(inverse)[pick]
    low, rise = (solved[pick] + misfit[:, None] * np.einsum("sij,sj->si", root, chance.normal(size=(count, 2)))).T
    fall = rise / -np.expm1(-RATES[pick])
    return np.column_stack([low + fall, fall, RATES[pick], misfit])


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
