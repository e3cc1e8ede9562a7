"""Kill workers, engines and drivers under a running study, and say what came of it, one line a check.

    python -m dev.engines [ray] [dask] [slurm]

For Slurm stands submitit's local mode. Each disturbed study must end with what the undisturbed one on `serial` gave: every
trial once, none that was acknowledged lost, and nothing charged to the trial itself.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from dev.engines.engines import LOCAL, WORKERS, below, dask_of_two, end, left, ray_of_two
from dev.engines.study import STUDY, TRIALS

PATIENCE = 600.0
AGENTS = ("ray::Dash", "ray::Runt")  # two helpers of a Ray node that outlive it for a while and do nothing
failed: list[str] = []


class Run:
    """A study in a folder of its own, and the command that runs it."""

    def __init__(self, folder: Path, table: str) -> None:
        self.folder, self.ledger = folder, folder / "k.db"
        folder.mkdir(parents=True, exist_ok=True)
        trainer = Path(__file__).with_name("study.py")
        (folder / "s.toml").write_text(STUDY.format(file=trainer, table=table.format(folder=folder)))

    def begin(self) -> "subprocess.Popen[str]":
        """Start the command that runs it, or goes on with it."""
        line = [sys.executable, "-m", "kleiber", "run", "s.toml", "--ledger", "k.db", "--workers", "2", "--out", "out"]
        log = (self.folder / "said.txt").open("a")
        return subprocess.Popen(line, cwd=self.folder, text=True, stdout=log, stderr=log, start_new_session=True)

    def rows(self) -> list[tuple[object, ...]]:
        """Give the acknowledged results, by trial."""
        if not self.ledger.exists():
            return []
        try:
            with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, timeout=30) as db:
                return db.execute(
                    "SELECT trial, validation, test FROM attempts WHERE state = 'ok' ORDER BY trial"
                ).fetchall()
        except sqlite3.OperationalError:  # it is just being made
            return []

    def lost(self) -> dict[str, int]:
        """Count the attempts that gave no result, by state and reason."""
        with sqlite3.connect(self.ledger) as db:
            query = "SELECT state || ' ' || reason, COUNT(*) FROM attempts WHERE state != 'ok' GROUP BY 1"
            return dict(db.execute(query).fetchall())

    def until(self, child: "subprocess.Popen[str]", count: int) -> None:
        """Wait until so many trials are acknowledged."""
        began = time.monotonic()
        while len(self.rows()) < count and child.poll() is None and time.monotonic() < began + PATIENCE:
            time.sleep(0.05)


def check(name: str, good: bool, said: object) -> None:
    """Print a line, and remember what failed."""
    print(f"{'ok  ' if good else 'FAIL'} {name}: {said}", flush=True)
    if not good:
        failed.append(name)


def disturbed(
    name: str, run: Run, whole: list[tuple[object, ...]], disturb: Callable[["subprocess.Popen[str]"], None]
) -> None:
    """Run a study, disturb it once a few trials are acknowledged, resume it where it ended, and look at what there is."""
    child = run.begin()
    run.until(child, 4)
    before = run.rows()
    began = time.monotonic()
    disturb(child)
    code = child.wait(PATIENCE)
    took, codes = time.monotonic() - began, [code]
    while code != 0 and len(codes) < 4:
        code = run.begin().wait(PATIENCE)
        codes.append(code)
    rows, lost = run.rows(), run.lost()
    same = rows == whole and len(rows) == TRIALS and set(before) <= set(rows)
    charged = [key for key in lost if key not in ("lost preempted", "lost interrupted", "lost killed", "running ")]
    innocent = not any(key.startswith("failed") for key in lost) and "lost killed" not in lost
    check(
        name,
        same and innocent and not charged,
        f"exit {codes} after {took:.1f} s, {len(rows)} once, lost: {lost or 'none'}",
    )


def interrupted(name: str, run: Run, whole: list[tuple[object, ...]], number: int, times: int) -> None:
    """Interrupt a study, once or twice, and look how it ends and what it leaves; then resume it."""
    child = run.begin()
    run.until(child, 3)
    started, began = _working(child.pid), time.monotonic()
    for _ in range(times):
        os.kill(child.pid, number)
        time.sleep(0.2)
    code = child.wait(PATIENCE)
    took = time.monotonic() - began
    remain = left(started, 10.0)
    last = run.begin().wait(PATIENCE)
    good = (
        code == 128 + number and took < (10.0 if times == 1 else 2.0) and not remain and last == 0 and run.rows() == whole
    )
    check(name, good, f"exit {code} after {took:.1f} s, {remain} processes left, resumed with exit {last}")


def main(names: list[str]) -> None:
    """Run the checks of the engines named."""
    with tempfile.TemporaryDirectory(prefix="kleiber engines ", ignore_cleanup_errors=True) as place:
        root = Path(place)
        alone = Run(root / "alone", 'name = "serial"')
        alone.begin().wait(PATIENCE)
        whole = alone.rows()
        check("undisturbed", len(whole) == TRIALS, f"{len(whole)} trials on serial")
        for name in names:
            _engine(name, root / name, whole)
    print(f"{len(failed)} failed" if failed else "all hold")
    sys.exit(bool(failed))


def _engine(name: str, root: Path, whole: list[tuple[object, ...]]) -> None:
    def worker(child: "subprocess.Popen[str]") -> None:
        if name == "slurm":
            _job(child, WORKERS[name])
        else:
            end(below(child.pid, WORKERS[name])[:1])

    def driver(child: "subprocess.Popen[str]") -> None:
        started = _working(child.pid)
        child.kill()
        child.wait()
        if name != "slurm":
            check(f"{name}: what a dead driver started ends", not (remain := left(started, 15.0)), f"{remain} left")

    disturbed(f"{name}: a worker killed", Run(root / "worker", LOCAL[name]), whole, worker)
    disturbed(f"{name}: the driver killed -9", Run(root / "driver", LOCAL[name]), whole, driver)
    if name == "ray":
        with ray_of_two() as (address, raylet):
            table = f'name = "ray"\naddress = "{address}"'
            disturbed("ray: a raylet killed", Run(root / "raylet", table), whole, lambda _: os.kill(raylet, signal.SIGKILL))
        own = Run(root / "own", LOCAL[name])
        disturbed("ray: the driver's raylet killed", own, whole, lambda child: end(below(child.pid, "raylet/raylet")[:1]))
    if name == "dask":
        with dask_of_two(root) as (file, scheduler, workers):
            table = f'name = "dask"\naddress = "{file}"'
            nanny = Run(root / "nanny", table)
            disturbed("dask: a worker with its nanny killed", nanny, whole, lambda _: end(_and_below(workers[0])))
            gone = Run(root / "scheduler", table)
            child = gone.begin()
            gone.until(child, 4)
            os.kill(scheduler, signal.SIGKILL)
            began, code = time.monotonic(), child.wait(PATIENCE)
            took, last = time.monotonic() - began, Run(root / "scheduler", LOCAL[name]).begin().wait(PATIENCE)
            good = code == 4 and last == 0 and gone.rows() == whole
            check("dask: the scheduler killed", good, f"exit {code} after {took:.1f} s, resumed on another: exit {last}")
    if name == "slurm":
        controller = Run(root / "controller", LOCAL[name])
        disturbed(
            "slurm: a job's controller killed",
            controller,
            whole,
            lambda child: _job(child, "submitit.local._local"),
        )
    interrupted(f"{name}: Ctrl-C", Run(root / "int", LOCAL[name]), whole, signal.SIGINT, 1)
    interrupted(f"{name}: SIGTERM", Run(root / "term", LOCAL[name]), whole, signal.SIGTERM, 1)
    interrupted(f"{name}: Ctrl-C twice", Run(root / "twice", LOCAL[name]), whole, signal.SIGINT, 2)


def _job(child: "subprocess.Popen[str]", having: str) -> None:
    """Kill a process of a job while its trial runs."""
    while child.poll() is None:
        for each in below(child.pid, having):
            if below(each.pid, "spawn_main"):
                end([each])
                return
        time.sleep(0.05)


def _working(pid: int) -> list[psutil.Process]:
    return [each for each in below(pid) if not each.name().startswith(AGENTS)]


def _and_below(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *below(pid)]


if __name__ == "__main__":
    main(sys.argv[1:] or list(LOCAL))
