"""Do the grades mean what they say? Real curves thinned to few sizes, forecast at 8 times the largest: coverage by grade.

    python -m benchmarks.grades [--curves 1500] [--out docs/benchmarks.md]

LCDB: a curve of the corpus is seen at 6 or 8 sizes spread evenly on the log, up to 1/8 of its largest size, and forecast
at 4 and 8 times that with the table learnt without its fold of data sets; its own back-test judges it first, as in the
command. Told for each grade are its share, how often the 90 % interval of a new run holds the measured loss, the median
error, and how often the error is at most 10 %.

Result of 2026-12-01, two cores, all 5,180 curves (share; 90 % interval covers; median error; within 10 %):

    6 sizes, 8 times  firm .10 .90 .024 .87   rough .29 .83 .108 .47   guess .61 .89 .152 .40   all covers .88
    8 sizes, 8 times  firm .12 .89 .025 .87   rough .30 .84 .109 .47   guess .57 .89 .164 .39   all covers .87
    6 sizes, 4 times  firm .16 .91 .026 .90   rough .38 .88 .098 .51   guess .46 .91 .083 .54   all covers .90
    8 sizes, 4 times  firm .18 .89 .026 .91   rough .41 .87 .100 .50   guess .41 .91 .082 .53   all covers .89

The aim, .84 to .95 and 10 % for nine firm forecasts of ten, is missed by a little since clean curves are weighed. The day
before, firm ones had .94 and .90, rough ones .87 and .52, guesses .89 and .39.

Before the bend of a curve was a feature of the
calibration, and before a curve without a fall was a guess, all covered .80, and firm ones were within 10 % in .73.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dev.learning.curves import Cut, fold_of, whole_lcdb

from benchmarks.protocol.curves import data_file
from benchmarks.protocol.tables import write_grades
from kleiber import forecast_many
from kleiber.forecasting.backtest import backtest, judged
from kleiber.forecasting.grades import GRADES

HELD_OUT = Path(__file__).parent / "held_out"
AHEAD, SEED = (4.0, 8.0), 20261129
SIZES = (6, 8)
ABOUT = """Each curve of the corpus of LCDB is seen at few sizes, even on the log, up to 1/8 of its largest, and forecast
at 4 and 8 times that with the table learnt without its data set: `python -m benchmarks.grades --out docs/benchmarks.md`. A
grade goes by the 80 % band of the curve, the 90 % interval is for a new run."""
NEAR = np.log(1.1)  # an error of at most 10 %


@dataclass(frozen=True, slots=True)
class Told:
    """One forecast `ahead` times the largest size: its grade, whether its interval held, ln of forecast over truth."""

    ahead: float
    grade: str
    inside: bool
    error: float


def thinned(curve: Cut, count: int) -> Cut | None:
    """Give a curve at `count` sizes up to 1/8 of the largest, and its loss at `AHEAD` times that; None if it lacks them."""
    n = curve.n
    last = int(np.searchsorted(n, n[-1] / max(AHEAD) * (1 + 1e-9), side="right")) - 1
    if last < count - 1 or np.any(curve.loss <= 0):
        return None
    wanted = np.geomspace(n[0], n[last], count)
    places = np.unique([int(np.argmin(np.abs(np.log(n[: last + 1] / at)))) for at in wanted])
    if len(places) < count:
        return None
    at = n[last] * np.array(AHEAD)
    truth = np.exp(np.interp(np.log(at), np.log(n), np.log(curve.loss)))
    errors = None if curve.se is None else curve.se[places]
    return Cut("lcdb", curve.group, n[places], curve.loss[places], at, truth, errors)


def scored(whole: Sequence[Cut], count: int) -> Iterator[Told]:
    """Forecast curves at so many sizes, fold by fold of data sets, each with the table learnt without it."""
    cuts = [found for curve in whole if (found := thinned(curve, count)) is not None]
    folds: dict[int, list[Cut]] = {}
    for cut in cuts:
        folds.setdefault(fold_of(cut.group), []).append(cut)
    for fold, members in folds.items():
        table = json.loads((HELD_OUT / f"LCDB-{fold}.json").read_text())
        slots = [{"n": cut.n, "loss": cut.loss, "se": cut.se} for cut in members]
        for fc, cut in zip(forecast_many(slots, calibration=table), members, strict=True):
            if fc.status == "refused":
                yield from (Told(ahead, "refused", True, 0.0) for ahead in AHEAD)
                continue
            judged_fc = judged(fc, backtest(fc.curve, calibration=table))
            rows = fc.posterior.quantile(cut.at, np.array([0.05, 0.5, 0.95]), 1.0)
            for ahead, at, truth, (low, middle, high) in zip(AHEAD, cut.at, cut.truth, rows, strict=True):
                yield Told(ahead, judged_fc.grade(at), bool(low <= truth <= high), float(np.log(middle / truth)))


def rows(told: Sequence[Told]) -> Iterator[str]:
    """Write the table's rows: each grade, then all of them."""
    forecast = [one for one in told if one.grade != "refused"]
    for name in (*GRADES, "all"):
        some = [one for one in forecast if name in (one.grade, "all")]
        if not some:
            continue
        error = np.abs([one.error for one in some])
        inside = np.mean([one.inside for one in some])
        yield (
            f"| {name} | {len(some)} | {len(some) / len(forecast):.2f} | {inside:.3f} | {np.expm1(np.median(error)):.3f} | "
            f"{np.mean(error <= NEAR):.3f} |"
        )
    yield f"| refused | {len(told) - len(forecast)} | | | | |"


def main() -> None:
    """Score curves thinned to 6 and to 8 sizes, and print the table of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--curves", type=int, default=1500, help="so many curves of the corpus, drawn by chance")
    parser.add_argument("--out", type=Path, help="write the tables there, as the last part of that page")
    given = parser.parse_args()
    whole = list(whole_lcdb(data_file("lcdb_corpus.csv.gz")))
    chosen = np.random.default_rng(SEED).permutation(len(whole))[: given.curves]
    lines = []
    for count in SIZES:
        told = list(scored([whole[i] for i in chosen], count))
        for ahead in AHEAD:
            there = [one for one in told if one.ahead == ahead]
            lines += [f"### {count} sizes, {ahead:g} times ahead: {len(there)} curves of LCDB", ""]
            lines += [
                "| grade | curves | share | 90 % covers | median error | within 10 % |",
                "| --- | --- | --- | --- | --- | --- |",
            ]
            lines += [*rows(there), ""]
    text = "\n".join(lines)
    print(text)
    if given.out:
        write_grades(given.out, f"{ABOUT}\n\n{text}")


if __name__ == "__main__":
    main()
