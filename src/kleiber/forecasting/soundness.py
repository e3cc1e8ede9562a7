"""What a curve can carry: when to refuse a forecast, and what to warn of.

Every refusal has a reason and what would help; every warning has a stable code and a sentence.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.curves.curve import Caution, Curve, Sizes
from kleiber.forecasting.posterior import Posterior, weighted_quantile
from kleiber.importers import is_error_rate

Array = NDArray[np.float64]

WIDEST = 1e9  # losses that differ by more than this factor are not one curve
SMALLEST, GREATEST = 1e-200, 1e200  # beyond these a square leaves what a float can hold
NEAR_CHANCE = 0.8
FAR, TOO_FAR = np.log(2.0), np.log(10.0)  # a run this far from its neighbours, on the log of the loss, and no less than
MADS = 8.0  # this many times their median absolute deviation, is an outlier
BENT = 0.01  # one-sided p of a downward bend
NOISE, NOISE_DOF = 0.025, 2.0  # prior of the relative noise of one run: as if two residuals of 2.5 % had been seen
JUMP = 30.0  # neighbours that differ by more than this, on both sides of 1, are of two units
LEARNS = 0.95  # probability that more data helps, below which no learning is visible
SHORT = 2.0  # a horizon below this multiple of the largest size is a warning
MANY = 8  # sizes from which on a curve that contradicts every law is forecast, by the size of its misfit
MANY_RUNS = 50  # of a size, from which on their median is found size by size
RISEN = 3.0  # a rise of this many standard errors of the difference is one
MISSED = 0.02  # probability of as many misses of the nearest hidden sizes, below which the back-test has failed
FIRST = ("backtest-failed", "u-shape", "two-branch", "flat", "bends-down", "outlier", "three-sizes")
"""What has to be said before the law is, the gravest first."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no forecast, and what would help; `code` is stable."""

    code: str
    reason: str
    help: str


def unusable(curve: Curve) -> Refusal | None:
    """Refuse values that no law can be fitted to: not finite, zero or negative, out of range, or too few sizes."""
    bad_n = ~(np.isfinite(curve.n) & (curve.n > 0))
    if bad_n.any():
        return Refusal(
            "sizes",
            f"{bad_n.sum()} of {len(curve.n)} sizes are not finite and positive.",
            "Give the number of training examples of each row.",
        )
    bad = ~np.isfinite(curve.loss)
    if bad.any():
        where = f"the first at n = {curve.n[bad][0]:g}"
        return Refusal(
            "not-finite",
            f"{bad.sum()} of {len(curve.n)} losses are not finite, {where}.",
            "Leave out the runs that diverged, and count them.",
        )
    low = curve.loss <= 0
    if low.any():
        where = f"the first at n = {curve.n[low][0]:g}"
        return Refusal(
            "not-positive",
            f"{low.sum()} of {len(curve.n)} losses are zero or negative, {where}; a power law of loss is positive.",
            "Use a loss that stays above zero, such as cross-entropy, or a larger test set.",
        )
    return _too_few(len(np.unique(curve.n))) or _mixed(curve) or _out_of_range(curve)


def _mixed(curve: Curve) -> Refusal | None:
    """Refuse an error rate of which some rows are fractions and some percent: a jump over 1 by more than `JUMP`."""
    if not is_error_rate(curve.metric):
        return None
    ordered = curve.loss[np.argsort(curve.n, kind="stable")]
    low, high = np.minimum(ordered[1:], ordered[:-1]), np.maximum(ordered[1:], ordered[:-1])
    jump = np.flatnonzero((low <= 1) & (high > 1) & (high > JUMP * low))
    if len(jump) == 0:
        return None
    pair = f"{ordered[jump[0]]:.4g} and {ordered[jump[0] + 1]:.4g}"
    return Refusal(
        "mixed-scales",
        f"{curve.metric!r} jumps between {pair}: some rows are fractions and some are in percent.",
        "Give all rows in one unit.",
    )


def _too_few(count: int) -> Refusal | None:
    if count < 3:
        text = "no size was" if count == 0 else "1 size was" if count == 1 else f"{count} sizes were"
        return Refusal(
            "too-few-sizes",
            f"{text[0].upper()}{text[1:]} measured; a curve with a floor cannot be told from one without by "
            f"fewer than three.",
            f"Measure {3 - count} more size{'s' if count < 2 else ''} or more, each about twice the one before.",
        )
    return None


