"""Where the next run goes, at equal budget, on replayed LCDB curves: `next_run`, the doubling ladder, the largest run.

    python -m benchmarks.next_run [--curves 55] [--folds 2 3 4] [--skip 27] [--out docs/benchmarks_next_run.md]

Last result (2026-11-25, 2 cores, 7 min, 308 studies on 26 data sets): mean error of log loss, far .2276 (largest run .2276,
ladder .3175), near .0103 and .0410 (largest .0921 and .1231, ladder .0103 and .0411); in no stratum above the better.

A curve of the LCDB corpus is the truth. A study starts with five sizes, each twice the one before; the budget pays one run
of `times` times the largest of them, and a run of size n costs n. A run gives the curve's loss at n, interpolated on
log-log axes, with noise drawn from its standard error there; the forecaster is told that standard error, and has the table
learnt without the curve's fold of data sets. Asked for is the log loss: far, at the largest size of the curve, eight times
what the budget reaches; near, at twice the largest size at the start, with a budget of four times it. The ladder doubles
the largest size, doubles that, and so on, then runs the largest rung that is still affordable again; the largest run spends
all at once; `next_run` is asked again after each run, until nothing is left. A run of one size gives every rule the same.

Strata, stated before any run on folds 2 to 4: far with 4 and 16 times, near; each with noise of once the standard error,
which is that of a mean of LCDB's 25 splits, and of five times that, as one split has. Folds 0 and 1, and the first 27
curves of each task of the others, were looked at while the rule was made; the figures are from the rest.
"""

import argparse
import datetime
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dev.learning.curves import Cut, fold_of, whole_lcdb
from numpy.typing import NDArray

from benchmarks.protocol.curves import data_file
from kleiber import forecast_many
from kleiber.answers.next.budget import Costs, candidates, proposed
from kleiber.answers.next.question import look
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]
Runs = list[tuple[float, float, float]]  # size, loss, standard error

HELD_OUT = Path(__file__).parent / "held_out"
BEYOND = 8.0  # the largest size of a curve over the largest affordable
TASKS = ((4.0, 32.0), (16.0, 128.0), (4.0, 2.0))  # what the budget pays, and what is asked about, over the largest size
STARTS = 2.0 ** -np.arange(4, -1, -1.0)  # the sizes measured at the start, over the largest of them
SMALLEST = 16.0
NOISE = (1.0, 5.0)  # times the curve's standard error
MARGIN = 0.05
SEED = 20261125


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A whole curve, and a study on it: its largest size at the start, and how many times that the budget pays."""

    curve: Cut
    start: float
    times: float
    noise: float
    asked: float
    place: int

    @property
    def at(self) -> float:
        """The size asked about; where it is the curve's largest, that itself."""
        return float(self.curve.n[-1]) if self.asked > self.times else self.asked * self.start

    def truth_at(self, n: float) -> float:
        return float(np.exp(np.interp(np.log(n), np.log(self.curve.n), np.log(self.curve.loss))))

    def measure(self, n: float, again: int) -> tuple[float, float, float]:
        """Give size, loss and standard error of a run; the same run is the same for every rule."""
        assert self.curve.se is not None
        truth = self.truth_at(n)
        share = float(np.interp(np.log(n), np.log(self.curve.n), self.curve.se / self.curve.loss))
        share = self.noise * share
        noise = np.random.default_rng([SEED, self.place, round(8 * n), again]).normal()
        return n, truth * max(1.0 + min(share, 0.3) * noise, 0.1), truth * max(share, 1e-4)


@dataclass(frozen=True, slots=True)
class Result:
    """The absolute error of log loss by rule, of one case; `design` says whether `next_run` ever left the plain rule."""

    group: str
    times: float
    noise: float
    near: bool
    errors: dict[str, float]
    design: bool


