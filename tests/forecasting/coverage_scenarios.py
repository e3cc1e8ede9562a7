"""Studies with a known truth, on which coverage is measured, and the interval of an oracle that is told the law.

A scenario says how the truth falls and how runs scatter about it. A study has five to nine sizes, each twice the one
before, and three runs a size; what is asked of its forecast is the truth at eight times the largest size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Chance = np.random.Generator

RUNS, AHEAD, SMALLEST = 3, 8.0, 100.0
EXPONENTS = np.geomspace(0.005, 3.0, 240)  # of the oracle's search


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Rows `n, loss (m,)`, the size `ahead`, the true curve's loss there, and that of one new run."""

    n: Array
    loss: Array
    ahead: float
    truth: float
    run: float

    def rows(self, *, labelled: bool) -> dict[str, Any]:
        """Give the study as `forecast_many` takes it."""
        rows: dict[str, Any] = {"n": self.n, "loss": self.loss}
        return rows | ({"replicate": [i % RUNS for i in range(len(self.n))]} if labelled else {})


def power(chance: Chance, n: Array) -> Array:
    """A power law with a floor of up to half of the loss at the smallest size."""
    exponent, floor = chance.uniform(0.05, 0.6), chance.uniform(0.0, 0.5)
    return (1 - floor) * (n / SMALLEST) ** -exponent + floor


def bend(chance: Chance, n: Array) -> Array:
    """A small-data bend: guessing below a size in the first half of the range, the power law far beyond it."""
    exponent, floor = chance.uniform(0.2, 0.8), chance.uniform(0.0, 0.3)
    place = SMALLEST * (n[-2] / SMALLEST) ** chance.uniform(0.1, 0.5)
    return (1 - floor) / (1 + (n / place) ** exponent) + floor


def broken(chance: Chance, n: Array) -> Array:
    """A power law whose exponent doubles or halves between the largest size and eight times it."""
    exponent = chance.uniform(0.05, 0.6)
    place, change = n[-2] * 2 ** chance.uniform(0.0, 2.0), exponent * chance.choice([-0.5, 1.0])
    return np.asarray((n / SMALLEST) ** -exponent * (1 + (n / place) ** 4) ** (-change / 4))


def flat(chance: Chance, n: Array) -> Array:
    """No trend at all."""
    return np.full(len(n), chance.uniform(0.5, 2.0))


def even(chance: Chance, n: Array) -> Array:
    """Independent relative noise of 1 to 5 %, the same at all sizes."""
    return chance.uniform(0.01, 0.05) * chance.normal(size=(len(n), RUNS))


def shared(chance: Chance, n: Array) -> Array:
    """The same, and as much again that all runs of a size share, as they do when they are trained on one subset."""
    sd = chance.uniform(0.01, 0.05)
    return sd * (chance.normal(size=(len(n), RUNS)) + chance.normal(size=(len(n), 1)))


def heavy(chance: Chance, n: Array) -> Array:
    """Student's t with three degrees of freedom, of standard deviation 1 to 5 %."""
    return chance.uniform(0.01, 0.05) * chance.standard_t(3, size=(len(n), RUNS)) / np.sqrt(3.0)


def growing(chance: Chance, n: Array) -> Array:
    """Noise that grows as n**-0.5 towards small sizes, where it is 4 to 15 %."""
    return chance.uniform(0.04, 0.15) * (n[:, None] / SMALLEST) ** -0.5 * chance.normal(size=(len(n), RUNS))


def studies(
    fall: Callable[[Chance, Array], Array], noise: Callable[[Chance, Array], Array], count: int, seed: int
) -> list[Study]:
    """Draw studies of a scenario."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        n = SMALLEST * 2.0 ** np.arange(chance.integers(5, 10))
        sizes = np.append(n, AHEAD * n[-1])
        truth = fall(chance, sizes)
        loss = np.maximum(truth[:, None] * (1 + noise(chance, sizes)), 1e-3)
        found.append(Study(np.repeat(n, RUNS), loss[:-1].ravel(), float(sizes[-1]), float(truth[-1]), float(loss[-1, 0])))
    return found


def oracle(study: Study, probability: float = 0.9) -> tuple[float, float]:
    """Give the interval of one who knows that the law is a power law with a floor, and fits it to the size means.

    Least squares weighted by 1 / mean**2; Student's interval by the delta method, with the floor taken as known to be
    zero where the fit puts it there.
    """
    n = study.n[::RUNS]
    mean = study.loss.reshape(-1, RUNS).mean(axis=1)
    x = (n / n[-1]) ** -EXPONENTS[:, None] / mean
    one, y = 1 / mean, np.ones(len(mean))
    xx, xo, oo = (x * x).sum(axis=1), x @ one, one @ one
    xy, oy = x @ y, one @ y
    free = (xx * oy - xo * xy) / (xx * oo - xo**2)
    c = np.clip(free, 0.0, None)
    a = (xy - c * xo) / xx
    rss = ((y - a[:, None] * x - c[:, None] * one) ** 2).sum(axis=1)
    best = int(np.argmin(rss))
    b, a_, c_ = EXPONENTS[best], a[best], c[best]
    fall, ahead = (n / n[-1]) ** -b, (study.ahead / n[-1]) ** -b
    columns = [fall, -a_ * fall * np.log(n / n[-1]), np.ones(len(n))][: 3 if c_ > 0 else 2]
    gradient = np.array([ahead, -a_ * ahead * np.log(study.ahead / n[-1]), 1.0])[: len(columns)]
    design = np.stack(columns, axis=1) / mean[:, None]
    dof = len(n) - len(columns)
    spread = gradient @ np.linalg.pinv(design.T @ design) @ gradient * rss[best] / dof
    half = stats.t.ppf((1 + probability) / 2, dof) * np.sqrt(spread)
    middle = a_ * ahead + c_
    return float(middle - half), float(middle + half)
