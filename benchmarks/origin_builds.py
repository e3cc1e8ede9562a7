"""What the study `origin` costs and finds beside an earlier build of kleiber, both timed in turn in one run.

    git worktree add ../earlier 65cb2e1
    python -m benchmarks.origin_builds ../earlier/src [--sizes 200,...,12800] [--draws 5] [--seed 0]
    python -m benchmarks.origin_builds ../earlier/src --whole [--seeds 3] [--workers 2] [--sizes 200,...,12800]

Without `--whole` a sample is timed and multiplied: of each size a few draws of plain random search, the same for both
builds, up to the first pause; the one of these that learns best through each further stage; and its score trial. Each build
trains by its own preset. Told is processor time, which other work on the machine disturbs less than the clock; builds take
turns at each size. `--whole` runs the studies themselves, one seed after the other, each build in turn, and tells the
clock, the processor time and the mean test loss of each size.

Result of 2026-11-30, two cores of an Intel Xeon, whole studies, now with a pilot, some other work on the machine. Seeds 1
and 2 took 65cb2e1 1,963 and 1,808 s of the processor, this build 925 and 804 s (.471 and .444; by the clock .514 and .458).
Mean test losses of seeds 0 to 2 at 200 to 12,800, this build's over 65cb2e1's:

    65cb2e1     2.0472  1.8954  1.7463  1.5947  1.4498  1.3186  1.1252
    this build  2.0323  1.8897  1.7236  1.5605  1.4326  1.2733  1.0873
                 -.7 %   -.3 %  -1.3 %  -2.1 %  -1.2 %  -3.4 %  -3.4 %

Without the pilot seed 0 took 786 s of 2,013 (.391).

Needs CIFAR-10. The sample takes about 10 minutes of a core, `--whole` about 20 minutes of two for each seed.
"""

import argparse
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (200, 400, 800, 1600, 3200, 6400, 12800)
GOOD = 0.05  # the effective learning rate, lr / (1 - momentum), that winners of this search are near to
HERE = Path(__file__).resolve().parents[1] / "src"

Params = Mapping[str, float]
Times = dict[str, Any]  # seconds of the first stage by draw, of each further stage, and of a score trial


def timed(n: int, draws: Sequence[Params], seed: int) -> Times:
    """Time a sample at a size by the preset of the build that is imported here: processor seconds of each stretch."""
    from kleiber import ladder, preset
    from kleiber.datasets import load_dataset
    from kleiber.trainers import Task
    from kleiber.trainers import torch as trainer

    study, dataset = preset("origin"), load_dataset("cifar10", seed=seed, options={})
    part = dataset.train.take(ladder.order(dataset.train.y, stratified=True, seed=seed, replicate=0)[:n])
    options = trainer.Options(**study.training_options())
    known = {field.name for field in dataclasses.fields(Task)}

    def seconds(params: Params, **of: Any) -> float:
        fields: dict[str, Any] = {
            "train": part, "validation": dataset.validation, "test": None, "n": n, "replicate": 0, "purpose": "search",
            "params": {**study.params, **params}, "kind": dataset.task, "classes": dataset.classes,
            "chance": dataset.chance, "net": study.net, "metrics": (), "device": "cpu",
            "report": lambda *_, **__: None, "seed64" if "seed64" in known else "seed": 1, **of,
        }  # fmt: skip
        started = time.process_time()
        trainer.train(Task(**fields), options)
        return time.process_time() - started

    with tempfile.TemporaryDirectory() as folder:
        file, best = Path(folder) / "paused.pt", min(draws, key=lambda p: abs(np.log(effective(p) / GOOD)))
        stages = study.search.stages
        seconds(best, until=stages[0], pause=file)  # the first trial of a process costs more than those after it
        first = [seconds(draw, until=stages[0], pause=Path(folder) / "spare.pt") for draw in draws]
        later = []
        for until in [*stages[1:], None]:
            later.append(seconds(best, until=until, resume=file, pause=file if until else None))
        score = seconds(best, purpose="score", test=dataset.test)
    counts = [study.search.trials]
    for _ in stages:
        counts.append(int(np.ceil(counts[-1] * study.search.keep)))
    return {"first": first, "later": later, "score": score, "counts": counts, "scores": study.replicates}


