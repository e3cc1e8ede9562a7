"""The ledger: one SQLite file with many studies; one writer a study, and nothing acknowledged is ever lost.

A study that is being run is held by an operating-system lock, which dies with the process that holds it.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from kleiber.errors import KleiberError, MachineError
from kleiber.records import canonical, digest
from kleiber.study.book import Book
from kleiber.study.disk import disk, removing
from kleiber.study.holder import held, myself
from kleiber.study.identity import context_of, differences, unacceptable
from kleiber.study.store import Store

LAST = "SELECT MAX(COALESCE(MAX(finished), ''), MAX(started)) AS at FROM attempts WHERE study = ?"  # that was written
ASKED = 0.3  # seconds that a run waits for the lock, which one who asks for the status has for a moment
PAST = ("context", "amendments", "besides")  # what a study's description keeps from one run to the next


class Ledger:
    """An open ledger; a context manager. `os.fspath` gives its file, so that the forecast can be asked of it.

    read_only: nothing is written, in a folder that may not be written to, too. Raises `MachineError` where the file cannot
    be opened, is damaged, or is another program's.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = "kleiber.db",
        *,
        create: bool = True,
        study: str | None = None,
        read_only: bool = False,
    ):
        self._store = Store(path, create=create, read_only=read_only)
        self.path = self._store.path
        self.study = study

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __fspath__(self) -> str:
        return str(self.path)

    def close(self) -> None:
        """Close the file; a ledger that is used again opens it again."""
        self._store.close()

    def names(self) -> list[str]:
        """List the studies, the oldest first."""
        return [row["name"] for row in self._store.rows("SELECT name FROM studies ORDER BY id")]

    @contextmanager
    def hold(
        self,
        name: str,
        identity: Mapping[str, Any],
        description: Mapping[str, Any],
        data: Mapping[str, Any],
        *,
        accept: bool = False,
        besides: float = 0.0,
    ) -> Iterator[Book]:
        """Give the book of a study to write into, new or continued, while no other process may.

        besides: seconds that a worker had for the study outside its trials, which add up from run to run. One without a
        result may change freely; `accept` keeps the results of one that changed, and writes that down. Raises
        `KleiberError` where the ledger has another study of this name, saying what differs, and `MachineError` where
        another process holds it, saying which.
        """
        with self._store.writing():
            study = self._enrolled(name, identity, description, data)
        lock = FileLock(f"{self.path}.{study}.lock")
        try:
            lock.acquire(timeout=ASKED, poll_interval=0.05)
        except Timeout:
            said = f"study {name!r} in {self.path} is being run by {self.holder(name)}; wait for it, or stop it"
            raise MachineError(said) from None
        except OSError as error:
            raise MachineError(f"cannot lock {lock.lock_file}: {error.strerror}") from error
        try:
            self._store.log_ahead()
            with self._store.writing():
                besides += self.description(name).get("besides", 0.0)
                past = self._history(study, name, identity, accept) | {"besides": besides}
                self._store.do(
                    "UPDATE studies SET holder = ?, description = ?, data = ?, hash = ?, identity = ? WHERE id = ?",
                    *(myself(), canonical({**description, **past}), canonical(data)),
                    *(digest(identity), canonical(identity), study),
                )
                self._close_attempts(study)
                self._store.check(study)
            self._store.mark()
            try:
                yield Book(self._store, study, past.get("context"), besides)
            except BaseException:  # a signal, or a defect: what was running is not any more
                with suppress(MachineError), self._store.writing():
                    self._close_attempts(study, datetime.now(UTC))
                raise
        finally:
            with suppress(MachineError):  # what was written is safe in the log, too
                self._store.rest()
            lock.release()

    def _close_attempts(self, study: int, at: datetime | None = None) -> None:
        """Write that the attempts of a driver that stopped are lost, and what they took at least.

        A driver that was killed could not say when; the last that it wrote is known.
        """
        last = self._store.rows(LAST, study)[0]["at"]
        self._store.do(
            "UPDATE attempts SET state = 'lost', reason = 'interrupted', message = 'the driver stopped', finished = ?1,"
            " seconds = MAX((julianday(?1) - julianday(started)) * 86400, 0.0) WHERE study = ?2 AND state = 'running'",
            *(at.isoformat(timespec="milliseconds") if at else last, study),
        )

    def book(self, name: str) -> Book:
        """Give the book of a study to read in; raises `KleiberError` where there is no such study."""
        return Book(self._store, self.find(name))

    def rename(self, name: str, new: str) -> None:
        """Give a study another name."""
        study = self.find(name)
        if new in self.names():
            raise KleiberError(f"{self.path} has a study {new!r} already; choose another name")
        with self._store.writing():
            self._store.do("UPDATE studies SET name = ? WHERE id = ?", new, study)

    def delete(self, name: str) -> None:
        """Remove a study with its trials, those that pause and its log, not weights; refused while it is being run."""
        study = self.find(name)
        try:
            with FileLock(f"{self.path}.{study}.lock", timeout=0), removing(self._store, study), self._store.writing():
                self._store.do("DELETE FROM studies WHERE id = ?", study)
        except Timeout:
            raise MachineError(f"study {name!r} in {self.path} is being run; stop it first") from None

    def find(self, name: str | None) -> int:
        """Give the number of a study by its name, or of the only one; raises `KleiberError` that lists them."""
        names = self.names()
        if name is None and len(names) == 1:
            name = names[0]
        if name not in names:
            said = "name one with --study" if name is None else f"there is no study {name!r}"
            raise KleiberError(f"{self.path}: {said}; it has {', '.join(map(repr, names)) or 'none'}")
        return int(self._store.rows("SELECT id FROM studies WHERE name = ?", name)[0]["id"])

    def holder(self, name: str) -> str:
        """Say which process runs a study, or did so last."""
        return str(self._store.rows("SELECT holder FROM studies WHERE id = ?", self.find(name))[0]["holder"])

    def held(self, name: str) -> bool:
        """Say whether a process runs a study now; one that died does not."""
        return held(Path(f"{self.path}.{self.find(name)}.lock"), self.holder(name))

    def status(self, name: str) -> dict[str, Any]:
        """Give a study's counts: trials settled by state and attempts lost or failed, for each size and purpose.

        What ran when its driver stopped is called interrupted.
        """
        study = self.find(name)
        head = self._store.rows("SELECT name, created FROM studies WHERE id = ?", study)[0]
        dead = "('running', 'lost')" if not self.held(name) else "('lost')"
        counts = self._store.rows(
            f"SELECT t.n AS n, t.purpose AS purpose, CASE WHEN a.state IN {dead} AND a.reason IN ('', 'interrupted')"
            " THEN 'interrupted' ELSE a.state END AS stood, COUNT(*) AS count, TOTAL(a.seconds) AS seconds"
            " FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ?"
            " GROUP BY t.n, t.purpose, stood ORDER BY t.n, t.purpose, stood",
            study,
        )
        return {"name": head["name"], "created": head["created"], "attempts": [_renamed(row) for row in counts]}

    def amendments(self, name: str) -> list[dict[str, Any]]:
        """Give the changes to a study that were accepted with what it had measured: when, and what was changed."""
        found: list[dict[str, Any]] = self.description(name).get("amendments", [])
        return found

    def context(self, name: str) -> str | None:
        """Give the context in which an amended study began, which its trials keep; None for one that never changed."""
        return self.description(name).get("context")

    def scored(self, name: str, identity: Mapping[str, Any]) -> bool:
        """Say whether the ledger has a score of this very study."""
        statement = (
            "SELECT 1 FROM attempts a JOIN studies s ON s.id = a.study JOIN trials t"
            " ON t.study = a.study AND t.id = a.trial"
            " WHERE s.name = ? AND s.hash = ? AND t.purpose = 'score' AND a.state = 'ok' LIMIT 1"
        )
        return bool(self._store.rows(statement, name, digest(identity)))

    def same(self, name: str, identity: Mapping[str, Any]) -> bool:
        """Say whether the ledger has this very study."""
        return bool(self._store.rows("SELECT 1 FROM studies WHERE name = ? AND hash = ?", name, digest(identity)))

    def full(self, name: str, description: Mapping[str, Any]) -> bool:
        """Say whether a study was last run as it is described, and has as many scores as it asks for.

        It may lack some all the same, such as those of a new winner: its schedule tells.
        """
        stored = {"searches": 1, **self.description(name)}  # earlier versions have no such key
        if {**stored, "sizes": None} != {**{k: stored[k] for k in PAST if k in stored}, **description, "sizes": None}:
            return False
        settled = self._store.rows(
            "SELECT COUNT(DISTINCT a.trial) AS count FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial"
            " WHERE a.study = ? AND t.purpose = 'score' AND a.state IN ('ok', 'diverged')",
            self.find(name),
        )
        wanted = len(stored["sizes"]) * int(stored["replicates"]) * int(stored["seeds_per_subset"])
        wanted *= int(stored["searches"])
        return int(settled[0]["count"]) >= wanted

    def used(self, name: str) -> float:
        """Give the seconds that workers had for a study."""
        return sum(one.seconds for one in self.book(name).spent()) + float(self.description(name).get("besides", 0.0))

    def trials(self, name: str) -> int:
        """Give the number of search trials at each size that a study was last run with."""
        return int(self.description(name)["search"]["trials"])

    def disk(self, name: str) -> dict[str, int]:
        """Give the bytes that a study holds: its `rows` (about), its `log`, `weights` and `paused` trials."""
        return disk(self._store, self.find(name))

    def description(self, name: str) -> dict[str, Any]:
        """Give a study as it was last run, with its sizes and what is kept of its past."""
        row = self._store.rows("SELECT description FROM studies WHERE id = ?", self.find(name))[0]
        found: dict[str, Any] = json.loads(row["description"])
        return found

    def export(self, name: str) -> list[dict[str, Any]]:
        """Give every attempt of a study as a plain row, the first first: nothing left out, failures included."""
        self._store.check(self.find(name))
        rows = self._store.rows(
            "SELECT t.purpose, t.n, t.replicate, t.number, t.seed, t.params, t.parent, t.until, t.search, a.*"
            " FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ? ORDER BY a.seq",
            self.find(name),
        )
        parsed = ("params", "validation", "test", "history", "training", "versions")
        hidden = ("study", "checksum")
        return [
            {k: json.loads(v) if k in parsed and v else v for k, v in dict(row).items() if k not in hidden} for row in rows
        ]

    def backup(self, target: Path) -> None:
        """Copy the ledger, consistent even while it is written to; refuses to overwrite."""
        self._store.backup(target)

    def _enrolled(
        self, name: str, identity: Mapping[str, Any], description: Mapping[str, Any], data: Mapping[str, Any]
    ) -> int:
        known = self._store.rows("SELECT id FROM studies WHERE name = ?", name)
        if known:
            return int(known[0]["id"])
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (name, digest(identity), canonical(identity), canonical(description), canonical(data), now)
        self._store.do(
            "INSERT INTO studies (name, hash, identity, description, data, created) VALUES (?, ?, ?, ?, ?, ?)", *values
        )
        return int(self._store.rows("SELECT id FROM studies WHERE name = ?", name)[0]["id"])

    def _history(self, study: int, name: str, identity: Mapping[str, Any], accept: bool) -> dict[str, Any]:
        """Give what the description keeps of a study's past: its amendments, and the context under which it began.

        Raises `KleiberError` for a study that has results and is not this one, unless its changes are accepted.
        """
        row = self._store.rows("SELECT identity, description FROM studies WHERE id = ?", study)[0]
        old, new = json.loads(row["identity"]), json.loads(canonical(identity))
        past = {key: value for key, value in json.loads(row["description"]).items() if key in PAST}
        changes = list(differences(old, new))
        if not changes:
            return past
        if not self._store.rows("SELECT 1 FROM attempts WHERE study = ? AND state IN ('ok', 'diverged') LIMIT 1", study):
            return {}
        said = f"{self.path} has a study {name!r} that is not this one: {'; '.join(changes)}. "
        away = "run it under another name (--study NAME), or name another ledger (--ledger PATH)"
        if fixed := unacceptable(old, new):
            raise KleiberError(f"{said}With {' and '.join(fixed)} changed, nothing measured counts: {away}")
        if not accept:
            raise KleiberError(f"{said}To keep what was measured, add --accept-changes; else {away}")
        amendment = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "changes": changes}
        began = past.get("context", context_of(old))
        return {"context": began, "amendments": [*past.get("amendments", []), amendment]}


def _renamed(row: sqlite3.Row) -> dict[str, Any]:
    return {"state" if key == "stood" else key: row[key] for key in row.keys()}  # noqa: SIM118  (a row is no dict)
