"""What the study `origin` costs and finds, beside the origin's own loop on the same sizes, subsets and draws, in one run.

    python -m benchmarks.origin_cost [--sizes 200,...,12800] [--trials 20] [--quality 1600] [--workers 2] [--seed 0]
        [--kept FOLDER] [--earlier SRC] [--epochs 14.0]

The port (benchmarks/origin_port.py) is run in full at the sizes of `--quality`: a random search of its space, by the
origin's rules, without loader processes and several at once, which changes no number of it. At all sizes the epoch and
the validation of every second draw are timed on an idle machine with the two loader processes that it had, before and
after the study is run; the port's cost is their mean time for each of the draws, times the epochs that the draws ran
on average where the port was run in full. The study is timed by the clock from the call to its end, score trials
included, of which the port has none. With `--epochs` no draw of the port is run in full: that is its epochs a trial as
they were counted before, a number without a clock in it. `--kept` keeps the ledger and the port's trials, and goes on
from them. `--earlier` runs the study by an earlier build as well, right after this one, from its folder `src` (see
`benchmarks/origin_builds.py`).

Result of 2026-11-30, two cores of an Intel Xeon with bfloat16 in its matrix units, `--epochs 14.0`, the machine quiet:

    n=200: test loss 2.0063 (mean of 2.0275 1.9938 1.9975), the port's winner 2.0770 (-3.4%); port 3,246 s
    n=400: test loss 1.8870 (mean of 1.9059 1.8783 1.8768), the port's winner 1.9590 (-3.7%); port 3,234 s
    n=800: test loss 1.7510 (mean of 1.7165 1.7435 1.7930), the port's winner 1.7800 (-1.6%); port 3,247 s
    n=1,600: test loss 1.5583 (mean of 1.5501 1.5771 1.5478); port 3,545 s
    n=3,200: test loss 1.4396 (mean of 1.4186 1.4437 1.4564); port 4,527 s
    n=6,400: test loss 1.2753 (mean of 1.2745 1.2759 1.2757); port 6,703 s
    n=12,800: test loss 1.0742 (mean of 1.0555 1.0938 1.0734); port 8,805 s
    port: 14.0 epochs a trial, 33,307 s; study: 482 s; ratio 69.1
    study, 2 workers: peak 1.66 GiB

Without its pilot the preset took 414 s the day before, where the port's epochs took 26,300 s: 63.6, and 50.6 beside tests.

Result of 2026-11-26, two cores of an AMD EPYC with convolutions of 85 GFLOP/s a core, PyTorch 2.13, CIFAR-10 (JPEG); the
port in full at n = 1,600 alone, kept from the run of the day before; its losses at smaller sizes are of an earlier run. The
preset of that day had random draws, one cycle of the rate, stages [1, 4], and three tenths that went on:

    n=200: test loss 2.0200 (mean of 2.0596 2.0113 1.9891), the port's winner 2.0770 (-2.7%); port 3,357 s
    n=400: test loss 1.8765 (mean of 1.8772 1.8997 1.8527), the port's winner 1.9590 (-4.2%); port 3,092 s
    n=800: test loss 1.7367 (mean of 1.7463 1.7379 1.7260), the port's winner 1.7800 (-2.4%); port 3,188 s
    n=1,600: test loss 1.5724 (mean of 1.5751 1.5697 1.5724), the port's winner 1.5737 (-0.1%); port 3,341 s
    n=3,200: test loss 1.4721 (mean of 1.4727 1.4753 1.4682); port 4,262 s
    n=6,400: test loss 1.2698 (mean of 1.2820 1.2833 1.2442); port 6,423 s
    n=12,800: test loss 1.1354 (mean of 1.1548 1.1255 1.1259); port 8,429 s
    port: 14.0 epochs a trial, 32,092 s; study: 1,035 s; ratio 31.0
    study, 2 workers: peak 1.72 GiB; MiB of the 4 processes: 701, 7, 513, 541
      (the first holds the benchmark's own data too)

The day before, with pauses at 1 and 3 and the best quarter going on: 31,923 and 1,023 s, ratio 31.2, 1.5387 at 1,600.

A run with eight epochs in place of six, and the smallest sizes first, was stopped at its last trial, on its way to a
ratio of about 22, with test losses of 1.991, 1.862, 1.688 and 1.529 at the first four sizes.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from benchmarks import memory, origin_builds
from benchmarks import origin_port as port
from kleiber import preset, run_study
from kleiber.datasets import Dataset, load_dataset
from kleiber.errors import KleiberError

KNOWN = {200: 2.077, 400: 1.959, 800: 1.780}  # test loss of the port's winner of 20, measured before
SIZES = (200, 400, 800, 1600, 3200, 6400, 12800)


def trained(seed: int, n: int, trials: int, number: int) -> dict[str, Any]:
    """Run the port on a draw of the search at a size; give its losses after each epoch, and the test loss of its best."""
    dataset = load_dataset("cifar10", seed=seed)
    index, tries = port.same_trials(dataset, n, trials, seed)
    params, own = tries[number]
    found = port.train(dataset, index, params, seed=own, num_workers=0)
    tested = port.on_test_set(dataset, found, num_workers=0)
    return {"history": found.history, "test": tested.loss, "accuracy": tested.accuracy, "params": dict(params)}


def port_in_full(folder: Path, n: int, trials: int, seed: int, workers: int) -> list[dict[str, Any]]:
    """Run the port on all draws at a size, several at once; what `folder` holds already is not run again."""
    files = [folder / f"port-{seed}-{n}-{number}.json" for number in range(trials)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        out = {
            file: pool.submit(trained, seed, n, trials, number) for number, file in enumerate(files) if not file.is_file()
        }
        for file, future in out.items():
            file.write_text(json.dumps(future.result()))
            print(f"port, n={n:,}: {file.stem} done", flush=True)
    return [json.loads(file.read_text()) for file in files]


def winner(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Give the trial with the smallest validation loss."""
    return min(found, key=lambda trial: np.nanmin([*trial["history"], np.inf]))


