"""How fast and in how much memory the runs of a tracker are read, against the tracker's own reader on the same files.

    make formats && .venv-formats/kleiber/bin/python -m benchmarks.importing [--small | --ours]

10,000 MLflow runs of 100 steps in SQLite, 2,000 event files of 1,000 scalars, a W&B folder of 500 runs of 100 steps.
Each reader is a process of its own, which gives the value of every run. Seconds are of the processor and include its
imports; memory is its peak.
MLflow's client and TensorBoard's EventAccumulator come with `make formats`. W&B has no reader of offline runs.

Results of 2026-11-29, two cores under the load of others, Python 3.11; in brackets what is over a bare interpreter:

    MLflow: 10,000 runs in 3.7 s of the processor, 60 MiB (51)
      its client, on a day before: stopped unfinished after 346 s, at 278 MiB
    event files: 2,000 runs in 2.4 s of the processor, 44 MiB (35)
      one by one: 25.9 s, 43 MiB (35); 10.7 times as fast, 1.01 of memory
      all held: 27.6 s, 460 MiB (452); 11.4 times as fast, 0.10 of memory
    W&B: 500 runs in 1.5 s of the processor, 42 MiB (33)
    with --small, MLflow: 500 runs in 0.5 s of the processor, 42 MiB (33)
      its client: 6.2 s, 218 MiB (210); 11.9 times as fast, 0.19 of memory

An accumulator that is dropped after each run needs 43 MiB, which are its imports. NumPy alone takes 25 with the
interpreter, and kleiber's imports 38: so a third of it can't be reached. The runs themselves take 6 MiB here.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from tests.importers import written

STEPS = 100
OURS = """
import kleiber
found = kleiber.read({path!r}, {how})
assert len(found.rows) == {runs}, len(found.rows)
"""
IMPORTS = (
    "import kleiber.importers._opened, kleiber.importers.tensorboard, kleiber.importers.mlflow, kleiber.importers.wandb"
)
MLFLOW = """
import mlflow
client = mlflow.MlflowClient("sqlite:///" + {path!r} + "/mlflow.db")
runs, token = [], None
while True:
    page = client.search_runs(["0"], max_results=1000, page_token=token)
    runs += page
    token = page.token
    if not token:
        break
found = [
    (run.data.params["train_size"], min(point.value for point in client.get_metric_history(run.info.run_id, "val_loss")))
    for run in runs
]
assert len(found) == {runs}, len(found)
"""
ACCUMULATOR = "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator"
TENSORBOARD = """
from pathlib import Path
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found, held = [], []
for folder in sorted(Path({path!r}).iterdir()):
    one = EventAccumulator(str(folder), size_guidance={{"scalars": 0}})
    one.Reload()
    found.append(min(point.value for point in one.Scalars("val/loss")))
    KEEP
