"""A ledger's file, read and never written: the score trials of each study's winners, and what the study says of itself."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.importers import Row, Table, is_error_rate
from kleiber.importers._luck import SEARCHES, found_by
from kleiber.importers._rules import without_runs
from kleiber.importers._trials import ENDLESS, trials_of
from kleiber.ledger_file import check_rows, reading
from kleiber.metric import Metric
from kleiber.records import part_of
from kleiber.wording import counted

# A winner is known by what was trained, not by which trial found it: a later search may find the same again.
SCORES = """
SELECT t.n, t.search, t.replicate, t.number, a.test, a.history FROM attempts a
JOIN trials t ON t.study = a.study AND t.id = a.trial
WHERE a.study = :study AND t.purpose = 'score' AND a.state = 'ok'
  AND t.n IN (SELECT value FROM json_each(:sizes)) AND t.replicate <= :replicates AND t.number < :seeds
  AND t.search < :searches
  AND t.params = COALESCE((SELECT s.params FROM winners w JOIN trials s ON s.study = w.study AND s.id = w.trial
    WHERE w.study = t.study AND w.n = t.n AND w.search = t.search ORDER BY w.seq DESC LIMIT 1), t.params)
ORDER BY t.n, t.search, t.replicate, t.number
"""
WINNERS = """
SELECT w.n, w.search, w.trials, w.at_edge, t.params, a.validation, a.message FROM winners w
JOIN trials t ON t.study = w.study AND t.id = w.trial
JOIN attempts a ON a.study = w.study AND a.trial = w.trial AND a.state = 'ok'
WHERE w.study = :study AND w.seq IN (SELECT MAX(seq) FROM winners WHERE study = :study GROUP BY n, search)
  AND w.search < :searches AND w.n IN (SELECT value FROM json_each(:sizes)) ORDER BY w.n, w.search
"""
LOOKS = """
SELECT n, MAX(looks) AS looks FROM (SELECT t.n AS n, COUNT(DISTINCT t.params) AS looks FROM attempts a
  JOIN trials t ON t.study = a.study AND t.id = a.trial
  WHERE a.study = :study AND t.purpose = 'score' AND a.state = 'ok' AND t.n IN (SELECT value FROM json_each(:sizes))
  GROUP BY t.n, t.search HAVING looks > 1) GROUP BY n ORDER BY n
"""
NAMED = ("torch", "sklearn", "features")  # trainers whose model is the study's net, or `module`
RUNGS = """
SELECT r.n, COUNT(*) AS replicates, MAX(r.overlap) AS overlap,
  (SELECT COUNT(*) FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial
   WHERE a.study = r.study AND t.n = r.n AND a.state IN ('ok', 'diverged')) AS trials
FROM rungs r WHERE r.study = :study AND r.replicate BETWEEN 1 AND :replicates
  AND r.n IN (SELECT value FROM json_each(:sizes)) GROUP BY r.n ORDER BY r.n
