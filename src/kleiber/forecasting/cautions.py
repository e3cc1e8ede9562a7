"""What a reader of a forecast has to know: every warning has a stable code and a sentence."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from kleiber.curves.curve import Caution, Curve, Sizes
from kleiber.forecasting.flatness import Flat, guessing
from kleiber.forecasting.interval import Interval
from kleiber.forecasting.posterior import Posterior
from kleiber.forecasting.trend import NOISE_DOF, beyond_noise, relative_noise
from kleiber.metric import Metric
from kleiber.wording import counted, given

BENT = 0.01  # one-sided p of a downward bend
SHORT = 2.0  # a horizon below this multiple of the largest size is a warning
BRANCHED = 0.02  # chance with which noise alone makes a rise on the way
MISSED = 0.02  # probability of as many misses of the nearest hidden sizes, below which the back-test has failed
FIRST = (
    "backtest-failed",
    "u-shape",
    "two-branch",
    "not-begun",
    "saturated",
    "flat",
    "bends-down",
    "outlier",
    "three-sizes",
)
"""What has to be said before the law is, the gravest first."""


def before(
    curve: Curve, sizes: Sizes, outlier: Caution | None, branches: Sequence[Caution], flat: Flat | None
) -> Iterator[Caution]:
    """Warn of what the measurements show: `branches` are those of `branched`, `flat` says why no fall is seen any more."""
    scale = curve.scale
    yield from curve.cautions
    if len(sizes.n) == 3:
        yield Caution(
            "three-sizes",
            "Only three sizes were measured, so the interval comes mostly from the prior. Measure more sizes.",
        )
    if curve.se is None and sizes.count.max() == 1:
        yield Caution(
            "noise-unknown",
            "Each size was measured once, so noise and shape look alike. Repeat two sizes or more with new subsets and "
            "seeds.",
        )
    if outlier is not None:
        yield outlier
    yield from branches
    if flat is not None:
        yield _flat(flat, sizes, curve.chance, scale)
    if not branches:
        yield from _bends_down(sizes)
    low = guessing(sizes, curve.chance, flat)
    if np.any(low):
        yield Caution(
            "small-data",
            f"Up to n = {given(sizes.n[low].max())} {scale.name} is hardly better than guessing "
            f"({scale.write_given(float(curve.chance or 0.0))}): {np.count_nonzero(low)} of "
            f"{counted(len(sizes.n), 'size')}. The power law may not have begun there. Measure larger sizes.",
        )


def _flat(flat: Flat, sizes: Sizes, chance: float | None, scale: Metric) -> Caution:
    """Say which of three things a curve without a fall is, and what cures it."""
    span = f"from n = {given(flat.since)} to {given(sizes.n[-1])}"
    better = flat.fall >= 0
    ends = (flat.fall, flat.low, flat.high) if better else (-flat.fall, -flat.high, -flat.low)
    change = f"{'rises' if better == scale.higher_is_better else 'falls'} by {scale.write_change(*ends)}"
    if flat.kind == "not-begun":
        guess = scale.write_given(float(chance or 0.0))
        return Caution(
            "not-begun",
            f"{scale.name} has not begun to improve on guessing ({guess}) {span}. Use larger sizes.",
        )
    if flat.kind == "saturated":
        learnt = f"flat since n = {given(flat.since)}" if flat.learnt else f"flat already at n = {given(flat.since)}"
        return Caution(
            "saturated",
            f"Learnt, and {learnt}: {scale.name} {change} up to {given(sizes.n[-1])}. At most a little is left. "
            "Improve the model, not the data.",
        )
    if flat.low > 0 or flat.high < 0:
        return Caution(
            "flat",
            f"Too little beside the noise to be sure: {span} {scale.name} {change}. Run more replicates or larger sizes.",
        )
    return Caution(
        "flat",
        f"The noise hides whether {scale.name} still improves: {span} it {change}. Run more replicates or larger sizes.",
    )


def turn(branches: Sequence[Caution]) -> Caution | None:
    """Give, of the warnings of `branched`, that of a loss that rises up to the largest size; None where it does not."""
    return next((found for found in branches if found.code == "u-shape"), None)


def branched(sizes: Sizes, scale: Metric) -> Iterator[Caution]:
    """Warn where the loss rises on the way by more than its noise: for good (a U), or before it falls again."""
    y = np.log(sizes.mean)
    low = np.minimum.accumulate(y)
    top = int(np.argmax(y - low))
    bottom = int(np.argmin(y[: top + 1]))
    rise = float(y[top] - y[bottom])
    if rise <= 0 or rise <= (limit := beyond_noise(sizes, bottom, top, BRANCHED)):
        return
    here, there = (scale.write(float(sizes.mean[place])) for place in (bottom, top))
    by = f"from {here} at n = {given(sizes.n[bottom])} to {there} at {given(sizes.n[top])}"
    if top < len(y) - 1 and y[top] - y[top:].min() > limit:
        yield Caution(
            "two-branch",
            f"{scale.name} has two branches: it gets worse {by}, then better again. The forecast follows the last branch, "
            f"{counted(len(y) - top, 'size')} from n = {given(sizes.n[top])} on, with a wider interval. Measure "
            "more sizes there.",
        )
    else:
        yield Caution(
            "u-shape",
            f"{scale.name} gets worse with more data after n = {given(sizes.n[bottom])}, {by}. No law of learning does so, "
            f"and any forecast beyond the largest size is a guess. Check the runs there, or measure larger sizes.",
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
    noise = relative_noise(sizes) ** 2 if sizes.se is None else 1.0
    columns = np.vander(x, 3) / np.sqrt(unit)[:, None]
    found, inverse = np.linalg.lstsq(columns, y / np.sqrt(unit), rcond=None)[0], np.linalg.inv(columns.T @ columns)
    left = float(np.sum((y / np.sqrt(unit) - columns @ found) ** 2))
    dof = len(x) - 3 + NOISE_DOF
    t = found[0] / np.sqrt(inverse[0, 0] * (left + NOISE_DOF * noise) / dof)
    first, last = (-(found[1] + 2 * found[0] * x[i]) for i in (0, -1))
    if special.stdtr(dof, t) < BENT and last > 0:
        at_first = f"from {first:.2g}" if first > 0 else "from flat"
        yield Caution(
            "bends-down",
            f"The loss falls ever faster: its slope on log-log axes goes {at_first} at n = {given(n[0])} to {last:.2g} "
            f"at {given(n[-1])}. The power law may not have begun yet. Measure larger sizes.",
        )


def untrue(inside: Sequence[bool], probability: float) -> Caution | None:
    """Warn where the nearest hidden sizes of the back-test's cuts miss their interval too often (binomial test)."""
    missed = len(inside) - sum(inside)
    if missed == 0 or special.bdtrc(missed - 1, len(inside), 1 - probability) >= MISSED:
        return None
    return Caution(
        "backtest-failed",
        f"The back-test failed: {missed} of {counted(len(inside), 'forecast')} of the next size missed their "
        f"{100 * probability:.0f} % interval. The laws do not fit this curve, so any forecast beyond the largest size is a "
        "guess.",
    )


