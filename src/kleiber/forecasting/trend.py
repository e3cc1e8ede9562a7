"""Where the loss goes with the size, and how much of it is noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.curves.curve import Sizes
from kleiber.forecasting.shared import SHARED

Array = NDArray[np.float64]

NOISE, NOISE_DOF = 0.025, 2.0  # prior of the relative noise of one run: as if two residuals of 2.5 % had been seen
CLEAR = 0.01  # one-sided p-value below which a trend, or a step between two sizes, is more than noise
QUARTILE = 0.6745  # of the standard normal distribution
MOST_SHARED = 4.0  # times the variance of one run: more luck than that is not taken to be common to the runs of a size
BRANCH = 5  # sizes on the branch after a hump, at the least
LEAST_RISE = 0.02  # a loss that rises by less than this part of it over all sizes is as good as flat


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line through log loss against log n: its `slope`, the slope's `error`, and Student's `dof`."""

    slope: float
    error: float
    dof: float

    @property
    def p(self) -> float:
        """Give the one-sided p-value of the slope's sign."""
        return float(special.stdtr(self.dof, -abs(self.slope) / self.error))


def falls(sizes: Sizes) -> bool:
    """Say whether the loss falls with the size by more than its noise."""
    found = line(sizes)
    return found.slope < 0 and found.p < CLEAR


def rises(sizes: Sizes) -> bool:
    """Say whether the loss rises with the size by more than its noise: along a line, or from its first half to its end.

    The second finds a rise that comes late or ever faster, which leaves a line too much; it counts where the loss has not
    fallen before. A hump that the loss has come down from, as in double descent, is no rise.
    """
    if _comes_down(sizes):
        return False
    found = line(sizes)
    if found.slope > 0 and found.p < CLEAR:
        return bool(found.slope * np.log(sizes.n[-1] / sizes.n[0]) > LEAST_RISE)
    lowest, last = int(np.argmin(sizes.mean)), len(sizes.n) - 1
    before = np.log(sizes.mean[: (last + 1) // 2])
    rise = float(np.log(sizes.mean[last])) - _quantile(before, 0.5)
    if rise <= 0 or rise <= beyond_noise(sizes, lowest, last, CLEAR):
        return False
    return not any(
        np.log(sizes.mean[place] / sizes.mean[lowest]) > beyond_noise(sizes, place, lowest, CLEAR)
        for place in range(lowest)
    )


def _comes_down(sizes: Sizes) -> bool:
    """Say whether the loss falls from its highest size on, along a line and by more than noise: `BRANCH` sizes or more."""
    top, last = int(np.argmax(sizes.mean)), len(sizes.n) - 1
    if not 0 < top <= last + 1 - BRANCH:
        return False
    fall, after = float(np.log(sizes.mean[top] / sizes.mean[last])), line(sizes, top)
    return bool(after.slope < 0 and after.p < CLEAR and fall > max(beyond_noise(sizes, top, last, CLEAR), LEAST_RISE))


def line(sizes: Sizes, start: int = 0) -> Line:
    """Give the line through the sizes from place `start` on, two or more, with the noise of the prior's two residuals."""
    n, mean, count = sizes.n[start:], sizes.mean[start:], sizes.count
    x, y = np.log(n) - np.log(n).mean(), np.log(mean) - np.log(mean).mean()
    slope = float(x @ y / (x @ x))
    dof = len(x) - 2 + NOISE_DOF
    repeated = int(np.sum(count - 1))
    own = sizes.scatter / repeated / float(np.mean(count)) if repeated else 0.0
    variance = (float(np.sum((y - slope * x) ** 2)) + NOISE_DOF * max(NOISE**2, own)) / dof
    return Line(slope, float(np.sqrt(variance / (x @ x))), dof)


def beyond_noise(sizes: Sizes, one: int, other: int, chance: float) -> float:
    """Give the step of log loss between two sizes that noise alone exceeds with this chance, at any of all pairs."""
    pairs = len(sizes.n) * (len(sizes.n) - 1) / 2
    noise, dof = step_noise(sizes, one, other)
    return noise * float(special.stdtrit(dof, 1.0 - chance / pairs))


def step_noise(sizes: Sizes, one: int, other: int) -> tuple[float, float]:
    """Give the noise of the step of log loss between two sizes, a standard deviation, and its degrees of freedom.

    Runs of one size may share its luck: what sizes jump off their neighbours beyond the noise of their own runs is that.
    The degrees of freedom are those of Satterthwaite (1946, Biometrics Bulletin 2, p. 110).
    """
    repeats = float(np.sum(sizes.count - 1))
    jumps, dof = _jumps(sizes)
    if not repeats:
        square = (dof * jumps + NOISE_DOF * NOISE**2) / (dof + NOISE_DOF)
        return float(np.sqrt(2 * square)), dof + NOISE_DOF
    own = relative_noise(sizes) ** 2
    mean = own * float(np.mean(1 / sizes.count))
    times = 1.0 if sizes.searches is None else float(np.mean(sizes.searches))
    luck = 0.0 if sizes.luck is None else sizes.luck.middle**2 / times
    expected = mean + max(own * SHARED / (1 - SHARED), luck)
    shared = float(np.clip((dof * jumps + NOISE_DOF * expected) / (dof + NOISE_DOF) - mean, 0.0, MOST_SHARED * own))
    parts = np.array([own * (1 / sizes.count[one] + 1 / sizes.count[other]), 2 * shared])
    free = parts.sum() ** 2 / np.sum(parts**2 / (np.array([repeats, dof]) + NOISE_DOF))
    return float(np.sqrt(parts.sum())), float(free)


def relative_noise(sizes: Sizes) -> float:
    """Give the relative noise of one subset: from repeated sizes, else from jumps off their neighbours; with a prior."""
    dof, squares = float(np.sum(sizes.count - 1)), sizes.scatter
    if not dof:
        off = _off_neighbours(sizes)
        dof = len(off)
        squares = dof * (_quantile(np.abs(off), 0.5) / QUARTILE) ** 2
    return float(np.sqrt((squares + NOISE_DOF * NOISE**2) / (dof + NOISE_DOF)))


def _jumps(sizes: Sizes) -> tuple[float, float]:
    """Give the variance of size means by how far each is above the line of its two neighbours, and its weight.

    A law of learning with a floor bends up, so that a mean below that line may be the law's doing. Of noise alone a quarter
    of the means are above it by more than .67 standard deviations.
    """
    above = np.maximum(_off_neighbours(sizes), 0.0)
    return (_quantile(above, 0.75) / QUARTILE) ** 2, 0.5 * len(above)


def _off_neighbours(sizes: Sizes) -> Array:
    """Give how far each log mean but the ends is off the line of its neighbours, over that of noise 1, `(k - 2,)`."""
    x, y = np.log(sizes.n), np.log(sizes.mean)
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    off = y[1:-1] - (1 - share) * y[:-2] - share * y[2:]
    return np.asarray(off / np.sqrt(1 + share**2 + (1 - share) ** 2))


def _quantile(values: Array, q: float) -> float:
    """Give a quantile, linear between the two values next to it, in a tenth of the time that NumPy's takes for few."""
    ranked, at = np.sort(values), q * (len(values) - 1)
    low = int(at)
    return float(ranked[low] + (at - low) * (ranked[min(low + 1, len(values) - 1)] - ranked[low]))
