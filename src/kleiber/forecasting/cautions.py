"""What a reader of a forecast has to know: every warning has a stable code and a sentence."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from kleiber.curves.curve import Caution, Curve, Sizes
from kleiber.forecasting.posterior import Posterior, weighted_quantile
from kleiber.forecasting.refusals import rising
from kleiber.forecasting.trend import NOISE_DOF, falls, relative_noise, rises

NEAR_CHANCE = 0.8
BENT = 0.01  # one-sided p of a downward bend
LEARNS = 0.95  # probability that more data helps, below which no learning is visible
SHORT = 2.0  # a horizon below this multiple of the largest size is a warning
RISEN = 3.0  # a rise of this many standard errors of the difference is one
MISSED = 0.02  # probability of as many misses of the nearest hidden sizes, below which the back-test has failed
FIRST = ("backtest-failed", "u-shape", "two-branch", "flat", "bends-down", "outlier", "three-sizes")
"""What has to be said before the law is, the gravest first."""


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
    branches = () if rises(sizes) else tuple(_branches(sizes))
    yield from branches
    if rises(sizes):
        yield Caution("rising", f"{rising(sizes).reason} No law rises: the forecast is what the misfit leaves of it.")
    elif improves < LEARNS and not falls(sizes) and not branches and outlier is None:
        yield Caution(
            "flat",
            f"The loss is flat from n = {sizes.n[0]:g} to {sizes.n[-1]:g}: no learning is visible beyond the noise (that 8 "
            f"times the data are better has probability {100 * improves:.0f} %).",
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
    limit = RISEN * relative_noise(sizes) * np.sqrt(1 / sizes.count[bottom] + 1 / sizes.count[top])
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
    noise = relative_noise(sizes) ** 2 if sizes.se is None else 1.0
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
        f"The back-test failed: of {len(inside)} forecasts of the next size, {missed} missed their "
        f"{100 * probability:.0f} % interval. This curve is not of a form that the laws have: what is forecast beyond the "
        "largest size is a guess.",
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
