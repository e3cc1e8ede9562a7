"""What a ledger and a driver cost as they grow: the reading of a large ledger, and the driver's own time a trial.

    python -m benchmarks.ledger [files] [driver] [clients] [against]

files: ledgers of 10,000 to 1,000,000 trials with ten epochs each, each read by a process of its own. driver: the time that
the driver takes for a trial that costs nothing. clients: 64 workers that offer 250 to 1,000 trials a second.
against: trials a second of a function that returns at once, here and at commit 65cb2e1 (needs the repository's history).

Results of 2026-11-29, two cores that were very busy with other work (load 18 to 26). Of files and driver, the time is left
out for which a thread was ready and others had the processor, by the kernel's own count: so they hold on a busy machine.

       trials        MB      open, s    status, s     curve, s  peak, MB  (in brackets: of the processor)
       10,000         9  0.01 (0.01)  0.04 (0.04)  0.10 (0.10)        78
      100,000        85  0.07 (0.07)  0.06 (0.06)  0.14 (0.14)        78
    1,000,000       858  0.63 (0.63)  0.05 (0.05)  0.11 (0.11)        78
    driver, 100 / 1,000 / 20,000 trials: 1.3 / 1.1 / 1.7 ms a trial (processor 1.6 / .7 / .9 ms, the start included)
    clients that offer 250 / 500 / 1,000 a second: 195 / 304 / 454 a second at load 25, 0 lost, a median of 28 to 34 ms
      late; at load 18: 166 / 260 / 580. On such a machine most of the lateness is the wait for a processor.
    against 65cb2e1: 63 and 1.6 trials a second with one worker, 261 and 1.8 with two: 38 and 147 times as many
"""

import heapq
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kleiber.records import Measurement, State, Trial
from kleiber.study.drive import run_study
from kleiber.study.study import Study
from kleiber.trainers import Job, perform_together

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "65cb2e1"
LONGEST = 60.0  # seconds for which a run of `against` is watched
RATES, CLIENTS = (250.0, 500.0, 1000.0), 64
NOTHING = """
import kleiber

@kleiber.trainer
def nothing(task):
    found = {"loss": 1.0 / task.n + abs(task.params["lr"])}
    return found | ({"test_loss": 1.0 / task.n} if task.test is not None else {})
"""
ONE = """
import sys
from kleiber import Study, run_study
if __name__ == "__main__":
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    study = Study(name="s", data={"source": "blank", "examples": 400}, trainer="own.py:nothing", sizes=[50, 100, 200],
                  replicates=2, search={"trials": 665, "space": space})
    run_study(study, "k.db", workers=int(sys.argv[1]))
"""
READ = """
import json, resource, sys, time
import kleiber
from kleiber import importers
from kleiber.command.standing import standing
from kleiber.study.ledger import Ledger
told = {}
def now():
    queued = float(open("/proc/thread-self/schedstat").read().split()[1]) / 1e9
    return time.perf_counter() - queued, time.process_time()
clock = now()
def lap(name):
    global clock
    at = now()
    told[name], clock = f"{at[0] - clock[0]:.2f} ({at[1] - clock[1]:.2f})", at
with Ledger(sys.argv[1], create=False, read_only=True) as ledger:
    names = ledger.names()
    lap("open")
    standing(ledger, names[-1])
    lap("status")
importers.read(sys.argv[1], study=names[-1])
lap("curve")
told["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(told))
"""


