"""Does successive halving find as good a winner as the full search? On CIFAR-10, at three sizes, from several seeds.

    python -m benchmarks.pruning [--sizes 200,400,800] [--seeds 3] [--first-seed 0] [--trials 20] [--workers 2]
        [--ledger FILE]

The full search of the preset `origin` is run, every trial to its end by the preset's own rules; what halving would have
done is read off the trials' histories, since a trial that pauses and goes on ends with the same bits
(tests/trainers/test_engine.py). Told is the validation loss of the winner of each search at its end, on the examples that
both watch, and the share of the full search's epochs that halving runs. `--ledger` keeps the full searches. Pauses within
the first epoch are in no history, and not judged here. The rules below were judged under one cycle of the rate.

Result of 2026-11-26, CIFAR-10 (JPEG), 20 draws, PyTorch 2.13 on the CPU; how much worse the winner's loss is, of 27
with `--seeds 9` (the preset's rule of that day, the first, was chosen on seeds 0 to 5; seeds 6 to 8 were run afterwards):

    stages [1, 4], keep 0.3: seeds 0 to 5 0.00% in 18 of 18; seeds 6 to 8 n=200 0.00% 0.85% 0.00%; n=400 2.30% 0.00% 0.00%;
      n=800 0.00% 0.00% 0.00%; means 0.28% 0.77% 0.00%; 40% of the epochs
    stages [1, 4], keep 0.25: three of 27 worse, by 0.85% (200), 2.30% (400), 1.88% (800); 37% of the epochs
    stages [1, 3], keep 0.25: four of 27 worse, by 5.24% (200), 2.40%, 1.58% (400), 3.77% (800); 34% of the epochs
    stages [1, 3], keep 0.3: three of 27 worse, by 5.24% (200), 2.40%, 1.58% (400); 36% of the epochs
    stages [1, 3], keep 0.2: seven of 27 worse, by up to 5.24%; 29% of the epochs
    stages [2, 4], keep 0.25: two of 27 worse, by 0.85% (200), 2.30% (400); 51% of the epochs
    stages [1], keep 0.25: one of 27 worse, by 1.88% (800); 42% of the epochs
    stages [2], keep 0.2: 0.00% in 27 of 27; 53% of the epochs
    stages [3], keep 0.15: one of 27 worse, by 2.40% (400); 65% of the epochs
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kleiber import preset, run_study
from kleiber.errors import KleiberError
from kleiber.halving import ranked, survivors

RULES = (
    ((1, 4), 0.3),
    ((1, 3), 0.25),
    ((1, 3), 0.3),
    ((1, 3), 0.2),
    ((1, 4), 0.25),
    ((2, 4), 0.25),
    ((1,), 0.25),
    ((2,), 0.2),
    ((3,), 0.15),
)
Histories = list[list[float]]  # of each trial, in its order; empty for one that diverged


def full_search(size: int, seed: int, trials: int, workers: int, ledger: Path) -> Histories:
    """Run the search at a size, every trial to its end, and give the trials' losses after each epoch."""
    search = {**preset("origin").search.model_dump(), "trials": trials, "stages": [], "sampler": "random", "pilot": 0}
    study = preset("origin", name=f"n{size}s{seed}", sizes=[size], seed=seed, replicates=1, search=search)
    opened = run_study(study, ledger, workers=workers)
    rows = [row for row in opened.export(study.name) if row["purpose"] == "search" and row["state"] in ("ok", "diverged")]
    opened.close()
    found = {row["number"]: row["history"] if row["state"] == "ok" else [] for row in rows}
    return [found[number] for number in sorted(found)]


def halved(histories: Histories, stages: Sequence[int], keep: float) -> tuple[int, int]:
    """Give the trial that halving picks, and the number of epochs that it runs."""
    going, ran, begun = list(range(len(histories))), 0, 0
    counts = survivors(len(histories), len(stages), keep)
    for stage, count in zip([*stages, max(map(len, histories))], [*counts[1:], 1], strict=True):
        ran += sum(max(min(len(histories[i]), stage) - begun, 0) for i in going)
        losses = [min(histories[i][:stage]) if histories[i] else None for i in going]
        going, begun = [going[place] for place in ranked(losses)[:count]], stage
    return going[0], ran


def main() -> None:
    """Print, for each rule, how much worse its winners are and how much it spares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="200,400,800")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ledger", type=Path, default=None)
    options = parser.parse_args()
    sizes = [int(text) for text in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        ledger = options.ledger or Path(folder) / "pruning.db"
        try:
            searches = {
                (size, seed): full_search(size, seed, options.trials, options.workers, ledger)
                for seed in range(options.first_seed, options.first_seed + options.seeds)
                for size in sizes
            }
        except KleiberError as error:
            print(f"skipped: {error}")
            return
    for stages, keep in RULES:
        ratios: dict[int, list[float]] = {}
        shares = []
        for (size, _), histories in searches.items():
            lowest = [min(history, default=np.inf) for history in histories]
            chosen, ran = halved(histories, stages, keep)
            ratios.setdefault(size, []).append(lowest[chosen] / min(lowest))
            shares.append(ran / sum(map(len, histories)))
        told = "; ".join(f"n={size:,} " + " ".join(f"{r - 1:.2%}" for r in found) for size, found in ratios.items())
        means = " ".join(f"{np.mean(found) - 1:.2%}" for found in ratios.values())
        print(f"stages {list(stages)}, keep {keep}: {told}; means {means}; {np.mean(shares):.0%} of the epochs", flush=True)


if __name__ == "__main__":
    main()
