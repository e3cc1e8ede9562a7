"""The commands that look after a ledger: what is in it, a copy, other names, and what can be read of a damaged one."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kleiber.command.asked import Json, StudyName
from kleiber.command.outputs import in_a_folder
from kleiber.command.rows_file import as_csv, write_rows
from kleiber.command.terminal import print_json, say
from kleiber.errors import KleiberError
from kleiber.wording import counted

LedgerFile = Annotated[Path, typer.Argument(metavar="LEDGER", help="A ledger file, such as kleiber.db.")]
NameInLedger = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name; kleiber list shows them.")]
NewFile = Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not exist yet.")]
ONE = {"studies": "study"}  # one row of a table, where its name but for the last letter does not say it


def status(
    ledger: LedgerFile,
    study: Annotated[str | None, typer.Option("--study", help="Show this study alone. Default: all.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far each study is: its results, its failures and the time left."""
    from kleiber.command.standing import print_standing, standing
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False, read_only=True) as opened:
        found = [standing(opened, name) for name in ([study] if study else opened.names())]
    if as_json:
        print_json(found)
        return
    if not found:
        print("no study")
    for entry in found:
        print_standing(entry)


def list_studies(ledger: LedgerFile, as_json: Json = False) -> None:
    """List the studies of a ledger."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False, read_only=True) as opened:
        names = opened.names()
    print_json(names) if as_json else print("\n".join(names))


def rename(
    ledger: LedgerFile,
    study: NameInLedger,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    as_json: Json = False,
) -> None:
    """Rename a study of a ledger; its measurements stay as they are."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        opened.rename(study, new)
    if as_json:
        print_json({"renamed": study, "to": new})


def delete(
    ledger: LedgerFile,
    study: NameInLedger,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a study and all its measurements."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        opened.find(study)
        if yes or typer.confirm(f"Remove study '{study}' and all its measurements from {ledger}?", err=True):
            opened.delete(study)
            if as_json:
                print_json({"deleted": study})


def export(
    ledger: LedgerFile,
    study: StudyName = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A new file to write: .csv, .json or .parquet by its ending.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print every attempt of a study as CSV (or JSON): searches, scores and failures.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False, read_only=True) as opened:
        rows = opened.export(study or _only(opened.names(), ledger))
    if out is not None:
        write_rows(rows, out)
        say(f"wrote {out}, {counted(len(rows), 'attempt')}")
    elif as_json:
        print_json(rows)
    else:
        sys.stdout.write(as_csv(rows))


def backup(ledger: LedgerFile, target: NewFile, as_json: Json = False) -> None:
    """Copy a ledger safely, even while a study writes to it."""
    from kleiber.study.ledger import Ledger

    in_a_folder(target)

    with Ledger(ledger, create=False, read_only=True) as opened:
        opened.backup(target)
    if as_json:
        print_json({"copy": str(target)})


def salvage(ledger: LedgerFile, target: NewFile, as_json: Json = False) -> None:
    """Rescue what can be read of a damaged ledger into a new file; the damaged file stays unchanged."""
    from kleiber.study.salvage import salvage as read

    in_a_folder(target)
    counts = read(ledger, target)
    ones = {table: ONE.get(table, table.removesuffix("s")) for table in counts}
    print_json(counts) if as_json else print(", ".join(counted(count, ones[table]) for table, count in counts.items()))


def _only(names: list[str], ledger: Path) -> str:
    if len(names) != 1:
        has = ", ".join(f"'{name}'" for name in names) or "none"
        raise KleiberError(f"{ledger}: name one with --study; it has {has}")
    return names[0]
