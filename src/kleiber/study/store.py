"""The ledger's SQLite file: its tables, its transactions, and what the machine's troubles with it mean.

At most one settled measurement exists for a trial, by a unique index. What was written is on disk when `writing` ends.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from kleiber import ledger_file
from kleiber.errors import KleiberError, MachineError
from kleiber.ledger_file import APPLICATION, VERSION
from kleiber.records import storable
from kleiber.study.trouble import remedy, shared_by_machines

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
  params TEXT NOT NULL, parent TEXT, until INTEGER, checksum TEXT, search INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (study, id)
);
CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL, trial TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', validation TEXT, test TEXT, history TEXT,
  epochs INTEGER, examples INTEGER, seconds REAL, versions TEXT, started TEXT NOT NULL, finished TEXT,
  checksum TEXT, training TEXT,
  FOREIGN KEY (study, trial) REFERENCES trials ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_result ON attempts (study, trial) WHERE state IN ('ok', 'diverged');
CREATE TABLE winners (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  n INTEGER NOT NULL, trials INTEGER NOT NULL, trial TEXT, at_edge TEXT NOT NULL, checksum TEXT,
  search INTEGER NOT NULL DEFAULT 0, UNIQUE (study, n, trials, trial)
);
CREATE TABLE marks (mark TEXT NOT NULL);
"""
TIMEOUT = 30  # seconds for which another program may hold the file
LOOKS, LOOK = 10, 0.05  # how often a run that ends looks whether it is alone with the file, and seconds between two looks
OF_A_STUDY = "CREATE INDEX IF NOT EXISTS attempts_of_a_study ON attempts (study, trial)"  # no version: it changes no answer
SETTLE = 2.0  # seconds after which what was written is brought from the log into the file itself