"""


def read(path: Path, *, study: str | Collection[str] | None = None, leave_out: str | Sequence[str] = ()) -> Table:
    """Read the curve points of one study by its name, of several by theirs, or of all studies of the ledger.

    A model is named after its net, or its trainer where this is a plug-in, else after its study; after its study too where
    there are several. `leave_out` are rules of runs that do not count, such as "n=800,replicate=1". Raises `KleiberError`
    for an unknown study, a file that is no ledger and a rule of no run, `MachineError` for a damaged one.
    """
    table = _whole(path, study)
    if not leave_out:
        return table
    rows, notes = without_runs(table.rows, leave_out, str(path))
    told = tuple(f"{path.name}: {note}" for note in notes)
    left = {(row.model, row.n, row.replicate, row.seed) for row in rows}
    parts = tuple(row for row in table.parts if (row.model, row.n, row.replicate, row.seed) in left)
    return replace(table, rows=rows, parts=parts, notes=(*table.notes, *told), counted=(*table.counted, *told))


def _whole(path: Path, study: str | Collection[str] | None) -> Table:
    with reading(path) as ledger:
        studies = ledger.execute("SELECT * FROM studies ORDER BY id").fetchall()
        wanted = [study] if isinstance(study, str) else study
        chosen = [row for row in studies if wanted is None or row["name"] in wanted]
        if not chosen:
            known = ", ".join(repr(row["name"]) for row in studies) or "none"
            raise KleiberError(f"{path}: there is no study {study!r}; it has {known}" if study else f"{path} has no study")
        for row in chosen:
            if row["description"] == "{}":
                raise MachineError(
                    f"{path}: what study {row['name']!r} was is lost, so its results can't be read as curves. "
                    f"kleiber export {path} --study {row['name']!r} gives them as rows"
                )
            check_rows(path, ledger, row["id"])
        tables = [_study(ledger, row, alone=len(chosen) == 1) for row in chosen]
    if len(tables) == 1:
        return tables[0]
    return Table(
        rows=tuple(row for table in tables for row in table.rows),
        notes=(f"{path.name} has {counted(len(tables), 'study')}, each a model by its name.",),
        chance=tables[0].chance if all(table.chance == tables[0].chance for table in tables) else {},
        metrics={name: metric for table in tables for name, metric in table.metrics.items()},
        searched={model: search for table in tables for model, search in table.searched.items()},
        data={model: data for table in tables for model, data in table.data.items()},
        parts=tuple(row for table in tables for row in table.parts),
        unit_of_n=tables[0].unit_of_n if len({table.unit_of_n for table in tables}) == 1 else None,
    )


def _study(ledger: sqlite3.Connection, row: sqlite3.Row, *, alone: bool) -> Table:
    description, data = json.loads(row["description"]), json.loads(row["data"])
    model = _model(description) if alone else None
    model = row["name"] if model is None else model
    key = {
        "study": row["id"],
        "sizes": json.dumps(description["sizes"]),
        "replicates": description["replicates"],
        "seeds": description["seeds_per_subset"],
        "trials": description["search"]["trials"],
        "searches": description.get("searches", 1),  # studies of earlier versions have one
    }
    chosen_by = description["metric"]
    scores = ledger.execute(SCORES, key).fetchall()
    every = [found for score in scores for found in _rows(model, score, chosen_by)]
    rows = [row for row in every if not part_of(row.metric)]
    attempts = ledger.execute(SEARCHES, key).fetchall()
    winners = _winners(ledger.execute(WINNERS, key), key["searches"])
    states = dict(
        ledger.execute("SELECT state, COUNT(*) FROM attempts WHERE study = :study GROUP BY state", key).fetchall()
    )
    seconds = ledger.execute("SELECT TOTAL(seconds) FROM attempts WHERE study = :study", key).fetchone()[0]
    study = {
        "name": row["name"],
        "description": description,
        "data": {k: data[k] for k in ("name", "fingerprint", "task", "classes", "train", "validation", "test", "notes")},
        "model": model,
        "search": {
            "trials_per_size": description["search"]["trials"] if description["search"]["space"] else 0,
            **({"searches": key["searches"]} if key["searches"] > 1 else {}),
            "sampler": description["search"]["sampler"],
            "stages": description["search"].get("stages", []),  # studies of version 1 have none
            "keep": description["search"].get("keep"),
            **({"pilot": description["search"]["pilot"]} if description["search"].get("pilot") else {}),
        },
        "trials": {state: states.get(state, 0) for state in ("ok", "diverged", "failed", "lost")},
        "seconds": seconds,
        "rungs": [dict(rung) for rung in ledger.execute(RUNGS, key)],
        "winners": winners,
        "endings": _endings(scores),
        "searches": _searches(attempts, chosen_by),
        "metric": chosen_by,
        **trials_of(ledger, key, chosen_by),
    }
    rates = {name for name in (row.metric for row in rows) if is_error_rate(name)}
    return Table(
        tuple(rows),
        study=study,
        chance=data["chance"],
        notes=(*_unequal(winners), *_zeros(winners), *_looks(ledger.execute(LOOKS, key))),
        metrics={name: Metric(name, name, in_percent=True) for name in sorted(rates)},
        data={model: f"{data['name']} ({data['fingerprint'][:8]})"},
        unit_of_n=data.get("unit") or None,
        parts=tuple(row for row in every if part_of(row.metric)),
        searched={
            model: {
                "search": description["search"],
                "sizes": found_by(attempts, chosen_by),
                **({"runs": {_seed(score): score["search"] for score in scores}} if key["searches"] > 1 else {}),
            }
        },
    )


def _model(description: dict[str, Any]) -> str | None:
    """Give the name of a study's net, estimator or backbone, or of a trainer that is a plug-in; None for a function."""
    named = description["trainer"] in NAMED
    file, _, name = str(description["net" if named else "trainer"]).rpartition(":")
    return name if named or not file else None


