"""The driver with 1,000 workers and more, in virtual time: how busy it keeps a cluster on the study `origin`.

    python -m benchmarks.cluster [--workers 1000] [--trials 2000] [--scale 1] [--clock processor]

No trial is trained: a simulated executor lets each take as long as its epochs do at the engine's recorded speed
(benchmarks/engine.py: 1,176 images a second and core at the middle widths, the rest by its FLOP), times `--scale`. The
loop, the search, the halving and the ledger are the real ones, and what the driver uses for them passes on the same clock:
its processor time, or with `--clock wall` all of its time. `busy` is the share of the workers' time that trials take while
there is work for each of them; `whole` is that of the whole run, whose end has fewer trials than workers, however quick the
driver. What an engine itself takes to carry a trial to a worker is not in it.

Results of 2026-11-29, two cores that eight people used, the driver's processor time, the preset with stages [0.5, 1, 3]:

    1,000 workers, 29,259 trials of 7.55 s: busy 99.9% over 18% of the time, whole 30.4%, driver 0.77 ms a trial, 726 s
    with --trials 400: 5,877 trials of 7.76 s: busy 100.0% over 2% of the time, whole 6.8%, driver 0.60 ms a trial, 671 s
    with --trials 400 --scale 0.1: 5,877 trials of 0.78 s: busy 96.7% over 2% of the time, whole 6.8%, driver 0.47 ms a
      trial, 67 s

So the driver hands out some 1,300 to 2,100 trials a second: 1,000 workers stay busy as long as trials take a second.
What leaves them idle is the study: a stage waits for the slowest of its trials, each later stage has two fifths of them,
and the widest nets at the largest size take minutes, one stage after the other and then a score. Since half of the workers
begin at the largest sizes, that chain begins at once. With --trials 400 --workers 6000 it takes 671 s too: no number of
workers ends a study sooner than its longest chain.
"""

import argparse
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from benchmarks.engine import NETS, flop_of
from benchmarks.protocol import simulated
from kleiber.study import drive
from kleiber.study.study import preset
from kleiber.trainers import Job

RATE = 1176.0  # images a second at the middle widths
POOL, VALIDATION = 40_000, 5_000
STAGES = (0.0, *preset("origin").search.stages, float(preset("origin").epochs))


def took(job: Job) -> float:
    """Give the seconds of a trial: those of its epochs since its last pause, each with a look at the validation."""
    trial = job.trial
    end = trial.until or STAGES[-1]
    begin = 0 if trial.purpose == "score" else max(stage for stage in STAGES if stage < end)
    widths = {name: int(trial.params[name]) for name in NETS["middle"]}
    images = (end - begin) * (trial.rung.n + VALIDATION / 3)
    return images / RATE * flop_of(widths) / flop_of(NETS["middle"])


def simulate(workers: int, trials: int, scale: float, wall: bool) -> simulated.Cluster:
    """Run the study on a cluster in virtual time, and give the cluster."""
    clock = time.perf_counter if wall else simulated.processor_time
    cluster = simulated.Cluster(workers, lambda job: scale * took(job), clock)
    simulated.current.append(cluster)
    study = preset(
        "origin",
        data={"source": "blank", "examples": POOL},
        search={**preset("origin").search.model_dump(), "trials": trials, "pilot": 0},
    )
    with tempfile.TemporaryDirectory() as folder, patch.object(drive, "wait", cluster.wait):
        executor = "benchmarks.protocol.simulated:CLUSTER"
        drive.run_study(study, Path(folder) / "k.db", workers=workers, executor=executor, pack=1)
    return cluster


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, nargs="+", default=[1000])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--scale", type=float, nargs="+", default=[1.0])
    parser.add_argument("--clock", choices=("processor", "wall"), default="processor")
    chosen = parser.parse_args()
    for workers in chosen.workers:
        for scale in chosen.scale:
            cluster = simulate(workers, chosen.trials, scale, chosen.clock == "wall")
            span = cluster.now - (cluster.began or 0.0)
            busy = cluster.full_area / (workers * cluster.full_time) if cluster.full_time else float("nan")
            print(
                f"{workers:,} workers, {cluster.trials:,} trials of {cluster.busy / cluster.trials:.2f} s: busy {busy:.1%}"
                f" over {cluster.full_time / span:.0%} of the time, whole {cluster.busy / (workers * span):.1%},"
                f" driver {1e3 * cluster.driver / cluster.trials:.2f} ms a trial, {span:,.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
