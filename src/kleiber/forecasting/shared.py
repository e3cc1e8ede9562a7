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
    of a search; and with how many degrees of freedom `luck_dof` searches tell it, 0 where none does.

    A size's mean over the winners of several searches has the luck of each: `common (k,)` is the part of that variance that
    its runs share, and `alone` is that of one subset's runs, which are averaged over subsets.
    """

    variance: float
    shared: float
    luck_dof: float
    common: Array
    alone: float

    def of_mean(self, count: Array) -> Array:
        """Give the noise variance of each size's mean over that of one run, from its number of subsets, `(k,)` each."""
        return np.asarray(self.common + self.alone / count)


def noise_of(sizes: Sizes) -> Noise:
    """Give the noise of one run of a curve."""
    own = sizes.own or 0.0
    run = own + sizes.apart
    variance, dof = run / (1.0 - SHARED), 0.0
    if sizes.luck is not None:
        variance, dof = max(sizes.luck.middle**2 + run, variance), sizes.luck.dof
    shared = 1.0 - run / variance if run and sizes.luck is not None else SHARED
    times = np.ones(len(sizes.n)) if sizes.searches is None or sizes.luck is None else sizes.searches
    if sizes.searches is None:
        return Noise(variance, shared, dof, shared / times, 1.0 - shared)
    if not run:  # nothing tells a run's own noise, and each mean is over as many runs as searches, or more
        return Noise(variance, shared, dof, shared / times, float((1.0 - shared) / times.min()))
    alone = own / variance
    return Noise(variance, shared, dof, np.maximum(shared / times, alone * SHARED / (1.0 - SHARED)), alone)


def share_of(sizes: Sizes) -> Array:
    """Give the noise variance of each size's mean over that of one run, `(k,)`."""
    return noise_of(sizes).of_mean(sizes.count.astype(np.float64))


def explained(sizes: Sizes) -> tuple[float, float, float]:
    """Give by which noise a calibration knows repeated runs: the relative variance of runs of a size, its degrees of
    freedom, and runs a size.

    Their quotient is the part of a size mean's variance that is known as noise: that of its runs, and of what the searches
    tell beyond `SHARED` the part `KNOWN`. It was chosen so that 90 % intervals of simulated studies cover 90 to 95 %
    (`benchmarks/search_luck_interval.py`); at 0 they cover 98 %, since a curve without repeats may stray from every law.
    """
    own, dof, repeats = sizes.own or 0.0, float(np.sum(sizes.count - 1)), float(1.0 / np.mean(1.0 / sizes.count))
    noise = noise_of(sizes)
    common = float(np.mean(noise.common))
    beyond = (common / (common + noise.alone) - SHARED) / (1.0 - SHARED)
    return own + KNOWN * beyond * common * noise.variance * repeats, dof, repeats
