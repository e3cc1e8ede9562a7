"""The command: results go to standard output, progress and warnings to standard error; `--json` gives plain data.

Exit codes: 0 done, 1 a defect of ours, 2 the user's input, 3 a score point is missing or trials were lost, 4 the machine,
130 and 143 interrupted.
"""

import gc
import os
import re
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import typer

from kleiber.command import answers, importing, ledgers, parts, serve, studies
from kleiber.command.interrupted import Interrupted, listen
from kleiber.command.options import as_said
from kleiber.command.terminal import say
from kleiber.errors import FULL, KleiberError, MachineError, Refused, unwritable

GARBAGE = 50_000
"""Objects made before unreachable ones are looked for: with Python's 700 that is a tenth of a short command."""

PARSED = re.compile(r"Input should be a valid (\w+), unable to parse string as (an? )\1")
"""What the parser says of an option's value that is of another type."""

app = typer.Typer(
    help="How much better does a model get with more data, and how much data is enough?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for name, command, short in (
    ("run", studies.run, "Run or continue a study, then forecast and write the report."),
    ("demo", studies.demo, "Run a small study on 5,000 images, from start to report."),
    ("forecast", answers.forecast, "Forecast the metric at larger sizes."),
    ("report", answers.report, "Write the answer as one HTML file that can be forwarded."),
    ("compare", answers.compare, "Compare models: which is better at which size."),
    ("plan", answers.plan, "Weigh labels, engineers, both and neither: what to buy."),
    ("next", answers.next_run, "Choose the next run under a budget, or stop."),
    ("classes", parts.classes, "Show each class's curve, and which gains most from more examples."),
    ("split", parts.split, "Show how to split the next labels among classes."),
    ("noise", parts.noise, "Estimate how many labels are wrong, from labels by several people."),
    ("effect", parts.effect, "Forecast what a setting changes at a larger size."),
    ("serve", serve.serve, "Show a ledger's studies as a live page in the browser."),
    ("import", importing.import_runs, "Write the runs of a tracker as a table, one row a run."),
    ("status", ledgers.status, "Show how far each study is, and the time left."),
    ("list", ledgers.list_studies, "List the studies of a ledger."),
    ("rename", ledgers.rename, "Rename a study of a ledger."),
    ("delete", ledgers.delete, "Delete a study and all its measurements."),
    ("export", ledgers.export, "Print every attempt of a study as CSV."),
    ("backup", ledgers.backup, "Copy a ledger safely, even while a study writes to it."),
    ("salvage", ledgers.salvage, "Rescue what can be read of a damaged ledger."),
):
    app.command(name, short_help=short)(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and end with its exit code."""
    gc.set_threshold(GARBAGE)
    listen()
    warnings.showwarning = _warn
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
    except KleiberError as error:
        code = _complain(error, 2)
    except Refused as error:  # where no command has made an answer of it
        say(f"refused: {error}")
        code = 0
    except MachineError as error:
        code = _complain(error, 4)
    except typer.Exit as ending:
        code = ending.exit_code
    except Interrupted as error:
        code = error.code
    except typer.Abort:
        code = _complain("not done", 130)
    except BrokenPipeError:
        _no_more_output()
        code = 0
    except OSError as error:
        code = _complain(_named(error), 4)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        code = _misread(error, 2)
    sys.exit(_flushed(code if isinstance(code, int) else 0))


def _misread(error: Any, code: int) -> int:
    """Say what the parser of the command line says, and where the right line stands; where nothing was typed, the help."""
    context = getattr(error, "ctx", None)
    if context is None:
        return _complain(error.format_message(), code)
    if error.message == context.get_help():
        say(error.message)
        return code
    name = f"{context.info_name} " if context.parent else ""
    said = PARSED.sub(r"it takes \2\1", error.format_message().rstrip("."))
    return _complain(f"{said}; kleiber {name}--help lists what there is", code)


def _flushed(code: int) -> int:
    """Bring what was printed to where it goes, and say so where that is full; else it would be lost without a word."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _no_more_output()
    except OSError as error:
        _no_more_output()
        return _complain(f"cannot write standard output: {error.strerror or error}", 4)
    return code


def _no_more_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _named(error: OSError) -> str:
    if error.errno in FULL and error.filename:
        return str(unwritable(error.filename, error))
    more = "; free some space and run the same line again" if error.errno in FULL else ""
    return f"{error.filename or 'the machine'}: {error.strerror or error}{more}"


def _complain(error: object, code: int) -> int:
    say(as_said(f"kleiber: {error}"))
    return code


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    say(f"warning: {message}")


if __name__ == "__main__":
    main()
