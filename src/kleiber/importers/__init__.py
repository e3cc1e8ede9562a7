"""Measurements from elsewhere: one file here reads one kind of source and gives a `Table` of losses.

A plug-in has `read(source, **options) -> Table`. Whatever is higher-is-better turns into a loss here, once, and the
table says so in its notes.
"""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError

HIGHER_IS_BETTER = ("auc", "auroc", "f1", "precision", "recall")
ERROR_RATE = re.compile(
    r"(.*_)?error_rate|((test|train|training|val|valid|validation|dev|balanced|mean|top_?\d+|classification|"
    r"misclassification|zero_one|0_1)_)*((mis)?classification_)?error"
)
NOT_A_RATE = ("mean_error",)


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

    `chance` maps a metric to the loss of guessing; `n_test` is the number of test examples, None where unknown; it is
    told, and widens no forecast.
    """

    rows: tuple[Row, ...]
    study: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    chance: Mapping[str, float] = field(default_factory=dict)
    n_test: int | None = None


def read(
    source: Any, *, study: str | None = None, columns: Mapping[str, str] | None = None, unit: str | None = None
) -> Table:
    """Read a ledger's file, a table's file, a data frame, a dict of columns or a list of dicts.

    `study` picks one of a ledger's; `columns` maps our names (`n`, `loss`, `model`, ...) to those of a table; `unit` is
    "fraction" or "percent", where the rates of a table do not tell by themselves. Raises `KleiberError` naming file, line
    and column.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, str | os.PathLike):
        path = _file(source)
        if _is_ledger(path):
            if unit is not None or columns:
                raise KleiberError(f"{path} is a ledger, which names its columns and units: leave out columns and unit")
            table: Table = plugins.load("importers", "ledger").read(path, study=study)
            return table
    if study is not None:
        raise KleiberError(f"study={study!r} picks a study of a ledger, and this source is a table: leave it out")
    found: Table = plugins.load("importers", "table").read(source, columns=columns, unit=unit)
    return found


def as_loss(metric: str, values: Sequence[float], *, unit: str | None = None) -> tuple[str, list[float], str | None]:
    """Turn a metric's values into a loss, lower is better: name, values, and a sentence on what was read into them.

    Accuracies become errors as fractions of 1; AUC, F1, precision and recall become 1 minus themselves; any other
    metric is a loss already and stays as it is. `unit` is "fraction" or "percent" of a rate; None takes accuracies
    above 1 as percent and leaves errors alone. Raises `KleiberError` where they lie on both sides of 1, or above 100 %.
    """
    if unit not in (None, "fraction", "percent"):
        raise KleiberError(f"unit {unit!r} of {metric!r}: it is 'fraction' or 'percent'")
    name = _plain(metric)
    if is_error_rate(metric) and unit is not None:
        _top(metric, values, unit)
    if is_error_rate(metric) and unit == "percent":
        return metric, [v / 100 for v in values], f"{metric!r} was read in percent; losses are fractions of 1."
    accuracy = _is_accuracy(name)
    if not accuracy and name not in HIGHER_IS_BETTER:
        above = is_error_rate(metric) and any(v > 1 for v in values)
        return metric, list(values), f"{metric!r} has values above 1 and was taken as it is." if above else None
    loss_name = "error" if name == "acc" else name.replace("accuracy", "error") if accuracy else f"1 - {name}"
    top = _top(metric, values, unit)
    scale = " in percent" if top > 1 else ""
    note = f"{metric!r} was read{scale} as higher-is-better; the loss is {loss_name!r}, as a fraction of 1."
    return loss_name, [(top - v) / top for v in values], note


def scale_of(metric: str, values: Sequence[float], *, unit: str | None = None) -> float:
    """Give what `as_loss` divides a metric's values by: 100 where they are in percent, else 1; also for their errors."""
    name = _plain(metric)
    if _is_accuracy(name) or name in HIGHER_IS_BETTER:
        return _top(metric, values, unit)
    return 100.0 if unit == "percent" and is_error_rate(metric) else 1.0


def is_error_rate(metric: str) -> bool:
    """Say whether a metric's name is that of a share of wrong answers, which as a fraction lies between 0 and 1.

    So are `error`, `test_error`, `top5_error` and whatever ends in `error_rate`; `mean_squared_error` is not.
    """
    name = _plain(metric)
    return name not in NOT_A_RATE and ERROR_RATE.fullmatch(name) is not None


def is_rate(metric: str) -> bool:
    """Say whether a metric is a share, which comes as a fraction or in percent: an error, an accuracy, an AUC, ..."""
    name = _plain(metric)
    return is_error_rate(metric) or _is_accuracy(name) or name in HIGHER_IS_BETTER


def names_of(metric: str | None) -> tuple[str, ...]:
    """Give the names that a curve may have for someone who asks for this metric; none where nobody asks."""
    return () if metric is None else (metric, as_loss(metric, [0.5])[0], f"{metric}_error")


def _plain(metric: object) -> str:
    if not isinstance(metric, str) or not metric.strip():
        raise KleiberError(f"metric is {metric!r}: it is a name, such as 'error'")
    return metric.strip().lower().replace(" ", "_").replace("-", "_")


def _is_accuracy(name: str) -> bool:
    return name == "acc" or name.endswith("accuracy")


def _file(source: str | os.PathLike[str]) -> Path:
    """Give the path of a file that is there; text that is no path is named by its beginning."""
    wanted = "give a table of runs (CSV, TSV, JSON, Parquet) or a ledger (.db)"
    if "://" in str(source):
        raise KleiberError(f"{str(source)[:80]!r} is an address, and none is followed: download it, then {wanted}")
    if "\n" in str(source):
        raise KleiberError(f"{str(source)[:40]!r}... is text and no path: {wanted}, or the rows as a list of dicts")
    path = Path(source)
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        raise KleiberError(f"{str(source)[:40]!r}... is no path ({error.strerror}): {wanted}") from error
    if folder:
        raise KleiberError(f"{path} is a folder: {wanted}")
    if not file:
        raise KleiberError(f"there is no file {path}: {wanted}")
    return path


def _top(metric: str, values: Sequence[float], unit: str | None) -> float:
    """Give the value of a perfect score: 1, or 100 where it is in percent."""
    finite = [v for v in values if math.isfinite(v)]
    percent = unit == "percent" or (unit is None and any(v > 1 for v in finite))
    top = 100.0 if percent else 1.0
    if any(v > top for v in finite):
        raise KleiberError(
            f"{metric!r} has the value {max(finite):g}, above {top:g}: it is no rate so; name it as another metric"
        )
    below = [v for v in finite if 0 < v <= 1]
    if unit is None and percent and below:
        raise KleiberError(
            f"{metric!r} mixes values above 1 (such as {max(finite):g}) and below (such as {below[0]:g}): "
            "percent or fraction? Give all in one unit, or name it: unit='percent' (--unit percent)"
        )
    return top


def _is_ledger(path: Path) -> bool:
    if path.suffix in (".db", ".sqlite", ".sqlite3"):
        return True
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\x00"
    except OSError as error:
        raise KleiberError(f"cannot read {path}: {error.strerror}") from error
