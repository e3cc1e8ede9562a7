"""Are forecasts of searched curves right about the luck of the search? `python -m benchmarks.search_luck_interval`.

Simulated studies: five, seven or nine sizes that double from 100, a power law with or without a floor, at each size a
search of 20 random draws in one of six landscapes (distance from the best setting in one dimension, its square in one to
five, or exponential losses), and three runs of the winner with 1 % noise. A search varies by 0, 2, 5 or 10 % of the loss
from one to another; the validation loss of a trial has .5 % noise. Told are, at eight times the largest size, the part of
new runs (of new searches) that lie in their 90 % interval, with the luck and with the constant that tables of runs have;
how wide the intervals are, on the log of the loss, over those with the constant; the median of the said over the true luck,
and the part of studies in which they are within a factor of 1.5.

`--real FILE` does the second on measured trials: a JSON list of draws with `n`, `val` (the validation loss of a draw) and
`test` (test losses of the same setting on fresh subsets). Where the file is not there, it is made of 150 settings of a
small net on scikit-learn's digits at each of five sizes. The draws are dealt into searches of 20.

Result of 2026-11-29, --count 400 (18 s of processor time; the file of draws took 180 s):

    luck  covers (5, 7, 9 sizes)    constant   width / constant   said / true   within 1.5
      0%  0.925 (0.997 0.934 0.844)   0.922      0.95               -             -
      2%  0.944 (0.966 0.940 0.927)   0.943      0.87               0.95          0.80
      5%  0.915 (0.913 0.932 0.899)   0.940      0.68               0.95          0.80
     10%  0.901 (0.902 0.895 0.904)   0.930      0.56               0.95          0.78
With clean curves weighed, of 2026-11-30, --count 150, and the draws as before:

      0%  0.929 (0.968 0.937 0.881)   0.940      0.97               -             -
      2%  0.944 (0.947 0.957 0.927)   0.912      0.99               0.93          0.83
      5%  0.906 (0.915 0.913 0.891)   0.870      0.93               0.95          0.79
     10%  0.908 (0.900 0.903 0.922)   0.881      0.90               0.96          0.80
    digits: true luck 0.160, said 0.82 times it,
      within 1.5 in 0.66, 90 % interval holds it in 0.94

With --searches 2 each size is searched twice on the same subsets, and the winners tell of the luck too; `held` is the part
of its said 90 % intervals that hold the true one. Of 2026-11-30, --count 150:

    luck  covers (5, 7, 9 sizes)    constant   width / constant   said / true   within 1.5   held
      0%  0.935 (0.974 0.952 0.879)   0.939      0.99               -             -            -
      2%  0.932 (0.938 0.937 0.920)   0.882      1.07               0.97          0.94         0.91
      5%  0.933 (0.939 0.940 0.918)   0.877      1.02               1.01          0.93         0.92
     10%  0.904 (0.892 0.927 0.893)   0.845      1.01               0.98          0.93         0.90
"""

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import forecast_many
from kleiber.curves.curve import Curve, make_curve
from kleiber.curves.curve import sizes as sizes_of
from kleiber.curves.luck import Found, of_trials, pooled

Array = NDArray[np.float64]
Chance = np.random.Generator

