"""Do intervals cover what they say in every group of curves, not only pooled? Real curves held out, and simulated studies.

    python -m benchmarks.conditional [--curves 400] [--studies 60] [--out docs/benchmarks.md]

Real ones: the scaling curves and LCDB of the extrapolation benchmark, and curves of LCDB thinned to 6 sizes, each with the
table learnt without its fold or domain. Simulated ones: the settings of `benchmarks.settings`, clean and straying, a run
at 4 and 16 times the largest size. The groups: kind of source, number of sizes, runs a size, noise that the forecast says,
distance, steepness (mean exponent of the forecast from the largest size to 8 times it), and the back-test's misses.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dev.learning.curves import fold_of, whole_lcdb

from benchmarks import grades, settings
from benchmarks.extrapolation import HELD_OUT
from benchmarks.protocol import curves as data
from benchmarks.protocol.ours import asked, held_out_name
from benchmarks.protocol.tables import write_conditional
from kleiber import forecast_many
from kleiber.forecasting.backtest import backtest, nearest
from kleiber.forecasting.features import noise_of
from kleiber.forecasting.forecast import Forecast

SEED = 20261201
STEEP = 8.0  # times the largest size: up to there steepness is told
Bound = tuple[str, float]
SIZES: tuple[Bound, ...] = (("3 to 5", 5.5), ("6 to 9", 9.5), ("10 to 19", 19.5), ("20 and more", np.inf))
RUNS: tuple[Bound, ...] = (("1", 1.5), ("2 and more", np.inf))
NOISE: tuple[Bound, ...] = (
    ("below .3 %", 0.003), (".3 to 1 %", 0.01), ("1 to 3 %", 0.03), ("3 to 10 %", 0.1), ("10 % and more", np.inf)
)  # fmt: skip
DISTANCE: tuple[Bound, ...] = (("up to 2 times", 2.01), ("up to 4", 4.01), ("up to 8", 8.01), ("beyond 8", np.inf))
STEEPNESS: tuple[Bound, ...] = (("below .05", 0.05), (".05 to .15", 0.15), (".15 to .4", 0.4), (".4 and more", np.inf))
MISSES: tuple[Bound, ...] = (("none", 0.01), ("up to a quarter", 0.251), ("more", np.inf))


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A forecast of a curve, whose losses at sizes `at (k,)` came out as `came (k,)`; runs a size, and its back-test."""

    source: str
    fc: Forecast
    at: data.Array
    came: data.Array
    runs: float
    missed: float


def real(curves: int) -> Iterator[Case]:
    """Forecast real curves with the tables learnt without them: the benchmark's, then so many of LCDB thinned."""
    tables = {path.stem: json.loads(path.read_text()) for path in sorted(HELD_OUT.glob("*.json"))}
    found, _ = data.read(data.folder(), data.DOMAINS)
    for domain, whole in found.items():
        for curve in data.thinned(whole, curves):
            table = tables[held_out_name(curve)]
            yield from _case(domain, asked(curve), table, curve.at, curve.loss_at)
    corpus = list(whole_lcdb(data.data_file("lcdb_corpus.csv.gz")))
    for i in np.random.default_rng(SEED).permutation(len(corpus))[:curves]:
        if (cut := grades.thinned(corpus[i], 6)) is not None:
            row = {"n": cut.n, "loss": cut.loss, "se": cut.se}
            yield from _case("LCDB, 6 sizes", row, tables[f"LCDB-{fold_of(cut.group)}"], cut.at, cut.truth)


def simulated(count: int) -> Iterator[Case]:
    """Forecast simulated studies of every setting."""
    for setting in (*settings.CLEAN, *settings.FINE, *settings.STRAYING):
        name = "simulated, clean" if setting.kind == "clean" else f"simulated, {setting.kind}"
        chance = np.random.default_rng([SEED, *setting.name.encode()])
        for study in settings.studies(setting, count, SEED):
            at = study.n[-1] * settings.AHEAD
            came = study.truth * (1.0 + setting.noise * chance.normal(size=len(at)))
            row = {"n": study.n, "loss": study.loss, "replicate": study.replicate}
            yield from _case(name, row, None, at, came, float(setting.runs))


