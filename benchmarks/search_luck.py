"""How much of a size's loss is the luck of its search? Studies `origin` from several seeds, with several searches.

    python -m benchmarks.search_luck [--sizes 200,400,800,1600] [--seeds 6] [--workers 2] [--kept FOLDER] [--searches ...]

`before` is random search with 20 draws, as the preset had it first. `pilot` is the preset as it is: quasi-random draws from
the fifth of the space that 60 trials at the smallest size show to be the most promising. `quasi` has no pilot. `wide` is
random search with 100 draws, by which one sees whether the exponent is bent.
Each seed draws its own subsets, settings and seeds. Told are, for each search, the standard deviation from seed to seed
of ln(mean test loss of a size's three scores), pooled over sizes; losses, slope and epochs x examples.
`--kept` keeps the ledgers, and goes on from them.

Result of 2026-11-30, two cores of an Intel Xeon, six seeds, the preset of that day for what is not said:

    before: sd of ln loss 0.0199 (0.0199 0.0207 0.0178 0.0211); loss 2.065 1.927 1.745 1.577; slope 0.131 (sd 0.013); 163 s
    quasi:  sd of ln loss 0.0168 (0.0127 0.0112 0.0245 0.0154); loss 2.056 1.885 1.754 1.584; slope 0.123 (sd 0.008); 125 s
    pilot:  sd of ln loss 0.0097 (0.0104 0.0075 0.0097 0.0108); loss 2.037 1.893 1.719 1.560; slope 0.129 (sd 0.008); 159 s
    wide:   sd of ln loss 0.0126 (0.0147 0.0071 0.0097 0.0167); loss 2.043 1.897 1.713 1.571; slope 0.128 (sd 0.004); 357 s

Seconds are those of one worker, for a study; other work ran beside `wide`. So the pilot bends no exponent, and its losses
are those of five times the draws.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import preset, run_study
from kleiber.errors import KleiberError

SEARCHES: dict[str, dict[str, Any]] = {
    "before": {"sampler": "random", "pilot": 0},
    "quasi": {"pilot": 0},
    "pilot": {},
    "wide": {"sampler": "random", "pilot": 0, "trials": 100},
}


def study(ledger: Path, name: str, seed: int, sizes: Sequence[int], workers: int) -> dict[str, Any]:
    """Run a study; give the mean test loss of each size, `losses (m,)`, the `examples` that it saw, and its `seconds`."""
    search = {**preset("origin").search.model_dump(), **SEARCHES[name]}
    planned = preset("origin", name=f"{name}{seed}", sizes=sizes, seed=seed, search=search)
    opened = run_study(planned, ledger, workers=workers)
    rows = opened.export(f"{name}{seed}")
    opened.close()
    scores = [[row["test"]["loss"] for row in rows if row["purpose"] == "score" and row["n"] == n] for n in sizes]
    return {
        "losses": [float(np.mean(losses)) for losses in scores],
        "examples": sum(row["examples"] or 0 for row in rows),
        "seconds": sum(row["seconds"] or 0.0 for row in rows),
    }


def told(name: str, found: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> str:
    """Say what the studies of a search came to."""
    logs: NDArray[np.float64] = np.log([one["losses"] for one in found])
    spread = logs.std(axis=0, ddof=1)
    slopes = -np.polyfit(np.log(sizes), logs.T, 1)[0] if len(sizes) > 1 else np.zeros(len(found))
    return (
        f"{name}, {len(found)} studies: sd of ln loss {np.sqrt(np.mean(spread**2)):.4f} "
        f"({' '.join(f'{sd:.4f}' for sd in spread)}); "
        f"loss {' '.join(f'{loss:.3f}' for loss in np.exp(logs.mean(axis=0)))}; "
        f"slope {slopes.mean():.3f} (sd {slopes.std(ddof=1):.3f}); {np.mean([one['examples'] for one in found]):,.0f} "
        f"examples, {np.mean([one['seconds'] for one in found]):.0f} s of one worker"
    )


def main() -> None:
    """Run what is asked for, one seed after the other, and tell after each what there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="200,400,800,1600")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--searches", default="before,pilot")
    parser.add_argument("--kept", type=Path, default=None)
    options = parser.parse_args()
    sizes = [int(text) for text in options.sizes.split(",")]
    names = options.searches.split(",")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        kept = options.kept or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        for seed in range(options.seeds):
            for name in names:
                try:
                    found[name].append(study(kept / "search_luck.db", name, seed, sizes, options.workers))
                except KleiberError as error:
                    print(f"skipped: {error}")
                    return
                print(f"{name}, seed {seed}: {' '.join(f'{loss:.4f}' for loss in found[name][-1]['losses'])}", flush=True)
            if seed:
                print("\n".join(told(name, found[name], sizes) for name in names), flush=True)


if __name__ == "__main__":
    main()
