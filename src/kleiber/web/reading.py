"""A ledger's file, read and never written: what was added since the last look, in one short transaction.

A connection is opened for a look and closed after it, so that no writer ever finds a reader's snapshot in its way, and no
lock of a study is asked for. Whether a process runs a study is read off the process itself.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.ledger_file import VERSION, identify
from kleiber.records import Purpose, State

LONGEST = 1000  # bytes of a message that a list of trials reads
STUDIES = "SELECT id, name, description, data, created, holder FROM studies ORDER BY id"
WINNERS = """
SELECT w.study, w.n, w.search, t.params FROM winners w LEFT JOIN trials t ON t.study = w.study AND t.id = w.trial
WHERE w.seq IN (SELECT MAX(seq) FROM winners GROUP BY study, n, search)
"""
ATTEMPTS = """
SELECT a.seq, a.study, t.n, t.purpose, t.search, t.replicate, t.number, t.until, t.params, a.state, a.reason,
  a.message, a.validation, a.test, a.epochs, a.seconds, a.started, a.finished
FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial
"""
LISTED = ATTEMPTS.replace("a.message", f"SUBSTR(CAST(a.message AS BLOB), 1, {LONGEST})")  # of a text it would end at a NUL
ADDED = f"{LISTED} WHERE a.seq > ? UNION ALL {LISTED} WHERE a.seq IN (SELECT value FROM json_each(?)) ORDER BY 1"
HISTORIES = "SELECT seq, history, training FROM attempts WHERE seq IN (SELECT value FROM json_each(?))"
ONE = f"{ATTEMPTS} WHERE a.study = ? AND a.seq = ?"
ALL = f"{ATTEMPTS} WHERE a.study = ? ORDER BY a.seq"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a trial as the ledger has it; `validation` and `test` map metrics to losses."""

    seq: int
    study: int
    n: int
    purpose: Purpose
    search: int
    replicate: int
    number: int
    until: float | None
    params: str
    state: State
    reason: str
    message: str
    validation: dict[str, float]
    test: dict[str, float]
    epochs: int
    seconds: float
    started: str
    finished: str


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses after each epoch, None where one was not finite; empty where none were reported, or no training loss was."""

    validation: Sequence[float | None] = ()
    training: Sequence[float | None] = ()

    def __len__(self) -> int:
        return len(self.validation)


NONE = Losses()


@dataclass(frozen=True, slots=True)
class Entry:
    """A study's own row; `winners` has the settings (JSON) of the present winner of each size and search, None where
    none succeeded.
    """

    id: int
    name: str
    description: str
    data: str
    created: str
    holder: str
    winners: dict[tuple[int, int], str | None]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: every study, and the attempts that are new or were running when last seen."""

    studies: tuple[Entry, ...]
    attempts: tuple[Attempt, ...]


def look(path: Path, after: int, running: Iterable[int]) -> Look:
    """Read all studies and the attempts numbered above `after` or in `running`.

    Raises `KleiberError` where the file is no ledger, `MachineError` where it cannot be read.
    """
    with closing(_open(path)) as ledger:
        try:
            ledger.execute("BEGIN")
            winners: dict[int, dict[tuple[int, int], str | None]] = {}
            for study, n, search, params in ledger.execute(WINNERS):
                winners.setdefault(study, {})[n, search] = params
            rows = ledger.execute(STUDIES).fetchall()
            studies = tuple(
                Entry(number, name, description, data, created, holder, winners.get(number, {}))
                for number, name, description, data, created, holder in rows
            )
            attempts = ledger.execute(ADDED, (after, json.dumps(list(running)))).fetchall()
            ledger.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
    return Look(studies, tuple(_attempt(row) for row in attempts))


def histories(path: Path, wanted: Sequence[int]) -> dict[int, Losses]:
    """Give the losses of each epoch of attempts, by their number, as far as they have come."""
    with closing(_open(path)) as ledger:
        try:
            rows = ledger.execute(HISTORIES, (json.dumps(list(wanted)),)).fetchall()
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
    return {seq: Losses(json.loads(history or "[]"), json.loads(training or "[]")) for seq, history, training in rows}


def attempts(path: Path, study: int, seq: int | None = None) -> list[Attempt]:
    """Give the attempts of a study, the first first, or the one of a number."""
    with closing(_open(path)) as ledger:
        try:
            found = ledger.execute(ALL, (study,)) if seq is None else ledger.execute(ONE, (study, seq))
            return [_attempt(row) for row in found]
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error


def stamp(path: Path) -> tuple[Any, ...]:
    """Give what changes when somebody writes to the ledger, without opening it: the state of its file and of its log."""
    return tuple(_stat(Path(f"{path}{suffix}")) for suffix in ("", "-wal"))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (the same call for each look)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _open(path: Path) -> sqlite3.Connection:
    """Open the file so that it cannot be written to, also where its folder may not be written to either."""
    address = path.resolve().as_uri()
    problem: sqlite3.Error = sqlite3.OperationalError("it cannot be opened")
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        ledger = None
        try:
            ledger = sqlite3.connect(f"{address}?{mode}", uri=True, timeout=2, isolation_level=None)
            _check(path, ledger)
        except sqlite3.OperationalError as error:
            problem = error
            if ledger is not None:
                ledger.close()
            if "locked" in str(error):  # somebody writes: what is being written may not be read as if it were not
                break
        except BaseException as error:
            if ledger is not None:
                ledger.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise _unreadable(path, error) from error
            raise
        else:
            return ledger
    raise _unreadable(path, problem)


def _check(path: Path, ledger: sqlite3.Connection) -> None:
    """Refuse what is no ledger of this version: one that is newer, or another program's, as every reader does."""
    version = identify(path, ledger)
    if not version:
        raise KleiberError(f"{path} is no ledger of kleiber's; name the file that `kleiber run` writes")
    if version < VERSION:
        raise KleiberError(f"{path} was written by an older kleiber; `kleiber status {path}` brings it up to date")


def _unreadable(path: Path, error: sqlite3.Error) -> MachineError:
    return MachineError(f"{path} cannot be read now: {error}")


def _attempt(row: Sequence[Any]) -> Attempt:
    seq, study, n, purpose, search, replicate, number, until, params, state, reason, message, validation, test, *rest = row
    epochs, seconds, started, finished = rest
    return Attempt(
        seq,
        study,
        n,
        Purpose(purpose),
        search,
        replicate,
        number,
        until,
        params,
        State(state),
        reason,
        message.decode("utf-8", "ignore") if isinstance(message, bytes) else message or "",
        json.loads(validation) if validation else {},
        json.loads(test) if test else {},
        epochs or 0,
        seconds or 0.0,
        started,
        finished or "",
    )
