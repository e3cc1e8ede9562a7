"""Honest selection: what the best of k trials is worth, at each size alike, and one metric told from another.

The lowest of K losses depends on K as much as on the model; so sizes are compared at a common k, without bias. Error
and loss have exponents of their own; where a study needs one and forecasts the other, a map carries both uncertainties.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import seeds
from kleiber.curve import Caution
from kleiber.errors import KleiberError, Refused
from kleiber.forecast import Forecast
from kleiber.sentences import number, size
from kleiber.soundness import Refusal
from kleiber.sources import numbers

Array = NDArray[np.float64]

RESAMPLES = 2000  # of the bootstrap
FEWEST_PAIRS = 5  # runs with both metrics: three parameters, and two to judge them by
RATES = np.geomspace(0.02, 20.0, 160)  # of the map, in units of one over the range of its losses
GUESSED = 0.01  # scale of the map's misfit over the range of errors before any run is seen, worth one run
PROBABILITY = 0.9


def expected_best(losses: ArrayLike, k: int) -> float:
    """Give the expected lowest loss of k trials from the losses `(K,)` of K >= k trials, without bias.

    The mean of the minimum over all subsets of k trials: sum_i v_(i) C(K - i, k - 1) / C(K, k), v sorted upwards
    (Tang et al. 2020, "Showing your work doesn't always work", ACL, section 4). A trial that diverged counts as inf.
    Raises `KleiberError` where k is not 1 to K.
    """
    values = _trials(losses)
    return _weigh(values, _unbiased(len(values), _fitting(k, len(values))))


def plug_in_best(losses: ArrayLike, k: int) -> float:
    """Give Dodge et al.'s expected lowest loss of k trials, as if those seen were all there are: biased upwards.

    sum_i v_(i) [((K - i + 1) / K)^k - ((K - i) / K)^k] (Dodge et al. 2019, "Show your work", EMNLP, equation 3, for the
    minimum). For comparison alone; arguments and errors are those of `expected_best`.
    """
    values = _trials(losses)
    count = len(values)
    tail = ((count - np.arange(count + 1.0)) / count) ** _fitting(k, count)
    return _weigh(values, tail[:-1] - tail[1:])


@dataclass(frozen=True, slots=True)
class MoreTrials:
    """What the last half of a search brought: `expected_half` at `half` trials, `expected_all` at `trials`, in loss.

    `gain` is their difference with its bootstrap interval `low` to `high`. Each further trial brings at most what the
    one before did, in expectation; so `half` more bring at most `gain`.
    """

    trials: int
    half: int
    expected_half: float
    expected_all: float
    gain: float
    low: float
    high: float
    probability: float

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"Going from {self.half} to {self.trials} trials brought {number(self.gain)} of loss "
            f"({self.probability:.0%} interval {number(self.low)} to {number(self.high)}, from {self.trials} trials); "
            f"another {self.trials - self.half} would bring at most as much, in expectation."
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is not finite is None."""
        return plain_record({**asdict(self), "sentence": self.sentence})


def more_trials(losses: ArrayLike, *, probability: float = PROBABILITY, random_state: int = 0) -> MoreTrials:
    """Say what more trials would bring, from the losses `(K,)` of one size's K >= 4 search trials.

    The interval spans the percentile and the reflected bootstrap over trials, for either alone is too narrow about a
    minimum: of 8 to 32 normal, exponential and Weibull trials, a 90 % interval covered 82 to 99 %.
    """
    values = _trials(losses)
    count = len(values)
    if count < 4 or not np.all(np.isfinite(values)):
        raise KleiberError(f"losses has {np.isfinite(values).sum()} finite of {count} trials: give 4 or more, all finite")
    half = (count + 1) // 2
    change = _unbiased(count, half) - _unbiased(count, count)
    gain = float(values @ change)
    low, high = _interval(
        np.sort(_resampled(values, seeds.generator(random_state, "more trials")), axis=1) @ change, probability
    )
    low, high = max(min(low, 2 * gain - high), 0.0), max(high, 2 * gain - low)
    return MoreTrials(count, half, expected_best(values, half), float(values[0]), gain, low, high, probability)