def _out_of_range(curve: Curve) -> Refusal | None:
    """Refuse numbers whose squares no float holds, and losses that are not one curve's."""
    if curve.loss.max() / WIDEST > curve.loss.min():
        return Refusal(
            "mixed-scales",
            f"The losses range from {curve.loss.min():g} to {curve.loss.max():g}, which is not one curve.",
            "Check the unit of each row, and leave out the runs that diverged.",
        )
    for what, values in (("loss", curve.loss), ("size", curve.n)):
        out = (values < SMALLEST) | (values > GREATEST)
        if out.any():
            return Refusal(
                "out-of-range",
                f"The {what} {values[out][0]:g} is outside {SMALLEST:g} to {GREATEST:g}, which arithmetic can hold.",
                "Give it in another unit.",
            )
    if curve.se is not None:
        with np.errstate(over="ignore"):
            share = curve.se / curve.loss
        out = (share < 1 / WIDEST) | (share > WIDEST)
        if out.any():
            return Refusal(
                "standard-error",
                f"The standard error {curve.se[out][0]:g} of the loss {curve.loss[out][0]:g} is no measurement's.",
                "Leave se out where it is not known.",
            )
    return None


def far_off(curve: Curve) -> tuple[Caution, Refusal | None] | None:
    """Warn of the run farthest from its neighbours, and refuse where it is off by more than a factor of 10.

    Neighbours are the runs of its size, where there are three or more, and a line through the size medians on log-log
    axes (Theil 1950, Sen 1968), where there are four sizes or more.
    """
    y = np.log(curve.loss)
    off = np.zeros(len(y))
    new = np.append(True, curve.n[1:] != curve.n[:-1])  # a curve is in the order of its sizes
    place, names = np.cumsum(new) - 1, curve.n[new]
    count = np.bincount(place)
    middle = _medians(y, place, count)
    if len(names) >= 4:
        rest = y - _line(np.log(names), middle)[place]
        off = np.where(np.abs(rest) > max(MADS * _median(np.abs(rest)), FAR), rest, off)
    own, many = y - middle[place], count[place] >= 3
    if many.any():
        limit = max(MADS * _median(np.abs(own[many])), FAR)
        off = np.where(many & (np.abs(own) > limit) & (np.abs(own) > np.abs(off)), own, off)
    worst = int(np.argmax(np.abs(off)))
    if off[worst] == 0:
        return None
    times = float(np.exp(abs(off[worst])))
    run = f"The run at n = {curve.n[worst]:g}, replicate {curve.replicate[worst]}, has a loss of {curve.loss[worst]:.4g}"
    others = int(np.sum(off != 0)) - 1
    more = "" if others == 0 else f" {others} more run{'s are' if others > 1 else ' is'} far off too."
    text = f"{run}, {times:.3g} times {'above' if off[worst] > 0 else 'below'} what its neighbours tell.{more}"
    help_ = "Check its unit and whether it diverged; correct it, or leave it out and say so."
    alone = abs(off[worst]) > TOO_FAR and _apart(middle, y[worst], int(place[worst]))
    refusal = Refusal("outlier", text, help_) if alone else None
    return Caution("outlier", f"{text} {help_}"), refusal


def _apart(middle: Array, value: float, place: int) -> bool:
    """Say whether a run is off by more than a factor of 10 from the sizes next to its own too: a steep curve is not."""
    beside = np.delete(middle, place)[max(place - 1, 0) : place + 1]
    return bool(np.all(np.abs(value - beside) > TOO_FAR))


