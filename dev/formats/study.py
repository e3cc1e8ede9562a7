"""The study that every tracker writes: five sizes, two seeds, six epochs, one run that diverges and one that is resumed.

It needs nothing but Python, so that each script runs where only its own tracker is installed.
"""

import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SIZES, SEEDS, EPOCHS = (100, 200, 400, 800, 1600), (0, 1), 6
DIVERGED, RESUMED = (400, 1), (800, 0)


class Planned(NamedTuple):
    """A run: its size and seed, and the validation loss of each epoch in the order of writing, as (epoch, loss)."""

    n: int
    seed: int
    history: list[tuple[int, float]]


def runs() -> Iterator[Planned]:
    """Give the runs; the one that diverges ends in NaN, the one that is resumed writes epochs 2 and 3 a second time."""
    for n in SIZES:
        for seed in SEEDS:
            chance = random.Random(1000 * n + seed)
            losses = [0.1 + 4 * n**-0.4 * (1 + 2 / (1 + e)) + 0.01 * chance.random() for e in range(EPOCHS)]
            losses[-1] += 0.02  # so that the best is not the last
            history = list(enumerate(losses))
            if (n, seed) == DIVERGED:
                history[3:] = [(e, math.nan) for e in range(3, EPOCHS)]
            if (n, seed) == RESUMED:
                history = [*((e, value - 0.5) for e, value in history[:4]), *history[2:]]
                history[:2] = list(enumerate(losses))[:2]
            yield Planned(n, seed, history)


def truth(history: list[tuple[int, float]]) -> tuple[float | None, float | None]:
    """Give the best and the last value of a history, where what was written later counts; None for one that diverged."""
    settled = dict(history)
    values = [settled[e] for e in sorted(settled)]
    if not math.isfinite(values[-1]):
        return None, None
    return min(values), values[-1]


def write_truth(out: Path, found: list[dict[str, object]]) -> None:
    """Write what was really measured, for `python -m dev.formats.check`."""
    (out / "truth.json").write_text(json.dumps(found, indent=1))


def planned_truth(out: Path, **more: object) -> None:
    """Write the truth of the planned study."""
    rows = []
    for run in runs():
        best, last = truth(run.history)
        rows.append({"n": run.n, "seed": run.seed, "best": best, "last": last, **more})
    write_truth(out, rows)


def folder() -> Path:
    """Give the folder that a script writes to, its only argument."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    return out