class Store:
    """An open file of a ledger; it is made where there is none, and brought up to this version.

    read_only: nothing is written to it, so that it can be read where it may not be written to.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True, read_only: bool = False) -> None:
        self.path = Path(os.path.realpath(path))  # a link to a ledger is that ledger, with its locks
        self._create, self._read_only = create, read_only
        self._settled = time.monotonic()
        self._open()

    def close(self) -> None:
        """Close the file; a store that is used again opens it again."""
        self._closed = True
        self.connection.close()

    def _open(self) -> None:
        self._closed = False
        if self._create and not self.path.exists():
            self._appear()
        if self.path.is_file() or not self._create:
            ledger_file.look_at(self.path, new=self._create)
        with self._guarded():
            if self._read_only:
                self.connection: sqlite3.Connection = ledger_file.connected(self.path)
                version = ledger_file.check(self.path, self.connection)
                if version == VERSION:
                    return
                file = self.connection
                if version:  # a copy in memory stands for a file of an earlier version
                    self.connection = sqlite3.connect(":memory:", isolation_level=None)
                    file.backup(self.connection)
                    ledger_file.check(self.path, self.connection)
                    ledger_file.bring_up(self.connection, version)
                file.close()
                if version:
                    return
            self.connection = sqlite3.connect(self.path, timeout=TIMEOUT, isolation_level=None)
            self._prepare()

    def _appear(self) -> None:
        """Make a new file that is whole from the moment at which others can see it."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        try:
            draft.touch()
            Store(draft).close()
            with suppress(FileExistsError):  # another process was quicker
                os.link(draft, self.path)
        except MachineError as error:
            raise MachineError(str(error).replace(str(draft), str(self.path))) from error
        except PermissionError:  # a file system without links; else it is told when the file is opened
            if draft.exists() and not self.path.exists():
                draft.rename(self.path)
        except OSError as error:
            where = f"{self.path}: {error.strerror}; is the folder there, and may you write to it?"
            raise MachineError(where) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def settle(self, *, now: bool = False) -> bool:
        """Bring what was written into the file itself, so that a copy of it alone has it, now or where that is due.

        Gives whether all of it is there; a reader may keep the rest from it for a while.
        """
        if not now and (self.connection.in_transaction or time.monotonic() - self._settled < SETTLE):
            return False
        self._settled = time.monotonic()
        with self._guarded():
            busy, _, _ = self.connection.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if now else 'PASSIVE'})").fetchone()
        return not busy

    def log_ahead(self) -> None:
        """Write into a log beside the file from now on, so that readers and a writer never wait for each other."""
        if not shared_by_machines(self.path):
            with self._guarded():
                self.connection.execute("PRAGMA journal_mode = WAL")

    def rest(self) -> None:
        """Bring all into the file itself; where nobody else has it open, leave no log beside it, and no mark of one.

        Who only looks has it open for a moment, which is waited for.
        """
        for _ in range(LOOKS):
            self.settle(now=True)
            if self._alone():
                return
            time.sleep(LOOK)

    def _alone(self) -> bool:
        """Give the log up, and say whether that was possible."""
        with self._guarded():
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                if self.connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                    return False
                self.connection.execute("BEGIN EXCLUSIVE")  # whoever keeps a log marks the file first, and so not now
                try:
                    if self.connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
                        ledger_file.forget_mark(self.path)
                finally:
                    self.connection.execute("ROLLBACK")
            except (sqlite3.OperationalError, OSError):
                return False
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {1000 * TIMEOUT}")
        return True

    def mark(self) -> None:
        """Mark the file anew, and beside it, so that a log that belongs to another file is known."""
        mark = secrets.token_hex(8)
        with self.writing():
            self.do("DELETE FROM marks")
            self.do("INSERT INTO marks VALUES (?)", mark)
        with suppress(OSError):
            ledger_file.write_mark(self.path, mark) if self.settle(now=True) else ledger_file.forget_mark(self.path)

    def backup(self, target: Path) -> None:
        """Copy the file, consistent even while it is written to; refuses to overwrite, and leaves no part of a copy."""
        if target.exists():
            raise KleiberError(f"{target} exists already; name a new file")
        draft = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            with self._guarded(), closing(sqlite3.connect(draft, isolation_level=None)) as copy:
                self.connection.backup(copy)
                copy.execute("UPDATE marks SET mark = ?", (secrets.token_hex(8),))
                copy.execute("PRAGMA journal_mode = DELETE")
            draft.replace(target)
        except (MachineError, OSError) as error:
            if not isinstance(trouble := error.__cause__ or error, sqlite3.OperationalError | OSError):
                raise
            said = remedy(str(trouble), target, kept="no copy was made", size=self.path.stat().st_size)
            raise MachineError(f"{target.absolute()}: {trouble}{said}") from error
        finally:
            for file in (draft, Path(f"{draft}-journal")):
                file.unlink(missing_ok=True)

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Give the rows that a statement finds."""
        with self._guarded():
            return self.connection.execute(statement, values).fetchall()

    def check(self, study: int) -> None:
        """Raise `MachineError` that names the rows of a study that are not as they were written."""
        with self._guarded():
            ledger_file.check_rows(self.path, self.connection, study)

    def do(self, statement: str, *values: Any) -> int:
        """Change something, while `writing`, and give the number of the row that was last put in."""
        return int(
            self.connection.execute(
                statement, [storable(value) if isinstance(value, str) else value for value in values]
            ).lastrowid
            or 0
        )

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[None]:
        """Hold SQLite's write lock from the start, commit at the end, and undo everything if anything fails.

        Within another, it is part of that. durable: whether it has to survive a loss of power, which waits for the disk;
        what need not is brought to the disk with the next that must, and survives a kill all the same.
        """
        with self._guarded():
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
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
            raise MachineError(f"{self.path}: {error}{remedy(str(error), self.path)}") from error
        except sqlite3.DatabaseError as error:
            raise ledger_file.damaged(self.path, str(error)) from error

    def _prepare(self) -> None:
        version = ledger_file.check(self.path, self.connection)
        if shared_by_machines(self.path):
            self.connection.execute("PRAGMA journal_mode = DELETE")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        if not version:
            with self.writing():
                if not self.connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                    for statement in filter(str.strip, SCHEMA.split(";")):
                        self.connection.execute(statement)
                    self.connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    self.connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version < VERSION:
            self._bring_up(version)
        if not self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts_of_a_study'").fetchone():
            with self.writing():
                self.connection.execute(OF_A_STUDY)

    def _bring_up(self, version: int) -> None:
        """Bring a file of an earlier version up to this one, with a copy of it kept beside."""
        kept = Path(f"{self.path}.version-{version}")
        if not kept.exists():
            with closing(sqlite3.connect(kept)) as copy:
                self.connection.backup(copy)
        with self.writing():
            ledger_file.bring_up(self.connection, self.connection.execute("PRAGMA user_version").fetchone()[0])
