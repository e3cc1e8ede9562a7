"""What following the advice costs: `kleiber.plan` against simpler ways to spend, on whole LCDB curves.

    python -m benchmarks.decision [--studies 500] [--out docs/benchmarks_decision.md]

A study is one curve of the corpus, seen up to 1/8 or 1/16 of its largest size (even chances), which is what is owned, and
forecast with the table learnt without its fold of data sets. The truth is the whole curve, straight on log-log axes; its
largest size is all that can be bought, which every policy knows. Engineers cut the truth's reducible loss: its floor is
that of a power law with floor fitted to the whole curve. The unit of money is what the error at the size owned costs over
the horizon, so value times loss there is 1; everything else is drawn from `RANGES`, set before the first run.

A policy's cost is the realised cost of error and money, over that of the oracle, which knows truth and gain; less 1 it is
the excess. So no study weighs more for its prices, but one that the oracle makes cheap does.

Where the best number lies beyond the horizon, the advice is to buy to there, measure, and plan anew. `plan` follows it: the
truth up to what is bought is then seen, months are gone, hired engineers are paid for. `plan, its first purchase alone`
stops there, and `median to the horizon, anew` is the point forecast followed in the same steps. Labels bought in steps are
used from the end of each step on; `plan, labels used at the end` counts them as if none were before the last are there, as
is the case for those who buy once. The oracle buys once.

Result of 2026-11-29, 500 studies, mean excess in %: plan 11.30 (its first purchase alone 12.66), the median as a point
forecast 11.62 (in the same steps 11.24), power law + floor 12.75, nothing 25.1, always engineers 25.2, always twice the
labels 26.4, always all of them 229. Plan minus median in one purchase is just within its interval.
"""

import argparse
import datetime
import json
import platform
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from dev.learning.curves import Cut, fold_of, whole_lcdb
from numpy.typing import NDArray

from benchmarks.baselines import power_floor
from benchmarks.protocol.curves import data_file
from benchmarks.protocol.tables import table
from kleiber import forecast_many
from kleiber.answers.plan.decide import Advice, plan
from kleiber.answers.plan.economics import Expected, Terms, costs_of_labels, costs_with_engineers, options, remaining

Array = NDArray[np.float64]
Bought = tuple[tuple[float, ...], float | None]  # sizes after each purchase; the engineers' first month, None: never