def _searches(attempts: Iterable[sqlite3.Row], metric: str) -> list[dict[str, Any]]:
    """Give each size's validation losses of its search trials, one search after the other; None for one that diverged.

    A trial that was paused and went on is one trial: its last measurement counts. `alike` has the losses of those that came
    as far as the second best did, at that epoch, `until`; None is the end.
    """
    found: dict[int, dict[float, dict[tuple[int, int], float | None]]] = {}
    for row in attempts:
        measured = json.loads(row["validation"] or "{}") if row["state"] == "ok" else {}
        loss = measured.get(metric, next(iter(measured.values()), None))
        found.setdefault(row["n"], {}).setdefault(row["until"], {})[row["search"], row["number"]] = loss
    told = []
    for n, stages in found.items():
        last = {number: loss for until in sorted(stages) for number, loss in stages[until].items()}
        until = max((until for until in stages if len(stages[until]) > 1), default=max(stages))
        alike = {"until": None if until == ENDLESS else until, "alike": list(stages[until].values())}
        told.append({"n": n, "metric": metric, "losses": [last[number] for number in sorted(last)], **alike})
    return told


def _endings(scores: Iterable[sqlite3.Row]) -> list[dict[str, float]]:
    """Give, for each size, how many score trials told their epochs, and for how many of these the last was the best.

    `by_luck` is how many it would be for if any epoch of a trial were as likely the best.
    """
    found: dict[int, list[tuple[bool, float]]] = {}
    for score in scores:
        history = json.loads(score["history"] or "[]")
        if len(history) > 1 and None not in history:
            at_last = history.index(min(history)) == len(history) - 1
            found.setdefault(score["n"], []).append((at_last, 1 / len(history)))
    return [
        {"n": n, "count": len(told), "at_last": sum(last for last, _ in told), "by_luck": sum(luck for _, luck in told)}
        for n, told in found.items()
    ]


def _unequal(winners: list[dict[str, Any]]) -> Iterator[str]:
    """Say where the searches had unequal numbers of trials, since the minimum depends on it."""
    counts = {winner["n"]: winner["trials"] for winner in winners}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{trials} at n = {n:,}" for n, trials in counts.items())
        yield f"The searches had unequal numbers of trials ({listed}), which bends the curve; run the study to its end."


def _looks(rows: Iterable[sqlite3.Row]) -> Iterator[str]:
    """Say where more than one winner was scored on the test set, as a search that was extended does."""
    found = ", ".join(f"{row['looks']} at n = {row['n']:,}" for row in rows)
    if found:
        yield (
            f"The test set was looked at again: winners scored on it, {found}. The last one counts, so the results may be "
            "a little too good."
        )


def _zeros(winners: list[dict[str, Any]]) -> Iterator[str]:
    """Say where the best of a search has no loss at all, so that the search could not choose among such."""
    zeros = [f"{winner['n']:,}" for winner in winners if winner["validation_loss"] == 0]
    if zeros:
        yield (
            f"The best search trial has a validation loss of exactly 0 at n = {', '.join(zeros)}. Check the trainer, or "
            "use a larger validation set or a finer loss."
        )


def _rows(model: str, score: sqlite3.Row, chosen_by: str) -> Iterator[Row]:
    """Give a row for each metric, the one that the search minimised first."""
    measured = json.loads(score["test"] or "{}")
    for metric, loss in sorted(measured.items(), key=lambda item: (item[0] != chosen_by, item[0])):
        yield Row(model, metric, score["n"], loss, replicate=str(score["replicate"]), seed=_seed(score))


def _seed(score: sqlite3.Row) -> str:
    """Name a run: its subset, its seed on that, and which search's winner it trains, where that is not the first's."""
    return f"{score['replicate']}.{score['number']}" + (f" of search {score['search'] + 1}" if score["search"] else "")


def _winners(rows: Iterable[sqlite3.Row], searches: int) -> list[dict[str, Any]]:
    """Give each size's winner: of several searches, the one with the lowest validation loss, with all of them besides."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["n"], []).append({"search": row["search"], **_winner(row)})
    best = [min(some, key=lambda winner: winner["validation_loss"]) for some in found.values()]
    if searches == 1:
        return [{key: value for key, value in one.items() if key != "search"} for one in best]
    return [{**one, "searches": some} for one, some in zip(best, found.values(), strict=True)]


def _winner(row: sqlite3.Row) -> dict[str, Any]:
    validation = json.loads(row["validation"])
    return {
        "n": row["n"],
        "trials": row["trials"],
        "params": json.loads(row["params"]),
        "validation_loss": validation.get("loss", next(iter(validation.values()))),
        "at_edge": json.loads(row["at_edge"]),
        "ended": row["message"],
    }
