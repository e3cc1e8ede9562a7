"""The ledger's SQLite file: its tables, its transactions, and what the machine's troubles with it mean.

At most one settled measurement exists for a trial, by a unique index. What was written is on disk when `writing` ends.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError

try:
    import resource
except ImportError:  # a system without limits of this kind
    resource = None  # type: ignore[assignment]

APPLICATION = 0x6B6C6562  # "kleb", so that another program's SQLite file is told apart
VERSION = 2
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs")  # where SQLite's shared memory does not work
MARGIN = 65_536  # bytes within which a file is near its limit
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


class Store:
    """An open file of a ledger; it is made where there is none, and brought up to this version."""

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        self.path = Path(os.path.realpath(path))  # a link to a ledger is that ledger, with its locks
        if not create and not self.path.is_file():
            raise KleiberError(f"there is no ledger {self.path}")
        self._open()

    def close(self) -> None:
        """Close the file; a store that is used again opens it again."""
        self._closed = True
        self.connection.close()

    def _open(self) -> None:
        self._closed = False
        with self._guarded():
            self.connection: sqlite3.Connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self.connection.row_factory = sqlite3.Row
            self._prepare()

    def backup(self, target: Path) -> None:
        """Copy the file, consistent even while it is written to; refuses to overwrite."""
        if target.exists():
            raise KleiberError(f"{target} exists already; name a new file")
        with self._guarded(), sqlite3.connect(target) as copy:
            self.connection.backup(copy)
        copy.close()

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Give the rows that a statement finds."""
        with self._guarded():
            return self.connection.execute(statement, values).fetchall()

    def do(self, statement: str, *values: Any) -> int:
        """Change something, while `writing`, and give the number of the row that was last put in."""
        return int(self.connection.execute(statement, [_storable(value) for value in values]).lastrowid or 0)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold SQLite's write lock from the start, commit at the end, and undo everything if anything fails."""
        with self._guarded():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

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

    def _prepare(self) -> None:
        application = self.connection.execute("PRAGMA application_id").fetchone()[0]
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self.connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION:
            raise KleiberError(f"{self.path} is a SQLite file, but no ledger of kleiber's; name another file")
        if version > VERSION:
            raise KleiberError(
                f"{self.path} was written by a newer kleiber (ledger version {version}, this one knows {VERSION})"
            )
        journal = "DELETE" if _filesystem(self.path) in NETWORK else "WAL"
        self.connection.execute(f"PRAGMA journal_mode = {journal}")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        found = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        if not tables:
            with self.writing():
                if not self.connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                    for statement in filter(str.strip, SCHEMA.split(";")):
                        self.connection.execute(statement)
                    self.connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    self.connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version < VERSION:
            with self.writing():
                if self.connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
                    for statement in MIGRATIONS:
                        self.connection.execute(statement)
                    self.connection.execute(f"PRAGMA user_version = {VERSION}")


def _storable(value: Any) -> Any:
    """Give a text that any exception may have as one that a file can hold: a lone surrogate is written as its number."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _remedy(problem: str, path: Path) -> str:
    if ("full" in problem or "disk I/O" in problem) and (limit := _file_limit(path)):
        return (
            f" (files may have at most {limit:,} bytes here: ulimit -f); what was acknowledged is kept: raise that limit "
            "and run the same line again"
        )
    if "full" in problem or "disk I/O" in problem:
        free = shutil.disk_usage(path.parent if path.parent.exists() else Path.cwd()).free
        return f" ({free:,} bytes free there); what was acknowledged is kept: free some space and run the same line again"
    if "locked" in problem:
        return "; another program has held the file for over 30 s"
    if "unable to open" in problem or "readonly" in problem:
        return "; is the folder there, and may you write to it?"
    return ""


def _file_limit(path: Path) -> int:
    """Give the process's limit on the size of a file, where the ledger or its log is near it; else 0."""
    if resource is None:
        return 0
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    sizes = [file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.is_file()]
    return limit if limit != resource.RLIM_INFINITY and max(sizes, default=0) + MARGIN > limit else 0


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
