"""What the search of a study made of its curves: its warnings, and each size at a common number of trials."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.curves.curve import Curve, Sizes, sizes

FEWEST_TRIALS = 4  # of a size, for what more trials would bring to be told


def measured_of(study: Mapping[str, Any] | None, curves: Sequence[Curve]) -> Sizes | None:
    """Give a study's sizes in the metric that its search went by; None where no run has it."""
    metric = next((entry["metric"] for entry in (study or {}).get("searches", ())), None)
    found = [curve for curve in curves if curve.metric == metric]
    return sizes(found[0]) if found else None


def tuning(study: Mapping[str, Any], measured: Sizes | None) -> list[dict[str, str | None]]:
    """Give what bends the curves of a study by how it was searched, as warnings of the findings."""
    from kleiber.answers.tuning.convergence import cautions

    luck = None if measured is None or measured.searches is None else measured.luck
    found = cautions(study, {} if measured is None else _scores(measured), luck)
    return [{"code": one.code, "message": one.message, "model": None, "metric": None} for one in found]


def _scores(measured: Sizes) -> dict[float, list[float]]:
    return {float(n): list(values) for n, values in zip(measured.n, measured.values, strict=True)}


def search(study: Mapping[str, Any] | None, measured: Sizes | None, random_state: int) -> dict[str, Any] | None:
    """Say what the searches of a study made of its sizes: each at a common number of trials, and what more would bring."""
    if not (study or {}).get("searches"):
        return None
    from kleiber.answers.tuning import convergence, luck, selection

    losses = convergence.searched(study or {})
    alike = selection.at_common_trials(losses, random_state=random_state).to_dict()
    for entry in alike["sizes"]:
        told = [loss for loss in losses[entry["n"]] if math.isfinite(loss)]
        more = selection.more_trials(told, random_state=random_state) if len(told) >= FEWEST_TRIALS else None
        entry["best_of"] = selection.best_of(losses[entry["n"]], random_state=random_state).to_dict()
        entry["more"] = None if more is None else more.to_dict()
    stages = (study or {}).get("search", {}).get("stages", [])
    repeated = None if measured is None else luck.repeated(measured)
    return {"metric": (study or {})["searches"][0]["metric"], "stages": list(stages), **alike, "repeated": repeated}
