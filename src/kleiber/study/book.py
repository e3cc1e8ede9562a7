"""The book of one study in a ledger: what was drawn, handed out, measured and chosen.

A row of `attempts` is written before a trial is handed out and settled once, when its measurement is in: on disk before
the study goes on.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from kleiber.records import FINAL, Measurement, Purpose, Rung, State, Trial, canonical
from kleiber.study.store import Store
from kleiber.study.times import Kind


@dataclass(frozen=True, slots=True)
class Spent:
    """What an attempt took of a worker's time: its kind, how it ended, and the seconds."""

    kind: Kind
    state: State
    reason: str
    seconds: float


class Book:
    """One study's pages in a ledger, open for writing.

    `context`: that in which an amended study began, which its trials keep; None for one that never changed. `besides`:
    seconds that a worker had for it outside its trials.
    """

    def __init__(self, store: Store, study: int, context: str | None = None, besides: float = 0.0) -> None:
        self._store, self._study = store, study
        self.context, self.besides = context, besides

    def done(self) -> dict[str, Measurement]:
        """Give all settled measurements, by trial id; failed and lost attempts are not settled."""
        states = ", ".join(f"'{state}'" for state in FINAL)
        rows = self._store.rows(f"SELECT * FROM attempts WHERE study = ? AND state IN ({states}) ORDER BY seq", self._study)
        return {row["trial"]: _measurement(row) for row in rows}

    def spent(self) -> list[Spent]:
        """Give what each attempt took, those that failed or were lost included, the first first."""
        rows = self._store.rows(
            "SELECT t.n, t.purpose, t.until, a.state, a.reason, a.seconds FROM attempts a"
            " JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ? AND a.state != 'running'"
            " ORDER BY a.seq",
            self._study,
        )
        kinds = [(row["n"], Purpose(row["purpose"]), row["until"]) for row in rows]
        ends = [(State(row["state"]), row["reason"], row["seconds"] or 0.0) for row in rows]
        return [Spent(kind, *end) for kind, end in zip(kinds, ends, strict=True)]

    def worked(self) -> set[tuple[int, Purpose]]:
        """Give the sizes and purposes of which a trial has succeeded."""
        rows = self._store.rows(
            "SELECT DISTINCT t.n, t.purpose FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial"
            " WHERE a.study = ? AND a.state IN ('ok', 'diverged')",
            self._study,
        )
        return {(row["n"], Purpose(row["purpose"])) for row in rows}

    def second_looks(self, trials: int, sizes: Sequence[int]) -> list[int]:
        """Give those of the sizes that have scores, though none of a search with this number of trials."""
        rows = self._store.rows(
            "SELECT DISTINCT t.n AS n FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial"
            " WHERE a.study = ?1 AND t.purpose = 'score' AND a.state = 'ok' AND t.parent IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM winners w"
            " WHERE w.study = ?1 AND w.n = t.n AND w.search = t.search AND w.trials = ?2) ORDER BY n",
            *(self._study, trials),
        )
        return [row["n"] for row in rows if row["n"] in sizes]

    def write_rungs(self, rungs: Sequence[Rung]) -> None:
        """Write the rungs down; a replicate that is added changes the overlap of those that there are."""
        with self._store.writing():
            for rung in rungs:
                self._store.do(
                    "INSERT INTO rungs VALUES (?, ?, ?, ?, ?) ON CONFLICT (study, n, replicate)"
                    " DO UPDATE SET subset = excluded.subset, overlap = excluded.overlap",
                    *(self._study, rung.n, rung.replicate, rung.subset, rung.overlap),
                )

    @contextmanager
    def together(self, *, durable: bool = True) -> Iterator[None]:
        """Write what is written within at once, since bringing it to the disk is what takes time; it is there at the end.

        durable: whether a loss of power may not take it, which what was handed out alone can bear.
        """
        with self._store.writing(durable=durable):
            yield
        self._store.settle()

    def start(self, trial: Trial) -> int:
        """Write that a trial is handed out, and give the number of the attempt."""
        params = canonical(dict(trial.params))
        with self._store.writing(durable=False):
            self._store.do(
                "INSERT OR IGNORE INTO trials VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                " checksum(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11), ?11)",
                *(self._study, trial.id, str(trial.purpose), trial.rung.n, trial.rung.replicate, trial.number),
                *(trial.seed, params, trial.parent, trial.until, trial.search),
            )
            return self._store.do(
                "INSERT INTO attempts (study, trial, state, started) VALUES (?, ?, 'running', ?)",
                *(self._study, trial.id, datetime.now(UTC).isoformat(timespec="milliseconds")),
            )

    def finish(self, attempt: int, measurement: Measurement) -> None:
        """Write what came of an attempt; when this returns, it is on disk."""
        m = measurement
        with self._store.writing():
            self._store.do(
                "UPDATE attempts SET state = ?1, reason = ?2, message = ?3, validation = ?4, test = ?5, history = ?6,"
                " epochs = ?7, examples = ?8, seconds = ?9, versions = ?10, training = ?11, finished = ?12,"
                " checksum = checksum(trial, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CAST(?9 AS REAL), ?10, ?11) WHERE seq = ?13",
                *(str(m.state), m.reason, m.message, canonical(dict(m.validation))),
                *(None if m.test is None else canonical(dict(m.test)), canonical(list(m.history))),
                *(m.epochs, m.examples, m.seconds, canonical(dict(m.versions)), _losses(m.training)),
                *(datetime.now(UTC).isoformat(timespec="milliseconds"), attempt),
            )
        self._store.settle()

    def tell(self, told: Mapping[int, tuple[Sequence[float | None], Sequence[float | None]]]) -> None:
        """Write what attempts that run have reported so far: validation and training loss after each epoch.

        `finish` puts the whole of it in its place; of an attempt that is lost it is what stays.
        """
        with self._store.writing():
            for attempt, (history, training) in told.items():
                self._store.do(
                    "UPDATE attempts SET history = ?, training = ? WHERE seq = ? AND state = 'running'",
                    *(canonical(list(history)), _losses(training), attempt),
                )

    def write_winner(self, n: int, trials: int, trial: str | None, at_edge: Sequence[str], search: int = 0) -> None:
        """Write which trial won one search of a size; the score trials of each search's latest winner make the curve."""
        with self._store.writing():
            self._store.do(
                "INSERT OR REPLACE INTO winners (study, n, trials, trial, at_edge, search, checksum)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, checksum(?2, ?3, ?4, ?5, ?6))",
                *(self._study, n, trials, trial, canonical(list(at_edge)), search),
            )


def _losses(told: Sequence[float | None]) -> str | None:
    """Write losses against epochs; NULL where none is known."""
    return canonical(list(told)) if any(loss is not None for loss in told) else None


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
        training=tuple(json.loads(row["training"] or "[]")),
        versions=json.loads(row["versions"] or "{}"),
    )
