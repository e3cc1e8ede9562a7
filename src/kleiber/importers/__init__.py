"""Measurements from elsewhere: one file here reads one kind of source and gives a `Table` of losses.

A plug-in has `read(source, **options) -> Table`. Whatever is higher-is-better turns into a loss here, once, and the
table says so in its notes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError, masked
from kleiber.importers._metrics import as_loss, is_error_rate, is_score, losses_of, metric_of, names_of, note_of
from kleiber.importers._rows import Labels, Row, Rows, text_of
from kleiber.metric import Metric

__all__ = [
    "Labels",
    "Row",
    "Rows",
    "Table",
    "as_loss",
    "is_error_rate",
    "is_ledger",
    "is_score",
    "losses_of",
    "metric_of",
    "names_of",
    "note_of",
    "read",
    "text_of",
]

OPTIONS = ("keep", "where", "leave_out", "best_of", "pool", "unit_of_n", "higher_is_better", "best", "thousands")
"""What `read` takes of a table beside its columns and its unit."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one source, what it says of its study, and sentences on how it was read.

    `chance` maps a metric to the loss of guessing; `n_test` is the number of test examples, None where unknown; it is
    told, and widens no forecast. `rows` are a tuple of `Row`s, or `Rows`, which hold the same by columns. `metrics` are the
    metrics that the losses were read from, by the name of the loss; a loss that is not there is its own metric. `data` is
    the data set of each model, with its fingerprint, where the source knows it. `unit_of_n` is what sizes
    count, None for examples; "share" and "percent" are parts of a pool whose size is not known. `counted` are those of the
    notes that say which rows count, and which were left out. `source` is the name of the file. `parts` are rows of parts of
    the test set, such as a class, by metrics named as `loss[class=cat]`; no curve is made of them unless it is asked for.
    `searched` has, for a model that a study searched, its `search`, and of each of its `sizes` the best trials; where that
    was done several times, `runs` says by the label of a seed which search a run is of.
    """

    rows: Sequence[Row]
    study: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    chance: Mapping[str, float] = field(default_factory=dict)
    n_test: int | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    unit_of_n: str | None = None
    counted: tuple[str, ...] = ()
    source: str | None = None
    parts: tuple[Row, ...] = ()
    searched: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read(
    source: Any,
    *,
    study: str | None = None,
    column: Mapping[str, str] | None = None,
    unit: str | None = None,
    kind: str | None = None,
    n: str | None = None,
    metric: str | None = None,
    watch: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> Table:
    """Read a ledger's file, a table's file, a data frame, a dict of columns, a list of dicts, or the runs of a tracker.

    A tracker's file or folder is known by what is in it, or by `kind`, such as "wandb" (docs/import.md has all). Of its
    runs, `n` is the parameter with the number of examples, or "name:REGEX" for a part of the run's name; `metric` is
    the one that is read, where a run has several; `column` names the parameters of seed, model and group; `keep` is
    "best", "last", "checkpoint", "epoch=3" or "step=1000"; `watch` is called with what is read, how far, and of how much.

    `study` picks one of a ledger's; `column` maps our names (`n`, `loss`, `model`, ...) to those of a table; `unit` is
    "fraction" or "percent", where the rates of a table do not tell by themselves. Of a ledger, the one option is
    `leave_out`; of a table, the `options` are:
    `keep`, "last" or "best": which row of a run counts where a column such as an epoch counts progress within it;
    `where`, values by column, as in {"study": "origin"}: only their rows are read;
    `leave_out`, rows that do not count, as in ["n=800,seed=1", "accuracy<0.2"]: all that stands between commas must hold;
    `best_of`, columns of settings: the best setting of each size is kept;
    `higher_is_better`, the direction of a metric whose name does not say it; `best`, the value of a perfect score;
    `pool`, the number of examples of which the sizes are shares; `unit_of_n`, what sizes count, such as "images";
    `thousands`, the mark that sets thousands apart, as "," in 1,600.
    Raises `KleiberError` naming file, line and column.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise KleiberError(f"unknown option {unknown[0]!r} of a table: there are {', '.join(OPTIONS)}")
    asked = {name: value for name, value in options.items() if value is not None}
    if _has_runs(source, kind):
        opened = plugins.heavy("importers._opened")
        said = opened.Said(kind, n, metric, column, watch, {"unit": unit, **asked})
        runs: Table | None = opened.table(source, said)
        if runs is not None:
            return runs
    if isinstance(source, Table):
        if column:
            raise KleiberError("column names the columns of a table that is read, and this one is: leave it out")
        return source
    if isinstance(source, str | os.PathLike):
        path = _file(source)
        if is_ledger(path):
            rules = asked.pop("leave_out", ())
            if unit is not None or column or asked:
                told = f"leave out {', '.join(asked)}" if asked else "leave out column and unit"
                raise KleiberError(f"{path} is a ledger, which names its columns and units: {told}")
            table: Table = plugins.load("importers", "ledger").read(path, study=study, leave_out=rules)
            return replace(table, source=path.name)
    if study is not None:
        raise KleiberError(f"study={study!r} picks a study of a ledger, and this source is a table: leave it out")
    if n is not None:
        column = {**(column or {}), "n": n}
    found: Table = plugins.load("importers", "table").read(source, column=column, unit=unit, **asked)
    return replace(found, source=Path(source).name) if isinstance(source, str | os.PathLike) else found


def _has_runs(source: Any, kind: str | None) -> bool:
    """Say whether a source may hold a tracker's runs: a folder, a file that is no table's, scikit-learn's arrays."""
    if not isinstance(source, str | os.PathLike):
        return not (isinstance(source, Table | Mapping | list) or hasattr(type(source), "columns"))
    try:
        path = Path(source)
        if kind is not None or path.is_dir():
            return kind not in ("table", "ledger") and path.exists()
        name = path.name.lower().removesuffix(".gz")
        return path.is_file() and (not name.endswith((".csv", ".tsv", ".parquet")) or _is_download(path))
    except (OSError, ValueError):
        return False


def _is_download(path: Path) -> bool:
    """Say whether a CSV file is a chart that a page of W&B or TensorBoard let somebody download: runs, and no table."""
    with path.open("rb") as file:
        first = file.readline(2**16)
    return b"__MIN" in first or first.strip() == b"Wall time,Step,Value"


def _file(source: str | os.PathLike[str]) -> Path:
    """Give the path of a file that is there; text that is no path is named by its beginning."""
    wanted = "give a table of runs (CSV, TSV, JSON, Parquet) or a ledger (.db)"
    if "://" in str(source):
        raise KleiberError(f"{masked(str(source))[:80]!r} is an address, and none is followed: download it, then {wanted}")
    if "\n" in str(source):
        raise KleiberError(f"{str(source)[:40]!r}... is text and no path: {wanted}, or the rows as a list of dicts")
    path = Path(source)
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        raise KleiberError(f"{str(source)[:40]!r}... is no path ({error.strerror}): {wanted}") from error
    if folder:
        raise KleiberError(f"{path} is a folder, and holds no runs that kleiber knows (docs/import.md): {wanted}")
    if not file:
        raise KleiberError(f"there is no file {path}: {wanted}")
    return path


def is_ledger(path: Path) -> bool:
    """Say whether a file is a ledger, by its name or its first bytes."""
    if path.suffix in (".db", ".sqlite", ".sqlite3"):
        return True
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\x00"
    except OSError as error:
        raise KleiberError(f"cannot read {path}: {error.strerror}") from error
