"""How many examples a target takes, on whole LCDB curves and in simulation: coverage of the interval, and its error.

    python -m benchmarks.data_need [--curves 400] [--studies 300] [--out docs/benchmarks_data_need.md]

LCDB: a curve of the corpus is seen up to 1/8 of its largest size and forecast with the table learnt without its fold of
data sets. The target is its loss at four or eight times the largest size seen; the truth is the first size on the whole
curve, interpolated in log n, with a loss at most the target. Curves whose target was reached within the sizes seen have
nothing to need and are left out. Beside ours: the power law with floor and the four functions of Mahmood et al. 2022
(arXiv 2207.01725), by least squares weighted by n. A size that is not reached by 10,000 times the largest counts as that.

Two intervals: of the size that is needed, from P(reached) = .05 to .95, which keeps the atom at infinity; and of the size
if the target is reached at all, as every target here is. Errors are medians of |ln(n / true n)|, widths medians as ratios.

Simulation: truths that are not the forecaster's prior (`FALLS`), sizes doubling from 100, three runs each; the target is
the truth's loss at 8 or 32 times the largest size.
"""

import argparse
import datetime
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dev.learning.curves import Cut, fold_of, whole_lcdb
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.baselines import power_floor
from benchmarks.protocol.curves import data_file
from kleiber import forecast_many
from kleiber.answers.need import need
from kleiber.forecasting.forecast import Interval

Array = NDArray[np.float64]

HELD_OUT = Path(__file__).parent / "held_out"
SEEN = 8.0  # the largest size over the largest seen
TIMES = (4.0, 8.0)  # LCDB's targets lie at these multiples of the largest size seen
AHEAD = (8.0, 32.0)  # the simulation's
MOST = 1e4  # times the largest size: how far a size is searched
GRID = np.geomspace(1.0, MOST, 400)
SEED = 20261125
DIAGNOSES = ("bends-down", "u-shape", "two-branch", "backtest-failed", "exponent-outside", "outlier")


@dataclass(frozen=True, slots=True)
class Answer:
    """One target: the group of its curve, `ahead`, and ln of sizes over the largest measured: the `truth`, the 90 %
    intervals `needed` and `if_reached`, the size of even chances `even`, and the `median` if it is reached.
    """

    group: str
    ahead: float
    truth: float
    needed: tuple[float, float]
    if_reached: tuple[float, float]
    even: float
    median: float
    codes: tuple[str, ...]


def weighted_fit(shape: Callable[[Array, Array], Array], starts: Array, n: Array, score: Array) -> Array:
    """Fit shape(theta, n) to a score by least squares weighted by n; the best of the starts."""
    weight = np.sqrt(n / n.sum())
    with np.errstate(all="ignore"):
        fits = [
            least_squares(
                lambda theta: np.nan_to_num(weight * (shape(theta, n) - score), nan=1e3, posinf=1e3, neginf=-1e3),
                start,
                max_nfev=60,
            )
            for start in starts
        ]
    return np.asarray(min(fits, key=lambda fit: fit.cost).x)


def power(theta: Array, n: Array) -> Array:
    return np.asarray(theta[0] * n ** theta[1] + theta[2])


def arctan(theta: Array, n: Array) -> Array:
    return np.asarray(2 / np.pi * np.arctan(theta[0] * np.pi / 2 * n + theta[1]) + theta[2])


def logarithm(theta: Array, n: Array) -> Array:
    return np.asarray(theta[0] * np.log(np.maximum(n + theta[1], 1e-9)) + theta[2])


def root(theta: Array, n: Array) -> Array:
    scaled = theta[0] * n
    return np.asarray(scaled / (1 + np.abs(scaled) ** theta[1]) ** (1 / theta[1]) + theta[2])


MAHMOOD = {
    "power": (power, np.array([[-0.3, -0.3, 0.9], [-0.1, -1.0, 0.7], [0.2, 0.2, 0.3]])),
    "arctan": (arctan, np.array([[1.0, 0.0, 0.0], [10.0, 0.0, -0.2], [0.1, 0.5, 0.3]])),
    "logarithm": (logarithm, np.array([[0.05, 0.01, 0.7], [0.1, 0.1, 0.5]])),
    "root": (root, np.array([[5.0, 1.0, 0.0], [1.0, 0.5, 0.3], [20.0, 2.0, 0.2]])),
}


def baseline_curves(n: Array, loss: Array) -> dict[str, Array]:
    """Give the loss of each baseline on `GRID` times the largest size."""
    largest = n[-1]
    with np.errstate(all="ignore"):
        curves = {"power law + floor": power_floor.predict(n, loss, largest * GRID)}
        for name, (shape, starts) in MAHMOOD.items():
            theta = weighted_fit(shape, starts, n / largest, 1.0 - loss)
            curves[f"Mahmood: {name}"] = 1.0 - shape(theta, GRID)
    return curves