HELD_OUT = Path(__file__).parent / "held_out"
SEED = 20261125
LEAST_SIZES = 8  # of a curve that are seen
DEADLINE, DISCOUNT = 24.0, 0.08  # months, a year
RANGES = {
    "price of owning twice as much, in what the error costs": (0.003, 1.0),  # log-uniform
    "engineers in all, in what the error costs": (0.01, 0.3),  # log-uniform
    "months that engineers take": (3.0, 6.0, 12.0),  # one of them
    "examples labelled in a month, over those owned": (0.5, 8.0),  # log-uniform
    "low end of the gain's 80 % range": (-0.1, 0.1),  # uniform
    "width of the gain's 80 % range": (0.1, 0.5),  # uniform
}
TAIL = 1.2815515655446004  # normal score of 90 %
FOREVER = 1e290  # times the largest size: where a fitted power law has come down to its floor
SIZES = 129  # of the grid of the oracle and of the policies that take a point forecast
ASKED = 17  # sizes at which our median is asked, log-log straight between them
MOST_STEPS = 8  # of plans anew


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One study: the curve as seen, the truth at sizes `n (N,)` from what is owned to all there is, and the money.

    `improved (N,)` is the truth with what the engineers bring; `gain` is the range that is known beforehand.
    """

    whole: Cut
    seen: Cut
    n: Array
    truth: Array
    improved: Array
    terms: Terms
    gain: tuple[float, float]

    def cost(self, bought: Bought) -> float:
        """Give the realised cost: each model is used from the month in which its labels, or the engineers, are there."""
        sizes, start = bought
        terms, owned = self.terms, float(self.n[0])
        n = np.array([owned, *np.clip(sizes, owned, self.n[-1])])
        loss, improved = (np.exp(np.interp(np.log(n), np.log(self.n), np.log(y))) for y in (self.truth, self.improved))
        labelled, ready = (n - owned) / terms.speed, np.inf if start is None else start + terms.months
        times = np.unique([*labelled, min(ready, 1e9)])
        last = np.searchsorted(labelled, times, side="right") - 1
        used = np.where(times >= ready, improved[last], loss[last])
        left = np.append(remaining(times, terms.deadline, terms.discount), 0.0)
        wages = 0.0 if start is None else terms.wage * terms.months
        return float(terms.value * used @ -np.diff(left) + terms.price * (n[-1] - owned) + wages)

    def oracle(self) -> float:
        """Give the least cost of any purchase."""
        labels = costs_of_labels(self.terms, self.n, self.truth)
        return float(min(labels.min(), costs_with_engineers(self.terms, self.n, self.truth, self.improved).min()))


def drawn(count: int, seed: int) -> list[Study]:
    """Draw studies, each of another curve."""
    chance = np.random.default_rng(seed)
    whole = [curve for curve in whole_lcdb(data_file("lcdb_corpus.csv.gz")) if np.all(curve.loss > 0)]
    found: list[Study] = []
    for i in chance.permutation(len(whole)):
        seen = whole[i].n <= whole[i].n[-1] / chance.choice([8.0, 16.0])
        if seen.sum() >= LEAST_SIZES:
            found.append(study_of(whole[i], seen, chance))
        if len(found) == count:
            break
    return found


def study_of(whole: Cut, seen: NDArray[np.bool_], chance: np.random.Generator) -> Study:
    owned, most = float(whole.n[seen][-1]), float(whole.n[-1])
    n = np.geomspace(owned, most, SIZES)
    truth = np.exp(np.interp(np.log(n), np.log(whole.n), np.log(whole.loss)))
    price, wages, months, speed, low, width = RANGES.values()
    start = float(chance.uniform(*low))
    gain = (start, start + float(chance.uniform(*width)))
    cut = max(0.0, float(-np.expm1(-chance.normal(*normal_of(gain)))))
    floor = min(fitted(whole, np.array([FOREVER * most]))[0], float(truth.min()))
    duration = float(chance.choice(months))
    terms = Terms(
        value=1.0 / float(truth[0]),
        price=log_uniform(chance, price) / owned,
        owned=owned,
        months=duration,
        wage=log_uniform(chance, wages) / duration,
        deadline=DEADLINE,
        discount=DISCOUNT,
        speed=log_uniform(chance, speed) * owned,
    )
    return Study(whole, shown(whole, seen), n, truth, floor + (1.0 - cut) * (truth - floor), terms, gain)


def shown(whole: Cut, seen: NDArray[np.bool_]) -> Cut:
    return replace(whole, n=whole.n[seen], loss=whole.loss[seen], se=None if whole.se is None else whole.se[seen])


def normal_of(gain: tuple[float, float]) -> tuple[float, float]:
    """Give mean and standard deviation of -log(1 - cut), of which the range holds 80 %."""
    low, high = -np.log1p(-np.array(gain))
    return float(low + high) / 2.0, float(high - low) / 2.0 / TAIL


def log_uniform(chance: np.random.Generator, ends: tuple[float, float]) -> float:
    return float(np.exp(chance.uniform(*np.log(ends))))


def fitted(curve: Cut, at: Array) -> Array:
    """Give a power law with floor at some sizes, by least squares on the curve."""
    with np.errstate(all="ignore"):
        return np.asarray(power_floor.predict(curve.n, curve.loss, at))


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a study stands: what is owned, the forecast from it, and the month in which engineers began, None: not."""

    study: Study
    sizes: tuple[float, ...]
    forecast: Any
    start: float | None = None

    @property
    def owned(self) -> float:
        return self.sizes[-1]

    @property
    def gone(self) -> float:
        """Give the months gone by, labelling."""
        return (self.owned - float(self.study.n[0])) / self.study.terms.speed

    def terms(self) -> Terms:
        """Give what is still to be decided by: the value of what is left, and engineers who are hired cost nothing more."""
        terms, gone = self.study.terms, self.gone
        left = float(remaining(gone, terms.deadline, terms.discount))
        months, wage = terms.months, terms.wage
        if self.start is not None:
            months, wage = max(self.start + terms.months - gone, 1e-6), 0.0
        deadline = terms.deadline - gone
        return replace(terms, value=terms.value * left, owned=self.owned, months=months, wage=wage, deadline=deadline)

    def bought(self, size: float, hired: bool) -> Bought:
        return (*self.sizes, size), (self.start if self.start is not None else self.gone if hired else None)

    def after(self, size: float, hired: bool, table: Any) -> "State | None":
        """Give the state after a purchase, all that is owned measured; None where nothing is left to see or to decide."""
        sizes, start = self.bought(size, hired)
        seen = self.study.whole.n <= size * (1 + 1e-9)
        if (
            size < 1.02 * self.owned
            or size >= 0.999 * self.study.n[-1]
            or seen.sum() == (self.study.whole.n <= self.owned).sum()
        ):
            return None
        found = State(self.study, sizes, forecast_of([shown(self.study.whole, seen)], table)[0], start)
        return found if found.gone < self.study.terms.deadline - 1e-6 and found.forecast.status == "ok" else None