@dataclass(frozen=True, slots=True)
class SizeBest:
    """One size's search: `trials`, the `lowest` loss seen, and the one `expected` at the common k, `low` to `high`."""

    n: float
    trials: int
    lowest: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CommonTrials:
    """Every size at the same number of trials `k`, so that none is luckier than another; intervals by bootstrap."""

    k: int
    sizes: tuple[SizeBest, ...]
    probability: float
    cautions: tuple[Caution, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is not finite is None."""
        return plain_record(asdict(self))


def at_common_trials(
    trials: Mapping[float, ArrayLike], k: int | None = None, *, probability: float = PROBABILITY, random_state: int = 0
) -> CommonTrials:
    """Give the expected best loss of each size at a common k, from the losses of its search trials by size.

    k is the smallest number of trials of any size where none is given. Raises `KleiberError` that names the size with
    fewer than k trials.
    """
    if not trials:
        raise KleiberError("trials is empty: give the losses of the search trials of each size")
    found = {float(n): _trials(losses, f"trials[{n:g}]") for n, losses in sorted(trials.items())}
    common = min(len(v) for v in found.values()) if k is None else k
    best = []
    for n, values in found.items():
        at = _fitting(common, len(values), f"trials[{n:g}]")
        rows = _resampled(values, seeds.generator(random_state, "common trials", n))
        spread = _weigh_rows(np.sort(rows, axis=1), _unbiased(len(values), at))
        ends = _interval(spread, probability)
        best.append(SizeBest(n, len(values), float(values[0]), expected_best(values, at), *ends))
    caution = unequal_trials({n: len(values) for n, values in found.items()})
    return CommonTrials(common, tuple(best), probability, () if caution is None else (caution,))


def unequal_trials(counts: Mapping[float, int]) -> Caution | None:
    """Warn where sizes had unequal numbers of trials, by size; None where all had the same."""
    if len(set(counts.values())) < 2:
        return None
    listed = ", ".join(f"{count} at n = {n:,g}" for n, count in sorted(counts.items()))
    return Caution(
        "unequal-trials",
        f"The searches had unequal numbers of trials ({listed}); the lowest of more trials is lower by luck, which bends "
        f"the curve. Compare the sizes at {min(counts.values())} trials each, or run the searches to one number.",
    )


@dataclass(frozen=True, eq=False)
class MetricMap:
    """An error told from a loss: error = epsilon - k exp(-gamma loss) (Gadre et al. 2024, arXiv 2403.08540, equation 5).

    `parameters (s, 4)` are draws of epsilon, k exp(-gamma lowest), gamma and the misfit of one run's error; the second
    is the fall of the error below epsilon at the `lowest` loss of the `runs` that it was fitted to. A refused map has
    `refusal`, and its numbers raise `Refused`.
    """

    runs: int
    lowest: float
    highest: float
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

        `of_run` adds the misfit that one run has about the map. No error is below 0.
        """
        losses = np.asarray(loss, dtype=np.float64)
        if losses.ndim != 2 or not np.all(np.isfinite(losses)):
            raise KleiberError(f"loss has the shape {losses.shape}: give finite draws (count, k), a row for each curve")
        chance = seeds.generator(random_state, "metric map")
        pick = self.parameters[chance.integers(0, len(self.parameters), len(losses))]
        epsilon, fall, gamma, misfit = (pick[:, [i]] for i in range(4))
        with np.errstate(over="ignore"):
            mean = epsilon - fall * np.exp(-gamma * (losses - self.lowest))
        return np.maximum(mean + (misfit * chance.normal(size=losses.shape) if of_run else 0.0), 0.0)


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
        return plain_record(asdict(self))


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
    lowest, highest = (float(losses.min()), float(losses.max())) if len(losses) else (0.0, 0.0)
    if len(np.unique(losses)) < FEWEST_PAIRS:
        reason = f"{len(np.unique(losses))} runs of different loss have both metrics; the map has three parameters."
        help_ = f"Measure both metrics in {FEWEST_PAIRS} runs or more, of different sizes."
        return MetricMap(len(losses), lowest, highest, Refusal("too-few-pairs", reason, help_), None)
    chance = seeds.generator(random_state, "metric map fit")
    drawn = _map_draws((losses - lowest) / (highest - lowest), errors, count, chance)
    rising = drawn[drawn[:, 1] > 0]
    if len(rising) < 0.9 * count:
        reason = f"In {len(losses)} runs the error does not rise with the loss by more than its scatter."
        help_ = "Check the two columns, or measure runs that differ more."
        return MetricMap(len(losses), lowest, highest, Refusal("unrelated-metrics", reason, help_), None)
    rising[:, 2] /= highest - lowest
    return MetricMap(len(losses), lowest, highest, None, rising)


def carry(
    forecast: Forecast, through: MetricMap, n: ArrayLike, *, probability: float = PROBABILITY, random_state: int = 0
) -> CarriedError:
    """Carry a forecast of the loss through a map to the error at sizes n `(k,)`, with both uncertainties.

    Raises `Refused` where either is refused. Warns where the loss lies below any that the map has seen.
    """
    at = numbers(n, "n")
    losses = forecast.draws(at, 4000)
    errors = through.errors(losses, random_state=random_state)
    levels = [0.5 - probability / 2, 0.5, 0.5 + probability / 2]
    low, middle, high = np.quantile(errors, levels, axis=0, method="inverted_cdf")
    beyond = at[np.median(losses, axis=0) < through.lowest]
    cautions: tuple[Caution, ...] = ()
    if len(beyond):
        text = f"From n = {size(beyond.min())} on the loss is below {number(through.lowest)}, the lowest of the runs"
        cautions = (
            Caution("map-extrapolated", f"{text} that the map to the error was fitted to: there it rests on its form."),
        )
    return CarriedError(_floats(at), _floats(middle), _floats(low), _floats(high), probability, through.runs, cautions)


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


def _trials(losses: ArrayLike, name: str = "losses") -> Array:
    """Give the losses of trials sorted upwards; NaN counts as diverged."""
    values = np.nan_to_num(numbers(losses, name), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    if len(values) == 0 or np.any(np.isneginf(values)):
        raise KleiberError(f"{name} must be the losses of one trial or more, inf or NaN where one diverged")
    return np.sort(values)


def _fitting(k: int, count: int, name: str = "losses") -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= count:
        raise KleiberError(f"k is {k!r}: {name} has {count} trials, and k is a whole number from 1 to that")
    return int(k)


def _unbiased(count: int, k: int) -> Array:
    """Give C(K - i, k - 1) / C(K, k) for i = 1 to K, from its first, k / K, and the ratios of neighbours."""
    i = np.arange(1.0, count)
    return np.asarray(k / count * np.cumprod(np.append(1.0, np.maximum(count - i - k + 1.0, 0.0) / (count - i))))


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _weigh(values: Array, weight: Array) -> float:
    return float(_weigh_rows(values[None], weight)[0])


def _weigh_rows(rows: Array, weight: Array) -> Array:
    """Give the weighted sums of rows; a trial without weight may have diverged."""
    some = weight > 0
    return np.asarray(rows[:, some] @ weight[some])


def _resampled(values: Array, chance: np.random.Generator) -> Array:
    return values[chance.integers(0, len(values), size=(RESAMPLES, len(values)))]


def _interval(draws: Array, probability: float) -> tuple[float, float]:
    """Give the central interval of draws, some of which may be inf."""
    if not 0 < probability < 1:
        raise KleiberError(f"probability is {probability!r}: it lies strictly between 0 and 1")
    low, high = np.quantile(draws, [0.5 - probability / 2, 0.5 + probability / 2], method="inverted_cdf")
    return float(low), float(high)


def plain_record(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give a record as plain data for JSON: tuples as lists, what is not finite as None."""
    return {key: _plain(value) for key, value in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return plain_record(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