def after(posterior: Posterior, sizes: Sizes, horizon: float, exponent: Interval | None) -> Iterator[Caution]:
    """Warn of what the posterior cannot tell; `exponent` is None where none is told."""
    if exponent is not None and not 0.03 <= exponent.median <= 1.5:
        ends = f"90 % interval {exponent.low:.2g} to {exponent.high:.2g}"
        yield Caution(
            "exponent-range",
            f"The exponent, {exponent.median:.3g} ({ends}), is outside 0.03 to 1.5, where published curves lie. Check "
            "the sizes, the losses and their units.",
        )
    largest = float(sizes.n[-1])
    if horizon >= SHORT * largest:
        return
    floor = posterior.floor_quantile(np.array([0.05, 0.95]))
    if floor[1] - floor[0] > 0.5 * sizes.mean.min():
        yield Caution(
            "floor-not-identified",
            f"These runs can't identify the floor: its 90 % interval is {floor[0]:.3g} to {floor[1]:.3g}, and the smallest "
            f"measured loss is {sizes.mean.min():.3g}. Measure larger sizes.",
        )
    yield Caution(
        "extrapolation",
        f"Beyond n = {given(round(horizon))}, {horizon / largest:.2g} times the largest size, any forecast is a guess. "
        f"Measure larger sizes, or repeat those that you have.",
    )
