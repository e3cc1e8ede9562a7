"""What the search of a study made of its curves: its warnings, and each size at a common number of trials."""

import math
from typing import Any

from kleiber import importers
from kleiber.curves.curve import Sizes, curves_of, sizes

FEWEST_TRIALS = 4  # of a size, for what more trials would bring to be told


def tuning(table: importers.Table) -> list[dict[str, str | None]]:
    """Give what bends the curves of a study by how it was searched, as warnings of the findings."""
    from kleiber.answers.tuning.convergence import cautions

    measured = _measured(table)
    luck = None if measured is None or measured.searches is None else measured.luck
    found = cautions(table.study or {}, {} if measured is None else _scores(measured), luck)
    return [{"code": one.code, "message": one.message, "model": None, "metric": None} for one in found]


def _measured(table: importers.Table) -> Sizes | None:
    """Give a study's sizes in the metric that its search went by; None where no run has it."""
    metric = next((entry["metric"] for entry in (table.study or {}).get("searches", ())), None)
    found = [curve for curve in curves_of(table) if curve.metric == metric]
    return sizes(found[0]) if found else None


def _scores(measured: Sizes) -> dict[float, list[float]]:
    return {float(n): list(values) for n, values in zip(measured.n, measured.values, strict=True)}


def search(table: importers.Table | None, random_state: int) -> dict[str, Any] | None:
    """Say what the searches of a study made of its sizes: each at a common number of trials, and what more would bring."""
    study = table.study if table else None
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
    return {"metric": (study or {})["searches"][0]["metric"], "stages": list(stages), **alike, "repeated": _repeated(table)}


def _repeated(table: importers.Table | None) -> dict[str, Any] | None:
    """Give how far repeated searches differ; None where each size was searched once."""
    from kleiber.answers.tuning.luck import repeated

    measured = None if table is None else _measured(table)
    return None if measured is None else repeated(measured)
