"""One study on one process, and with two workers on `local`, `ray` and `dask`: wall-clock from the command to its report.

    python -m benchmarks.executors [--rounds 3] [--epochs 30] [--wait 0] [--executors serial local ray dask]

A LeNet on 5,000 real images, at five sizes, 4 search trials and 2 scores at each: thirty trials. Each run is
the command in a process and a folder of its own, its start and its report included; Ray and Dask start a cluster of their
own each time. A round runs all executors in turn. Subsets, seeds and measurements of all runs must be the same to the bit.
With `--wait 6` each trial waits six seconds instead of training: so even a machine that others use tells what the engines
add: their start, and what lies between two trials.

Result of 2026-11-29 with `--rounds 1 --wait 6`, two cores that eight people used, so each process had a part of a core and
the starts of the engines are long. At load 6 to 8 (`--executors serial ray`):

    serial 195.4 s; ray 112.4 s, 0.58 of serial; all the same

`--executors ray` alone, one after the other: 110.1 s at load 5 as it was, and 105.0 s at load 3 since Ray starts beside the
driver. The trials take as long on ray as on local. Almost all that differs is Ray's start and end: at load 7, with
`--wait 0.05`, a run took 14.0 to 15.5 s on ray (14.9 to 17.2 s as it was), and 6.4 to 8.1 s on local. So the load decides
what the ratio is: as it was, ray took 0.70 of serial while other programs started beside it, and at load 31 to 44

    serial 252.7 s; local 138.5 s, 0.55 of serial; ray 174.7 s, 0.69; dask 139.3 s, 0.55; all the same

Training in place of waiting was begun and stopped: under that load serial alone took 677 s.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = """
data = {{ source = "mnist5k", test = 0.4, validation = 0.1 }}
net = "lenet"
sizes = [100, 200, 400, 800, 1600]
replicates = 2
params = {{ momentum = 0.9 }}
[search]
trials = 4
[search.space]
lr = {{ low = 2e-3, high = 2e-2, log = true }}
[training]
epochs = {epochs}
"""
RESULTS = """
SELECT t.purpose, t.n, t.replicate, t.number, a.validation, a.test
FROM attempts a JOIN trials t ON a.trial = t.id ORDER BY 1, 2, 3, 4
"""
WAITING = """
import time
import kleiber

@kleiber.trainer
def train(task):
    time.sleep({wait})
    loss = 2.0 * task.n**-0.3 + abs(task.params["lr"] - 0.01)
    return {{"loss": loss}} if task.test is None else {{"loss": loss, "test_loss": loss + task.seed % 997 / 1e5}}
"""


def run(executor: str, epochs: int, wait: float) -> tuple[float, str]:
    """Run the study, and give the seconds with all that must be the same everywhere."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        study = STUDY.format(epochs=epochs)
        if wait:
            (Path(folder) / "waiting.py").write_text(WAITING.format(wait=wait))
            study = study.replace('net = "lenet"', f'trainer = "{folder}/waiting.py:train"').partition("[training]")[0]
        (Path(folder) / "s.toml").write_text(study)
        line = [sys.executable, "-m", "kleiber", "run", "s.toml", "--executor", executor]
        line += ["--workers", "1" if executor == "serial" else "2", "--out", "out"]
        began = time.perf_counter()
        subprocess.run(line, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        with sqlite3.connect(Path(folder) / "kleiber.db") as db:
            rungs = db.execute("SELECT n, replicate, subset FROM rungs ORDER BY 1, 2").fetchall()
            trials = db.execute(
                "SELECT purpose, n, replicate, number, seed, params FROM trials ORDER BY 1, 2, 3, 4"
            ).fetchall()
            results = db.execute(RESULTS).fetchall()
        db.close()
    return seconds, json.dumps([rungs, trials, results])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--wait", type=float, default=0.0)
    parser.add_argument("--executors", nargs="+", default=["serial", "local", "ray", "dask"])
    chosen = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in chosen.executors}
    found = set()
    for number in range(chosen.rounds):
        for name in chosen.executors:
            seconds, same = run(name, chosen.epochs, chosen.wait)
            times[name].append(seconds)
            found.add(same)
            load = os.getloadavg()[0]
            print(f"round {number + 1}: {name} {seconds:.1f} s (load {load:.0f}), {len(found)} outcome so far", flush=True)
    first = chosen.executors[0]
    for name, taken in times.items():
        ratios = [mine / theirs for mine, theirs in zip(taken, times[first], strict=True)]
        print(
            f"{name}: median {statistics.median(taken):.1f} s, {statistics.median(ratios):.2f} of {first}"
            f" ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        )
    print("all the same" if len(found) == 1 else f"{len(found)} unlike outcomes")


if __name__ == "__main__":
    main()
