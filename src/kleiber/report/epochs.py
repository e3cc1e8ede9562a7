"""The chart of training: the loss after each epoch of single runs, a colour for each size."""

from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.report.drawing import Cell, Data, Drawing, Key, Line
from kleiber.report.numbers import places, size
from kleiber.report.plots import across, around, panel, spread_out, upright

LOSSES = ("validation", "training")
APART = 4.0
"""From this ratio of the largest loss to the smallest on, the axis is logarithmic, so that a leap hides no other run."""


def draw_epochs(runs: Sequence[Mapping[str, Any]], metric: str, title: str = "Loss against epochs") -> Drawing | None:
    """Describe the chart of runs; None where none has two epochs.

    A run has `purpose`, `n`, `replicate`, `number`, `epoch (k,)` and `validation (k,)`, and may have `training (k,)`. A
    loss that was not finite is None, and breaks its line. `metric` names the loss.
    """
    drawn = [run for run in runs if len(_known(run, "validation")) > 1]
    told = [(run, name) for run in drawn for name in LOSSES if len(_known(run, name)) > 1]
    if not told:
        return None
    sizes = sorted({run["n"] for run, _ in told})
    values = [loss for run, name in told for _, loss in _known(run, name)]
    log = spread_out(values, APART)
    x = across("epoch", 0.0, max(max(run["epoch"]) for run, _ in told) * 1.02)
    both = any(name == "training" for _, name in told)
    y = upright(f"{'' if both else 'validation '}{metric}", *around(values, log=log), log=log)
    lines = [
        Line("run" if name == "validation" else "ahead", at, loss, sizes.index(run["n"]), "fit", f"n{run['n']}")
        for run, name in told
        for at, loss in _unbroken(run, name)
    ]
    keys = [Key("run", f"n = {size(n)}", index, f"n{n}") for index, n in enumerate(sizes)]
    keys += [Key("ahead", "training loss")] if both else []
    shown = panel("epochs", "Log scale" if log else "Plain axes", x, y, lines=lines)
    return Drawing(title, _description(told, metric), (shown,), tuple(keys), (), _data(told, metric))


def _known(run: Mapping[str, Any], name: str) -> list[tuple[float, float]]:
    return [(at, loss) for at, loss in zip(run["epoch"], run.get(name) or (), strict=False) if loss is not None]


def _unbroken(run: Mapping[str, Any], name: str) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Give the stretches of a run's line between the epochs whose loss was not finite."""
    found: list[list[tuple[float, float]]] = [[]]
    for at, loss in zip(run["epoch"], run[name], strict=True):
        if loss is None:
            found.append([])
        else:
            found[-1].append((at, loss))
    return [(tuple(at for at, _ in part), tuple(loss for _, loss in part)) for part in found if len(part) > 1]


def _who(run: Mapping[str, Any]) -> tuple[str, str]:
    whose = (
        f"replicate {run['replicate']}, seed {run['number']}" if run["purpose"] == "score" else f"trial {run['number'] + 1}"
    )
    return f"n = {size(run['n'])}", whose


def _description(told: Sequence[tuple[Mapping[str, Any], str]], metric: str) -> str:
    found = ((loss, run) for run, name in told if name == "validation" for _, loss in _known(run, name))
    lowest, run = min(found, key=lambda one: one[0])
    whose = ", ".join(_who(run))
    return f"{len(told)} lines of {metric} after each epoch. The lowest on the validation set is {lowest:.4g}, of {whose}."


def _data(told: Sequence[tuple[Mapping[str, Any], str]], metric: str) -> Data:
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []
    for run, name in told:
        who, whose = _who(run)
        for at, loss in _known(run, name):
            rows.append((who, whose if name == "validation" else f"{whose}, training", at, loss))
            series.append(f"n{run['n']}")
    digits = places(loss for _, _, _, loss in rows if isinstance(loss, float))
    what = metric if any(name == "training" for _, name in told) else f"validation {metric}"
    return Data(("size", "run", "epoch", what), tuple(rows), tuple(series), digits=digits)
