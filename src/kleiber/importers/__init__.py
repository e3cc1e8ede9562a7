"""Measurements from elsewhere: one file here reads one kind of source and gives a `Table` of losses.

A plug-in has `read(source, **options) -> Table`. Whatever is higher-is-better turns into a loss here, once, and the
table says so in its notes.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError

HIGHER_IS_BETTER = ("auc", "auroc", "f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured loss of a model at a size; labels are text, and None where the source has none."""

    model: str
    metric: str
    n: float
    loss: float
    replicate: str | None = None
    seed: str | None = None
    se: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one source, what it says of its study, and sentences on how it was read.

    `chance` maps a metric to the loss of guessing; `n_test` is the number of test examples, None where unknown.
    """

    rows: tuple[Row, ...]
    study: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    chance: Mapping[str, float] = field(default_factory=dict)
    n_test: int | None = None


def read(source: Any, *, study: str | None = None, columns: Mapping[str, str] | None = None) -> Table:
    """Read a ledger's file, a table's file, a data frame, a dict of columns or a list of dicts.

    `study` picks one of a ledger's; `columns` maps our names (`n`, `loss`, `model`, ...) to those of a table.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_dir():
            raise KleiberError(f"{path} is a folder: give a table of runs (CSV, TSV, JSON) or a ledger (.db)")
        if not path.is_file():
            raise KleiberError(f"there is no file {path}: give a table of runs (CSV, TSV, JSON) or a ledger (.db)")
        if _is_ledger(path):
            table: Table = plugins.load("importers", "ledger").read(path, study=study)
            return table
    if study is not None:
        raise KleiberError(f"study={study!r} picks a study of a ledger, and this source is a table: leave it out")
    found: Table = plugins.load("importers", "table").read(source, columns=columns)
    return found


def as_loss(metric: str, values: Sequence[float], *, unit: str | None = None) -> tuple[str, list[float], str | None]:
    """Turn a metric's values into a loss, lower is better: name, values, and a sentence on what was read into them.

    Accuracies become errors as fractions of 1; AUC, F1, precision and recall become 1 minus themselves; any other
    metric is a loss already and stays as it is. `unit` is "fraction" or "percent" of a rate; None takes accuracies
    above 1 as percent and leaves errors alone. Raises `KleiberError` where they lie on both sides of 1, or above 100 %.
    """
    if unit not in (None, "fraction", "percent"):
        raise KleiberError(f"unit {unit!r} of {metric!r}: it is 'fraction' or 'percent'")
    name = metric.strip().lower().replace(" ", "_").replace("-", "_")
    if name == "error" and unit == "percent":
        return metric, [v / 100 for v in values], f"{metric!r} was read in percent; losses are fractions of 1."
    accuracy = name == "acc" or name.endswith("accuracy")
    if not accuracy and name not in HIGHER_IS_BETTER:
        above = name == "error" and any(v > 1 for v in values)
        return metric, list(values), f"{metric!r} has values above 1 and was taken as it is." if above else None
    loss_name = "error" if name == "acc" else name.replace("accuracy", "error") if accuracy else f"1 - {name}"
    top = _top(metric, values, unit)
    scale = " in percent" if top > 1 else ""
    note = f"{metric!r} was read{scale} as higher-is-better; the loss is {loss_name!r}, as a fraction of 1."
    return loss_name, [(top - v) / top for v in values], note


def _top(metric: str, values: Sequence[float], unit: str | None) -> float:
    """Give the value of a perfect score: 1, or 100 where it is in percent."""
    finite = [v for v in values if math.isfinite(v)]
    percent = unit == "percent" or (unit is None and any(v > 1 for v in finite))
    top = 100.0 if percent else 1.0
    if any(v > top for v in finite):
        raise KleiberError(
            f"{metric!r} has the value {max(finite):g}, above {top:g}: it is no rate; name it as another metric"
        )
    below = [v for v in finite if 0 < v <= 1]
    if unit is None and percent and below:
        raise KleiberError(
            f"{metric!r} mixes values above 1 (such as {max(finite):g}) and below (such as {below[0]:g}): "
            "percent or fraction? Give all in one unit"
        )
    return top


def _is_ledger(path: Path) -> bool:
    if path.suffix in (".db", ".sqlite", ".sqlite3"):
        return True
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"