def first_below(log_n: Array, loss: Array, target: float) -> float:
    """Give the first log n at which a curve, linear between its points, is at most the target; the last where none is."""
    below = np.flatnonzero(np.nan_to_num(loss, nan=np.inf) <= target)
    if len(below) == 0:
        return float(log_n[-1])
    i = int(below[0])
    if i == 0:
        return float(log_n[0])
    share = (loss[i - 1] - target) / (loss[i - 1] - loss[i])
    return float(log_n[i - 1] + share * (log_n[i] - log_n[i - 1]))


def lcdb(count: int) -> list[tuple[Cut, float, float, float]]:
    """Give curves as they are seen, with the target, its multiple, and ln of the true size over the largest seen."""
    chance = np.random.default_rng(SEED)
    whole = [c for c in whole_lcdb(data_file("lcdb_corpus.csv.gz")) if np.all(c.loss > 0)]
    found = []
    for i in chance.permutation(len(whole)):
        curve = whole[i]
        seen = curve.n <= curve.n[-1] / SEEN
        if seen.sum() < 15:
            continue
        largest, se = curve.n[seen][-1], None if curve.se is None else curve.se[seen]
        cut = Cut("lcdb", curve.group, curve.n[seen], curve.loss[seen], curve.n[:0], curve.n[:0], se)
        for times in TIMES:
            target = float(np.interp(np.log(largest * times), np.log(curve.n), curve.loss))
            if target >= curve.loss[seen].min():
                continue
            truth = first_below(np.log(curve.n / largest), curve.loss, target)
            found.append((cut, target, times, truth))
        if len(found) >= 2 * count:
            break
    return found


def score_lcdb(count: int) -> tuple[list[Answer], dict[str, list[float]]]:
    cases = lcdb(count)
    tables = {k: json.loads((HELD_OUT / f"LCDB-{k}.json").read_text()) for k in range(5)}
    answers: list[Answer] = []
    errors: dict[str, list[float]] = {}
    for fold, table in tables.items():
        own = [case for case in cases if fold_of(case[0].group) == fold]
        fits: dict[int, dict[str, Array]] = {}
        forecasts = forecast_many([{"n": c.n, "loss": c.loss, "se": c.se} for c, *_ in own], calibration=table)
        for (cut, target, times, truth), fc in zip(own, forecasts, strict=True):
            if fc.status == "refused":
                continue
            if id(cut) not in fits:
                fits[id(cut)] = baseline_curves(cut.n, cut.loss)
            needs = {name: first_below(np.log(GRID), values, target) for name, values in fits[id(cut)].items()}
            answer = answered(fc, cut.group, target, times, truth)
            answers.append(answer)
            for name, value in {
                "kleiber, if reached": answer.median,
                "kleiber, even chances": answer.even,
                **needs,
            }.items():
                errors.setdefault(name, []).append(abs(value - truth))
    return answers, errors


def answered(fc: Any, group: str, target: float, ahead: float, truth: float) -> Answer:
    found = need(fc, target)
    told = found.if_reached or Interval(MOST * found.largest, found.largest, MOST * found.largest)
    places = (found.size(0.05), found.size(0.95), found.size(0.5), told.low, told.high, told.median)
    low, high, even, if_low, if_high, median = (float(np.log(min(n, MOST * found.largest) / found.largest)) for n in places)
    codes = tuple(w.code for w in fc.warnings)
    return Answer(group, ahead, truth, (low, high), (if_low, if_high), even, median, codes)


def fall_power(chance: Any, n: Array) -> Array:
    """A power law with a floor of up to half the loss at the smallest size, exponent .05 to .6."""
    return np.asarray((n / 100.0) ** -chance.uniform(0.05, 0.6) + chance.uniform(0.0, 0.5))


def fall_bend(chance: Any, n: Array) -> Array:
    """Guessing up to a size in the first half of the range, then a power law with a floor."""
    exponent, place = chance.uniform(0.2, 0.6), 100.0 * 2.0 ** chance.uniform(0.5, 3.0)
    return np.asarray(1.0 / (1.0 + (n / place) ** exponent) + chance.uniform(0.0, 0.3))


def fall_broken(chance: Any, n: Array) -> Array:
    """A power law whose exponent halves or doubles beyond the largest size, within eight times it."""
    exponent, place = chance.uniform(0.05, 0.6), 100.0 * 2.0**6 * 2.0 ** chance.uniform(0.0, 3.0)
    change = exponent * chance.choice([-0.5, 1.0])
    return np.asarray((n / 100.0) ** -exponent * (1 + (n / place) ** 4) ** (-change / 4))


