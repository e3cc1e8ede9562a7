"""Why there is no forecast: every refusal has a stable code, a reason and what would help."""

from dataclasses import dataclass

import numpy as np

from kleiber.curves.curve import Curve, Sizes
from kleiber.forecasting.trend import rises
from kleiber.importers import is_error_rate

WIDEST = 1e9  # losses that differ by more than this factor are not one curve
SMALLEST, GREATEST = 1e-200, 1e200  # beyond these a square leaves what a float can hold
JUMP = 30.0  # neighbours that differ by more than this, on both sides of 1, are of two units
MANY = 8  # sizes from which on a curve that contradicts every law is forecast, by the size of its misfit


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


def contradictory(sizes: Sizes) -> Refusal | None:
    """Refuse a loss that rises with the size by more than its noise, where there are too few sizes to see how."""
    return rising(sizes) if len(sizes.n) < MANY and rises(sizes) else None


def rising(sizes: Sizes) -> Refusal:
    """Say that more data made the loss worse."""
    first, last = sizes.mean[0], sizes.mean[-1]
    return Refusal(
        "rising",
        f"The loss does not fall with the size: {first:.4g} at n = {sizes.n[0]:g}, {last:.4g} at n = {sizes.n[-1]:g}.",
        "Check for overfitting, settings tuned at one size only, and mixed-up columns; accuracy is given as "
        "metric='accuracy'.",
    )
