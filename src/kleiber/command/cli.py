"""The command: results go to standard output, progress and warnings to standard error; `--json` gives plain data.

Exit codes: 0 done, 1 a defect of ours, 2 the user's input, 3 a score point is missing or trials were lost, 4 the machine,
130 and 143 interrupted.
"""

import gc
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import typer

from kleiber.command import answers, importing, ledgers, parts, serve, studies
from kleiber.command.interrupted import Interrupted, listen
from kleiber.command.terminal import say
from kleiber.errors import KleiberError, MachineError, Refused

GARBAGE = 50_000
"""Objects made before unreachable ones are looked for: with Python's 700 that is a tenth of a short command."""

app = typer.Typer(
    help="How much better does a model get with more data, and how much data is enough?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for name, command in (
    ("run", studies.run),
    ("demo", studies.demo),
    ("forecast", answers.forecast),
    ("report", answers.report),
    ("compare", answers.compare),
    ("plan", answers.plan),
    ("next", answers.next_run),
    ("classes", parts.classes),
    ("effect", parts.effect),
    ("serve", serve.serve),
    ("import", importing.import_runs),
    ("status", ledgers.status),
    ("list", ledgers.list_studies),
    ("rename", ledgers.rename),
    ("delete", ledgers.delete),
    ("export", ledgers.export),
    ("backup", ledgers.backup),
    ("salvage", ledgers.salvage),
):
    app.command(name)(command)


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = _complain(f"{error.filename or 'the machine'}: {error.strerror or error}", 4)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        code = _complain(error.format_message(), 2)  # what the parser of the command line says
    sys.exit(code if isinstance(code, int) else 0)


def _complain(error: object, code: int) -> int:
    say(f"kleiber: {error}")
    return code


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    say(f"warning: {message}")


if __name__ == "__main__":
    main()
