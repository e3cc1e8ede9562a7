"""Why there is no forecast: every refusal has a stable code, a reason and what would help."""

from dataclasses import dataclass

import numpy as np

from kleiber.curves.curve import Curve, Sizes
from kleiber.forecasting.trend import rises
from kleiber.importers import is_error_rate
from kleiber.metric import Metric
from kleiber.wording import counted, given, of_all

WIDEST = 1e9  # losses that differ by more than this factor are not one curve
SMALLEST, GREATEST = 1e-200, 1e200  # beyond these a square leaves what a float can hold
JUMP = 30.0  # neighbours that differ by more than this, on both sides of 1, are of two units


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
            f"{of_all(bad_n.sum(), len(curve.n), 'size')} not finite and positive.",
            "Give the number of training examples of each row.",
        )
    bad = ~np.isfinite(curve.loss)
    if bad.any():
        where = f"the first at n = {curve.n[bad][0]:g}"
        return Refusal(
            "not-finite",
            f"{of_all(bad.sum(), len(curve.n), 'loss')} not finite, {where}.",
            "Leave out the runs that diverged, and count them.",
        )
    low = curve.loss <= 0
    if low.any():
        where = f"the first at n = {curve.n[low][0]:g}"
        return Refusal(
            "not-positive",
            f"{of_all(low.sum(), len(curve.n), 'loss')} zero or negative, {where}. A power law needs losses above zero.",
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
        text = "no size was" if count == 0 else counted(count, "size", verb="was")
        return Refusal(
            "too-few-sizes",
            f"{text[0].upper()}{text[1:]} measured; a forecast needs at least three.",
            f"Measure {counted(3 - count, 'more size')} or more, each about twice the one before.",
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
                f"The standard error {curve.se[out][0]:g} of the loss {curve.loss[out][0]:g} is impossible.",
                "Leave out se if you do not know it.",
            )
    return None


def contradictory(sizes: Sizes, scale: Metric) -> Refusal | None:
    """Refuse a metric that gets worse with the size by more than its noise: no law of learning does so."""
    return rising(sizes, scale) if rises(sizes) else None


def rising(sizes: Sizes, scale: Metric) -> Refusal:
    """Say how much worse each doubling makes the metric, at which sizes, and what to check."""
    start = int(np.argmin(sizes.mean[:-1]))
    n, mean = sizes.n[start:], sizes.mean[start:]
    doublings = np.log2(n) - np.log2(n).mean()
    step = float(doublings @ mean / (doublings @ doublings))
    change = scale.write_gain(0.0, step, 0.5 * step, 1.5 * step)
    ends = f"{given(n[0])} to {given(n[-1])}"
    where = f"at all {counted(len(n), 'size')}, {ends}" if start == 0 else f"from {ends}"
    return Refusal(
        "rising",
        f"More data makes {scale.name} worse: {change} with each doubling, {where}.",
        "Check whether the test set changes with the size, rows are in an order, or train and test share examples. "
        + _direction(scale),
    )


def _direction(scale: Metric) -> str:
    """Say what turns the metric's direction, where that is what is wrong."""
    if scale.higher_is_better:
        return "If lower is better, add --lower-is-better."
    return "If higher is better, add --higher-is-better."
