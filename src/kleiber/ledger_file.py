"""A ledger's file, as each half opens it to read: looked at before anything of it is believed, and never written.

What is looked at: that it is a whole SQLite file of kleiber's, of a version that is known, that a log beside it is its own,
and that each row is as it was written.
"""

import hashlib
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError

APPLICATION = 0x6B6C6562  # "kleb", so that another program's SQLite file is told apart
VERSION = 5
MAGIC = b"SQLite format 3\x00"
ATTEMPT = (
    *("trial", "state", "reason", "message", "validation", "test", "history"),
    *("epochs", "examples", "seconds", "versions"),
)  # what a row's checksum was of in version 3
TRIAL = ("id", "purpose", "n", "replicate", "number", "seed", "params", "parent", "until")  # and in version 4
WINNER = ("n", "trials", "trial", "at_edge")
CHECKED = {
    "trials": (*TRIAL, "search"),
    "attempts": (*ATTEMPT, "training"),
    "winners": (*WINNER, "search"),
}
"""The columns of each table that its rows' checksums are of."""

REST = 2.0  # seconds without a change after which a file's times tell whether it is the same
_whole: dict[Path, tuple[int, ...]] = {}  # files that this process has found whole, each as it was then


def _raw(columns: Iterable[str]) -> str:
    """Give columns as a checksum reads them: as bytes, since a text that is damaged may be none any more."""
    return ", ".join(f"CASE typeof({c}) WHEN 'text' THEN CAST({c} AS BLOB) ELSE {c} END" for c in columns)


def _sealed_anew(table: str, before: Iterable[str]) -> str:
    """Give what has the rows that are as they were written, by a checksum of these columns, checked by all columns."""
    return f"UPDATE {table} SET checksum = checksum({_raw(CHECKED[table])}) WHERE checksum = checksum({_raw(before)})"


MIGRATIONS = {  # by the version that they start from
    1: ("ALTER TABLE trials ADD COLUMN until INTEGER",),
    2: (
        *(f"ALTER TABLE {table} ADD COLUMN checksum TEXT" for table in CHECKED),
        "CREATE TABLE marks (mark TEXT NOT NULL)",
    ),
    3: ("ALTER TABLE attempts ADD COLUMN training TEXT", _sealed_anew("attempts", ATTEMPT)),
    4: (
        *(f"ALTER TABLE {table} ADD COLUMN search INTEGER NOT NULL DEFAULT 0" for table in ("trials", "winners")),
        _sealed_anew("trials", TRIAL),
        _sealed_anew("winners", WINNER),
    ),
}


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a ledger to read, once it has been looked at; raises `KleiberError` for what is no ledger that can be read
    here, and `MachineError` for one that is damaged.
    """
    look_at(path)
    with _told(path), closing(connected(path)) as connection:
        version = check(path, connection)
        if version == VERSION:
            yield connection
        else:  # a copy in memory stands for a file of an earlier version
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                connection.backup(copy)
                check(path, copy)
                bring_up(copy, version)
                yield copy


def look_at(path: Path, *, new: bool = False) -> None:
    """Look at a file from outside: is it there, whole, SQLite's, and is the log beside it its own?

    new: whether a file of 0 bytes without a log is one that is about to become a ledger.
    """
    if not path.is_file():
        raise KleiberError(f"there is no ledger {path}")
    log, logged = Path(f"{path}-wal"), _logged(path)
    if path.stat().st_size == 0:
        if new and not logged:
            return
        raise MachineError(
            f"{path} is empty (0 bytes), so it has lost what it had; put a backup in its place, or remove it"
        )
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(MAGIC[: len(head)]):
        raise damaged(path, "it is not SQLite's")
    if len(head) < 100:
        raise damaged(path, "it is cut off")
    if logged and (mark := _mark(path)) and _marked(path) not in (None, mark):
        raise MachineError(
            f"{log} is the log of another file than {path}, which was put in its place after a run that was killed; "
            f"nothing was changed. If {path.name} is the one that you want, remove {log} and {path}-shm"
        )


def check(path: Path, connection: sqlite3.Connection) -> int:
    """Look at a file that is open, give its version, and let its connection know `checksum`; 0 for one without tables.

    All its pages are looked at, which takes longer the larger it is: once by a process, as long as nothing changes it.
    """
    connection.row_factory = sqlite3.Row
    connection.create_function("checksum", -1, checksum, deterministic=True)
    version = identify(path, connection)
    state = _at_rest(path)
    if state is None or _whole.get(path) != state:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    if state is not None:
        _whole[path] = state
    return version


def _at_rest(path: Path) -> tuple[int, ...] | None:
    """Give what tells a file and its log from what they were, None where they were written to just now."""
    found: list[int] = []
    for place in (path, Path(f"{path}-wal")):
        with suppress(FileNotFoundError):
            told = place.stat()
            if time.time() - told.st_mtime < REST:
                return None
            found += [told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns]
    return tuple(found) or None


def identify(path: Path, connection: sqlite3.Connection) -> int:
    """Give the version of a file that is open, 0 for one without tables, and look at none of its pages.

    Raises `KleiberError` where it is another program's, or of a version that is not known here.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION:
        raise KleiberError(f"{path} is a SQLite file, but no ledger of kleiber's; name another file")
    if version > VERSION:
        raise KleiberError(
            f"{path} was written by a newer kleiber (ledger version {version}, this one knows {VERSION}); update kleiber"
        )
    return int(version) if tables else 0