def cases(count: int, folds: Sequence[int], skip: int = 0) -> list[Case]:
    """Give at most `count` curves of each task, once with each noise, in a drawn order, at most five of a data set.

    The first `skip` curves of each task are left out.
    """
    whole = [c for c in whole_lcdb(data_file("lcdb_corpus.csv.gz")) if np.all(c.loss > 0) and fold_of(c.group) in folds]
    order = np.random.default_rng(SEED).permutation(len(whole))
    found: list[Case] = []
    for times, asked in TASKS:
        taken: dict[str, int] = {}
        own: list[Case] = []
        for i in order:
            curve = whole[i]
            start = float(curve.n[-1] / BEYOND / times // SMALLEST * SMALLEST)
            if start * STARTS[0] < max(SMALLEST, curve.n[0]) or taken.get(curve.group, 0) >= 5:
                continue
            taken[curve.group] = taken.get(curve.group, 0) + 1
            own += [Case(curve, start, times, noise, asked, int(i)) for noise in NOISE]
        found += own[skip * len(NOISE) : (skip + count) * len(NOISE)]
    return found


def forecast_of(case: Case, runs: Runs) -> Forecast:
    n, loss, se = np.array(runs).T
    labels = [str(i) for i in range(len(runs))]
    given = {"n": n, "loss": loss, "se": se, "replicate": labels}
    (fc,) = forecast_many([given], calibration=table(fold_of(case.curve.group)))
    return fc


TABLES: dict[int, dict[str, object]] = {}


def table(fold: int) -> dict[str, object]:
    if fold not in TABLES:
        TABLES[fold] = json.loads((HELD_OUT / f"LCDB-{fold}.json").read_text())
    return TABLES[fold]


def again(runs: Runs, n: float) -> int:
    return sum(abs(r[0] - n) < 1e-6 * n for r in runs)


def ladder(case: Case, runs: Runs) -> Runs:
    left, step = case.times * case.start, 2.0
    runs = list(runs)
    while step * case.start <= left + 1e-9:
        runs.append(case.measure(step * case.start, 0))
        left -= step * case.start
        step *= 2.0
    while left >= 2.0 * case.start - 1e-9:
        step = min(step / 2.0, 2.0 ** np.floor(np.log2(left / case.start + 1e-9)))
        runs.append(case.measure(step * case.start, again(runs, step * case.start)))
        left -= step * case.start
    return runs


def largest(case: Case, runs: Runs) -> Runs:
    return [*runs, case.measure(case.times * case.start, 0)]


def ours(case: Case, runs: Runs, *, always: bool = False) -> tuple[Runs, bool]:
    """Spend the budget as `next_run` says, always by its plan if asked; say whether it left the plain rule."""
    left, runs, left_rule = case.times * case.start, list(runs), False
    smallest, costs = runs[0][0], Costs(1.0, 0.0, case.start)
    while left >= case.start * STARTS[0]:
        fc = forecast_of(case, runs)
        if fc.status == "refused":
            return [*runs, case.measure(left, again(runs, left))], left_rule
        sizes = candidates(smallest, case.start, left, left, costs)
        view = look(fc, sizes, "loss", case.at, None)
        plan, _, wins = proposed(view, costs, left)
        wins = wins or always
        left_rule |= wins and plan[0] != (len(sizes) - 1, 1)
        n, count = (float(sizes[plan[0][0]]), plan[0][1]) if wins else (float(sizes[-1]), 1)
        runs += [case.measure(n, again(runs, n) + i) for i in range(count)]
        left -= n * count
    return runs, left_rule


def result(case: Case, *, plan_too: bool = False) -> Result:
    start = [case.measure(float(n), 0) for n in case.start * STARTS]
    runs, left_rule = ours(case, start)
    ends: dict[str, Runs] = {"start": start, "ladder": ladder(case, start), "largest": largest(case, start), "next": runs}
    if plan_too:
        ends["plan always"] = ours(case, start, always=True)[0]
    errors = {}
    for name, found in ends.items():
        fc = forecast_of(case, found)
        if fc.status == "refused":
            told = found[int(np.argmax([r[0] for r in found]))][1]
        else:
            told = float(fc.posterior.quantile(np.array([case.at]), np.array([0.5]), None)[0, 0])
        errors[name] = abs(float(np.log(told / case.truth_at(case.at))))
    return Result(case.curve.group, case.times, case.noise, case.asked < case.times, errors, left_rule)


STRATA: dict[str, Callable[[Result], bool]] = {
    "far, all": lambda r: not r.near,
    "far, 4 times, noise of a mean": lambda r: not r.near and r.times == 4.0 and r.noise == 1.0,
    "far, 4 times, noise of one split": lambda r: not r.near and r.times == 4.0 and r.noise == 5.0,
    "far, 16 times, noise of a mean": lambda r: not r.near and r.times == 16.0 and r.noise == 1.0,
    "far, 16 times, noise of one split": lambda r: not r.near and r.times == 16.0 and r.noise == 5.0,
    "near, noise of a mean": lambda r: r.near and r.noise == 1.0,
    "near, noise of one split": lambda r: r.near and r.noise == 5.0,
}


def row(name: str, found: list[Result]) -> str:
    """Give one line: mean errors, and the mean paired differences with 95 % intervals, bootstrapped over data sets."""
    mean = {rule: float(np.mean([r.errors[rule] for r in found])) for rule in found[0].errors}
    rules = [rule for rule in ("start", "ladder", "largest", "next", "plan always") if rule in mean]
    better = min(mean["ladder"], mean["largest"])
    cells = [f"{mean[rule]:.4f}" for rule in rules]
    for rule in ("ladder", "largest"):
        low, high = over_groups([r.errors["next"] - r.errors[rule] for r in found], [r.group for r in found])
        cells.append(f"{mean['next'] - mean[rule]:+.4f} ({low:+.4f} to {high:+.4f})")
    cells += [f"{mean['next'] / better - 1:+.1%}", f"{np.mean([r.design for r in found]):.0%}"]
    return f"| {name} | {len(found)} | {len({r.group for r in found})} | " + " | ".join(cells) + " |"


def over_groups(values: Sequence[float], groups: Sequence[str]) -> tuple[float, float]:
    names, place = np.unique(groups, return_inverse=True)
    total, count = np.bincount(place, values), np.bincount(place)
    pick = np.random.default_rng(SEED).integers(0, len(names), size=(2000, len(names)))
    low, high = np.quantile(total[pick].sum(axis=1) / count[pick].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def report(found: list[Result], folds: Sequence[int]) -> str:
    rules = ["start", "ladder", "largest", "next_run", *(["the plan always"] if "plan always" in found[0].errors else [])]
    titles = ["stratum", "studies", "data sets", *rules, "next_run - ladder (95 %)", "next_run - largest (95 %)"]
    titles += ["against the better", "left the plain rule"]
    lines = [
        "# Where the next run goes",
        "",
        f"- Run on {datetime.date.today()} by `python -m benchmarks.next_run`, folds {', '.join(map(str, folds))}.",
        "",
        (__doc__ or "").split("\n\n", 3)[3].strip(),
        "",
        "Mean absolute error of log loss at the size asked about; differences are paired, intervals from 2,000 bootstrap "
        "samples of data sets.",
        "",
        "| " + " | ".join(titles) + " |",
        "|" + " --- |" * len(titles),
    ]
    for name, inside in STRATA.items():
        if chosen := [r for r in found if inside(r)]:
            lines.append(row(name, chosen))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--curves", type=int, default=55)
    parser.add_argument("--folds", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--skip", type=int, default=27, help="curves of each task that were looked at before")
    parser.add_argument("--plan-too", action="store_true", help="also follow the plan where it is not clearly better")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = [result(case, plan_too=options.plan_too) for case in cases(options.curves, options.folds, options.skip)]
    text = report(found, options.folds)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
