"""What outliers do to a forecast, and what leaving them out costs where there are none: `python -m benchmarks.outliers`.

Simulated: power laws with a floor (exponents .05 to .6, floors up to half), error rates, noise of 1 to 5 %; six sizes
doubling from 100 with three runs each, or nine with one. A bad run has learnt nothing (error .9), or is 30 % above or
below, a third each. Coverage is that of the 90 % interval of the true curve at 8 times the largest size; `width` the median
of its width over that of the same studies without a bad run (clean: over that with all runs in); `moved` the share of
studies whose median at 2, 4 or 8 times the largest size moves by a third of that width or more. Real curves: how often a
run is left out.

Last run 2026-11-29, two cores, n = 400 studies each; `robust`, in brackets `keep`, which has the bad runs in:

                                covers          width         moved
    6 sizes x 3, clean          .958            1.00          .000     a run left out in none
    2 % of the runs             .958 (.940)     1.00 (1.18)   .007 (.155)
    1 run in 18                 .955 (.920)     1.02 (1.59)   .037 (.430)
    one at the smallest size    .965 (.958)     1.06 (1.46)   .035 (.307)
    one in the middle           .950 (.988)     1.00 (1.89)   .003 (.455)
    one at the largest size     .953 (.517)     1.00 (1.35)   .035 (.993)
    9 sizes x 1, clean          .995            1.00          .000     a run left out in none
    2 % of the runs             .993 (.983)     1.01 (1.11)   .015 (.050)
    1 run in 18                 .990 (.975)     1.05 (1.38)   .037 (.130)
    one at the smallest size    .995 (.998)     1.26 (1.69)   .165 (.207)
    one in the middle           .990 (1.00)     1.01 (2.89)   .000 (.175)
    one at the largest size     .938 (.481)     1.01 (2.02)   .195 (.995)

A run that is the only one of the largest size is found in four of five; 30 % above is within the noise there. One that is
the only one of the smallest size and lies high stays in, since learning does that, and widens the forecast by a quarter.
Single runs cover more than 90 % where none is bad, too: that is the calibration's doing.
Of 518 public curves, 11 have a run left out: 3 of 72 of IC, 8 of 410 of LCDB (8 of 22,681 rows).
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocol import curves as data
from kleiber import Forecast, forecast_many
from kleiber.curves.curve import Curve, make_curve
from kleiber.forecasting.refusals import unusable
from kleiber.forecasting.robust import split

Array = NDArray[np.float64]

NINETY = np.array([0.05, 0.5, 0.95])
AHEAD = np.array([2.0, 4.0, 8.0])
SHAPES = {"6 sizes x 3": (6, 3), "9 sizes x 1": (9, 1)}
RATES = {"2 %": 0.02, "1 in 18": 1 / 18}


def studies(count: int, sizes: int, runs: int, seed: int) -> tuple[Array, Array, Array]:
    """Draw clean studies: `n (m,)`, `loss (count, m)`, and the true curve at `AHEAD` times the largest size."""
    chance = np.random.default_rng(seed)
    n = np.repeat(100.0 * 2.0 ** np.arange(sizes), runs)
    exponent, floor = chance.uniform(0.05, 0.6, (count, 1)), chance.uniform(0.0, 0.5, (count, 1))
    noise = chance.uniform(0.01, 0.05, (count, 1)) * chance.normal(size=(count, len(n)))

    def curve(at: Array) -> Array:
        return np.asarray(0.7 * ((1 - floor) * (at / 100.0) ** -exponent + floor))

    return n, curve(n) * np.exp(noise), curve(n[-1] * AHEAD)


def spoilt(loss: Array, bad: NDArray[np.bool_], seed: int) -> Array:
    """Give losses of which the bad ones have learnt nothing, or are 30 % above or below."""
    kind = np.random.default_rng([seed, 1]).integers(0, 3, loss.shape)
    return np.where(bad, np.choose(kind, [np.full_like(loss, 0.9), 1.3 * loss, 0.7 * loss]), loss)


def answered(n: Array, loss: Array, outliers: str) -> list[Forecast]:
    return forecast_many([{"n": n, "loss": row, "metric": "error"} for row in loss], outliers=outliers)  # type: ignore[arg-type]


def table(found: list[Forecast], n: Array) -> Array:
    """Give low, middle and high end of the curve at `AHEAD` times the largest size, `(count, 3, 3)`; NaN where refused."""
    at, none = n[-1] * AHEAD, np.full((3, 3), np.nan)
    return np.array([fc.posterior.quantile(at, NINETY, None) if fc.status == "ok" else none for fc in found])


def told(name: str, found: Array, clean: Array, truth: Array) -> str:
    """Write coverage, width over the clean one's, and the share that moved, of forecasts beside those of clean runs."""
    ok = ~np.isnan(found[:, 0, 0]) & ~np.isnan(clean[:, 0, 0])
    low, _, high = found[ok, 2].T
    covered = np.mean((truth[ok, 2] >= low) & (truth[ok, 2] <= high))
    width = np.median(high - low) / np.median(clean[ok, 2, 2] - clean[ok, 2, 0])
    moved = np.abs(found[ok, :, 1] - clean[ok, :, 1]) >= (clean[ok, :, 2] - clean[ok, :, 0]) / 3
    return f"{name:44}{covered:8.3f}{width:8.2f}{np.mean(moved.any(axis=1)):8.3f}{len(ok) - ok.sum():9d}"


