"""How good the exponents of forecasts are, by simulation: `python -m benchmarks.exponents`.

Simulated: power laws whose exponent is uniform between .2 and .9, half of them with a floor of .05 to .5 of the loss at the
smallest size, noise of .5, 1, 2 or 5 %, five to nine sizes doubling from 100, with three runs each or one. `covers` is the
share whose 90 % interval holds the exponent, `width` its median width, `off` the median of how far the interval's middle is
from the exponent; `twice` how many middles of the 40 first are given to two curves, to 1e-6. Beside them three kinds that
the interval is not made for: runs of a size that share luck, a small-data bend, and a law that breaks at the largest sizes.
Their exponent is that from the largest size to eight times it.

Last run 2026-11-29, two cores, 17 s:

    1000 curves each              covers   width     off   twice
    power laws                     0.932   0.078   0.008       0
      noise 0.5 %                  0.980   0.038   0.004       0
      noise 1 %                    0.947   0.055   0.007       0
      noise 2 %                    0.934   0.102   0.011       0
      noise 5 %                    0.864   0.232   0.028       0
      with a floor                 0.882   0.217   0.024       0
      without                      0.985   0.039   0.005       0
    runs that share luck           0.905   0.103   0.014       0
    a bend                         0.682   0.394   0.133       1
    a break                        0.241   0.188   0.373       0

A break at the largest sizes is one that no forecast can know, and a bend may not have ended there.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber import forecast_many

Array = NDArray[np.float64]
Chance = np.random.Generator

EXPONENTS = (0.2, 0.9)
NOISES = (0.005, 0.01, 0.02, 0.05)
SMALLEST, AHEAD = 100.0, 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Rows `n, loss (m,)`, the exponent from the largest size to `AHEAD` times it, and what was drawn: floor and noise."""

    n: Array
    loss: Array
    exponent: float
    floor: float
    noise: float


def plain(chance: Chance, n: Array, exponent: float) -> Array:
    return np.asarray((n / SMALLEST) ** -exponent)


def bend(chance: Chance, n: Array, exponent: float) -> Array:
    """Guessing below a size in the first half of the range, the power law far beyond it."""
    place = (n[-2] / SMALLEST) ** chance.uniform(0.1, 0.5)
    return np.asarray(1 / (1 + (n / SMALLEST / place) ** exponent))


def broken(chance: Chance, n: Array, exponent: float) -> Array:
    """A power law whose exponent doubles or halves within the last three doublings."""
    place, change = n[-2] * 2 ** chance.uniform(-3.0, 0.0), exponent * chance.choice([-0.5, 1.0])
    return np.asarray((n / SMALLEST) ** -exponent * (1 + (n / place) ** 4) ** (-change / 4))


def curves(fall: Callable[[Chance, Array, float], Array], count: int, seed: int, *, shared: float = 0.0) -> list[Simulated]:
    """Draw curves of a form; `shared` is the noise that runs of one size have in common, over their own."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        n = SMALLEST * 2.0 ** np.arange(chance.integers(5, 10))
        runs = int(chance.choice([1, 3]))
        floor = float(chance.choice([0.0, chance.uniform(0.05, 0.5)]))
        noise = float(chance.choice(NOISES))
        falls = fall(chance, np.append(n, AHEAD * n[-1]), chance.uniform(*EXPONENTS))
        luck = noise * (chance.normal(size=(len(n), runs)) + shared * chance.normal(size=(len(n), 1)))
        loss = ((1 - floor) * falls[:-1] + floor)[:, None] * np.exp(luck)
        exponent = float(np.log(falls[-2] / falls[-1]) / np.log(AHEAD))
        found.append(Simulated(np.repeat(n, runs), loss.ravel(), exponent, floor, noise))
    return found


def intervals(drawn: list[Simulated]) -> Array:
    """Give low end, middle and high end of each curve's exponent, `(count, 3)`; NaN where the forecast is refused."""
    found = forecast_many([(one.n, one.loss) for one in drawn])
    known = (fc.exponent if fc.status == "ok" else None for fc in found)
    return np.array([[np.nan] * 3 if one is None else [one.low, one.median, one.high] for one in known])


def twice(middles: Array) -> int:
    """Give how many of some middles are within 1e-6 of another."""
    rising = np.sort(middles)
    return int(np.sum(np.diff(rising) < 1e-6))


def told(name: str, ends: Array, truth: Array) -> str:
    low, middle, high = ends.T
    covers, off = np.mean((low <= truth) & (truth <= high)), np.median(np.abs(middle - truth))
    return f"    {name:28}{covers:8.3f}{np.median(high - low):8.3f}{off:8.3f}{twice(middle[:40]):8d}"


def simulated(count: int, seed: int) -> Iterator[str]:
    """Give a line for each kind of curve."""
    yield f"    {f'{count} curves each':28}{'covers':>8}{'width':>8}{'off':>8}{'twice':>8}"
    drawn = curves(plain, count, seed)
    ends, truth = intervals(drawn), np.array([one.exponent for one in drawn])
    yield told("power laws", ends, truth)
    for noise in NOISES:
        of = np.array([one.noise == noise for one in drawn])
        yield told(f"  noise {100 * noise:g} %", ends[of], truth[of])
    floored = np.array([one.floor > 0 for one in drawn])
    yield told("  with a floor", ends[floored], truth[floored])
    yield told("  without", ends[~floored], truth[~floored])
    for name, fall, shared in (("runs that share luck", plain, 1.0), ("a bend", bend, 0.0), ("a break", broken, 0.0)):
        other = curves(fall, count, seed + 1, shared=shared)
        yield told(name, intervals(other), np.array([one.exponent for one in other]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--curves", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261129)
    asked = parser.parse_args()
    start = time.perf_counter()
    for line in simulated(asked.curves, asked.seed):
        print(line, flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
