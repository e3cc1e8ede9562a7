"""What a person waits for before an answer: this checkout against an earlier commit, each line timed in turn in one run.

    python -m benchmarks.startup [--base 65cb2e1] [--rounds 7] [--only NAME,...]

Each round runs every line once with each of the two sources, in a process of its own, and takes its processor time (user
and system, children included) and peak resident memory. Told are medians, their ratio, and whether the JSON of both holds
the same numbers. `large` is run once with this checkout alone: 10, 20 and 40 models, and a table of 1,000,000 rows.

Results of 2026-11-28, two cores, five rounds, 65cb2e1 and then this; `import numpy, scipy.special, scipy.linalg` .377 s:

    import    .963 and .023 s, .06 times those imports
    help     1.008 and .103 s, .10 times
    forecast 1.021 and .367 s, .36 times; peak 115 and 69 MiB; largest relative difference of a number 3e-13
    compare  3.081 and .692 s, .22 times; peak 405 and 96 MiB; 2e-13 (.15 is the aim: the imports alone are .12)
    compare of 40 models: 14.0 s, 182 MiB; forecast of 1,000,000 rows: 4.1 s, 358 MiB

Results of 2026-11-29, two busy cores, five rounds, edf6955 and then this, which draws each model once for all its pairs:

    pair     .821 and .818 s, 1.00 times; the same numbers
    compare 1.211 and 1.055 s, .87 times
    compare of 10, 20 and 40 models: 1.5, 2.9 and 7.2 s; 98, 119 and 173 MiB (edf6955: 2.0, 4.9 and 15.2 s)
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FLOOR = "numpy, scipy.special, scipy.linalg"
CLOSE = 1e-9  # relative difference up to which two numbers are the same


@dataclass(frozen=True, slots=True)
class Line:
    """A line to time: Python's arguments, the most that it may take of the earlier commit's time, whether it answers."""

    name: str
    arguments: tuple[str, ...]
    at_most: float | None = None
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run: processor seconds, MiB at the peak, and what it printed."""

    seconds: float
    mib: float
    said: str


def runs(path: Path, *, models: int, sizes: int, seeds: int) -> Path:
    """Write runs of several models on power laws with floors, noise 2 %."""
    chance = np.random.default_rng(13)
    with path.open("w") as file:
        file.write("n,loss,model,seed\n")
        for model in range(models):
            a, b, c = chance.uniform(4, 9), chance.uniform(0.2, 0.5), chance.uniform(0.05, 0.3)
            for size in range(sizes):
                n = 100 * 2**size
                for seed in range(seeds):
                    loss = (a * n**-b + c) * (1 + 0.02 * chance.normal())
                    file.write(f"{n},{loss:.6f},model-{model:02d},{seed}\n")
    return path


def rows(path: Path, count: int) -> Path:
    """Write a table of so many runs of one model at twenty sizes."""
    chance = np.random.default_rng(14)
    n = 100 * 2 ** (np.arange(count) % 20)
    loss = (5 * n**-0.3 + 0.1) * (1 + 0.02 * chance.normal(size=count))
    with path.open("w") as file:
        file.write("n,loss,seed,model\n")
        file.writelines(f"{size},{value:.6f},{i},resnet\n" for i, (size, value) in enumerate(zip(n, loss, strict=True)))
    return path


def lines(folder: Path) -> Iterator[Line]:
    """Give the lines that both commits run."""
    one, two, six = (runs(folder / f"{count}.csv", models=count, sizes=8, seeds=3) for count in (1, 2, 6))

    def command(*arguments: str) -> tuple[str, ...]:
        return ("-m", "kleiber", *arguments)

    yield Line("import", ("-c", "import kleiber"))
    yield Line("help", command("--help"), 0.3)
    yield Line("forecast", command("forecast", str(one), "--json"), 0.5, answers=True)
    yield Line("pair", command("compare", str(two), "--json"), answers=True)
    yield Line("compare", command("compare", str(six), "--json"), 0.15)  # its draws are others: models share a ladder
    yield Line("report", command("report", str(six), "-o", str(folder / "report.html")))


def large(folder: Path) -> Iterator[Line]:
    """Give the lines whose limits are absolute."""
    million = rows(folder / "million.csv", 1_000_000)
    for count, limit in ((10, ""), (20, ""), (40, " (8 s, 500 MB)")):
        many = runs(folder / f"{count}.csv", models=count, sizes=5, seeds=3)
        yield Line(f"compare of {count} models{limit}", ("-m", "kleiber", "compare", str(many), "--json"))
    yield Line("forecast of 1,000,000 rows (10 s, 400 MB)", ("-m", "kleiber", "forecast", str(million), "--json"))


def timed(source: Path, arguments: Sequence[str]) -> Run:
    """Run Python with a source first on its path; raises where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(source / "src")}
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaint:
        process = subprocess.Popen([sys.executable, *arguments], stdout=said, stderr=complaint, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complaint.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {complaint.read().decode()[-2000:]}")
        return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said.read().decode())


def difference(one: Any, other: Any, place: str = "") -> tuple[float, str]:
    """Give the largest relative difference of numbers in two JSON values, and where; inf where they differ otherwise."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return max((difference(one[key], other[key], f"{place}.{key}") for key in one), default=(0.0, place))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = (difference(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True)))
        return max(found, default=(0.0, place))
    if isinstance(one, float | int) and isinstance(other, float | int):
        gap = abs(one - other)
        return (gap / max(abs(one), abs(other)) if gap else 0.0), place
    return (0.0 if one == other else math.inf), place


def main() -> None:
    """Time every line in turn, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--base", default="65cb2e1", help="the earlier commit")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="names of lines, with commas between")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        base = folder / "base"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(base), given.base], cwd=ROOT, check=True)
        try:
            tell(base, folder, given.rounds, given.only.split(",") if given.only else None)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(base)], cwd=ROOT, check=True)


def tell(base: Path, folder: Path, rounds: int, only: Sequence[str] | None) -> None:
    """Print a line for each comparison, and one for each limit."""
    floor = [timed(ROOT, ("-c", f"import {FLOOR}")).seconds for _ in range(rounds)]
    print(f"import {FLOOR}: {statistics.median(floor):.3f} s")
    for line in lines(folder):
        if only and line.name not in only:
            continue
        pairs = [(timed(base, line.arguments), timed(ROOT, line.arguments)) for _ in range(rounds)]
        before, now = (statistics.median(run.seconds for run in side) for side in zip(*pairs, strict=True))
        peaks = [max(run.mib for run in side) for side in zip(*pairs, strict=True)]
        limit = "" if line.at_most is None else f" (at most {line.at_most:g})"
        print(
            f"{line.name}: {before:.3f} s before, {now:.3f} s now, {now / before:.3f} times{limit}; "
            f"{now / statistics.median(floor):.2f} times the floor; peak {peaks[0]:.0f} and {peaks[1]:.0f} MiB"
        )
        if line.answers:
            gap, where = difference(*(json.loads(run.said) for run in pairs[-1]))
            print(f"  numbers: largest relative difference {gap:.1e} {where}, {'the same' if gap <= CLOSE else 'OTHERS'}")
    for line in large(folder):
        if only and "large" not in only:
            continue
        run = timed(ROOT, line.arguments)
        print(f"{line.name}: {run.seconds:.1f} s, {run.mib:.0f} MiB")


if __name__ == "__main__":
    main()