def simulated(count: int, seed: int) -> Iterator[str]:
    """Give a line for each kind of study."""
    yield f"{f'{count} studies each':44}{'covers':>8}{'width':>8}{'moved':>8}{'refused':>9}"
    for shape, (sizes, runs) in SHAPES.items():
        n, loss, truth = studies(count, sizes, runs, seed)
        clean = answered(n, loss, "robust")
        kept = table(answered(n, loss, "keep"), n)
        alarms = np.mean([bool(fc.outliers) for fc in clean])
        yield told(f"{shape}, clean", table(clean, n), kept, truth) + f"   a run left out in {alarms:.3f}"
        chance = np.random.default_rng([seed, 2])
        ways = {name: chance.random(loss.shape) < rate for name, rate in RATES.items()}
        for name, column in (("smallest size", 0), ("middle", len(n) // 2), ("largest size", len(n) - 1)):
            ways[f"one at the {name}"] = np.arange(len(n)) == np.full((count, 1), column)
        for name, bad in ways.items():
            worse = spoilt(loss, bad, seed)
            for outliers in ("robust", "keep"):
                found = table(answered(n, worse, outliers), n)
                without = clean_without(n, loss, bad)
                yield told(f"{shape}, {name}, {outliers}", found, without, truth)


def clean_without(n: Array, loss: Array, bad: NDArray[np.bool_]) -> Array:
    """Give the forecasts of the good runs alone, as `table` does."""
    rows = [{"n": n[~wrong], "loss": row[~wrong], "metric": "error"} for row, wrong in zip(loss, bad, strict=True)]
    return table(forecast_many(rows, outliers="keep"), n)


def real() -> Iterator[str]:
    """Give a line for each public domain: of how many curves, whole, a run is left out."""
    found, skipped = data.read(data.folder(), data.DOMAINS)
    yield from skipped
    for domain, curves in found.items():
        whole = [curve for curve in map(_whole, curves) if unusable(curve) is None]
        left = [len(split(curve)[1]) for curve in whole]
        rows = sum(len(curve.n) for curve in whole)
        yield f"{domain}: {np.count_nonzero(left)} of {len(whole)} curves, {sum(left)} of {rows} rows"


def _whole(curve: data.BenchmarkCurve) -> Curve:
    return make_curve(np.append(curve.n, curve.at), np.append(curve.loss, curve.loss_at))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--seed", type=int, default=20261129)
    asked = parser.parse_args()
    start = time.perf_counter()
    for line in (*simulated(asked.studies, asked.seed), *real()):
        print(line, flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
