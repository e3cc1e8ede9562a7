"""Reading what can be read from a damaged ledger into a new one; the damaged file is never written to."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.ledger_file import CHECKED, checksum
from kleiber.study.store import Store

TABLES = ("studies", "rungs", "trials", "attempts", "winners")
JSON = {"identity", "description", "data", "params", "validation", "test", "history", "training", "versions", "at_edge"}
HOPELESS = 5000  # ranges that cannot be read in a row, after which the rest of a table is given up


def salvage(damaged: Path, target: Path) -> dict[str, int]:
    """Copy all readable rows into a new ledger, and give their number by table.

    Raises `KleiberError` where the target exists or the damaged file does not, `MachineError` where nothing can be read.
    A row that cannot be read, or is not as it was written, is left out, with what belongs to it; the rows on either side of
    it are kept.
    """
    if target.exists():
        raise KleiberError(f"{target} exists already; name a new file")
    if not damaged.is_file():
        raise KleiberError(f"there is no file {damaged}")
    source = sqlite3.connect(f"{damaged.resolve().as_uri()}?mode=ro", uri=True)
    source.text_factory = _text
    try:
        source.execute("SELECT COUNT(*) FROM studies").fetchone()
    except sqlite3.DatabaseError as error:
        source.close()
        raise MachineError(f"{damaged}: nothing can be read of it ({error}); is there a backup?") from error
    counts = {}
    with closing(Store(target)) as store:
        connection = store.connection
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            counts[table] = 0
            columns = [each[1] for each in source.execute(f"PRAGMA table_info({table})")]
            insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            for row in _readable(source, table):
                values = dict(zip(columns, row, strict=True))
                if _as_written(table, values):
                    counts[table] += connection.execute(insert, list(_sealed(table, values).values())).rowcount
        for table, key in (("attempts", "trial"), ("winners", "trial")):
            orphans = f"{key} IS NOT NULL AND (study, {key}) NOT IN (SELECT study, id FROM trials)"
            counts[table] -= connection.execute(f"DELETE FROM {table} WHERE {orphans}").rowcount
        connection.execute("COMMIT")
    source.close()
    return counts


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
