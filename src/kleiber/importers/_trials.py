"""What figures show of a ledger's trials: losses after each epoch of chosen runs, and the search, thinned by a stated rule.

A mark that is kept is a trial as it was measured; which are left out depends on their number alone, never on their loss.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MARKS = 150  # search trials kept in all, the best of each size besides
RUNS = 12  # runs of either purpose of which the epochs are kept
EPOCHS = 25  # entries kept of a run's history
ENDLESS = 9e9  # where a trial that is not paused is said to end
SETTLED = """
SELECT t.n, t.purpose, t.search, t.replicate, t.number, COALESCE(t.until, :endless) AS until, t.params,
  a.seq, a.state, a.validation
FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial
WHERE a.study = :study AND a.state IN ('ok', 'diverged') AND t.n IN (SELECT value FROM json_each(:sizes))
  AND t.search < :searches
  AND CASE t.purpose WHEN 'search' THEN t.number < :trials ELSE t.number < :seeds AND t.replicate <= :replicates END
ORDER BY t.n, t.search, t.replicate, t.number, until
"""
HISTORY = "SELECT seq, history, training FROM attempts WHERE seq IN (SELECT value FROM json_each(?))"


def trials_of(ledger: sqlite3.Connection, key: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Give `tried`, the search of each size, and `epochs`, the runs with their losses; `key` names study and sizes.

    A trial that was paused and went on is one trial: its last measurement counts.
    """
    rows = ledger.execute(SETTLED, {**key, "endless": ENDLESS}).fetchall()
    last = {(row["purpose"], row["n"], row["search"], row["replicate"], row["number"]): row for row in rows}
    search = [row for row in last.values() if row["purpose"] == "search"]
    score = [row for row in last.values() if row["purpose"] == "score"]
    largest = max((row["n"] for row in search), default=None)
    runs = _spread(score) + _spread([row for row in search if row["n"] == largest])
    told = json.dumps([row["seq"] for row in runs])
    parsed = {row["seq"]: _losses(row) for row in ledger.execute(HISTORY, (told,))}
    return {
        "tried": _tried(search, metric),
        "epochs": [_run(row, *parsed[row["seq"]]) for row in runs if len(parsed[row["seq"]][0]) > 1],
    }


def every(count: int, most: int) -> int:
    """Give the step with which at most `most` of `count` things are kept."""
    return max(-(-count // most), 1)


def _spread(rows: Sequence[sqlite3.Row]) -> list[sqlite3.Row]:
    """Give at most `RUNS` rows, as many of each size as there is room for, the first replicates and numbers first."""
    sizes = sorted({row["n"] for row in rows})
    room = max(RUNS // max(len(sizes), 1), 1)
    by_size = [[row for row in rows if row["n"] == n][:room] for n in sizes]
    step = every(len(by_size), RUNS)
    return [row for some in by_size[::-1][::step][::-1] for row in some]


def _losses(row: sqlite3.Row) -> tuple[list[float | None], list[float | None]]:
    """Give validation and training losses of each epoch; of the latter none where none is known."""
    return json.loads(row["history"] or "[]"), json.loads(row["training"] or "[]")


def _run(row: sqlite3.Row, history: Sequence[float | None], training: Sequence[float | None]) -> dict[str, Any]:
    """Give a run with the losses of each epoch kept: every so many, the best, and the last."""
    told = [(loss, place) for place, loss in enumerate(history) if loss is not None]
    kept = set(range(0, len(history), every(len(history), EPOCHS))) | {len(history) - 1}
    kept |= {min(told)[1]} if told else set()
    return {
        **{name: row[name] for name in ("purpose", "n", "replicate", "number", "state")},
        **({"search": row["search"]} if row["search"] else {}),
        "epoch": [place + 1 for place in sorted(kept)],
        "validation": [_short(history[place]) for place in sorted(kept)],
        **({"training": [_short(training[place]) for place in sorted(kept)]} if training else {}),
    }


def _tried(search: Iterable[sqlite3.Row], metric: str) -> list[dict[str, Any]]:
    """Give each size's trials: how many, every so many of them with the best, and where the best so far fell."""
    by_size: dict[int, list[sqlite3.Row]] = {}
    for row in search:
        by_size.setdefault(row["n"], []).append(row)
    step = every(sum(map(len, by_size.values())), MARKS)
    return [_size(n, rows, step, metric) for n, rows in by_size.items()]


def _size(n: int, rows: Sequence[sqlite3.Row], step: int, metric: str) -> dict[str, Any]:
    losses = [_loss(row, metric) for row in rows]
    told = [(loss, place) for place, loss in enumerate(losses) if loss is not None]
    best = min(told)[1] if told else None
    falls: list[tuple[float, int]] = []
    for loss, place in told:
        falls += [(loss, place)] if not falls or loss < falls[-1][0] else []
    kept = sorted(set(range(0, len(rows), step)) | ({best} if best is not None else set()))
    params = [json.loads(rows[place]["params"]) for place in kept]
    names = dict.fromkeys(name for one in params for name in one)
    return {
        "n": n,
        "trials": len(rows),
        "diverged": len(rows) - len(told),
        "every": step,
        "best": None if best is None else rows[best]["number"],
        "number": [rows[place]["number"] for place in kept],
        "loss": [_short(losses[place]) for place in kept],
        "params": {name: [_short(one.get(name)) for one in params] for name in names},
        "fell_at": [rows[place]["number"] for _, place in falls],
        "fell_to": [_short(loss) for loss, _ in falls],
    }


def _loss(row: sqlite3.Row, metric: str) -> float | None:
    measured = json.loads(row["validation"] or "{}") if row["state"] == "ok" else {}
    found = measured.get(metric, next(iter(measured.values()), None))
    return None if found is None else float(found)


def _short(value: Any) -> Any:
    """Give a number to six digits, as a figure shows no more; anything else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
