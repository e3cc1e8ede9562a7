"""Is "A beats B at n" worth its probability? Pairs of LCDB learners on one data set, at sizes that neither forecast saw.

    python -m benchmarks.comparison [--sets 82] [--out docs/benchmarks_comparison.md]

Result of 2026-11-25, all 82 data sets: 819 curves (one was refused), 9,458 cases; 95 % intervals over data sets.

    cases                    n   calibration error    Brier score           Brier of the plain rule
    all                   9458   .031 (.021 to .056)  .095 (.076 to .115)   .151 (.123 to .179)
    within both horizons  3988   .034 (.023 to .069)  .075 (.054 to .099)   .125 (.087 to .167)
    beyond one of them    5470   .052 (.034 to .086)  .110 (.085 to .137)   .171 (.133 to .207)
    do they cross?        1522   .032 (.023 to .057)  .104 (.085 to .126)   .193 (.161 to .224) of "never"

The whole page is `docs/benchmarks_comparison.md`. The surest claims are a little too sure: of those told with .976, .929
came.

Every curve of `lcdb.csv.gz` (both cuts: sizes up to 1/8 or 1/16 of the largest seen) is forecast with the table learnt
without its fold of data sets. For each pair of learners on one data set, and up to six unseen sizes that both have, spread
evenly, the probability that a new run of the first has the lower loss is set against what was measured. Beside it, the
plain rule: the one that was better at the largest size seen stays better, with probability 1. A tie counts one half.
Intervals are from a bootstrap over data sets; that of the calibration error leans upwards, since resampling adds noise to
every bin.

Correlations: of the normal scores of the losses under their forecasts, clipped at 3, between the two learners of a pair.
The copula of `kleiber.coupled` takes `ALIKE` for it.
"""

import argparse
import datetime
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from dev.learning.curves import fold_of
from numpy.typing import NDArray

from benchmarks.protocol.curves import BenchmarkCurve, data_file, read_file
from benchmarks.protocol.ours import asked
from benchmarks.protocol.tables import table
from kleiber import forecast_many, seeds
from kleiber.answers.compare.coupled import ALIKE, SCORES, beat_runs, coupled_scores, run_quantiles
from kleiber.forecasting.draws import ranks

Array = NDArray[np.float64]

HELD_OUT = Path(__file__).parent / "held_out"
POINTS = 6  # unseen sizes of a curve at most
BINS = 10
RESAMPLES = 1000
DRAWS = 1000  # of curves, for where they cross
CORRELATIONS = (0.0, 0.15, 0.3, 0.6)
SEED = 20261125


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One forecast at k unseen sizes: `quantiles` of a run `(k, len(SCORES))`, and the `scores` of what was measured.

    `runs (DRAWS, k)` are joint draws of one new run at each size.
    """

    curve: BenchmarkCurve
    group: str
    horizon: float
    at: Array
    loss_at: Array
    quantiles: Array
    scores: Array
    runs: Array


@dataclass(frozen=True, slots=True)
class Order:
    """One pair: P(its order turns at any unseen size), and whether it did, against the order at the largest size seen."""

    group: str
    told: float
    came: float


@dataclass(frozen=True, slots=True)
class Case:
    """One pair at one size: probabilities by correlation that first is lower, what came (1, 0, or .5), the plain rule's."""

    cut: str
    group: str
    within: bool
    told: tuple[float, ...]
    came: float
    rule: float
    scores: tuple[float, float]


def ordered(draws: Array, scores: Array) -> Array:
    """Put rows in order so that how high a row lies, over all sizes, has the ranks of the scores."""
    height = ranks(draws.T).mean(axis=0)
    return np.asarray(draws[np.argsort(height, kind="stable")][ranks(scores)])


