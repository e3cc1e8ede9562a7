"""Where the loss goes with the size, and how much of it is noise."""

import numpy as np
from scipy import special

from kleiber.curves.curve import Sizes

NOISE, NOISE_DOF = 0.025, 2.0  # prior of the relative noise of one run: as if two residuals of 2.5 % had been seen


def falls(sizes: Sizes) -> bool:
    """Say whether the loss falls with the size by more than its noise."""
    slope, p_fall = _trend(sizes)
    return slope < 0 and p_fall < 0.01


def rises(sizes: Sizes) -> bool:
    """Say whether the loss rises with the size by more than its noise."""
    slope, p_rise = _trend(sizes)
    return slope > 0 and p_rise < 0.01


def _trend(sizes: Sizes) -> tuple[float, float]:
    """Give the slope of log loss on log n and its sign's one-sided p-value, with the prior's two residuals."""
    x, y = np.log(sizes.n) - np.log(sizes.n).mean(), np.log(sizes.mean) - np.log(sizes.mean).mean()
    slope = float(x @ y / (x @ x))
    dof = len(x) - 2 + NOISE_DOF
    repeated = int(np.sum(sizes.count - 1))
    own = sizes.scatter / repeated / float(np.mean(sizes.count)) if repeated else 0.0
    variance = (float(np.sum((y - slope * x) ** 2)) + NOISE_DOF * max(NOISE**2, own)) / dof
    return slope, float(special.stdtr(dof, -abs(slope) / np.sqrt(variance / (x @ x))))


def relative_noise(sizes: Sizes) -> float:
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
