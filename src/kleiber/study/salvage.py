"""Reading what can be read from a damaged ledger into a new one; the damaged file is never written to.

A table's rows are asked for by their numbers. Where the file is damaged, its pages are gone through too: what leads to a
row may be gone while the row is whole.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from kleiber import ledger_file
from kleiber.errors import KleiberError, MachineError
from kleiber.ledger_file import CHECKED, checksum
from kleiber.study.leaves import leaf_rows
from kleiber.study.store import Store

TABLES = ("studies", "rungs", "trials", "attempts", "winners")
JSON = {"identity", "description", "data", "params", "validation", "test", "history", "training", "versions", "at_edge"}
HOPELESS = 5000  # ranges that cannot be read in a row, after which the rest of a table is given up
SHAPES = {  # how a row of each table begins, by which it is known on a page; the first is the row's number where it is None
    "studies": (8, (None, str, str, str, str, str, str, str)),
    "rungs": (5, (int, int, int, str, float | int)),
    "trials": (9, (int, str, str, int, int, int, int, str)),
    "attempts": (15, (None, int, str, str, str, str)),
    "winners": (6, (None, int, int, int)),
}
"""The fewest columns that a row has had in any version, and the kinds of the first."""
SINCE = {"trials": {"search": 0}, "winners": {"search": 0}}  # what a row of an earlier version stands for
REAL = ("overlap", "seconds")  # columns whose whole numbers SQLite keeps as such on a page


def salvage(damaged: Path, target: Path) -> dict[str, int]:
    """Copy all readable rows into a new ledger, and give their number by table.

    Raises `KleiberError` where the target exists or the damaged file does not, `MachineError` where nothing can be read,
    or the target cannot be written. A row that cannot be read, or is not as it was written, is left out, with what belongs
    to it; all others are kept. A study whose own row is gone is called "salvaged 1" by its number.
    """
    if target.exists():
        raise KleiberError(f"{target} exists already; name a new file")
    if not damaged.is_file():
        raise KleiberError(f"there is no file {damaged}")
    try:
        with closing(Store(target)) as store:
            counts = _copied(damaged, store)
    except BaseException:
        _remove(target)
        raise
    if not any(counts.values()):
        _remove(target)
        raise MachineError(f"{damaged}: nothing can be read of it; is there a backup?")
    return counts


def _copied(damaged: Path, store: Store) -> dict[str, int]:
    store.connection.execute("PRAGMA foreign_keys = OFF")
    with closing(_opened(damaged)) as source, store.writing():
        with suppress(sqlite3.DatabaseError):  # all tables as they are at one moment, whoever writes meanwhile
            source.execute("BEGIN")
        known = {table: _columns(store.connection, table) for table in TABLES}
        for table in TABLES:
            columns = _columns(source, table)
            if columns and set(columns) <= set(known[table]):  # else it is no table of ours, whatever its name
                for row in _readable(source, table):
                    _keep(store, table, columns, row)
        if not _whole(source):
            for number, row in leaf_rows(damaged):
                if found := _table_of(row):
                    values = (number if row[0] is None else row[0], *row[1:])
                    _keep(store, found, known[found], values)
        for table in ("attempts", "winners"):
            store.do(
                f"DELETE FROM {table} WHERE trial IS NOT NULL AND (study, trial) NOT IN (SELECT study, id FROM trials)"
            )
        store.do(
            "INSERT INTO studies (id, name, hash, identity, description, data, created)"
            " SELECT DISTINCT study, 'salvaged ' || study, '', '{}', '{}', '{}', '' FROM trials"
            " WHERE study NOT IN (SELECT id FROM studies)"
        )
        return {table: store.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in TABLES}


def _keep(store: Store, table: str, columns: Sequence[str], row: Sequence[Any]) -> None:
    """Copy a row that is as it was written, where it is not there yet."""
    values = dict(zip(columns, row, strict=False))
    values |= {column: float(values[column]) for column in REAL if isinstance(values.get(column), int)}
    if not _as_written(table, values):
        return
    sealed = _sealed(table, values)
    marks = ", ".join("?" * len(sealed))
    store.do(f"INSERT OR IGNORE INTO {table} ({', '.join(sealed)}) VALUES ({marks})", *sealed.values())


def _opened(damaged: Path) -> sqlite3.Connection:
    try:
        source = ledger_file.connected(damaged)
    except sqlite3.OperationalError as error:
        raise MachineError(f"{damaged} cannot be read: {error}") from error
    except sqlite3.DatabaseError:  # its head is gone, so that SQLite reads nothing of it
        source = sqlite3.connect(f"{damaged.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    source.text_factory = _text
    return source


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Give the names of a table's columns, none where its description cannot be read."""
    with suppress(sqlite3.DatabaseError):
        return [each[1] for each in connection.execute(f"PRAGMA table_info({table})")]
    return []


def _whole(source: sqlite3.Connection) -> bool:
    with suppress(sqlite3.DatabaseError):
        return bool(source.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    return False


def _table_of(row: Sequence[Any]) -> str | None:
    """Give the table that a row on a page is of, by how it begins; None for one of none that is copied."""
    for table, (fewest, kinds) in SHAPES.items():
        if len(row) >= fewest and all(
            value is None if kind is None else isinstance(value, kind) for value, kind in zip(row, kinds, strict=False)
        ):
            return table
    return None


def _remove(target: Path) -> None:
    for file in (target, Path(f"{target}-journal")):
        file.unlink(missing_ok=True)


def _text(raw: bytes) -> str | bytes:
    """Give a text, or the bytes where they are none any more: then the row's checksum tells."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _as_written(table: str, row: Mapping[str, Any]) -> bool:
    """Say whether a row is as it was written, as far as its version can tell: its JSON is whole, and its checksum right."""
    if any(isinstance(value, bytes) for value in row.values()):
        return False
    if table in CHECKED and row.get("checksum") is not None:
        return bool(row["checksum"] == checksum(*(row[column] for column in CHECKED[table] if column in row)))
    try:
        for column in JSON & set(row):
            json.loads(row[column] or "null")
    except json.JSONDecodeError:
        return False
    return True


def _sealed(table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a row with the checksum of this version, where it has one."""
    if table not in CHECKED or row.get("checksum") is None:
        return row
    row = {**SINCE.get(table, {}), **row}
    return {**row, "checksum": checksum(*(row.get(column) for column in CHECKED[table]))}


def _readable(source: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Give a table's rows by row number; where a range cannot be read, halve it until the torn row alone is left out."""
    try:
        low, high = source.execute(f"SELECT MIN(rowid), MAX(rowid) FROM {table}").fetchone()
    except sqlite3.DatabaseError:
        low, high = 1, 1_000_000
    ranges, failures = [] if low is None else [(low, high)], 0
    while ranges and failures < HOPELESS:
        low, high = ranges.pop()
        try:
            rows = source.execute(f"SELECT * FROM {table} WHERE rowid BETWEEN ? AND ?", (low, high)).fetchall()
        except sqlite3.DatabaseError:
            failures += 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
            continue
        if rows:
            failures = 0
        yield from rows