assert len(found) == {runs}, len(found)
"""
ONE_BY_ONE, TOGETHER = TENSORBOARD.replace("KEEP", ""), TENSORBOARD.replace("KEEP", "held.append(one)")
"""TensorBoard itself reads a folder of runs in the second way."""
PEAK = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def main() -> None:
    parser = argparse.ArgumentParser(description="Read many runs, and compare with the trackers' own readers.")
    parser.add_argument("--small", action="store_true", help="a twentieth of the runs")
    parser.add_argument("--ours", action="store_true", help="our own reader alone")
    parser.add_argument("--only", choices=("MLflow", "event files", "W&B"), help="one of the three")
    asked = parser.parse_args()
    part = 20 if asked.small else 1
    bare = measured("")[1]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name, write, where, count, how, rivals in (
            ("MLflow", "write_mlflow", "mlflow", 10_000 // part, "", {"its client": MLFLOW}),
            (
                "event files",
                "write_events",
                "frameworks",
                2_000 // part,
                r"n='name:n(\d+)'",
                {"one by one": ONE_BY_ONE, "all held": TOGETHER},
            ),
            ("W&B", "write_wandb", "kleiber", 500 // part, "", {}),
        ):
            if asked.only not in (None, name):
                continue
            path = root / "runs"
            code = f"from benchmarks.importing import {write}; {write}(__import__('pathlib').Path({str(path)!r}), {count})"
            subprocess.run([python(where), "-c", code], check=True)
            seconds, peak = measured(OURS.format(path=str(path), how=how, runs=count))
            print(f"{name}: {count:,} runs in {seconds:.1f} s of the processor, {peak:.0f} MiB", flush=True)
            print(f"  {peak - bare:.0f} MiB over an interpreter, {peak - measured(IMPORTS)[1]:.0f} MiB over the imports")
            for called, rival in () if asked.ours else rivals.items():
                theirs = measured(rival.format(path=str(path), runs=count), where)
                imports = measured("import mlflow" if where == "mlflow" else ACCUMULATOR, where)[1]
                print(
                    f"  {called}: {theirs[0]:.1f} s, {theirs[1]:.0f} MiB ({theirs[1] - bare:.0f} over an interpreter, "
                    f"{theirs[1] - imports:.0f} over its imports); {theirs[0] / seconds:.1f} times as fast, "
                    f"{peak / theirs[1]:.2f} of memory, {(peak - bare) / (theirs[1] - bare):.2f} over an interpreter",
                    flush=True,
                )
            shutil.rmtree(path)


def python(environment: str) -> str:
    """Give the interpreter of an environment that `make formats` builds."""
    return str(Path(".venv-formats").absolute() / environment / "bin" / "python")


def measured(code: str, environment: str = "kleiber") -> tuple[float, float]:
    """Give the processor's seconds and the peak MiB of a process that runs code."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    start = _spent()
    done = subprocess.run(
        [python(environment), "-c", code + PEAK], capture_output=True, text=True, env={**os.environ, **threads}
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return _spent() - start, float(done.stdout.split()[-1]) / 1024


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def value(run: int, step: int) -> float:
    """Give a loss of a run that falls, and differs from run to run."""
    return 1.0 / (1 + step) + (run * 7919 % 100_003) / 1e6


def size(run: int) -> int:
    return 100 * 2 ** (run % 8)


def write_mlflow(root: Path, count: int) -> None:
    """Let MLflow make its tables, and fill them in with rows as it writes them."""
    import mlflow

    root.mkdir()
    path = root / "mlflow.db"
    client = mlflow.MlflowClient(f"sqlite:///{path}")
    first = client.create_run("0")
    client.set_terminated(first.info.run_id)
    base = sqlite3.connect(path)
    columns = [name for _, name, *_ in base.execute("PRAGMA table_info(runs)")]
    row = dict(zip(columns, base.execute("SELECT * FROM runs").fetchone(), strict=True))
    base.execute("DELETE FROM runs")
    for i in range(count):
        new = {**row, "run_uuid": f"{i:032x}", "name": f"run {i}", "start_time": i}
        base.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(new))})", tuple(new.values()))
        base.executemany(
            "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
            [("train_size", str(size(i)), f"{i:032x}"), ("seed", str(i // 8), f"{i:032x}")],
        )
        base.executemany(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('val_loss', ?, ?, ?, ?, 0)",
            [(value(i, step), step, f"{i:032x}", step) for step in range(STEPS)],
        )
        base.execute(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES ('val_loss', ?, ?, ?, 0, ?)",
            (value(i, STEPS - 1), STEPS - 1, STEPS - 1, f"{i:032x}"),
        )
    base.commit()
    base.close()


def write_events(root: Path, count: int) -> None:
    """Write event files with the check sums that TensorBoard asks for."""
    from tensorboard.summary.writer.record_writer import masked_crc32c

    version = written.field(1, 1.5) + written.field(3, "brain.Event:2")
    for i in range(count):
        records = [written.event(step, summary=written.scalar("val/loss", value(i, step))) for step in range(1000)]
        written.events(root / f"n{size(i)}-s{i // 8}" / "events.out.tfevents.1.h.1", [version, *records], masked_crc32c)


def write_wandb(root: Path, count: int) -> None:
    """Write offline runs."""
    for i in range(count):
        rows = [{"epoch": step, "val.loss": value(i, step), "train_loss": value(i, step)} for step in range(STEPS)]
        folder = root / f"offline-run-20261129_100000-r{i}"
        written.wandb(folder, f"r{i}", {"n_train": size(i), "seed": i // 8}, rows, name=f"run {i}")


if __name__ == "__main__":
    main()
