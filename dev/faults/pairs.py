"""A run that begins where another one was killed or still holds the study, and readers meanwhile: R03, R04."""

import os
import threading
from pathlib import Path
from typing import Any, Self

from dev.faults.harness import Place, ended, kill_all, settled, until

from kleiber.command.standing import standing
from kleiber.errors import KleiberError
from kleiber.study.ledger import Ledger

REOPENED = 5.0  # seconds that a run may take longer to its next result where the one before was killed


def after_a_kill(folder: Path, short: bool) -> str:
    """Kill a run and start it again at once, with its ledger named in each way in which people name one."""
    place = Place(folder / "a study's room" / "größer 2", 24, 0.2)
    here = place.folder
    (here / "results of today").mkdir()
    (here / "elsewhere").mkdir()
    ways: list[tuple[str, dict[str, Any]]] = [
        ("an absolute path", {"path": str(here / "absolute.db")}),
        ("a relative path", {"path": "relative.db"}),
        ("a sub-directory", {"path": "results of today/k.db"}),
        ("another working directory", {"path": "../k.db", "file": "../s.toml", "cwd": here / "elsewhere"}),
    ]
    later = []
    for _, way in ways[-1:] if short else ways:
        ledger = Path(os.path.normpath((way.get("cwd") or here) / way["path"]))
        first, child = _to_a_result(place, ledger, way)
        kill_all(child)
        again, child = _to_a_result(place, ledger, way)
        later.append(again - first)
        assert ended(child) == 0, place.said()
    assert max(later) < REOPENED, f"after a kill the next result took {max(later):.1f} s longer"
    names = "; ".join(name for name, _ in (ways[-1:] if short else ways))
    return (
        f"{names}, with spaces and an umlaut. "
        f"The next result comes at most {max(0.0, *later):.1f} s later than in a run that begins"
    )


def _to_a_result(place: Place, ledger: Path, way: dict[str, Any]) -> tuple[float, Any]:
    """Start a run, and give the seconds to its next result, and the process."""
    before = settled(ledger)
    child = place.command("--out", "out", **way)
    seconds = until(lambda: settled(ledger) > before or child.poll() is not None, "a result")
    assert settled(ledger) > before, place.said()
    return seconds, child


class Readers:
    """A thread that reads a ledger ten times a second, in every way that a status, a list and a page do."""

    def __init__(self, path: Path) -> None:
        self.path, self.looks, self.troubles = path, 0, list[str]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.1):
            try:
                with Ledger(self.path, create=False, read_only=True) as ledger:
                    for name in ledger.names():
                        standing(ledger, name)
                        ledger.export(name)
                self.looks += 1
            except KleiberError as error:  # before there is a ledger with results
                if settled(self.path):
                    self.troubles.append(str(error))
            except Exception as error:
                self.troubles.append(f"{type(error).__name__}: {error}")


def two_at_once(folder: Path, short: bool) -> str:
    """Start two runs of a study at the same instant, with readers at 10 Hz meanwhile."""
    repeats, workers = (1, 2) if short else (20, 4)
    refused = looks = 0
    for number in range(repeats):
        place = Place(folder / str(number), 24, 0.02)
        with Readers(place.ledger) as readers:
            pair = [place.command("--out", f"out{each}", workers=workers) for each in range(2)]
            codes = sorted(ended(child) for child in pair)
        said = place.said()
        assert codes in ([0, 0], [0, 4]), f"exit codes {codes}: {said}"
        assert codes == [0, 0] or "is being run by" in said, said
        assert "Traceback" not in said and "database is locked" not in said, said
        assert not readers.troubles, readers.troubles[0]
        place.check()
        refused, looks = refused + (codes == [0, 4]), looks + readers.looks
    return (
        f"{repeats} pairs with {workers} workers each. Each trial has one result. {refused} runs were refused, and named "
        f"the holder. Of {looks} readings meanwhile none failed, nor made a run fail"
    )