def _case(
    source: str, row: dict[str, Any], table: object, at: data.Array, came: data.Array, runs: float = 1.0
) -> Iterator[Case]:
    (fc,) = forecast_many([row], calibration=table)
    if fc.status == "ok":
        checks = nearest(backtest(fc.curve, calibration=table))
        missed = float(np.mean([not check.inside for check in checks])) if checks else np.nan
        yield Case(source, fc, at, came, runs, missed)


@dataclass(frozen=True, slots=True)
class Row:
    """One size that a forecast was asked for: what it is grouped by, its curve's weight, and whether it held."""

    source: str
    values: dict[str, float]
    weight: float
    inside: bool


def rows(case: Case) -> Iterator[Row]:
    """Give a row for each size of a case; all of them weigh as much as one curve."""
    known = case.fc.posterior
    largest = known.n_unit
    low, high = known.quantile(case.at, np.array([0.05, 0.95]), 1.0).T
    near, far = known.quantile(largest * np.array([1.0, STEEP]), np.array([0.5]), None)[:, 0]
    shared = {
        "sizes": float(known.data.count[0]),
        "runs": case.runs,
        "noise": float(np.exp(noise_of(known.features))),
        "steepness": float(np.log(near / far) / np.log(STEEP)),
        "misses": case.missed,
    }
    for n, loss, lowest, highest in zip(case.at, case.came, low, high, strict=True):
        yield Row(case.source, shared | {"distance": n / largest}, 1.0 / len(case.at), bool(lowest <= loss <= highest))


def table(found: Sequence[Row]) -> Iterator[str]:
    """Write the coverage of each group, real and simulated apart."""
    yield "| group | real: curves | covers | simulated: studies | covers |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for source in dict.fromkeys(row.source for row in found):
        yield _line(f"source: {source}", [row for row in found if row.source == source])
    grouped = {"sizes": SIZES, "runs": RUNS, "noise": NOISE, "distance": DISTANCE, "steepness": STEEPNESS, "misses": MISSES}
    for name, bounds in grouped.items():
        below = -np.inf
        for label, above in bounds:
            some = [row for row in found if below < row.values[name] <= above]
            below = above
            if some:
                yield _line(f"{LABELS[name]}: {label}", some)


LABELS = {
    "sizes": "sizes",
    "runs": "runs a size",
    "noise": "noise said",
    "distance": "distance",
    "steepness": "exponent to come",
    "misses": "back-test misses",
}


def _line(label: str, some: Sequence[Row]) -> str:
    cells = []
    for simulated_ in (False, True):
        part = [row for row in some if row.source.startswith("simulated") == simulated_]
        weight = sum(row.weight for row in part)
        inside = sum(row.weight * row.inside for row in part)
        cells += [f"{weight:.0f}", f"{inside / weight:.2f}"] if part else ["", ""]
    return f"| {label} | {' | '.join(cells)} |"


ABOUT = """A 90 % interval of a new run, by group of curves; every curve weighs the same. Real curves have tables
learnt without them, simulated ones are those of `benchmarks.settings`: `python -m benchmarks.conditional --out
docs/benchmarks.md`. A break beyond the measured sizes shows in nothing that was measured, so its intervals may miss it."""


def main() -> None:
    """Print the table, or write it into the page of the extrapolation benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--curves", type=int, default=400, help="real curves of a domain at most")
    parser.add_argument("--studies", type=int, default=60, help="simulated studies of each setting")
    parser.add_argument("--out", type=Path, help="write the table there, as a part of that page")
    given = parser.parse_args()
    found = [row for cases in (real(given.curves), simulated(given.studies)) for case in cases for row in rows(case)]
    text = "\n".join(table(found)) + "\n"
    print(text)
    if given.out:
        write_conditional(given.out, f"{ABOUT}\n\n{text}")


if __name__ == "__main__":
    main()