LUCKS, SIZES, TRIALS, RUNS = (0.0, 0.02, 0.05, 0.1), (5, 7, 9), 20, 3
NOISE, NOISE_OF_TRIAL, AHEAD, NEW = 0.01, 0.005, 8.0, 50
LANDSCAPES = {"distance": (1, 1), "square": (1, 2), "two squares": (2, 2), "three squares": (3, 2), "five squares": (5, 2)}
WITHIN = np.log(1.5)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A curve with what its searches say, and losses of new runs of new searches at `AHEAD` times its largest size."""

    curve: Curve
    new: Array


def landscape(chance: Chance, name: str, shape: tuple[int, ...]) -> Array:
    """Draw losses above the lowest, in a unit of its own."""
    if name == "exponential":
        return chance.exponential(size=shape)
    dimensions, power = LANDSCAPES[name]
    weight = np.array([1.0, 0.5, 0.3, 0.2, 0.15])[:dimensions]
    return np.asarray((np.abs(chance.uniform(-1, 1, size=(*shape, dimensions))) ** power) @ weight)


@cache
def best_of(name: str, trials: int) -> tuple[float, float]:
    """Give mean and standard deviation of the lowest of so many draws."""
    lowest = landscape(np.random.default_rng(0), name, (5000, trials)).min(axis=1)
    return float(lowest.mean()), float(lowest.std())


def search(chance: Chance, name: str, luck: float, searches: int, trials: int = TRIALS) -> tuple[Array, Array]:
    """Give, of so many searches, what their trials measured, the best first, and what their winners are worth: relative to
    the expected best.
    """
    mean, spread = best_of(name, trials)
    worth = np.exp((landscape(chance, name, (searches, trials)) - mean) * luck / spread)
    seen = worth * np.exp(NOISE_OF_TRIAL * chance.normal(size=worth.shape))
    order = np.argsort(seen, axis=1)
    return np.take_along_axis(seen, order, axis=1), np.take_along_axis(worth, order, axis=1)[:, 0]


def simulated(chance: Chance, luck: float, sizes: int, trials: int = TRIALS, searches: int = 1) -> Simulated:
    """Draw a study whose searches vary by `luck` from one to another; of several, half of the noise is the subset's."""
    name = [*LANDSCAPES, "exponential"][chance.integers(len(LANDSCAPES) + 1)]
    n = 100.0 * 2.0 ** np.arange(sizes)
    exponent, floor = np.exp(chance.uniform(np.log(0.1), np.log(0.6))), chance.choice([0.0, chance.uniform(0.0, 0.6)])
    truth = (1.0 - floor) * (np.append(n, AHEAD * n[-1]) / n[0]) ** -exponent + floor
    seen, worth = search(chance, name, luck, searches * sizes, trials)
    at, level = np.repeat(n, searches), np.repeat(truth[:-1], searches)
    noise = NOISE * chance.normal(size=(searches * sizes, RUNS))
    if searches > 1:
        noise = np.sqrt(0.5) * (noise + np.repeat(NOISE * chance.normal(size=(sizes, RUNS)), searches, axis=0))
    loss = (level * worth)[:, None] * np.exp(noise)
    found = [of_trials(size, one * seen_, trials) for size, one, seen_ in zip(at.tolist(), level, seen, strict=True)]
    labels = [str(i) for _ in at for i in range(RUNS)]
    which = [k for _ in n for k in range(searches) for _ in range(RUNS)]
    seeds = [f"{label} of {k}" for label, k in zip(labels, which, strict=True)] if searches > 1 else None
    curve = make_curve(np.repeat(at, RUNS), loss.ravel(), replicate=labels, seed=seeds)
    if seeds is not None:
        curve = replace(curve, search_of=dict(zip(seeds, which, strict=True)))
    later = search(chance, name, luck, NEW, trials)[1]
    new = truth[-1] * later * np.exp(NOISE * chance.normal(size=NEW))
    return Simulated(replace(curve, searched=tuple(one for one in found if one is not None)), np.asarray(new))


@dataclass(frozen=True, slots=True)
class Result:
    """Of studies with one luck and number of sizes: parts of new runs that 90 % intervals hold, mean widths, said luck,
    and the part of its 90 % intervals that hold the true one.
    """

    covers: float
    covers_constant: float
    width: float
    width_constant: float
    said: tuple[float, ...]
    held: float


def judge(luck: float, sizes: int, count: int, *, trials: int = TRIALS, searches: int = 1) -> Result:
    """Forecast so many simulated studies with what their searches say, and with the constant."""
    chance = np.random.default_rng([round(1000 * luck), sizes, trials, *([searches] if searches > 1 else [])])
    studies = [simulated(chance, luck, sizes, trials, searches) for _ in range(count)]
    luck_in = _intervals([one.curve for one in studies], studies)
    constant = _intervals([replace(one.curve, searched=(), search_of={}) for one in studies], studies)
    found = [told for one in studies if (told := sizes_of(one.curve).luck) is not None]
    said, held = tuple(one.middle for one in found), float(np.mean([one.low <= luck <= one.high for one in found]))
    return Result(luck_in[0], constant[0], luck_in[1], constant[1], said, held)


def _intervals(curves: Sequence[Curve], studies: Sequence[Simulated]) -> tuple[float, float]:
    """Give the part of new runs inside, and the mean width on the log of the loss."""
    inside, width = [], []
    for fc, one in zip(forecast_many(curves), studies, strict=True):
        if fc.status == "ok":
            low, high = fc.posterior.quantile(AHEAD * one.curve.n[-1:], np.array([0.05, 0.95]), 1.0)[0]
            inside.append(np.mean((one.new >= low) & (one.new <= high)))
            width.append(np.log(high / low))
    return float(np.mean(inside)), float(np.mean(width))


