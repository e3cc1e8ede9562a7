"""The commands on what lies below a curve: which class gains most, and what another hyper-parameter would do."""

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

    It names a class only where the runs can tell it from the others. All classes grow in the proportions measured.
    """
    from kleiber.answers.classes.by_class import by_class, gains_of
    from kleiber.answers.classes.parts import parts_of_table
    from kleiber.importers import is_ledger

    if asked.source.is_file() and is_ledger(asked.source):
        asked.tell(by_class(asked.table(), by=by, metric=asked.metric, model=asked.model, to=to))
        return
    table = replace(asked, column=[*(asked.column or []), f"model={by}"]).table()
    asked.tell(gains_of(parts_of_table(table, metric=asked.metric), by=by, to=to))


def effect(
    ledger: Annotated[Path, typer.Argument(help="A ledger whose study searched hyper-parameters.")],
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
