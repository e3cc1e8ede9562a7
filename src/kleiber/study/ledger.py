"""The ledger: one SQLite file with many studies; one writer a study, and nothing acknowledged is ever lost.

A row of `attempts` is written before a trial is handed out and settled once, when its measurement is in: on disk before
the study goes on. At most one settled measurement exists for a trial, by a unique index. A study that is being run is
held by an operating-system lock, which dies with the process that holds it.
"""

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from kleiber.errors import KleiberError, MachineError
from kleiber.records import FINAL, Measurement, Rung, State, Trial, canonical, digest

APPLICATION = 0x6B6C6562  # "kleb", so that another program's SQLite file is told apart
VERSION = 2
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs")  # where SQLite's shared memory does not work
SCHEMA = """
CREATE TABLE studies (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, identity TEXT NOT NULL,
  description TEXT NOT NULL, data TEXT NOT NULL, created TEXT NOT NULL, holder TEXT NOT NULL DEFAULT ''
);
CREATE TABLE rungs (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, n INTEGER NOT NULL, replicate INTEGER NOT NULL,
  subset TEXT NOT NULL, overlap REAL NOT NULL, PRIMARY KEY (study, n, replicate)
);
CREATE TABLE trials (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, id TEXT NOT NULL, purpose TEXT NOT NULL,
  n INTEGER NOT NULL, replicate INTEGER NOT NULL, number INTEGER NOT NULL, seed INTEGER NOT NULL,
  params TEXT NOT NULL, parent TEXT, until INTEGER, PRIMARY KEY (study, id)
);
CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL, trial TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', validation TEXT, test TEXT, history TEXT,
  epochs INTEGER, examples INTEGER, seconds REAL, versions TEXT, started TEXT NOT NULL, finished TEXT,
  FOREIGN KEY (study, trial) REFERENCES trials ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_result ON attempts (study, trial) WHERE state IN ('ok', 'diverged');
CREATE TABLE winners (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  n INTEGER NOT NULL, trials INTEGER NOT NULL, trial TEXT, at_edge TEXT NOT NULL, UNIQUE (study, n, trials, trial)
);
"""
MIGRATIONS = ("ALTER TABLE trials ADD COLUMN until INTEGER",)  # from version 1


