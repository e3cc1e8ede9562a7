"""What the searches of a study found at each size: of the best trials, what each measured, in all its metrics.

A forecast reads the luck of a search from it, since all runs of a size train the one setting that its search found.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

SEARCHES = """
SELECT t.n, t.search, t.number, a.state, a.validation, COALESCE(t.until, 9e9) AS until FROM attempts a
JOIN trials t ON t.study = a.study AND t.id = a.trial
WHERE a.study = :study AND t.purpose = 'search' AND a.state IN ('ok', 'diverged') AND t.number < :trials
  AND t.search < :searches
  AND t.n IN (SELECT value FROM json_each(:sizes)) ORDER BY t.n, t.search, t.number, until
"""
BEST = 3  # trials of a search that are told


def found_by(attempts: Iterable[sqlite3.Row], metric: str) -> list[dict[str, Any]]:
    """Give each search of each size: which `search` of it, how many `trials` it had, and by metric what the `best` found.

    The best by the metric that the search went by comes first. Told are validation results
    at one epoch, the last that two of them reached.
    """
    found: dict[tuple[int, int], dict[float, list[dict[str, float]]]] = {}
    numbers: dict[tuple[int, int], set[int]] = {}
    for row in attempts:
        which = row["n"], row["search"]
        numbers.setdefault(which, set()).add(row["number"])
        measured = json.loads(row["validation"] or "{}") if row["state"] == "ok" else {}
        if metric in measured:
            found.setdefault(which, {}).setdefault(row["until"], []).append(measured)
    told = []
    for (n, search), stages in found.items():
        until = max((until for until in stages if len(stages[until]) > 1), default=max(stages))
        best = sorted(stages[until], key=lambda measured: measured[metric])[:BEST]
        by_metric = {name: [one[name] for one in best] for name in best[0] if all(name in one for one in best)}
        told.append({"n": float(n), "search": search, "trials": len(numbers[n, search]), "best": by_metric})
    return told