def bring_up(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an earlier version up to this one."""
    for step in range(version, VERSION):
        for statement in MIGRATIONS[step]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def checksum(*values: Any) -> str:
    """Give the checksum of a row's values: the first half of the sha256 of their JSON."""
    text = json.dumps([value.decode(errors="surrogateescape") if isinstance(value, bytes) else value for value in values])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def damaged_rows(connection: sqlite3.Connection, study: int | None = None) -> Iterator[tuple[str, int]]:
    """Give the table and the number of each row that is not as it was written; those of earlier versions are not known."""
    for table, columns in CHECKED.items():
        which = "" if study is None else "study = ? AND "
        rows = connection.execute(
            f"SELECT rowid AS at FROM {table} WHERE {which}checksum IS NOT NULL AND checksum != checksum({_raw(columns)})"
            " ORDER BY rowid",
            () if study is None else (study,),
        )
        yield from ((table, row["at"]) for row in rows)


def check_rows(path: Path, connection: sqlite3.Connection, study: int | None = None) -> None:
    """Raise `MachineError` that names the rows that are not as they were written."""
    found = list(damaged_rows(connection, study))
    if found:
        named = ", ".join(f"{table} {at}" for table, at in found[:5])
        raise damaged(path, f"{named}{' and others' if found[5:] else ''} differ from what was written")


def write_mark(path: Path, mark: str) -> None:
    """Keep beside a ledger by which mark in it its log is known."""
    place = Path(f"{path}.mark")
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    fresh.write_text(mark, encoding="ascii")
    fresh.replace(place)


def forget_mark(path: Path) -> None:
    """Remove it, where the file's own may not have reached the disk."""
    Path(f"{path}.mark").unlink(missing_ok=True)


def _mark(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return Path(f"{path}.mark").read_text(encoding="ascii")
    return ""


def _marked(path: Path) -> str | None:
    """Give the mark in the file alone, without its log; None where it cannot be told."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(_address(path, "immutable=1"), uri=True)) as alone:
        row = alone.execute("SELECT mark FROM marks").fetchone()
        return str(row[0]) if row else None
    return None


def connected(path: Path) -> sqlite3.Connection:
    """Open a file to read alone, in a folder that may not be written to, too."""
    try:
        return _opened(_address(path, "mode=ro"))
    except sqlite3.OperationalError:  # SQLite writes an index beside a log, even to read
        return _with_log(path) if _logged(path) else _opened(_address(path, "immutable=1"))


def _opened(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _with_log(path: Path) -> sqlite3.Connection:
    """Read a file and the log beside it into memory, by way of a copy where an index of the log can be written."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        for end in ("", "-wal"):
            copy.with_name(f"copy.db{end}").write_bytes(Path(f"{path}{end}").read_bytes())
        with closing(_opened(_address(copy, "mode=rw"))) as source:
            memory = sqlite3.connect(":memory:", isolation_level=None)
            source.backup(memory)
    return memory


def _logged(path: Path) -> bool:
    log = Path(f"{path}-wal")
    return log.is_file() and log.stat().st_size > 0


def _address(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?{mode}"


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise KleiberError(f"{path} is no ledger of kleiber's, or cannot be read: {error}") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, how: str) -> MachineError:
    """Give the error of a file that is damaged."""
    return MachineError(
        f"{path} is damaged or no ledger ({how}); nothing was changed. Read what can be read into a new file: "
        f"kleiber salvage {path} NEW.db"
    )