class Ledger:
    """An open ledger; a context manager. `os.fspath` gives its file, so that the forecast can be asked of it.

    Raises `MachineError` where the file cannot be opened, is damaged, or is another program's.
    """

    def __init__(self, path: str | os.PathLike[str] = "kleiber.db", *, create: bool = True, study: str | None = None):
        self.path = Path(os.path.realpath(path))  # a link to a ledger is that ledger, with its locks
        self.study = study
        if not create and not self.path.is_file():
            raise KleiberError(f"there is no ledger {self.path}")
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __fspath__(self) -> str:
        return str(self.path)

    def close(self) -> None:
        """Close the file; a ledger that is used again opens it again."""
        self._closed = True
        self._connection.close()

    def _open(self) -> None:
        self._closed = False
        with self._guarded():
            self._connection: sqlite3.Connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._prepare()

    def names(self) -> list[str]:
        """List the studies, the oldest first."""
        return [row["name"] for row in self._rows("SELECT name FROM studies ORDER BY id")]

    @contextmanager
    def hold(
        self, name: str, identity: Mapping[str, Any], description: Mapping[str, Any], data: Mapping[str, Any]
    ) -> Iterator["Book"]:
        """Give the book of a study to write into, new or continued, while no other process may.

        Raises `KleiberError` where the ledger has another study of this name, saying what differs, and `MachineError`
        where another process holds it, saying which.
        """
        with self._writing():
            study = self._enrolled(name, identity, description, data)
        lock = FileLock(f"{self.path}.{study}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            holder = self._rows("SELECT holder FROM studies WHERE id = ?", study)[0]["holder"]
            raise MachineError(f"study {name!r} in {self.path} is being run by {holder}; wait for it, or stop it") from None
        except OSError as error:
            raise MachineError(f"cannot lock {lock.lock_file}: {error.strerror}") from error
        try:
            with self._writing():
                now = datetime.now(UTC).isoformat(timespec="seconds")
                holder = f"process {os.getpid()} on {socket.gethostname()}, since {now}"
                self._do(
                    "UPDATE studies SET holder = ?, description = ? WHERE id = ?", holder, canonical(description), study
                )
                self._do(
                    "UPDATE attempts SET state = 'lost', reason = 'killed', message = 'the driver stopped', finished = ?"
                    " WHERE study = ? AND state = 'running'",
                    now,
                    study,
                )
            yield Book(self, study)
        finally:
            lock.release()

    def rename(self, name: str, new: str) -> None:
        """Give a study another name."""
        study = self.find(name)
        if new in self.names():
            raise KleiberError(f"{self.path} has a study {new!r} already; choose another name")
        with self._writing():
            self._do("UPDATE studies SET name = ? WHERE id = ?", new, study)

    def delete(self, name: str) -> None:
        """Remove a study and all its trials; refused while it is being run."""
        study = self.find(name)
        try:
            with FileLock(f"{self.path}.{study}.lock", timeout=0), self._writing():
                self._do("DELETE FROM studies WHERE id = ?", study)
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
        return int(self._rows("SELECT id FROM studies WHERE name = ?", name)[0]["id"])

    def status(self, name: str) -> dict[str, Any]:
        """Give a study's counts: trials settled by state and attempts lost or failed, for each size and purpose."""
        study = self.find(name)
        head = self._rows("SELECT name, holder, created, description FROM studies WHERE id = ?", study)[0]
        counts = self._rows(
            "SELECT t.n AS n, t.purpose AS purpose, a.state AS state, COUNT(*) AS count, TOTAL(a.seconds) AS seconds"
            " FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ?"
            " GROUP BY t.n, t.purpose, a.state ORDER BY t.n, t.purpose, a.state",
            study,
        )
        return {"name": head["name"], "created": head["created"], "attempts": [dict(row) for row in counts]}

    def trials(self, name: str) -> int:
        """Give the number of search trials at each size that a study was last run with."""
        row = self._rows("SELECT description FROM studies WHERE id = ?", self.find(name))[0]
        return int(json.loads(row["description"])["search"]["trials"])

    def export(self, name: str) -> list[dict[str, Any]]:
        """Give every attempt of a study as a plain row, the first first: nothing left out, failures included."""
        rows = self._rows(
            "SELECT t.purpose, t.n, t.replicate, t.number, t.seed, t.params, t.parent, t.until, a.* FROM attempts a"
            " JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ? ORDER BY a.seq",
            self.find(name),
        )
        parsed = ("params", "validation", "test", "history", "versions")
        return [
            {k: json.loads(v) if k in parsed and v else v for k, v in dict(row).items() if k != "study"} for row in rows
        ]

    def backup(self, target: Path) -> None:
        """Copy the ledger, consistent even while it is written to; refuses to overwrite."""
        if target.exists():
            raise KleiberError(f"{target} exists already; name a new file")
        with self._guarded(), sqlite3.connect(target) as copy:
            self._connection.backup(copy)
        copy.close()

    def _prepare(self) -> None:
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION:
            raise KleiberError(f"{self.path} is a SQLite file, but no ledger of kleiber's; name another file")
        if version > VERSION:
            raise KleiberError(
                f"{self.path} was written by a newer kleiber (ledger version {version}, this one knows {VERSION})"
            )
        journal = "DELETE" if _filesystem(self.path) in NETWORK else "WAL"
        self._connection.execute(f"PRAGMA journal_mode = {journal}")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        if not tables:
            with self._writing():
                if not self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                    for statement in filter(str.strip, SCHEMA.split(";")):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version < VERSION:
            with self._writing():
                if self._connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
                    for statement in MIGRATIONS:
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _enrolled(
        self, name: str, identity: Mapping[str, Any], description: Mapping[str, Any], data: Mapping[str, Any]
    ) -> int:
        known = self._rows("SELECT id, identity FROM studies WHERE name = ?", name)
        if known:
            differences = list(_differences(json.loads(known[0]["identity"]), json.loads(canonical(identity))))
            if differences:
                raise KleiberError(
                    f"{self.path} has a study {name!r} that is not this one: {'; '.join(differences)}. "
                    "Run it under another name (--study NAME), or name another ledger (--ledger PATH)"
                )
            return int(known[0]["id"])
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (name, digest(identity), canonical(identity), canonical(description), canonical(data), now)
        self._do(
            "INSERT INTO studies (name, hash, identity, description, data, created) VALUES (?, ?, ?, ?, ?, ?)", *values
        )
        return int(self._rows("SELECT id FROM studies WHERE name = ?", name)[0]["id"])

    def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._guarded():
            return self._connection.execute(statement, values).fetchall()

    def _do(self, statement: str, *values: Any) -> int:
        return int(self._connection.execute(statement, values).lastrowid or 0)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold SQLite's write lock from the start, commit at the end, and undo everything if anything fails."""
        with self._guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn what SQLite says of the machine into words with the file's name and what helps."""
        if self._closed:
            self._open()
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.OperationalError as error:
            raise MachineError(f"{self.path}: {error}{_remedy(str(error), self.path)}") from error
        except sqlite3.DatabaseError as error:
            raise MachineError(
                f"{self.path} is damaged or no ledger ({error}); nothing was changed. Read what can be read into a new "
                f"file: kleiber salvage {self.path} NEW.db"
            ) from error


class Book:
    """One study's pages in a ledger, open for writing."""

    def __init__(self, ledger: Ledger, study: int) -> None:
        self._ledger, self._study = ledger, study

    def done(self) -> dict[str, Measurement]:
        """Give all settled measurements, by trial id; failed and lost attempts are not settled."""
        states = ", ".join(f"'{state}'" for state in FINAL)
        rows = self._ledger._rows(
            f"SELECT * FROM attempts WHERE study = ? AND state IN ({states}) ORDER BY seq", self._study
        )
        return {row["trial"]: _measurement(row) for row in rows}

    def write_rungs(self, rungs: Sequence[Rung]) -> None:
        """Write the rungs down; a replicate that is added changes the overlap of those that there are."""
        with self._ledger._writing():
            for rung in rungs:
                self._ledger._do(
                    "INSERT INTO rungs VALUES (?, ?, ?, ?, ?) ON CONFLICT (study, n, replicate)"
                    " DO UPDATE SET subset = excluded.subset, overlap = excluded.overlap",
                    *(self._study, rung.n, rung.replicate, rung.subset, rung.overlap),
                )

    def start(self, trial: Trial) -> int:
        """Write that a trial is handed out, and give the number of the attempt."""
        params = canonical(dict(trial.params))
        with self._ledger._writing():
            self._ledger._do(
                "INSERT OR IGNORE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(self._study, trial.id, str(trial.purpose), trial.rung.n, trial.rung.replicate, trial.number),
                *(trial.seed, params, trial.parent, trial.until),
            )
            return self._ledger._do(
                "INSERT INTO attempts (study, trial, state, started) VALUES (?, ?, 'running', ?)",
                *(self._study, trial.id, datetime.now(UTC).isoformat(timespec="milliseconds")),
            )

    def finish(self, attempt: int, measurement: Measurement) -> None:
        """Write what came of an attempt; when this returns, it is on disk."""
        m = measurement
        with self._ledger._writing():
            self._ledger._do(
                "UPDATE attempts SET state = ?, reason = ?, message = ?, validation = ?, test = ?, history = ?,"
                " epochs = ?, examples = ?, seconds = ?, versions = ?, finished = ? WHERE seq = ?",
                *(str(m.state), m.reason, m.message, canonical(dict(m.validation))),
                *(None if m.test is None else canonical(dict(m.test)), canonical(list(m.history))),
                *(m.epochs, m.examples, m.seconds, canonical(dict(m.versions))),
                *(datetime.now(UTC).isoformat(timespec="milliseconds"), attempt),
            )

    def write_winner(self, n: int, trials: int, trial: str | None, at_edge: Sequence[str]) -> None:
        """Write which trial won the search of a size; the latest one's score trials make the curve."""
        with self._ledger._writing():
            self._ledger._do(
                "INSERT OR REPLACE INTO winners (study, n, trials, trial, at_edge) VALUES (?, ?, ?, ?, ?)",
                *(self._study, n, trials, trial, canonical(list(at_edge))),
            )


def _measurement(row: sqlite3.Row) -> Measurement:
    return Measurement(
        State(row["state"]),
        validation=json.loads(row["validation"] or "{}"),
        test=json.loads(row["test"]) if row["test"] else None,
        epochs=row["epochs"] or 0,
        examples=row["examples"] or 0,
        seconds=row["seconds"] or 0.0,
        reason=row["reason"],
        message=row["message"],
        history=tuple(json.loads(row["history"] or "[]")),
        versions=json.loads(row["versions"] or "{}"),
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(before, after, f"{place}{key}.")
        elif before != after:
            what = {"data": "the data's content (its fingerprint)", "net": "net", "trainer": "trainer"}.get(
                key, place + key
            )
            yield f"{what} was {_short(before)}, is now {_short(after)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:18]}...{text[-8:]}"


def _remedy(problem: str, path: Path) -> str:
    if "full" in problem or "disk I/O" in problem:
        free = shutil.disk_usage(path.parent if path.parent.exists() else Path.cwd()).free
        return f" ({free:,} bytes free there); what was acknowledged is kept: free some space and run the same line again"
    if "locked" in problem:
        return "; another program has held the file for over 30 s"
    if "unable to open" in problem or "readonly" in problem:
        return "; is the folder there, and may you write to it?"
    return ""


def _filesystem(path: Path) -> str:
    """Give the kind of file system that a path lies on, where the machine says so (Linux)."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return ""
    place, best, kind = str(path.resolve()), "", ""
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, found = line.split()[:3]
        if (place == point or place.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, found
    return kind
