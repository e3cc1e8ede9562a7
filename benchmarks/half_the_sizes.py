"""Forecasts of `origin` and `demo` from half their sizes, beside those of an earlier build, and whether they held.

    git worktree add ../earlier 65cb2e1
    python -m benchmarks.half_the_sizes ../earlier/src

`origin` and `origin-pilot` are the nine sizes of docs/origin_runs.csv, `demo` is run anew, in about a minute. Each is
forecast from its first 3, 4, ... sizes, up to half of them, at all that follow; the loss of guessing is known. Told are the
90 % intervals of a new run, their mean ln(high/low), the error of ln of the median, and how many means of sizes lie inside.

Result of 2026-12-01, beside 65cb2e1; the curves of `origin` were known when the forecast learnt of the loss of guessing:

    origin         earlier   6 of 11 held, width 0.255, error 0.136   now 11 of 11, 0.408, 0.089
    origin-pilot   earlier   9 of 11 held, width 0.268, error 0.115   now 11 of 11, 0.540, 0.040
    demo           earlier   3 of 3 held, width 1.223, error 0.222    now 3 of 3, 0.824, 0.304
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parents[1]
STUDIES = ("origin", "origin-pilot")
CHANCE = math.log(10)
LEVELS = [0.05, 0.5, 0.95]
Rows = list[tuple[float, float, str]]  # size, test loss, replicate


def origin(study: str) -> Rows:
    """Give the runs of a study of docs/origin_runs.csv; a replicate is one of a search."""
    with (HERE / "docs" / "origin_runs.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["study"] == study]
    return [(float(row["n"]), float(row["loss"]), f"{row['search']}.{row['replicate']}") for row in rows]


def demo() -> Rows:
    """Run the preset `demo` and give its scores."""
    from kleiber import preset, run_study

    with tempfile.TemporaryDirectory() as folder:
        ledger = run_study(preset("demo"), Path(folder) / "demo.db", workers=2)
        rows = [row for row in ledger.export("demo") if row["purpose"] == "score" and row["state"] == "ok"]
        ledger.close()
    return [(float(row["n"]), row["test"]["loss"], str(row["replicate"])) for row in rows]


def asked(rows: Rows) -> Iterator[tuple[Rows, list[float]]]:
    """Give the runs of the first 3, 4, ... sizes, up to half of them, with the sizes that follow."""
    sizes = sorted({n for n, _, _ in rows})
    for m in range(3, len(sizes) // 2 + 1):
        yield [row for row in rows if row[0] <= sizes[m - 1]], sizes[m:]


def answer() -> None:
    """Forecast what stands on the standard input, with the build that is imported: quantiles of each size."""
    from kleiber import forecast_many

    found = []
    for rows, at in json.load(sys.stdin):
        n, loss, replicate = zip(*rows, strict=True)
        (fc,) = forecast_many([{"n": n, "loss": loss, "replicate": replicate, "chance": CHANCE}])
        found.append(np.asarray(fc.quantile(at, LEVELS)).tolist())
    json.dump(found, sys.stdout)


def answered(source: Path, questions: list[tuple[Rows, list[float]]]) -> list[list[list[float]]]:
    """Let the build whose packages lie in a folder forecast."""
    environment = os.environ | {"PYTHONPATH": f"{source.resolve()}{os.pathsep}{HERE}", "PYTHONWARNINGS": "ignore"}
    line = [sys.executable, "-m", "benchmarks.half_the_sizes", "--answer", str(source)]
    done = subprocess.run(line, input=json.dumps(questions), capture_output=True, text=True, check=True, env=environment)
    return list(json.loads(done.stdout))


def main() -> None:
    """Ask both builds the same and print their answers side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("earlier", type=Path, help="the folder src of an earlier build")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        answer()
        return
    print("| study | sizes up to | asked | measured | earlier | now |\n| --- | --- | --- | --- | --- | --- |")
    sums = []
    for name, rows in [*((study, origin(study)) for study in STUDIES), ("demo", demo())]:
        questions = list(asked(rows))
        both = zip(answered(given.earlier, questions), answered(HERE / "src", questions), strict=True)
        told: list[list[tuple[float, float, bool]]] = [[], []]
        for (seen, at), answers in zip(questions, both, strict=True):
            for i, n in enumerate(at):
                came = float(np.mean([loss for size, loss, _ in rows if size == n]))
                cells = []
                for kept, quantiles in zip(told, answers, strict=True):
                    low, middle, high = quantiles[i]
                    kept.append((math.log(high / low), math.log(middle / came), low <= came <= high))
                    cells.append(f"{middle:.3f} ({low:.3f} to {high:.3f}), {'held' if low <= came <= high else 'missed'}")
                print(f"| {name} | {seen[-1][0]:,.0f} | {n:,.0f} | {came:.3f} | {' | '.join(cells)} |")
        for build, kept in zip(("earlier", "now"), told, strict=True):
            width, off, inside = (np.array(values, dtype=float) for values in zip(*kept, strict=True))
            error, held = math.sqrt(float(np.mean(off**2))), f"{inside.sum():.0f} of {len(kept)} held"
            sums.append(f"{name}, {build}: {held}, width {width.mean():.3f}, error {error:.3f}")
    print("\n" + "\n".join(sums))


if __name__ == "__main__":
    main()