def epochs_timed(dataset: Dataset, sizes: Sequence[int], trials: int, seed: int) -> dict[int, list[float]]:
    """Give the port's seconds of an epoch with its validation, for every second draw of each size."""
    found = {}
    for n in sizes:
        index, tries = port.same_trials(dataset, n, trials, seed)
        found[n] = [sum(port.epoch_seconds(dataset, index, params)) for params, _ in tries[::2]]
        print(f"port, n={n:,}: {np.mean(found[n]):.1f} s an epoch with its validation", flush=True)
    return found


def study_timed(
    folder: Path, sizes: Sequence[int], trials: int, seed: int, workers: int
) -> tuple[float, dict[int, list[float]]]:
    """Run the study; give the seconds that it takes by the clock, and the test losses of the score trials by size."""
    search = {**preset("origin").search.model_dump(), "trials": trials}
    study = preset("origin", sizes=list(sizes), seed=seed, search=search)
    clock = folder / "study-seconds.json"
    if not clock.is_file():  # a study that was cut off has no clock, and is timed anew
        for file in folder.glob("origin.db*"):
            file.unlink()
    done = Event()
    with ThreadPoolExecutor(1) as looking:
        most = looking.submit(memory.peak, os.getpid(), lambda: not done.is_set(), 2.0)
        started = time.perf_counter()
        try:
            ledger = run_study(study, folder / "origin.db", workers=workers)
        finally:
            done.set()
        print(f"study, {workers} workers: {memory.told(most.result())}", flush=True)
    if not clock.is_file():
        clock.write_text(json.dumps(time.perf_counter() - started))
    rows = [row for row in ledger.export(study.name) if row["purpose"] == "score" and row["state"] == "ok"]
    ledger.close()
    return json.loads(clock.read_text()), {n: [row["test"]["loss"] for row in rows if row["n"] == n] for n in sizes}


def main() -> None:
    """Print what each costs and finds at each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--quality", default="1600", help="sizes at which the port is run in full")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kept", type=Path, default=None)
    parser.add_argument("--earlier", type=Path, default=None, help="the folder src of an earlier build")
    parser.add_argument("--epochs", type=float, default=None, help="the port's epochs a trial, in place of --quality")
    options = parser.parse_args()
    sizes, quality = ([int(text) for text in texts.split(",")] for texts in (options.sizes, options.quality))
    quality = [] if options.epochs else quality
    with tempfile.TemporaryDirectory() as spare:
        folder = options.kept or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            dataset = load_dataset("cifar10", seed=options.seed)
        except KleiberError as error:
            print(f"skipped: {error}")
            return
        full = {n: port_in_full(folder, n, options.trials, options.seed, options.workers) for n in quality}
        before = epochs_timed(dataset, sizes, options.trials, options.seed)
        seconds, losses = study_timed(folder, sizes, options.trials, options.seed, options.workers)
        earlier = options.earlier and origin_builds.asked(
            options.earlier, what="studied", sizes=sizes, seed=options.seed, workers=options.workers
        )
        after = epochs_timed(dataset, sizes, options.trials, options.seed)
    epochs = options.epochs or float(np.mean([len(trial["history"]) for found in full.values() for trial in found]))
    costs = {n: options.trials * epochs * float(np.mean(before[n] + after[n])) for n in sizes}
    for n in sizes:
        ours, theirs = float(np.mean(losses[n])), winner(full[n])["test"] if n in full else KNOWN.get(n)
        beside = "" if theirs is None else f", the port's winner {theirs:.4f} ({ours / theirs - 1:+.1%})"
        each = " ".join(f"{loss:.4f}" for loss in losses[n])
        print(f"n={n:,}: test loss {ours:.4f} (mean of {each}){beside}; port {costs[n]:,.0f} s")
    total = sum(costs.values())
    print(f"port: {epochs:.1f} epochs a trial, {total:,.0f} s; study: {seconds:,.0f} s; ratio {total / seconds:.1f}")
    if earlier:
        print(f"earlier build: {earlier['clock']:,.0f} s; this one has {seconds / earlier['clock']:.3f} of it")


if __name__ == "__main__":
    main()