def forecasts(count: int | None) -> Iterator[Seen]:
    """Forecast the curves of `count` data sets, all without a count."""
    curves = read_file(data_file("lcdb.csv.gz"))
    names = sorted({group_of(c) for c in curves})
    names = names[: len(names) if count is None else count]
    curves = [c for c in curves if group_of(c) in names]
    for fold in range(5):
        own = [c for c in curves if fold_of(group_of(c)) == fold and len(c.at)]
        learnt = json.loads((HELD_OUT / f"LCDB-{fold}.json").read_text())
        for curve, fc in zip(own, forecast_many([asked(c) for c in own], calibration=learnt), strict=True):
            if fc.status == "refused":
                continue
            pick = np.unique(np.linspace(0, len(curve.at) - 1, POINTS).round().astype(int))
            at, loss_at = curve.at[pick], curve.loss_at[pick]
            found = run_quantiles(fc, at)
            logs = np.log(np.maximum(found, 1e-9))
            scores = [np.interp(np.log(max(y, 1e-9)), row, SCORES) for y, row in zip(loss_at, logs, strict=True)]
            chance = seeds.generator(SEED, curve.name)
            noise = np.sqrt(fc.posterior.merged(at)[0] @ fc.posterior.run_noise(1.0))
            runs = fc.draws(at, DRAWS) * np.exp(noise * chance.normal(size=(DRAWS, len(at))))
            yield Seen(curve, group_of(curve), fc.horizon, at, loss_at, found, np.array(scores), runs)


def group_of(curve: BenchmarkCurve) -> str:
    return curve.name.split("|")[1]


def by_set(seen: list[Seen]) -> dict[tuple[str, str], list[Seen]]:
    groups: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        groups.setdefault((one.curve.domain, one.group), []).append(one)
    return groups


def orders(seen: list[Seen]) -> Iterator[Order]:
    """Give the pairs measured at the same sizes whose order at the largest size seen is not a tie."""
    chance = seeds.generator(SEED, "orders")
    for (_, group), members in by_set(seen).items():
        for a, b in combinations(members, 2):
            start = np.sign(a.curve.loss[-1] - b.curve.loss[-1])
            if start == 0 or not np.array_equal(a.at, b.at) or a.curve.n[-1] != b.curve.n[-1]:
                continue
            first, second = (ordered(one.runs, chance.normal(size=DRAWS)) for one in (a, b))
            told = np.any(np.sign(first - second) * start < 0, axis=1)
            yield Order(group, float(told.mean()), float(np.any(np.sign(a.loss_at - b.loss_at) * start < 0)))


def cases(seen: list[Seen]) -> Iterator[Case]:
    coupled = [coupled_scores(seeds.generator(SEED), alike) for alike in CORRELATIONS]
    for (cut, group), members in by_set(seen).items():
        for a, b in combinations(members, 2):
            rule = lower(float(a.curve.loss[-1]), float(b.curve.loss[-1]))
            for n, i, j in zip(*np.intersect1d(a.at, b.at, return_indices=True), strict=True):
                yield Case(
                    cut=cut,
                    group=group,
                    within=bool(n <= min(a.horizon, b.horizon)),
                    told=tuple(beat_runs(a.quantiles[[i]], b.quantiles[[j]], z)[0] for z in coupled),
                    came=lower(float(a.loss_at[i]), float(b.loss_at[j])),
                    rule=rule,
                    scores=(float(a.scores[i]), float(b.scores[j])),
                )


def lower(x: float, y: float) -> float:
    return 0.5 if x == y else float(x < y)


def bin_of(p: Array) -> NDArray[np.int64]:
    return np.minimum((p * BINS).astype(np.int64), BINS - 1)


def calibration_error(told: Array, came: Array, weight: Array) -> float:
    """Give the mean over cases of how far the told probabilities of their bin are from what came of it."""
    gap = np.bincount(bin_of(told), weight * (told - came), BINS)
    return float(np.abs(gap).sum() / weight.sum())


def brier(told: Array, came: Array, weight: Array) -> float:
    return float(weight @ (told - came) ** 2 / weight.sum())


def log_score(told: Array, came: Array, weight: Array) -> float:
    p = np.clip(told, 1e-3, 1 - 1e-3)
    return float(-(weight @ (came * np.log(p) + (1 - came) * np.log(1 - p))) / weight.sum())


def with_interval(groups: NDArray[np.str_], of: Callable[[Array], float]) -> str:
    """Give a figure of weights, with its 95 % interval over data sets drawn with replacement."""
    names, place = np.unique(groups, return_inverse=True)
    chance = np.random.default_rng(SEED)
    drawn = [of(np.bincount(chance.integers(len(names), size=len(names)), minlength=len(names))[place].astype(float))
             for _ in range(RESAMPLES)]  # fmt: skip
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{of(np.ones(len(groups))):.4f} ({low:.4f} to {high:.4f})"


