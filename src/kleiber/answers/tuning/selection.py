"""Honest selection: what the best of k trials is worth, at each size alike.

The lowest of K losses depends on K as much as on the model; so sizes are compared at a common k, without bias.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import seeds
from kleiber.curves.curve import Caution
from kleiber.curves.sources import numbers
from kleiber.errors import KleiberError
from kleiber.plain import record
from kleiber.wording import counted, number

Array = NDArray[np.float64]

RESAMPLES = 2000  # of the bootstrap
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
            f"From {self.half} to {counted(self.trials, 'trial')} the loss fell by {number(self.gain)} "
            f"({100 * self.probability:.0f} % interval {number(self.low)} to {number(self.high)}). Another "
            f"{counted(self.trials - self.half, 'trial')} would gain at most as much, in expectation."
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is not finite is None."""
        return record({**asdict(self), "sentence": self.sentence})


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
    spread = np.sort(_resampled(values, seeds.generator(random_state, "more trials")), axis=1) @ change
    low, high = _both_ways(spread, gain, probability)
    low = max(low, 0.0)
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
        return record(asdict(self))


def at_common_trials(
    trials: Mapping[float, ArrayLike], k: int | None = None, *, probability: float = PROBABILITY, random_state: int = 0
) -> CommonTrials:
    """Give the expected best loss of each size at a common k, from the losses of its search trials by size.

    k is the smallest number of trials of any size where none is given. The intervals are made as those of `more_trials`: of
    normal, exponential, uniform and Weibull trials, 90 % intervals covered 83 to 94 % at k = K / 2 and 70 to 90 % at k = K,
    where the lowest that was seen is all that is known of the lowest. Raises `KleiberError` that names the size with
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
        expected = expected_best(values, at)
        low, high = _ends(spread, expected, probability)
        best.append(SizeBest(n, len(values), float(values[0]), expected, low, high))
    caution = unequal_trials({n: len(values) for n, values in found.items()})
    return CommonTrials(common, tuple(best), probability, () if caution is None else (caution,))


@dataclass(frozen=True, slots=True)
class BestOf:
    """The expected lowest loss of the best of `k` trials, all `(m,)`, with its interval `low` to `high`, by bootstrap."""

    k: tuple[int, ...]
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is not finite is None."""
        return record(asdict(self))


def best_of(losses: ArrayLike, *, probability: float = PROBABILITY, random_state: int = 0) -> BestOf:
    """Give the expected lowest loss against the number of trials, from the losses `(K,)` of K trials, at most 13 k.

    Expectation and interval are those of `at_common_trials` at each k.
    """
    values = _trials(losses)
    count = len(values)
    k = sorted({round(count ** (i / 12)) for i in range(13)})
    rows = np.sort(_resampled(values, seeds.generator(random_state, "best of")), axis=1)
    weights = [_unbiased(count, one) for one in k]
    expected = [_weigh(values, weight) for weight in weights]
    ends = [_ends(_weigh_rows(rows, weight), middle, probability) for weight, middle in zip(weights, expected, strict=True)]
    return BestOf(tuple(k), tuple(expected), tuple(end[0] for end in ends), tuple(end[1] for end in ends), probability)


def unequal_trials(counts: Mapping[float, int]) -> Caution | None:
    """Warn where sizes had unequal numbers of trials, by size; None where all had the same."""
    if len(set(counts.values())) < 2:
        return None
    listed = ", ".join(f"{count} at n = {n:,g}" for n, count in sorted(counts.items()))
    return Caution(
        "unequal-trials",
        f"The searches had unequal numbers of trials ({listed}). The lowest of more trials is lower by luck, which bends "
        f"the curve. Compare the sizes at {counted(min(counts.values()), 'trial')} each, or give all the same number.",
    )


def _trials(losses: ArrayLike, name: str = "losses") -> Array:
    """Give the losses of trials sorted upwards; NaN counts as diverged."""
    values = np.nan_to_num(numbers(losses, name), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    if len(values) == 0 or np.any(np.isneginf(values)):
        raise KleiberError(f"{name} must be the losses of one trial or more, inf or NaN where one diverged")
    return np.sort(values)


def _fitting(k: int, count: int, name: str = "losses") -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= count:
        raise KleiberError(f"k is {k!r}: {name} has {counted(count, 'trial')}, and k is a whole number from 1 to that")
    return int(k)


def _unbiased(count: int, k: int) -> Array:
    """Give C(K - i, k - 1) / C(K, k) for i = 1 to K, from its first, k / K, and the ratios of neighbours."""
    i = np.arange(1.0, count)
    return np.asarray(k / count * np.cumprod(np.append(1.0, np.maximum(count - i - k + 1.0, 0.0) / (count - i))))


def _weigh(values: Array, weight: Array) -> float:
    return float(_weigh_rows(values[None], weight)[0])


def _weigh_rows(rows: Array, weight: Array) -> Array:
    """Give the weighted sums of rows; a trial without weight may have diverged."""
    some = weight > 0
    return np.asarray(rows[:, some] @ weight[some])


def _resampled(values: Array, chance: np.random.Generator) -> Array:
    return values[chance.integers(0, len(values), size=(RESAMPLES, len(values)))]


def _ends(draws: Array, value: float, probability: float) -> tuple[float, float]:
    """Give the interval of bootstrap draws of a loss, reflected as a ratio, so that no end falls below nought."""
    if draws.min() > 0:
        low, high = np.exp(_both_ways(np.log(draws), float(np.log(value)), probability))
        return float(low), float(high)
    return _both_ways(draws, value, probability)


def _both_ways(draws: Array, value: float, probability: float) -> tuple[float, float]:
    """Give what the percentile interval of bootstrap draws and its reflection at the value span."""
    low, high = _interval(draws, probability)
    if not np.isfinite([value, high]).all():
        return low, high
    return min(low, 2 * value - high), max(high, 2 * value - low)


def _interval(draws: Array, probability: float) -> tuple[float, float]:
    """Give the central interval of draws, some of which may be inf."""
    if not 0 < probability < 1:
        raise KleiberError(f"probability is {probability!r}: it lies strictly between 0 and 1")
    low, high = np.quantile(draws, [0.5 - probability / 2, 0.5 + probability / 2], method="inverted_cdf")
    return float(low), float(high)
