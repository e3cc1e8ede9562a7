"""The commands on what lies below a curve: which class gains most."""

from dataclasses import replace
from typing import Annotated

import typer

from kleiber.command.asked import Asked, answers


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

    if is_ledger(asked.source):
        asked.tell(by_class(asked.table(), by=by, metric=asked.metric, model=asked.model, to=to))
        return
    table = replace(asked, column=[*(asked.column or []), f"model={by}"]).table()
    asked.tell(gains_of(parts_of_table(table, metric=asked.metric), by=by, to=to))