def dealt(draws: Sequence[Mapping[str, Any]], count: int, trials: int = TRIALS) -> Iterator[tuple[Array, Array]]:
    """Give, of so many studies whose searches are dealt from measured draws: what each says, and what its winners are worth
    at each size.
    """
    by_size: dict[float, list[Mapping[str, Any]]] = {}
    for draw in draws:
        if draw["val"] is not None and None not in draw["test"]:
            by_size.setdefault(float(draw["n"]), []).append(draw)
    chance = np.random.default_rng(0)
    for _ in range(count):
        found: list[Found | None] = []
        worth = []
        for n, some in by_size.items():
            ours = sorted((some[i] for i in chance.choice(len(some), trials, replace=False)), key=lambda draw: draw["val"])
            found.append(of_trials(n, [draw["val"] for draw in ours], trials))
            worth.append(np.log(np.mean(ours[0]["test"])))
        said = pooled([one for one in found if one is not None])
        yield np.array([np.nan] * 3 if said is None else [said.middle, said.low, said.high]), np.array(worth)


def measure(path: Path, draws: int, sizes: Sequence[int] = (60, 120, 240, 480, 960)) -> None:
    """Draw settings of a small net on scikit-learn's digits, measure each once on validation and thrice on test."""
    from sklearn.datasets import load_digits
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    told = []

    def loss(params: Mapping[str, Any], rows: Any, seed: int, on: slice) -> float | None:
        net = MLPClassifier(
            (params["width"],),
            solver="sgd",
            learning_rate_init=params["lr"],
            momentum=params["momentum"],
            alpha=params["alpha"],
            batch_size=16,
            max_iter=12,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                chances = net.fit(x[rows], y[rows]).predict_proba(x[on])
            except ValueError:  # it diverged
                return None
        whole = np.full((len(chances), 10), 1e-12)
        whole[:, net.classes_] = np.clip(chances, 1e-12, 1.0)
        return float(log_loss(y[on], whole / whole.sum(axis=1, keepdims=True), labels=range(10)))

    for n in sizes:
        subsets = [800 + np.random.default_rng([n, r]).choice(len(x) - 800, n, replace=False) for r in range(4)]
        for k in range(draws):
            chance = np.random.default_rng([1, n, k])
            params = {
                "lr": float(np.exp(chance.uniform(np.log(1e-4), 0.0))),
                "momentum": float(chance.uniform(0, 0.95)),
                "alpha": float(np.exp(chance.uniform(np.log(1e-6), np.log(0.3)))),
                "width": int(chance.integers(8, 100)),
            }
            test = [loss(params, subsets[r], r, slice(0, 500)) for r in (1, 2, 3)]
            told.append({"n": n, "val": loss(params, subsets[0], 1000 + k, slice(500, 800)), "test": test})
    path.write_text(json.dumps(told), encoding="utf-8")


def main() -> None:
    """Print coverage and widths of simulated studies, and said against true luck."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=400, help="studies of each luck and number of sizes")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--searches", type=int, default=1, help="searches of each size; their trials tell too")
    parser.add_argument("--real", type=Path, default=None, help="a file of measured draws, made where it is not there")
    options = parser.parse_args()
    start = time.process_time()
    print("luck  covers (5, 7, 9 sizes)    constant   width / constant   said / true   within 1.5   held")
    for luck in LUCKS:
        found = [judge(luck, sizes, options.count, trials=options.trials, searches=options.searches) for sizes in SIZES]
        covers, constant = (np.array([getattr(one, name) for one in found]) for name in ("covers", "covers_constant"))
        ratio = sum(one.width for one in found) / sum(one.width_constant for one in found)
        off = np.log(np.concatenate([one.said for one in found]) / luck) if luck else np.array([np.nan])
        each = " ".join(f"{part:.3f}" for part in covers)
        held = f"{np.mean([one.held for one in found]):.2f}" if luck else "-"
        right = (
            f"{np.exp(np.median(off)):.2f}          {np.mean(np.abs(off) < WITHIN):.2f}" if luck else "-             -   "
        )
        said = f"{right}         {held}"
        print(f"{luck:4.0%}  {covers.mean():.3f} ({each})   {constant.mean():.3f}      {ratio:.2f}               {said}")
    print(f"{time.process_time() - start:.0f} s of processor time")
    if options.real is not None:
        if not options.real.exists():
            measure(options.real, 150)
        studies = list(dealt(json.loads(options.real.read_text()), 400))
        ours, worth = np.array([one for one, _ in studies]), np.array([found for _, found in studies])
        true = float(np.sqrt(np.mean(np.var(worth, axis=0))))
        off = np.log(ours[:, 0] / true)
        held = np.mean((ours[:, 1] <= true) & (true <= ours[:, 2]))
        print(
            f"digits: true luck {true:.3f}, said {np.exp(np.median(off)):.2f} times it, "
            f"within 1.5 in {np.mean(np.abs(off) < WITHIN):.2f}, 90 % interval holds it in {held:.2f}"
        )


if __name__ == "__main__":
    main()