class _Pool(Executor):
    """Workers that train nothing: each gives its measurements after a time, from one thread that keeps the clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.done_at = seconds, dict[str, float]()
        self._due: list[tuple[float, int, Future[Any], Any, list[str]]] = []
        self._count, self._more = 0, threading.Condition()
        if seconds:
            threading.Thread(target=self._keep, daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if fn is not perform_together:
            future.set_result(fn(*args, **kwargs))
            return future
        jobs: list[Job] = args[0]
        found, names = [_measured(job.trial) for job in jobs], [job.trial.id for job in jobs]
        if not self.seconds:
            future.set_result(found)
            return future
        with self._more:
            self._count += 1
            heapq.heappush(self._due, (time.monotonic() + self.seconds, self._count, future, found, names))
            self._more.notify()
        return future

    def _keep(self) -> None:
        while True:
            with self._more:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._more.wait(max(self._due[0][0] - time.monotonic(), 0.0) if self._due else None)
                _, _, future, found, names = heapq.heappop(self._due)
            self.done_at.update(dict.fromkeys(names, time.monotonic()))
            future.set_result(found)


class Workers:
    """An executor of such workers, for a study to name."""

    pool: _Pool

    @staticmethod
    @contextmanager
    def start(workers: int, **limits: Any) -> Iterator[Executor]:
        """Give the pool that was set up."""
        yield Workers.pool


def _measured(trial: Trial) -> Measurement:
    loss = 2.0 * trial.rung.n**-0.4 + 0.1 + abs(trial.params["lr"] - 0.1) + (trial.seed % 1000) * 1e-5
    history = tuple(loss + 1.0 / (1 + epoch) for epoch in range(9)) + (loss,)
    test = {"loss": loss + 0.01} if trial.purpose == "score" else None
    return Measurement(State.OK, {"loss": loss}, test, epochs=10, examples=10, seconds=0.01, history=history)


class _Watch:
    """Notes when the study went on from each result."""

    def __init__(self) -> None:
        self.settled_at: dict[str, float] = {}
        self.seconds = self.queued = 0.0

    def began(self, plan: Any, done: Mapping[str, Measurement]) -> None:
        self.seconds, self.queued = time.monotonic(), _queued()

    def started(self, trial: Trial) -> None: ...

    def settled(self, trial: Trial, measurement: Measurement, done: Mapping[str, Measurement]) -> None:
        self.settled_at[trial.id] = time.monotonic()

    def ended(self, summary: Any) -> None:
        self.seconds, self.queued = time.monotonic() - self.seconds, _queued() - self.queued


def _queued() -> float:
    """Give the seconds for which this thread could have run, and others had the processor."""
    return float(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def _run(folder: Path, trials: int, seconds: float, workers: int) -> tuple[_Watch, _Pool]:
    """Run a study of so many trials, a tenth of them scores, with workers that take a given time."""
    (folder / "own.py").write_text(NOTHING)
    study = Study(
        name="s",
        data={"source": "blank", "examples": 400},
        trainer=f"{folder}/own.py:nothing",
        sizes=[25, 50, 100, 200],
        replicates=max(trials // 40, 1),
        search={"trials": trials // 4 - max(trials // 40, 1), "space": {"lr": {"low": 1e-3, "high": 1.0, "log": True}}},
    )
    watch, Workers.pool = _Watch(), _Pool(seconds)
    run_study(study, folder / "k.db", workers=workers, executor=f"{__file__}:Workers", watch=watch).close()
    return watch, Workers.pool


def driver(folder: Path) -> None:
    """Print the driver's time a trial for studies that grow: what it computes, and what it waits for the disk.

    With one worker, a trial is handed out when the one before is on disk: one sync a trial. For how long other programs had
    the processor is known too, and left out of the first number.
    """
    for trials in (100, 1_000, 20_000):
        place = folder / str(trials)
        place.mkdir()
        processor = time.process_time()
        watch, _ = _run(place, trials, 0.0, 1)
        each = 1000 / len(watch.settled_at)
        print(
            f"driver, {trials:>7,} trials: {each * (watch.seconds - watch.queued):.2f} ms a trial without its start, "
            f"besides {each * watch.queued:.2f} ms for which others had the processor (processor "
            f"{each * (time.process_time() - processor):.2f} ms with the start)",
            flush=True,
        )


def clients(folder: Path) -> None:
    """Print how many results a second are acknowledged, and how late, where workers offer more and more of them."""
    for offered in RATES:
        place = folder / f"{offered:g}"
        place.mkdir()
        watch, pool = _run(place, 4_000, CLIENTS / offered, CLIENTS)
        late = sorted(watch.settled_at[trial] - at for trial, at in pool.done_at.items())
        lost = len(pool.done_at) - len(watch.settled_at)
        print(
            f"clients: {CLIENTS} workers that offer {offered:g} a second: {len(late) / watch.seconds:.0f} trials a second, "
            f"{lost} lost; acknowledged after a median of {1000 * late[len(late) // 2]:.0f} ms, 99 % within "
            f"{1000 * late[int(0.99 * len(late))]:.0f} ms, the last after {1000 * late[-1]:.0f} ms"
        )


def files(folder: Path) -> None:
    """Print what it costs to read ledgers that grow: studies of 1,000 trials with ten epochs each.

    As with the driver, the time for which others had the processor is left out.
    """
    _run(folder, 1_000, 0.0, 1)
    print("   trials        MB      open, s    status, s     curve, s  peak, MB  (in brackets: of the processor)")
    for count in (10, 100, 1_000):
        _multiply(folder / "k.db", count)
        told = json.loads(
            subprocess.run([sys.executable, "-c", READ, folder / "k.db"], check=True, capture_output=True).stdout
        )
        size = (folder / "k.db").stat().st_size / 2**20
        print(
            f"{1000 * count:>9,} {size:>9,.0f} {told['open']:>12} {told['status']:>12} {told['curve']:>12}"
            f" {told['MB']:>9.0f}"
        )


def _multiply(path: Path, count: int) -> None:
    """Make the first study of a ledger so many, with all that belongs to it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        have = db.execute("SELECT COUNT(*) FROM studies").fetchone()[0]
        db.execute("BEGIN")
        for number in range(have + 1, count + 1):
            for table, key in (
                ("studies", "id"),
                ("rungs", "study"),
                ("trials", "study"),
                ("attempts", "study"),
                ("winners", "study"),
            ):
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in (key, "seq")]
                given = ", ".join("name || '-' || ?1" if column == "name" else column for column in columns)
                db.execute(
                    f"INSERT INTO {table} ({key}, {', '.join(columns)}) SELECT ?1, {given} FROM {table} WHERE {key} = 1",
                    (number,),
                )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))  # a ledger at rest, as most are that somebody asks