def figures(name: str, found: list[Case]) -> list[str]:
    told, came, rule = (np.array(v) for v in zip(*((c.told[0], c.came, c.rule) for c in found), strict=True))
    groups = np.array([c.group for c in found])
    return [
        name,
        str(len(found)),
        str(len(set(groups))),
        with_interval(groups, lambda w: calibration_error(told, came, w)),
        with_interval(groups, lambda w: brier(told, came, w)),
        with_interval(groups, lambda w: brier(rule, came, w)),
        with_interval(groups, lambda w: brier(told, came, w) - brier(rule, came, w)),
    ]


def reliability(told: Array, came: Array, groups: NDArray[np.str_]) -> list[list[str]]:
    bins = bin_of(told)
    return [
        [f"{k / BINS:.1f} to {(k + 1) / BINS:.1f}", str(np.sum(bins == k)), f"{told[bins == k].mean():.3f}",
         with_interval(groups[bins == k], lambda w, k=k: float(w @ came[bins == k] / max(w.sum(), 1.0)))]
        for k in range(BINS)
        if np.any(bins == k)
    ]  # fmt: skip


def correlations(found: list[Case]) -> list[list[str]]:
    """Give calibration at other correlations than the one that `kleiber.compare` takes."""
    came, one = np.array([c.came for c in found]), np.ones(len(found))
    told = np.array([c.told for c in found]).T
    return [
        [f"{alike:g}", *(f"{of(p, came, one):.4f}" for of in (calibration_error, brier, log_score))]
        for alike, p in zip(CORRELATIONS, told, strict=True)
    ]


def measured_correlation(found: list[Case]) -> str:
    a, b = np.clip(np.array([c.scores for c in found]).T, -3.0, 3.0)
    return with_interval(np.array([c.group for c in found]), lambda w: float(2 * (w @ (a * b)) / (w @ (a**2 + b**2))))


def crossings(found: list[Order]) -> list[str]:
    told, came = (np.array(v) for v in zip(*((o.told, o.came) for o in found), strict=True))
    groups = np.array([o.group for o in found])
    error, score, plain = (
        with_interval(groups, lambda w: calibration_error(told, came, w)),
        with_interval(groups, lambda w: brier(told, came, w)),
        with_interval(groups, lambda w: brier(np.zeros_like(told), came, w)),
    )
    return [
        "## Do they cross?",
        f"{len(found)} pairs: the order at the largest size seen against the orders at up to {POINTS} unseen sizes, in "
        f"runs. Told {told.mean():.3f} in the mean, came {came.mean():.3f}. Calibration error {error}; Brier score "
        f"{score}, of the plain rule (never) {plain}.",
        table(["told", "n", "mean told", "share that came"], reliability(told, came, groups)),
    ]


def page(found: list[Case], turned: list[Order], curves: int) -> str:
    told, came, groups = (np.array(v) for v in zip(*((c.told[0], c.came, c.group) for c in found), strict=True))
    kinds = {
        "all": found,
        "LCDB/8": [c for c in found if c.cut == "LCDB/8"],
        "LCDB/16": [c for c in found if c.cut == "LCDB/16"],
        "within both horizons": [c for c in found if c.within],
        "beyond one of them": [c for c in found if not c.within],
    }
    head = ["cases", "n", "data sets", "calibration error", "Brier", "Brier of the plain rule", "ours minus the rule's"]
    return "\n\n".join(
        [
            '# Is "A beats B at n" worth its probability?',
            f"{datetime.date.today()}, `python -m benchmarks.comparison`: {curves} curves of LCDB, {len(found)} cases. "
            "Intervals are 95 %, over data sets drawn with replacement. How it is done: `benchmarks/comparison.py`.",
            table(head, [figures(name, some) for name, some in kinds.items() if some]),
            "## Reliability, all cases",
            table(["told", "n", "mean told", "share that came"], reliability(told, came, groups)),
            *crossings(turned),
            "## The copula's correlation",
            f"Between the scores of two learners on one data set: {measured_correlation(found)}. `kleiber.compare` takes "
            f"{ALIKE:g}. What others would bring:",
            table(["correlation", "calibration error", "Brier", "log score"], correlations(found)),
        ]
    ) + "\n"  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=None, help="how many data sets; all without")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    seen = list(forecasts(options.sets))
    text = page(list(cases(seen)), list(orders(seen)), len(seen))
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