def forecast_of(curves: list[Cut], table: Any) -> list[Any]:
    return forecast_many([{"n": c.n, "loss": c.loss, "se": c.se} for c in curves], calibration=table) if curves else []


def planned(state: State) -> Advice:
    terms = state.terms()
    return plan(
        state.forecast,
        value_per_point=0.01 * terms.value,
        price_per_example=terms.price,
        months=terms.months,
        cost_per_month=terms.wage,
        gain=state.study.gain,
        deadline=terms.deadline,
        discount=terms.discount,
        owned=terms.owned,
        examples_per_month=terms.speed,
        available=float(state.study.n[-1]),
    )


def followed(state: State, advice: Advice, table: Any) -> Bought:
    """Buy as the advice says, and plan anew as long as it says so."""
    for _ in range(MOST_STEPS):
        best, hired = advice.best, advice.best.name in ("engineers", "both")
        after = state.after(best.n, hired, table) if advice.beyond else None
        if after is None:
            break
        state, advice = after, planned(after)
    return state.bought(best.n, hired)


def by_points(terms: Terms, gain: tuple[float, float], n: Array, loss: Array, floor: float) -> tuple[float, bool]:
    """Buy what would be best if a point forecast at `n (N,)`, first what is owned, and the median gain were the truth."""
    cut = max(0.0, float(-np.expm1(-normal_of(gain)[0])))
    expected = Expected(n, loss, None, min(floor, float(loss.min()))).cut(cut)
    found = options(terms, expected)
    choice = min(found, key=lambda name: found[name][1])
    return float(n[found[choice][0]]), choice in ("engineers", "both")


def by_median(state: State, most: float) -> tuple[float, bool]:
    n = np.geomspace(state.owned, max(most, state.owned * 1.001), SIZES)
    asked = np.geomspace(n[0], n[-1], ASKED)
    loss = np.log(state.forecast.quantile(asked, 0.5, of="mean"))
    smooth = np.exp(np.interp(np.log(n), np.log(asked), loss))
    return by_points(state.terms(), state.study.gain, n, smooth, state.forecast.floor.median)


def median_in_steps(state: State, table: Any) -> Bought:
    """Buy by the median as far as the horizon, and anew as long as that is where the best lies."""
    for _ in range(MOST_STEPS):
        most = min(max(state.forecast.horizon, state.owned), float(state.study.n[-1]))
        size, hired = by_median(state, most)
        after = state.after(size, hired, table) if size >= most * (1 - 1e-9) else None
        if after is None:
            break
        state = after
    return state.bought(size, hired)


def by_power_law(study: Study) -> tuple[float, bool]:
    at = np.append(study.n, FOREVER * study.n[-1])
    loss = fitted(study.seen, at)
    loss = np.where(np.isfinite(loss) & (loss > 0), loss, study.seen.loss[-1])
    return by_points(study.terms, study.gain, study.n, loss[:-1], float(loss[-1]))


