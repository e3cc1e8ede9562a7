"""The noise of a run before any law is fitted: what all runs of a size share, and what is its own.

Where a study's searches tell their luck, that is what its runs share; in a table of runs, which has no search, a constant.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Sizes

Array = NDArray[np.float64]

SHARED = 0.3  # the part of one run's noise variance that all runs of a size share; with searches, the least
KNOWN = 0.5  # how far luck that searches tell is known as noise, where that of repeated runs is wholly (1)


@dataclass(frozen=True, slots=True)
class Noise:
    """The `variance` of one run relative to the squared loss, 0 where unknown; the part of it that is `shared` by all runs
    of a size; and with how many degrees of freedom `luck_dof` searches tell it, 0 where none does.
    """

    variance: float
    shared: float
    luck_dof: float


def noise_of(sizes: Sizes) -> Noise:
    """Give the noise of one run of a curve."""
    own = sizes.own or 0.0
    least = own / (1.0 - SHARED)
    if sizes.luck is None:
        return Noise(least, SHARED, 0.0)
    variance = max(sizes.luck.middle**2 + own, least)
    return Noise(variance, 1.0 - own / variance if own else SHARED, sizes.luck.dof)


def share_of(sizes: Sizes) -> Array:
    """Give the noise variance of each size's mean over that of one run, `(k,)`."""
    shared = noise_of(sizes).shared
    return np.asarray(shared + (1.0 - shared) / sizes.count)


def explained(sizes: Sizes) -> tuple[float, float, float]:
    """Give by which noise a calibration knows repeated runs: the relative variance of runs of a size, its degrees of
    freedom, and runs a size.

    Their quotient is the part of a size mean's variance that is known as noise: that of its runs, and of what the searches
    tell beyond `SHARED` the part `KNOWN`. It was chosen so that 90 % intervals of simulated studies cover 90 to 95 %
    (`benchmarks/search_luck_interval.py`); at 0 they cover 98 %, since a curve without repeats may stray from every law.
    """
    own, dof, repeats = sizes.own or 0.0, float(np.sum(sizes.count - 1)), float(1.0 / np.mean(1.0 / sizes.count))
    noise = noise_of(sizes)
    beyond = (noise.shared - SHARED) / (1.0 - SHARED)
    return own + KNOWN * beyond * noise.shared * noise.variance * repeats, dof, repeats
