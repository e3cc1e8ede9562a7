"""The commands on what lies below a curve: classes, the split of labels, their noise, and other hyper-parameters."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import Asked, answers
from kleiber.command.terminal import print_json, print_sentences
from kleiber.errors import KleiberError, Refused


@answers
def classes(
    asked: Asked,
    by: Annotated[str, typer.Option("--by", help="The column of the parts, such as class or source.")] = "class",
    to: Annotated[float | None, typer.Option(help="The size to gain up to. Default: twice the largest.")] = None,
) -> None:
    """Show which class gains most from more examples, from a ledger or a table with a row for each class.

    Other parts than classes are named by their column, as in --by source. A study measures them with by = "source" under
    [data]. It names a class only where the runs can tell it from the others. All classes grow in the proportions measured.
    """
    from kleiber.answers.classes.by_class import by_class, gains_of
    from kleiber.answers.classes.parts import naming, parts_of_table
    from kleiber.importers import is_ledger

    if asked.source.is_file() and is_ledger(asked.source):
        asked.tell(by_class(asked.table(), by=by, metric=asked.metric, model=asked.model, to=to))
        return
    with naming(by):
        table = replace(asked, column=[*(asked.column or []), f"model={by}"]).table()
    asked.tell(gains_of(parts_of_table(table, metric=asked.metric), by=by, to=to))


def effect(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="A ledger whose study searched hyper-parameters.")],
    change: Annotated[list[str], typer.Option("--set", help="The new value, such as lr=0.01. May be repeated.")],
    at: Annotated[float, typer.Option("--at", help="The size to forecast the effect at, such as 6400.")],
    study: Annotated[str | None, typer.Option("--study", help="The study to use, if the ledger has several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Forecast what another value of a hyper-parameter does to the loss at a larger size.

    The best setting at the largest size is changed, with all else kept. It needs a search whose trials all went to their
    end. Where a back-test on the sizes at hand fails, the answer is refused with the reason, and the exit code is 0.
    """
    from kleiber.answers.settings.what_if import what_if

    try:
        found = what_if(ledger, dict(_setting(entry) for entry in change), at=at, study=study)
    except Refused as refusal:  # is an answer
        print_json({"status": "refused", "reason": str(refusal)}) if as_json else print_sentences([str(refusal)])
        return
    print_json({"status": "ok", **found.to_dict()}) if as_json else print_sentences(list(found.sentences))


def _setting(entry: str) -> tuple[str, Any]:
    """Read a setting: a number where it is one, else a text."""
    name, equals, value = entry.partition("=")
    if not equals or not name or not value:
        raise KleiberError(f"--set: {entry!r} is not of the form lr=0.01")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def noise(
    labels: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A table of labels: a column for each person, or a row for each label."),
    ],
    by: Annotated[str | None, typer.Option("--by", help="The columns of labels, one for each person: ann,bob.")] = None,
    example: Annotated[str | None, typer.Option("--example", help="The column that names the example of each row.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="The column of the label of each row.")] = None,
    runs: Annotated[Path | None, typer.Option("--runs", help="Runs whose floor is set beside the noise.")] = None,
    model: Annotated[str | None, typer.Option(help="Use only this model of the runs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Estimate how many labels are wrong, from examples that several people labelled.

    It counts how often two labels of an example differ. With --runs it shows the floor of their error beside that: wrong
    labels may explain a floor, and no table can prove it.
    """
    from kleiber.answers.classes.noise import label_noise

    names = None if by is None else [name.strip() for name in by.split(",")]
    found = label_noise(labels, by=names, example=example, label=label, runs=runs, model=model)
    print_json(found.to_dict()) if as_json else print_sentences(list(found.sentences))


def split(
    runs: Annotated[
        Path, typer.Argument(metavar="FILE", help="A table with a row for each run: examples of each class, and the loss.")
    ],
    labels: Annotated[float, typer.Option("--labels", help="How many labels to split, such as 1000.")],
    counts: Annotated[str, typer.Option("--counts", help="The columns with each class's examples: n_cat,n_dog.")],
    loss: Annotated[str, typer.Option("--loss", help="The column of the test loss.")] = "loss",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show how to split the next labels among classes, from runs whose subsets hold them in different shares.

    Where no split is surely better than the present shares, the answer is refused, with what would tell it, and the exit
    code is 0.
    """
    from kleiber.answers.classes.split import label_split

    try:
        found = label_split(runs, labels=labels, counts=[name.strip() for name in counts.split(",")], loss=loss)
    except Refused as refusal:  # is an answer
        print_json({"status": "refused", "reason": str(refusal)}) if as_json else print_sentences([str(refusal)])
        return
    print_json({"status": "ok", **found.to_dict()}) if as_json else print_sentences(list(found.sentences))