OURS = (
    "plan",
    "plan, labels used at the end",
    "plan, its first purchase alone",
    "kleiber's median as a point forecast",
    "median to the horizon, anew",
)
FIXED: dict[str, tuple[float, float | None]] = {  # what is bought, times what is owned, and the engineers' first month
    "always labels: all there are": (np.inf, None),
    "always labels: twice what is owned": (2.0, None),
    "always engineers": (1.0, 0.0),
    "engineers and twice what is owned": (2.0, 0.0),
    "nothing": (1.0, None),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One study's excess of each policy's cost over the oracle's; what the advice said, and whether it came true.

    `best`, `regret`, `low` and `high` are the advice's own; `was_best` and `cost` what came. None where it was refused.
    """

    group: str
    excess: dict[str, float]
    choice: str
    beyond: bool
    said: tuple[float, float, bool, bool] | None


def results(studies: list[Study]) -> list[Result]:
    found: list[Result] = []
    for fold in range(5):
        own = [study for study in studies if fold_of(study.seen.group) == fold]
        held_out = json.loads((HELD_OUT / f"LCDB-{fold}.json").read_text())
        forecasts = forecast_of([study.seen for study in own], held_out)
        found += [result(State(s, (float(s.n[0]),), fc), held_out) for s, fc in zip(own, forecasts, strict=True)]
    return found


def result(state: State, held_out: Any) -> Result:
    study, advice = state.study, planned(state)
    bought: dict[str, Bought] = {name: ((times * float(study.n[0]),), start) for name, (times, start) in FIXED.items()}
    first = by_power_law(study)
    bought["power law + floor as a point forecast"] = state.bought(*first)
    said = None
    if advice.status == "refused":
        ours = dict.fromkeys(OURS, bought["nothing"])
    else:
        best = advice.best
        once = state.bought(best.n, best.name in ("engineers", "both"))
        whole = state.bought(*by_median(state, float(study.n[-1])))
        sizes, start = followed(state, advice, held_out)
        each = ((sizes, start), (sizes[-1:], start), once, whole, median_in_steps(state, held_out))
        ours = dict(zip(OURS, each, strict=True))
        costs = [study.cost(state.bought(o.n, o.name in ("engineers", "both"))) for o in advice.options]
        mine = study.cost(once)
        said = (best.best, best.regret, mine <= min(costs), best.low <= mine <= best.high)
    least = study.oracle()
    excess = {name: study.cost(what) / least - 1.0 for name, what in (ours | bought).items()}
    return Result(study.seen.group, excess, advice.choice or "refused", advice.beyond, said)


def mean_between(values: Array, groups: list[str]) -> str:
    """Give a mean with its 95 % bootstrap interval over data sets, in percent."""
    _, place = np.unique(groups, return_inverse=True)
    total, count = np.bincount(place, values), np.bincount(place)
    pick = np.random.default_rng(SEED).integers(0, len(count), size=(4000, len(count)))
    low, high = np.quantile(total[pick].sum(axis=1) / count[pick].sum(axis=1), [0.025, 0.975])
    return f"{100 * values.mean():.2f} ({100 * low:.2f} to {100 * high:.2f})"


def page(found: list[Result], seconds: float, seed: int) -> str:
    groups = [r.group for r in found]
    ours = np.array([r.excess["plan"] for r in found])
    rows = []
    for name in found[0].excess:
        theirs = np.array([r.excess[name] for r in found])
        paired = "" if name == "plan" else mean_between(theirs - ours, groups)
        tail = f"{100 * np.median(theirs):.2f}", f"{100 * np.quantile(theirs, 0.9):.1f}"
        rows.append([name, mean_between(theirs, groups), paired, *tail])
    header = ["policy", "mean excess, %", "minus that of plan", "median", "90 % quantile"]
    ranges = "; ".join(f"{name}: {' to '.join(map(str, ends))}" for name, ends in RANGES.items())
    return "\n\n".join(
        [
            "# What following the advice costs",
            f"- Run on {datetime.date.today()} by `python -m benchmarks.decision`: {len(found)} studies of "
            f"{len(set(groups))} data sets, seed {seed}, {seconds:.0f} s.\n"
            f"- Machine: {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}.\n"
            f"- Drawn: {ranges}; deadline {DEADLINE:g} months, discount {DISCOUNT:g} a year.",
            " ".join(line for line in __doc__.split("\n\n")[2].splitlines()),
            " ".join(line for line in __doc__.split("\n\n")[3].splitlines())
            + " Intervals are 95 % of a bootstrap over data sets.",
            " ".join(line for line in __doc__.split("\n\n")[4].splitlines()),
            table(header, rows),
            *said(found),
        ]
    )


def said(found: list[Result]) -> list[str]:
    """Give how often each option was advised, and whether what the advice says of itself is true."""
    told = [r for r in found if r.said is not None]
    names = ["nothing", "labels", "engineers", "both", "refused"]
    counts = ", ".join(f"{name} {sum(r.choice == name for r in found)}" for name in names)
    best, regret, was_best, inside = np.array([r.said for r in told], dtype=float).T
    rows = []
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        own = (best >= low) & (best < high)
        if own.any():
            cells = [
                f"{low:g} to {min(high, 1.0):g}",
                str(own.sum()),
                f"{best[own].mean():.3f}",
                f"{was_best[own].mean():.3f}",
            ]
            rows.append(cells)
    return [
        f"Advised: {counts}; in {sum(r.beyond for r in found)} the best number lay beyond the horizon.",
        "Of the four options at the advised amounts, how often the one advised turned out to be the cheapest:",
        table(["probability said", "studies", "mean said", "came true"], rows),
        f"The 90 % interval of the cost held it in {inside.mean():.3f} of the studies. The expected regret, in what the "
        f"error costs, was {regret.mean():.4f} in the mean.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    text = page(results(drawn(asked.studies, asked.seed)), time.perf_counter() - start, asked.seed) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
