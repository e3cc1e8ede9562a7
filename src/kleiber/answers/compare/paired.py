"""What two models' runs on the same replicates say by themselves, size by size: the luck that they share cancels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from kleiber.curves.curve import Curve
from kleiber.forecasting.forecast import Forecast, Interval

Subsets = Mapping[float, Mapping[str, float]]
"""The loss of each replicate, by size."""


@dataclass(frozen=True, slots=True)
class Paired:
    """First minus second over `count` replicates that both were measured on at n; Student's interval of the mean.

    `variance_ratio` is the variance of the difference over the sum of both variances: below 1 the luck they share cancels.
    """

    n: float
    count: int
    difference: Interval
    variance_ratio: float


def paired_differences(first: Subsets, second: Subsets) -> Iterator[Paired]:
    """Give the paired difference at each size that two replicates or more have in common."""
    for n in sorted(first):
        labels = sorted(first[n].keys() & second.get(n, {}).keys())
        if len(labels) < 2:
            continue
        x, y = (np.array([one[n][label] for label in labels]) for one in (first, second))
        middle, sd, k = float(np.mean(x - y)), float(np.std(x - y, ddof=1)), len(labels)
        half = float(special.stdtrit(k - 1, 0.95)) * sd / np.sqrt(k)
        apart = float(np.var(x, ddof=1) + np.var(y, ddof=1))
        yield Paired(n, k, Interval(middle, middle - half, middle + half), sd**2 / apart if apart > 0 else 1.0)


def labelled(curve: Curve) -> bool:
    """Say whether replicates have names of their own.

    Rows without names were numbered at each size in the order of their losses, which pairs nothing.
    """
    if any(curve.seed):
        return True
    start = np.append(0, np.flatnonzero(np.diff(curve.n)) + 1)
    place = np.arange(len(curve.n)) - np.repeat(start, np.diff(np.append(start, len(curve.n))))
    return tuple(str(i) for i in place) != curve.replicate or bool(np.any((np.diff(curve.loss) < 0) & (place[1:] > 0)))


def subsets(fc: Forecast) -> Subsets:
    """Give the loss of each replicate at each size, without the runs that the forecast leaves out; seeds are averaged."""
    found: dict[float, dict[str, list[float]]] = {}
    left = {(one.n, one.replicate, one.seed, one.loss) for one in fc.outliers}
    curve = fc.curve
    for n, label, seed, loss in zip(curve.n.tolist(), curve.replicate, curve.seed, curve.loss.tolist(), strict=True):
        if (n, str(label), str(seed), loss) not in left:
            found.setdefault(n, {}).setdefault(label, []).append(loss)
    return {n: {label: float(np.mean(losses)) for label, losses in of_size.items()} for n, of_size in found.items()}
