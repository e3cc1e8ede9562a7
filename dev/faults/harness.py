"""A small study in processes that a check may kill, and what of its ledger must not depend on that."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kleiber
from kleiber.study.study import Study

SIZES = (20, 40, 80, 160)
SCORES = 2  # at each size
PATIENCE = 300.0  # seconds after which what is waited for does not come any more
TRAINER = '''
"""A trainer that takes a given time, and whose results follow a power law."""
import time
from pathlib import Path

import kleiber

@kleiber.trainer
def quick(task):
    time.sleep(float(Path(__file__).with_name("seconds").read_text()))
    loss = 2.0 * task.n**-0.3 + 0.1 + abs(task.params["lr"] - 0.1) + (task.seed % 1000) * 1e-5
    return {"loss": loss} | ({"test_loss": loss + 0.01} if task.test is not None else {})
'''


@dataclass(frozen=True)
class Place:
    """A folder with a study's file `s.toml` in it, whose trials each take `seconds`, and the ledger beside it."""

    folder: Path
    trials: int  # of all sizes, their scores included
    seconds: float

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "own.py").write_text(TRAINER)
        (self.folder / "seconds").write_text(str(self.seconds))  # no part of the code, and so none of the study
        (self.folder / "s.toml").write_text(
            textwrap.dedent(f"""\
            name = "s"
            trainer = "own.py:quick"
            sizes = {list(SIZES)}
            replicates = {SCORES}
            data = {{ source = "blank", examples = 400 }}
            [search]
            trials = {self.trials // len(SIZES) - SCORES}
            [search.space]
            lr = {{ low = 1e-3, high = 1.0, log = true }}
            """)
        )

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / "k.db"

    @property
    def study(self) -> Study:
        """The study, as its file says."""
        return Study.from_toml(self.folder / "s.toml")

    def command(self, *options: str, workers: int = 2, path: str = "k.db", file: str = "s.toml", cwd: Path | None = None,
                **settings: Any) -> subprocess.Popen[str]:  # fmt: skip
        """Start `kleiber run` as a process group of its own."""
        line = [sys.executable, "-m", "kleiber", "run", file, "--ledger", path, "--workers", str(workers), *options]
        return started(line, cwd=cwd or self.folder, **settings)

    def driver(self, *, workers: int = 2) -> subprocess.Popen[str]:
        """Start a driver that notes each acknowledged result in `acks`."""
        return started([sys.executable, "-m", "dev.faults.driver", str(workers)], cwd=self.folder)

    def acks(self) -> dict[str, float]:
        """Give the loss of each result that a driver had acknowledged, by the trial's id."""
        notes = [note for note in self._notes() if "id" in note]
        return {note["id"]: note["loss"] for note in notes}

    def losses(self) -> dict[str, float]:
        """Give the loss of each result in the ledger, by the trial's id."""
        return {row["trial"]: json.loads(row["validation"])["loss"] for row in self.attempts() if row["state"] == "ok"}

    def said(self) -> str:
        """Give the end of what the processes of this folder have printed."""
        return (self.folder / "said").read_text()[-20_000:]

    def openings(self) -> list[float]:
        """Give the seconds that each driver took to open the ledger and to read it."""
        return [note["opened"] for note in self._notes() if "opened" in note]

    def _notes(self) -> list[dict[str, Any]]:
        file = self.folder / "acks"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []

    def attempts(self) -> list[dict[str, Any]]:
        """Give the ledger's attempts in their order."""
        return attempts(self.ledger)

    def check(self) -> None:
        """Assert that all trials have one result, and none was begun again after it had one."""
        rows = self.attempts()
        ok = [row["trial"] for row in rows if row["state"] == "ok"]
        assert len(ok) == len(set(ok)) == self.trials, f"{len(ok)} results of {len(set(ok))} trials, not {self.trials}"
        ended: set[str] = set()
        for row in rows:
            assert row["trial"] not in ended, f"{row['trial']} was begun again after it had its result"
            ended |= {row["trial"]} if row["state"] == "ok" else set()


def attempts(path: Path) -> list[dict[str, Any]]:
    """Give a ledger's attempts in their order, by a reader that shares no code with kleiber."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        db.row_factory = sqlite3.Row
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [dict(row) for row in db.execute("SELECT * FROM attempts ORDER BY seq")]


def settled(path: Path) -> int:
    """Give how many results a ledger has; 0 where there is none yet."""
    try:
        return sum(row["state"] == "ok" for row in attempts(path)) if path.is_file() else 0
    except sqlite3.OperationalError:  # one that is about to be made
        return 0


def started(line: list[str], *, cwd: Path, env: Mapping[str, str] | None = None, **settings: Any) -> subprocess.Popen[str]:
    """Start a process group of its own, whose output goes to a file `said` in its folder."""
    root = Path(__file__).resolve().parents[2]
    paths = [str(root / "src"), str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    with (cwd / "said").open("a") as said:
        return subprocess.Popen(
            line, cwd=cwd, stdout=said, stderr=said, text=True, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(env or {})}, **settings,
        )  # fmt: skip


def ended(child: subprocess.Popen[str], within: float = PATIENCE) -> int:
    """Wait for a process, and give its exit code."""
    try:
        return child.wait(within)
    finally:
        kill_all(child)


def kill_all(child: subprocess.Popen[str]) -> None:
    """Kill a process and its workers, each by its number."""
    below = workers_of(child.pid)
    if child.poll() is None:
        child.kill()
    child.wait()
    for pid in below:
        kill(pid)


def kill(pid: int) -> None:
    """Kill a process that may have gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def workers_of(pid: int) -> list[int]:
    """Give the worker processes of a driver, those that start included."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(each) for each in file.read_text().split()]
        except OSError:  # the thread has ended
            continue
    return [each for each in found if b"spawn_main" in _line_of(each)]


def _line_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def until(true: Callable[[], object], what: str, within: float = PATIENCE) -> float:
    """Wait until something is so, and give the seconds that it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within, f"after {within:.0f} s still not: {what}"
        time.sleep(0.01)
    return time.monotonic() - began


def contents(path: Path) -> tuple[str, int]:
    """Give the hash of what a ledger holds that must not depend on workers, kills or the clock, and its results' number."""
    with closing(sqlite3.connect(path)) as db:
        trials = db.execute(
            "SELECT id, purpose, n, replicate, number, seed, params, parent, search FROM trials ORDER BY id"
        ).fetchall()
        rungs = db.execute("SELECT n, replicate, subset, overlap FROM rungs ORDER BY n, replicate").fetchall()
        results = db.execute(
            "SELECT trial, state, validation, test FROM attempts WHERE state = 'ok' ORDER BY trial"
        ).fetchall()
        winners = db.execute("SELECT n, trials, trial, search FROM winners ORDER BY n, search").fetchall()
    return hashlib.sha256(json.dumps([trials, rungs, results, winners]).encode()).hexdigest(), len(results)


def forecast(path: Path) -> list[float]:
    """Give a study's forecast of some sizes: quantiles, to the last bit."""
    found = kleiber.forecast(path, metric="loss")
    return [float(value) for n in (320, 640, 1280) for value in found.quantile(n, [0.05, 0.5, 0.95])]