def against(folder: Path) -> None:
    """Print trials a second of a study of about 2,000 whose function returns at once, here and at an earlier commit."""
    old = folder / "old"
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", "-q", old, BEFORE], check=True)
    try:
        for workers in (1, 2):
            now, then = (
                _rate(folder / f"{name}-{workers}", source, workers) for name, source in (("now", ROOT), ("then", old))
            )
            print(
                f"against {BEFORE}, {workers} workers: {now:.0f} and {then:.1f} trials a second, "
                f"{now / then:.0f} times as many"
            )
    finally:
        subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", old], check=True)


def _rate(folder: Path, source: Path, workers: int) -> float:
    folder.mkdir()
    (folder / "own.py").write_text(NOTHING)
    (folder / "one.py").write_text(ONE)
    child = subprocess.Popen(
        [sys.executable, "one.py", str(workers)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source / "src")},
        start_new_session=True,
    )
    try:
        child.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        child.wait()
    with closing(sqlite3.connect(folder / "k.db")) as db:
        return float(
            db.execute(
                "SELECT (COUNT(*) - 1) / ((julianday(MAX(finished)) - julianday(MIN(finished))) * 86400)"
                " FROM attempts WHERE state = 'ok'"
            ).fetchone()[0]
        )


def main(asked: list[str]) -> None:
    """Do what was asked, or all of it."""
    for name, measure in (("driver", driver), ("clients", clients), ("files", files), ("against", against)):
        if not asked or name in asked:
            with tempfile.TemporaryDirectory() as folder:
                measure(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
