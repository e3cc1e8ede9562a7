"""What a curve can carry: when to refuse a forecast, and what to warn of.

Every refusal has a reason and what would help; every warning has a stable code and a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from kleiber.curve import Caution, Curve, Sizes
from kleiber.posterior import NOISE, NOISE_DOF, Posterior

WIDEST = 1e9  # losses that differ by more than this factor are not one curve
NEAR_CHANCE = 0.8


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no forecast, and what would help."""

    reason: str
    help: str


def unusable(curve: Curve) -> Refusal | None:
    """Refuse values that no law can be fitted to: not finite, zero or negative, or too few sizes."""
    bad_n = ~(np.isfinite(curve.n) & (curve.n > 0))
    if bad_n.any():
        return Refusal(
            f"{bad_n.sum()} of {len(curve.n)} sizes are not finite and positive.",
            "Give the number of training examples of each row.",
        )
    bad = ~np.isfinite(curve.loss)
    if bad.any():
        where = f"the first at n = {curve.n[bad][0]:g}"
        return Refusal(
            f"{bad.sum()} of {len(curve.n)} losses are not finite, {where}.",
            "Leave out the runs that diverged, and count them.",
        )
    low = curve.loss <= 0
    if low.any():
        where = f"the first at n = {curve.n[low][0]:g}"
        return Refusal(
            f"{low.sum()} of {len(curve.n)} losses are zero or negative, {where}; a power law of loss is positive.",
            "Use a loss that stays above zero, such as cross-entropy, or a larger test set.",
        )
    count = len(np.unique(curve.n))
    if count < 3:
        text = "no size was" if count == 0 else "1 size was" if count == 1 else f"{count} sizes were"
        return Refusal(
            f"{text[0].upper()}{text[1:]} measured; a curve with a floor cannot be told from one without by "
            f"fewer than three.",
            f"Measure {3 - count} more size{'s' if count < 2 else ''} or more, each about twice the one before.",
        )
    if curve.loss.max() / WIDEST > curve.loss.min():
        return Refusal(
            f"The losses range from {curve.loss.min():g} to {curve.loss.max():g}, which is not one curve.",
            "Check the unit of each row, and leave out the runs that diverged.",
        )
    return None


def contradictory(sizes: Sizes) -> Refusal | None:
    """Refuse a loss that rises with the size by more than its noise."""
    slope, p_rise = _trend(sizes)
    if slope > 0 and p_rise < 0.01:
        return rising(sizes)
    return None


def rising(sizes: Sizes) -> Refusal:
    """Say that more data made the loss worse."""
    first, last = sizes.mean[0], sizes.mean[-1]
    return Refusal(
        f"The loss does not fall with the size: {first:.4g} at n = {sizes.n[0]:g}, {last:.4g} at n = {sizes.n[-1]:g}.",
        "Check for overfitting, settings tuned at one size only, and mixed-up columns; accuracy is given as "
        "metric='accuracy'.",
    )


def before(curve: Curve, sizes: Sizes) -> Iterator[Caution]:
    """Warn of what the measurements alone show."""
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
    slope, p = _trend(sizes)
    if slope >= 0 or p > 0.05:
        yield Caution(
            "flat",
            f"The loss is flat from n = {sizes.n[0]:g} to {sizes.n[-1]:g}: no learning is visible beyond the noise.",
        )
    best = int(np.argmin(sizes.mean))
    rise = float(np.log(sizes.mean[-1] / sizes.mean[best]))
    if 0 < best < len(sizes.n) - 1 and rise > 3 * _noise(sizes) * np.sqrt(1 / sizes.count[best] + 1 / sizes.count[-1]):
        yield Caution(
            "u-shape",
            f"The loss rises again after n = {sizes.n[best]:g}, by {100 * np.expm1(rise):.0f} % up to n = "
            f"{sizes.n[-1]:g}: "
            "no power law does so. Check the runs of the largest sizes.",
        )
    if curve.chance is not None and np.any(sizes.mean > NEAR_CHANCE * curve.chance):
        near = sizes.n[sizes.mean > NEAR_CHANCE * curve.chance]
        yield Caution(
            "small-data",
            f"{len(near)} of {len(sizes.n)} sizes, up to n = {near.max():g}, are hardly better than "
            f"guessing ({curve.chance:.3g}): "
            "the power law may not have begun there. Measure larger sizes.",
        )


def after(posterior: Posterior, sizes: Sizes) -> Iterator[Caution]:
    """Warn of what the posterior cannot tell."""
    low, middle, high = np.quantile(posterior.exponent, [0.05, 0.5, 0.95])
    if not 0.03 <= middle <= 1.5:
        yield Caution(
            "exponent-range",
            f"The exponent, {middle:.3g} (90 % interval {low:.2g} to {high:.2g}), is outside 0.03 to 1.5, "
            f"where published curves lie.",
        )
    unit = posterior.data.loss_unit
    floor = np.quantile(posterior.floor, [0.05, 0.95]) * unit
    if floor[1] - floor[0] > 0.5 * sizes.mean.min():
        yield Caution(
            "floor-not-identified",
            f"The floor is not identified: 90 % interval {floor[0]:.3g} to {floor[1]:.3g}, smallest "
            f"measured loss {sizes.mean.min():.3g}. "
            "Only larger sizes can tell.",
        )


def _trend(sizes: Sizes) -> tuple[float, float]:
    """Give the slope of log loss on log n and its sign's one-sided p-value, with the prior's two residuals."""
    x, y = np.log(sizes.n) - np.log(sizes.n).mean(), np.log(sizes.mean) - np.log(sizes.mean).mean()
    slope = float(x @ y / (x @ x))
    dof = len(x) - 2 + NOISE_DOF
    variance = (float(np.sum((y - slope * x) ** 2)) + NOISE_DOF * NOISE**2) / dof
    return slope, float(special.stdtr(dof, -abs(slope) / np.sqrt(variance / (x @ x))))


def _noise(sizes: Sizes) -> float:
    """Give the relative noise of one subset: pooled over sizes with two or more, else the prior's."""
    squares = sum(float(np.sum((np.array(v) / m - 1) ** 2)) for v, m in zip(sizes.values, sizes.mean, strict=True))
    dof = int(np.sum(sizes.count - 1))
    return float(np.sqrt((squares + NOISE_DOF * NOISE**2) / (dof + NOISE_DOF)))