def effective(params: Params) -> float:
    """Give the effective learning rate of a draw."""
    return params["lr"] / max(1.0 - params["momentum"], 1e-3)


def cost(found: Times) -> float:
    """Give the seconds of a size: its trials up to the first pause, those that go on, stage by stage, and its scores."""
    each = [float(np.mean(found["first"])), *found["later"]]
    return float(np.dot(found["counts"], each)) + found["scores"] * found["score"]


def studied(sizes: Sequence[int], seed: int, workers: int) -> dict[str, Any]:
    """Run the study of the build that is imported here; give its seconds by clock and processor, and its losses."""
    from kleiber import preset, run_study

    with tempfile.TemporaryDirectory() as folder:
        study = preset("origin", sizes=list(sizes), seed=seed)
        started = time.perf_counter()
        ledger = run_study(study, Path(folder) / "origin.db", workers=workers)
        clock = time.perf_counter() - started
        rows = [row for row in ledger.export(study.name) if row["purpose"] == "score" and row["state"] == "ok"]
        ledger.close()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(each.ru_utime + each.ru_stime for each in used)
    losses = [float(np.mean([row["test"]["loss"] for row in rows if row["n"] == n])) for n in sizes]
    return {"clock": clock, "processor": processor, "losses": losses}


def asked(source: Path, **order: Any) -> dict[str, Any]:
    """Let a process that imports the build of a source folder do an order, one thread to a process."""
    environment = {**os.environ, "PYTHONPATH": str(source.resolve()), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--order", json.dumps(order)]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def drawn(count: int, seed: int, n: int) -> list[dict[str, float]]:
    """Draw hyper-parameters from the article's space."""
    from benchmarks import origin_port

    chance = np.random.default_rng([seed, n])
    return [origin_port.draw(chance) for _ in range(count)]


def sample(builds: Mapping[str, Path], sizes: Sequence[int], draws: int, seed: int) -> None:
    """Time the sample of each size by each build in turn, and print what a study would cost."""
    totals = dict.fromkeys(builds, 0.0)
    for n in sizes:
        tried = drawn(draws, seed, n)
        costs = {name: cost(asked(source, what="timed", n=n, draws=tried, seed=seed)) for name, source in builds.items()}
        for name in builds:
            totals[name] += costs[name]
        print(f"n={n:,}: " + _beside(costs), flush=True)
    print("all sizes: " + _beside(totals))


def whole(builds: Mapping[str, Path], sizes: Sequence[int], seeds: Sequence[int], workers: int) -> None:
    """Run the studies of each seed by each build in turn, and print what they cost and found."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in builds}
    for seed in seeds:
        for name, source in builds.items():
            found[name].append(asked(source, what="studied", sizes=list(sizes), seed=seed, workers=workers))
        for what in ("clock", "processor"):
            print(f"seed {seed}, {what}: " + _beside({name: runs[-1][what] for name, runs in found.items()}), flush=True)
    means = {name: np.mean([run["losses"] for run in runs], axis=0) for name, runs in found.items()}
    for place, n in enumerate(sizes):
        earlier, now = (means[name][place] for name in builds)
        print(f"n={n:,}: mean test loss {earlier:.4f}, now {now:.4f} ({now / earlier - 1:+.2%})")
    for what in ("clock", "processor"):
        print(f"all seeds, {what}: " + _beside({name: sum(run[what] for run in runs) for name, runs in found.items()}))


def _beside(seconds: Mapping[str, float]) -> str:
    earlier, now = seconds.values()
    return f"earlier {earlier:,.0f} s, now {now:,.0f} s, ratio {now / earlier:.3f}"


def main() -> None:
    """Print what each build costs, and by which ratio they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("earlier", type=Path, nargs="?", help="the folder src of the earlier build")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.order:
        order = json.loads(options.order)
        print(json.dumps({"timed": timed, "studied": studied}[order.pop("what")](**order)))
        return
    if options.earlier is None:
        parser.error("name the folder src of the earlier build")
    sizes = [int(text) for text in options.sizes.split(",")]
    builds = {"earlier": options.earlier, "now": HERE}
    if options.whole:
        whole(builds, sizes, range(options.seed, options.seed + options.seeds), options.workers)
    else:
        sample(builds, sizes, options.draws, options.seed)


if __name__ == "__main__":
    main()
