"""A study that writes as fast as it can, while all that reads a ledger or copies it does so without a pause (R05)."""

import csv
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.faults.harness import PATIENCE, Place, attempts, ended, kill_all, started, until

from kleiber.study.ledger import Ledger

COPIES = ("backup", "salvage", "export")
COMMANDS = (*COPIES, "status", "forecast", "list")
FORECAST = (0, 2, 3)  # exit codes: no size has its scores yet, and few results, of which it warns


def copies_meanwhile(folder: Path, short: bool) -> str:
    """Copy, export and look at a ledger again and again while a study writes; each copy has all that was acknowledged."""
    place = Place(folder, 2000 if short else 4000, 0.0)
    Ledger(place.ledger).close()
    with _Page(folder) as page:
        child = place.driver()
        until(lambda: len(place.acks()) > 20 or child.poll() is not None, "results are acknowledged")
        done = _readings(place, child, COPIES if short else COMMANDS)
    assert ended(child) == 0, place.said()
    place.check()
    assert "Traceback" not in place.said(), place.said()
    assert all(done.values()), f"the study was too short: {done}"
    assert page.looks and not page.troubles, page.troubles or "the live page was never read"
    told = ", ".join(f"{command} {len(seconds)} times" for command, seconds in done.items())
    return (
        f"a study of {place.trials} trials at full speed, meanwhile {told}, the live page {page.looks} times. None failed. "
        "Each copy had all results that were acknowledged before it began, and none twice. "
        f"The study ended whole. The slowest reading took {max(map(max, done.values())):.1f} s"
    )


def _readings(place: Place, child: "subprocess.Popen[str]", commands: Sequence[str]) -> dict[str, list[float]]:
    """Run all commands at the same time, each again and again for as long as the study runs, and give their seconds."""

    def again(command: str) -> list[float]:
        seconds: list[float] = []
        while child.poll() is None:
            seconds.append(_reading(place, command, len(seconds)))
        return seconds

    with ThreadPoolExecutor(len(commands)) as pool:
        return dict(zip(commands, pool.map(again, commands), strict=True))


def _reading(place: Place, command: str, number: int) -> float:
    """Run a command once, look at what it has written, and give the seconds that it took."""
    known, began = place.acks(), time.monotonic()
    target = place.folder / f"{command}{number}.{'csv' if command == 'export' else 'db'}"
    line = [sys.executable, "-m", "kleiber", command, "k.db"]
    line += {"backup": [str(target)], "salvage": [str(target)], "export": ["--out", str(target)]}.get(command, [])
    code = ended(started(line, cwd=place.folder))
    seconds = time.monotonic() - began
    assert code in (FORECAST if command == "forecast" else (0,)), f"{command}: exit code {code}: {place.said()}"
    if target.exists():
        missing = known.keys() - _results(target)
        assert not missing, f"{command} lacks {len(missing)} results that had been acknowledged"
        target.unlink()
    return seconds


def _results(copy: Path) -> set[str]:
    """Give the trials of which a copy has a result; a ledger is looked at for its integrity too."""
    if copy.suffix == ".csv":
        with copy.open() as file:
            rows = list(csv.DictReader(file))
    else:
        rows = attempts(copy)
    found = [str(row["trial"]) for row in rows if row["state"] == "ok"]
    assert len(found) == len(set(found)), "a copy has two results of one trial"
    return set(found)


class _Page:
    """`kleiber serve`, and a thread that asks for its page again and again."""

    def __init__(self, folder: Path) -> None:
        self.looks, self.troubles = 0, list[str]()
        self._folder, self._stop = folder / "page", threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Page":
        self._folder.mkdir()
        line = [sys.executable, "-m", "kleiber", "serve", "../k.db", "--port", "0"]
        self._server = started(line, cwd=self._folder)
        said = self._folder / "said"
        until(lambda: "token=" in said.read_text() or self._server.poll() is not None, "the page is there")
        words = said.read_text().split()
        self._address = next(word for word in words if "token=" in word)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        os.kill(self._server.pid, signal.SIGTERM)
        until(lambda: self._server.poll() is not None, "the page has ended")
        kill_all(self._server)

    def _look(self) -> None:
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        while not self._stop.wait(0.05):
            try:
                with visitor.open(self._address, timeout=PATIENCE) as page:
                    assert b"</html>" in page.read(), "half a page"
                self.looks += 1
            except Exception as error:
                self.troubles.append(f"{type(error).__name__}: {error}")