def _medians(values: Array, place: NDArray[np.int64], count: NDArray[np.int64]) -> Array:
    """Give the median of the values at each place, `(len(count),)`; places rise, and `count` says how many there are."""
    if len(values) > MANY_RUNS * len(count):
        return np.array([_median(of_place) for of_place in np.split(values, np.cumsum(count)[:-1])])
    ranked = values[np.lexsort((values, place))]
    start = np.cumsum(count) - count
    return np.asarray((ranked[start + (count - 1) // 2] + ranked[start + count // 2]) / 2)


def _line(x: Array, y: Array) -> Array:
    """Give the line of the median slope at x; of the two middle slopes the one that leaves less."""
    i, j = _pairs(len(x))
    found = []
    for slope in set(_middles((y[j] - y[i]) / (x[j] - x[i]))):
        start = _median(y - slope * x)
        rest = np.abs(y - start - slope * x)
        found.append((_median(rest), float(np.sum(rest)), start, slope))
    *_, start, slope = min(found)
    return np.asarray(start + slope * x)


@lru_cache(maxsize=64)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, 1)


def _middles(values: Array) -> tuple[float, float]:
    """Give the two middle values, one and the same where their number is odd."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    ranked = np.partition(values, (low, high))
    return float(ranked[low]), float(ranked[high])


def _median(values: Array) -> float:
    """Give the median, in a fifth of the time that NumPy's takes for few values."""
    return sum(_middles(values)) / 2


def contradictory(sizes: Sizes) -> Refusal | None:
    """Refuse a loss that rises with the size by more than its noise, where there are too few sizes to see how."""
    return _rising(sizes) if len(sizes.n) < MANY and _rises(sizes) else None


def _falls(sizes: Sizes) -> bool:
    slope, p_fall = _trend(sizes)
    return slope < 0 and p_fall < 0.01


def _rises(sizes: Sizes) -> bool:
    slope, p_rise = _trend(sizes)
    return slope > 0 and p_rise < 0.01


def _rising(sizes: Sizes) -> Refusal:
    """Say that more data made the loss worse."""
    first, last = sizes.mean[0], sizes.mean[-1]
    return Refusal(
        "rising",
        f"The loss does not fall with the size: {first:.4g} at n = {sizes.n[0]:g}, {last:.4g} at n = {sizes.n[-1]:g}.",
        "Check for overfitting, settings tuned at one size only, and mixed-up columns; accuracy is given as "
        "metric='accuracy'.",
    )


def before(curve: Curve, sizes: Sizes, outlier: Caution | None, *, improves: float) -> Iterator[Caution]:
    """Warn of what the measurements show; `improves` is the probability that more data helps."""
    yield from curve.cautions
    if len(sizes.n) == 3:
        yield Caution(
            "three-sizes", "Three sizes were measured: the interval comes mostly from the prior. Measure more sizes."
        )
    if curve.se is None and sizes.count.max() == 1:
        yield Caution(
            "noise-unknown",
            "Each size was measured once, so noise cannot be told from shape. Repeat two sizes or more with "
            "new subsets and seeds.",
        )
    if outlier is not None:
        yield outlier
    branches = () if _rises(sizes) else tuple(_branches(sizes))
    yield from branches
    if _rises(sizes):
        yield Caution("rising", f"{_rising(sizes).reason} No law rises: the forecast is what the misfit leaves of it.")
    elif improves < LEARNS and not _falls(sizes) and not branches and outlier is None:
        yield Caution(
            "flat",
            f"The loss is flat from n = {sizes.n[0]:g} to {sizes.n[-1]:g}: no learning is visible beyond the noise (that 8 "
            f"times the data are better has probability {improves:.0%}).",
        )
    yield from _bends_down(sizes)
    if curve.chance is not None and np.any(sizes.mean > NEAR_CHANCE * curve.chance):
        near = sizes.n[sizes.mean > NEAR_CHANCE * curve.chance]
        yield Caution(
            "small-data",
            f"{len(near)} of {len(sizes.n)} sizes, up to n = {near.max():g}, are hardly better than "
            f"guessing ({curve.chance:.3g}): "
            "the power law may not have begun there. Measure larger sizes.",
        )


def _branches(sizes: Sizes) -> Iterator[Caution]:
    """Warn where the loss rises on the way by more than its noise: for good (a U), or before it falls again."""
    y = np.log(sizes.mean)
    low = np.minimum.accumulate(y)
    top = int(np.argmax(y - low))
    bottom = int(np.argmin(y[: top + 1]))
    rise = float(y[top] - y[bottom])
    limit = RISEN * _noise(sizes) * np.sqrt(1 / sizes.count[bottom] + 1 / sizes.count[top])
    if rise <= limit:
        return
    by = f"by {100 * np.expm1(rise):.0f} % from n = {sizes.n[bottom]:g} to {sizes.n[top]:g}"
    if top < len(y) - 1 and y[top] - y[top:].min() > limit:
        yield Caution(
            "two-branch",
            f"The loss has two branches: it rises {by}, and falls again. The forecast follows the last branch, "
            f"{len(y) - top} sizes from n = {sizes.n[top]:g} on, and widens for what the laws miss. Measure more "
            f"sizes there.",
        )
    else:
        yield Caution(
            "u-shape",
            f"The loss rises again after n = {sizes.n[bottom]:g}, {by}: no law of learning does so. Check the runs of the "
            f"largest sizes.",
        )


def _bends_down(sizes: Sizes) -> Iterator[Caution]:
    """Warn where log loss still bends down in log n after the smallest sizes, by more than its noise.

    Every sum of power laws and a floor bends up. A bend at the smallest quarter of the sizes is what the laws expect of few
    data; one that goes on leaves it open where the power law begins.
    """
    rest = slice(min(math.ceil(len(sizes.n) / 4), max(len(sizes.n) - 4, 0)), None)
    n, mean = sizes.n[rest], sizes.mean[rest]
    if len(n) < 4:
        return
    x, y = np.log(n) - np.log(n).mean(), np.log(mean)
    unit = 1 / sizes.count[rest] if sizes.se is None else (sizes.se[rest] / mean) ** 2
    noise = _noise(sizes) ** 2 if sizes.se is None else 1.0
    columns = np.vander(x, 3) / np.sqrt(unit)[:, None]
    found, inverse = np.linalg.lstsq(columns, y / np.sqrt(unit), rcond=None)[0], np.linalg.inv(columns.T @ columns)
    left = float(np.sum((y / np.sqrt(unit) - columns @ found) ** 2))
    dof = len(x) - 3 + NOISE_DOF
    t = found[0] / np.sqrt(inverse[0, 0] * (left + NOISE_DOF * noise) / dof)
    if special.stdtr(dof, t) < BENT:
        first, last = (-(found[1] + 2 * found[0] * x[i]) for i in (0, -1))
        yield Caution(
            "bends-down",
            f"The loss falls ever faster on log-log axes, with exponent {first:.2g} at n = {n[0]:g} and {last:.2g} "
            f"at {n[-1]:g}: the power law may not have begun, and where it begins is a guess. Measure larger sizes.",
        )


def untrue(inside: Sequence[bool], probability: float) -> Caution | None:
    """Warn where the nearest hidden sizes of the back-test's cuts miss their interval too often (binomial test)."""
    missed = len(inside) - sum(inside)
    if missed == 0 or special.bdtrc(missed - 1, len(inside), 1 - probability) >= MISSED:
        return None
    return Caution(
        "backtest-failed",
        f"The back-test failed: of {len(inside)} forecasts of the next size, {missed} missed their {probability:.0%} "
        "interval. This curve is not of the form that the laws have, so nothing is forecast beyond the measured sizes.",
    )


def after(posterior: Posterior, sizes: Sizes, horizon: float) -> Iterator[Caution]:
    """Warn of what the posterior cannot tell."""
    low, middle, high = weighted_quantile(posterior.exponents(), posterior.weight, np.array([0.05, 0.5, 0.95]))
    if not 0.03 <= middle <= 1.5:
        yield Caution(
            "exponent-range",
            f"The exponent, {middle:.3g} (90 % interval {low:.2g} to {high:.2g}), is outside 0.03 to 1.5, "
            f"where published curves lie.",
        )
    largest = float(sizes.n[-1])
    if horizon >= SHORT * largest:
        return
    floor = posterior.floor_quantile(np.array([0.05, 0.95]))
    if floor[1] - floor[0] > 0.5 * sizes.mean.min():
        yield Caution(
            "floor-not-identified",
            f"The floor is not identified: 90 % interval {floor[0]:.3g} to {floor[1]:.3g}, smallest "
            f"measured loss {sizes.mean.min():.3g}. Only larger sizes can tell.",
        )
    yield Caution(
        "extrapolation",
        f"The data carry a forecast to n = {horizon:.3g} at most, {horizon / largest:.2g} times the largest size: "
        f"beyond it the interval is too wide to rely on. Measure larger sizes, or repeat those that you have.",
    )


def _trend(sizes: Sizes) -> tuple[float, float]:
    """Give the slope of log loss on log n and its sign's one-sided p-value, with the prior's two residuals."""
    x, y = np.log(sizes.n) - np.log(sizes.n).mean(), np.log(sizes.mean) - np.log(sizes.mean).mean()
    slope = float(x @ y / (x @ x))
    dof = len(x) - 2 + NOISE_DOF
    repeated = int(np.sum(sizes.count - 1))
    own = sizes.scatter / repeated / float(np.mean(sizes.count)) if repeated else 0.0
    variance = (float(np.sum((y - slope * x) ** 2)) + NOISE_DOF * max(NOISE**2, own)) / dof
    return slope, float(special.stdtr(dof, -abs(slope) / np.sqrt(variance / (x @ x))))


def _noise(sizes: Sizes) -> float:
    """Give the relative noise of one subset: from repeated sizes, else from jumps off their neighbours; with a prior."""
    dof = int(np.sum(sizes.count - 1))
    if dof:
        squares = sizes.scatter
    else:
        x, y = np.log(sizes.n), np.log(sizes.mean)
        share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
        off = y[1:-1] - (1 - share) * y[:-2] - share * y[2:]
        scaled = off / np.sqrt(1 + share**2 + (1 - share) ** 2)
        dof = len(scaled)
        squares = dof * float(np.median(np.abs(scaled)) / 0.6745) ** 2
    return float(np.sqrt((squares + NOISE_DOF * NOISE**2) / (dof + NOISE_DOF)))