def fall_turned(chance: Any, n: Array) -> Array:
    """The same, but the exponent becomes .7 to 1.4 times what it was, log-uniform."""
    exponent, place = chance.uniform(0.05, 0.6), 100.0 * 2.0**6 * 2.0 ** chance.uniform(0.0, 3.0)
    change = exponent * (np.exp(chance.uniform(np.log(0.7), np.log(1.4))) - 1.0)
    return np.asarray((n / 100.0) ** -exponent * (1 + (n / place) ** 4) ** (-change / 4))


FALLS = {"power": fall_power, "bend": fall_bend, "mild break beyond": fall_turned, "hard break beyond": fall_broken}


def simulated(name: str, studies: int) -> Iterator[tuple[Array, Array, dict[float, float]]]:
    chance = np.random.default_rng([SEED, list(FALLS).index(name)])
    for _ in range(studies):
        n = 100.0 * 2.0 ** np.arange(7)
        truth = FALLS[name](chance, np.append(n, n[-1] * np.array(AHEAD)))
        noise = chance.uniform(0.01, 0.03)
        rows = truth[:7, None] * (1 + noise * chance.normal(size=(7, 3)))
        yield np.repeat(n, 3), rows.ravel(), dict(zip(AHEAD, truth[7:].tolist(), strict=True))


def score_simulated(name: str, studies: int) -> list[Answer]:
    cases = list(simulated(name, studies))
    labels = [r for _ in range(7) for r in range(3)]
    forecasts = forecast_many([{"n": n, "loss": loss, "replicate": labels} for n, loss, _ in cases])
    return [
        answered(fc, name, target, ahead, float(np.log(ahead)))
        for (_, _, targets), fc in zip(cases, forecasts, strict=True)
        if fc.status == "ok"
        for ahead, target in targets.items()
    ]


def covered(answers: list[Answer], label: str) -> str:
    warned = np.mean([any(code in DIAGNOSES for code in a.codes) for a in answers])
    cells = [label, str(len(answers))]
    for name in ("needed", "if_reached"):
        ends = np.array([getattr(a, name) for a in answers])
        truth = np.array([a.truth for a in answers])
        inside = (ends[:, 0] <= truth + 1e-9) & (truth <= ends[:, 1] + 1e-9)
        low, high = bootstrap(inside, [a.group for a in answers])
        width = np.exp(np.median(ends[:, 1] - ends[:, 0]))
        cells += [f"{inside.mean():.3f} ({low:.3f} to {high:.3f})", f"{width:.3g}"]
    open_ended = np.mean([a.needed[1] >= np.log(MOST) - 1e-6 for a in answers])
    errors = (np.median([abs(guess(a) - a.truth) for a in answers]) for guess in (lambda a: a.even, lambda a: a.median))
    return "| " + " | ".join([*cells, f"{open_ended:.2f}", *(f"{e:.3f}" for e in errors), f"{warned:.2f}"]) + " |"


def bootstrap(inside: NDArray[np.bool_], groups: list[str]) -> tuple[float, float]:
    """Give the 95 % interval of the share over groups, or over cases where there is one group."""
    names, place = np.unique(groups if len(set(groups)) > 1 else np.arange(len(inside)), return_inverse=True)
    hits, counts = np.bincount(place, inside), np.bincount(place)
    pick = np.random.default_rng(SEED).integers(0, len(names), size=(1000, len(names)))
    low, high = np.quantile(hits[pick].sum(axis=1) / counts[pick].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curves", type=int, default=400)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    columns = (
        "what",
        "targets",
        "90 % interval covers (95 %)",
        "width",
        "if reached covers (95 %)",
        "width",
        "no upper end",
    )
    head = "| " + " | ".join([*columns, "error of even chances", "error if reached", "warned"]) + " |"
    rule = "|" + " --- |" * 10
    today = datetime.date.today().isoformat()
    lines = [
        "# How many examples a target takes",
        "",
        f"Run on {today} by `python -m benchmarks.data_need`.",
        "",
        head,
        rule,
    ]
    answers, errors = score_lcdb(options.curves)
    lines += [covered([a for a in answers if a.ahead == t], f"LCDB, {t:g} times") for t in TIMES]
    lines.append(covered(answers, "LCDB, both"))
    found = {name: score_simulated(name, options.studies) for name in FALLS}
    rows = {name: found[name] for name in FALLS} | {"power and bend": found["power"] + found["bend"]}
    for name, own in rows.items():
        lines += [covered([a for a in own if a.ahead == t], f"simulated {name}, {t:g} times") for t in AHEAD]
    lines += ["", "| LCDB: who | median abs ln(n / true n) |", "| --- | --- |"]
    ranked = sorted(errors.items(), key=lambda entry: float(np.median(entry[1])))
    lines += [f"| {name} | {np.median(values):.3f} |" for name, values in ranked]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
