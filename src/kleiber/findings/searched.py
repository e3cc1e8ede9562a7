"""What the search of a study made of its curves: its warnings, and each size at a common number of trials."""

import math
from collections.abc import Mapping
from typing import Any

from kleiber import importers

FEWEST_TRIALS = 4  # of a size, for what more trials would bring to be told


def tuning(table: importers.Table) -> list[dict[str, str | None]]:
    """Give what bends the curves of a study by how it was searched, as warnings of the findings."""
    from kleiber.answers.tuning.convergence import cautions

    found = cautions(table.study or {}, _scores(table))
    return [{"code": one.code, "message": one.message, "model": None, "metric": None} for one in found]


def _scores(table: importers.Table) -> dict[float, list[float]]:
    """Give the losses of a study's runs by size, in the metric that its search went by."""
    searched = {entry["metric"] for entry in (table.study or {}).get("searches", ())}
    found: dict[float, list[float]] = {}
    for row in table.rows:
        if row.metric in searched:
            found.setdefault(float(row.n), []).append(row.loss)
    return found


def search(study: Mapping[str, Any] | None, random_state: int) -> dict[str, Any] | None:
    """Say what the searches of a study made of its sizes: each at a common number of trials, and what more would bring."""
    if not (study or {}).get("searches"):
        return None
    from kleiber.answers.tuning import convergence, selection

    losses = convergence.searched(study or {})
    alike = selection.at_common_trials(losses, random_state=random_state).to_dict()
    for entry in alike["sizes"]:
        told = [loss for loss in losses[entry["n"]] if math.isfinite(loss)]
        more = selection.more_trials(told, random_state=random_state) if len(told) >= FEWEST_TRIALS else None
        entry["best_of"] = selection.best_of(losses[entry["n"]], random_state=random_state).to_dict()
        entry["more"] = None if more is None else more.to_dict()
    stages = (study or {}).get("search", {}).get("stages", [])
    return {"metric": (study or {})["searches"][0]["metric"], "stages": list(stages), **alike}
