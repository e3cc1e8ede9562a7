"""What every command that answers is asked: the source, how to read it, which of its curves, and how to print.

These options are declared here, once; a command declares what it asks besides, and is given an `Asked`.
"""

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.options import named_by_options
from kleiber.command.terminal import print_edited, print_json, say
from kleiber.command.waiting import Waiting
from kleiber.errors import KleiberError

SOURCE = "A table of runs (CSV, TSV, JSON or JSON lines, gzipped or not; Parquet), a ledger, or runs of a tracker (mlruns)."
Source = Annotated[Path, typer.Argument(metavar="FILE|LEDGER|FOLDER", help=SOURCE)]
From = Annotated[
    str | None,
    typer.Option("--from", help="The kind of a tracker's runs, such as wandb. Default: found by looking inside."),
]
By = Annotated[
    str | None,
    typer.Option(
        "--n",
        help="The parameter with the number of examples, 'name:REGEX' for a part of a name, or a CSV file with run and n.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
StudyName = Annotated[str | None, typer.Option("--study", help="The study to use, if the ledger has several.")]
Metric = Annotated[str | None, typer.Option(help="The metric to use, such as loss or error.")]
Model = Annotated[str | None, typer.Option(help="Use only this model.")]
Unit = Annotated[
    str | None, typer.Option(help="Unit of accuracies and errors, if the numbers leave it open: fraction or percent.")
]
Higher = Annotated[
    bool | None,
    typer.Option("--higher-is-better/--lower-is-better", help="The metric's direction, if its name leaves it open."),
]
Best = Annotated[float | None, typer.Option(help="The value of a perfect score, if the metric's name leaves it open.")]
Full = Annotated[bool, typer.Option("--full", help="Print every sentence and every warning.")]
Keep = Annotated[
    str | None,
    typer.Option(
        help="Which row counts of a run with a row for each epoch or step: last (default) or best. Of a tracker also "
        "checkpoint, epoch=3 or step=1000."
    ),
]
Where = Annotated[
    list[str] | None, typer.Option(help="Use only rows with this value, such as dataset=clothes. May be repeated.")
]
LeaveOut = Annotated[
    list[str] | None,
    typer.Option("--leave-out", help="Leave these rows out, such as n=800,seed=1 or 'accuracy<0.2'. May be repeated."),
]
BestOf = Annotated[
    str | None, typer.Option(help="Columns of settings, such as lr,dropout: use the best setting of each size.")
]
Pool = Annotated[float | None, typer.Option(help="Examples in the whole pool, if sizes are shares of it.")]
Chance = Annotated[
    str | None,
    typer.Option(help="What guessing scores, in the metric's own unit, such as 2.303 or 10%. A study knows it."),
]
UnitOfN = Annotated[str | None, typer.Option(help="What sizes count, such as images or tokens. Default: examples.")]
Thousands = Annotated[str | None, typer.Option(help="The mark that sets thousands apart in a table, as ',' in 1,600.")]
Column = Annotated[
    list[str] | None, typer.Option(help="The name of a column in the table, such as n=train_size. May be repeated.")
]

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""How NumPy's linear algebra is told how many threads to start; it reads them when it is loaded."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that all commands that answer have in common."""

    source: Source
    metric: Metric = None
    model: Model = None
    study: StudyName = None
    column: Column = None
    unit: Unit = None
    higher_is_better: Higher = None
    best: Best = None
    chance: Chance = None
    keep: Keep = None
    where: Where = None
    leave_out: LeaveOut = None
    best_of: BestOf = None
    pool: Pool = None
    unit_of_n: UnitOfN = None
    thousands: Thousands = None
    kind: From = None
    by_n: By = None
    full: Full = False
    as_json: Json = False

    def table(self, *, silent: bool = False) -> Any:
        """Read the table of runs or the ledger; how it was read is told, unless `silent`."""
        from kleiber import importers

        columns = dict(_pair(entry, "--column", "n=train_size") for entry in self.column or [])
        with Waiting() as waiting:
            table = importers.read(
                self.source,
                study=self.study,
                column=columns or None,
                unit=self.unit,
                kind=self.kind,
                n=self.by_n,
                metric=self.metric,
                watch=waiting,
                **self._rows_and_sizes(),
            )
        for note in () if silent else table.notes:
            say(f"import: {note}")
        if self.chance is None:
            return table
        from kleiber.curves.guessing import with_chance

        return with_chance(table, self.chance, metric=self.metric)

    def _rows_and_sizes(self) -> dict[str, Any]:
        """Give the options that say which rows count and what their sizes are."""
        where: dict[str, list[str]] = {}
        for entry in self.where or []:
            name, value = _pair(entry, "--where", "dataset=clothes")
            where.setdefault(name, []).append(value)
        best_of = [name.strip() for name in (self.best_of or "").split(",") if name.strip()]
        given = {
            "where": where,
            "leave_out": self.leave_out,
            "best_of": best_of,
            "keep": self.keep,
            "pool": self.pool,
            "unit_of_n": self.unit_of_n,
            "thousands": self.thousands,
        }
        given |= {"higher_is_better": self.higher_is_better, "best": self.best}
        return {name: value for name, value in given.items() if value is not None and value not in ({}, [])}

    def tell(self, found: Any) -> None:
        """Print a result's sentences and its warnings, or all of it as JSON."""
        if self.as_json:
            print_json(found.to_dict())
            return
        from kleiber.findings import editor

        warned = list(getattr(found, "warnings", ()))
        sentences = [text for i, text in enumerate(found.sentences) if i == 0 or text not in {w.message for w in warned}]
        told = "\n".join(sentences if self.full else editor.shown(sentences))
        left = [{"code": w.code, "message": w.message} for w in warned if w.message not in told]
        print_edited(sentences, editor.weighed(left), full=self.full)


def answers(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Asked`, which is its first argument; its own option of a name takes their place.

    Its `KleiberError`s name options where the libraries' name arguments. It computes on one thread: the arrays are small,
    and threads that wait for each other treble its processor time.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    names = {parameter.name for parameter in own}
    asked = [parameter for parameter in inspect.signature(Asked).parameters.values() if parameter.name not in names]
    given = [replaced.replace(kind=inspect.Parameter.KEYWORD_ONLY) for replaced in (asked[0], *own, *asked[1:])]

    @wraps(command)
    def answer(**options: Any) -> None:
        for name in THREADS:
            os.environ.setdefault(name, "1")
        common = Asked(**{parameter.name: options.pop(parameter.name) for parameter in asked if parameter.name in options})
        command(common, **options)

    answer.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]
    answer.__annotations__ = {parameter.name: parameter.annotation for parameter in given}
    return named_by_options(answer)


def numbers(text: str, option: str) -> list[float]:
    """Read numbers with commas between."""
    try:
        return [float(part.strip().replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise KleiberError(f"{option}: '{text}' is not a list of numbers; write it as 50000,1e6") from None


def _pair(entry: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = entry.partition("=")
    if not equals or not name or not value:
        raise KleiberError(f"{option}: '{entry}' is not of the form {example}")
    return name, value
