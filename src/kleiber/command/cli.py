"""The command: results go to standard output, progress and warnings to standard error; `--json` gives plain data.

Exit codes: 0 done, 1 a defect of ours, 2 the user's input, 3 a score point is missing or trials were lost, 4 the machine,
130 and 143 interrupted.
"""

import csv
import gc
import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command import commands
from kleiber.command.commands import Column, Json, Metric, Model, StudyName, Unit
from kleiber.command.terminal import cell, print_findings, print_json, print_table, say
from kleiber.errors import KleiberError, MachineError, Refused

app = typer.Typer(
    help="How much better will a model get with more data, and how much is enough?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

GARBAGE = 50_000
"""Objects made before unreachable ones are looked for: with Python's 700 that is a tenth of a short command."""

LedgerFile = Annotated[Path, typer.Argument(metavar="LEDGER", help="A ledger's file, such as kleiber.db.")]
At = Annotated[str | None, typer.Option(help="Sizes to forecast, as in 50000,1e6. Default: 2, 4 and 8 times the largest.")]
Target = Annotated[float | None, typer.Option(help="A loss to reach: how many examples would it take?")]
Price = Annotated[float | None, typer.Option("--price", help="What one more example costs, in your currency.")]
Laws = Annotated[str | None, typer.Option(help="Only these laws, as in power,power_floor. Default: all.")]


@app.command()
def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="A TOML file, a Python file, or a preset: origin, origin-exact, origin-fixed, demo."
        ),
    ],
    data: Annotated[str | None, typer.Option(help="Another data set: a name, a folder of images, or a table.")] = None,
    net: Annotated[str | None, typer.Option(help="Another net: a name, or file.py:Name.")] = None,
    ledger: Annotated[Path, typer.Option(help="Where the measurements are kept.")] = Path("kleiber.db"),
    name: Annotated[str | None, typer.Option("--study", help="The study's name in the ledger.")] = None,
    max_n: Annotated[int | None, typer.Option(help="Leave out sizes above this.")] = None,
    trials: Annotated[int | None, typer.Option(help="Search trials at each size.")] = None,
    budget_epochs: Annotated[
        float | None, typer.Option(help="Instead of --trials: epochs that the whole study may run at most.")
    ] = None,
    budget_hours: Annotated[
        float | None, typer.Option(help="Instead of --trials: hours of one worker that the whole study may take at most.")
    ] = None,
    budget_money: Annotated[
        float | None,
        typer.Option(help="Instead of --trials: what the whole study may cost at most, with --price-per-hour."),
    ] = None,
    price_per_hour: Annotated[float | None, typer.Option(help="What an hour of one worker costs.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Fresh subsets on which each size is scored.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed from which all else is derived.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Trials at a time.")] = 1,
    executor: Annotated[str | None, typer.Option(help="Where trials run: serial, local, or another package's.")] = None,
    device: Annotated[str, typer.Option(help="PyTorch's device: cpu, cuda, cuda:1, mps.")] = "cpu",
    pack: Annotated[
        int | None, typer.Option(min=1, help="Trials that a worker trains in one pass. Default: as gains on the device.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run and what it costs, and run nothing.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Draw the curve in seconds with another learner, and run nothing.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the report. Default: kleiber-<study>.")] = None,
    export_subsets: Annotated[Path | None, typer.Option(help="Also write each rung's examples as index files.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log as well.")] = False,
    as_json: Json = False,
) -> None:
    """Run a study, or go on where it stopped; then forecast, and write the report.

    The same line again continues and repeats nothing. Larger --trials, --max-n or --replicates extend the study.
    """
    from kleiber.command import before_run
    from kleiber.study import prepare

    changes = {"net": net, "name": name, "max_n": max_n, "replicates": replicates, "seed": seed, "data": data}
    chosen = _changed(_study(study, changes), changes, trials)
    hours = before_run.hours(budget_hours, budget_money, price_per_hour)
    if budget_epochs is not None or hours is not None:
        chosen = before_run.within(chosen, ledger, trials, budget_epochs, hours, device)
    _log_to_screen(verbose)
    if export_subsets is not None:
        written = prepare.export_subsets(chosen, export_subsets)
        say(f"{len(written)} index files in {export_subsets}")
    if dry_run:
        before_run.dry_run(chosen, ledger, workers, device, as_json)
        return
    if preview:
        from kleiber.command.first_look import first_look

        first_look(chosen, ledger, workers, device, out, as_json)
        return
    place = _folder(out or Path(f"kleiber-{_slug(chosen.name)}"))
    if trials is not None and not chosen.search.space:
        say("--trials changes nothing: this study searches for nothing, its hyper-parameters are fixed")
    summary = _run_with_progress(chosen, ledger, workers=workers, executor=executor, device=device, pack=pack)
    _tell(ledger, chosen.name, place, as_json)
    _close(summary)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder of the ledger and the report.")] = Path("demo"),
    workers: Annotated[int, typer.Option(min=1, help="Trials at a time.")] = min(2, os.cpu_count() or 1),
    as_json: Json = False,
) -> None:
    """Run the embedded study from start to report: a convolutional net on 5,000 real images, in about a minute."""
    from kleiber.study.study import preset

    place = _folder(out)
    summary = _run_with_progress(preset("demo"), place / "demo.db", workers=workers)
    _tell(place / "demo.db", "demo", place, as_json)
    _close(summary)


@app.command()
def forecast(
    source: commands.Source,
    at: At = None,
    target: Target = None,
    price: Price = None,
    metric: Metric = None,
    model: Model = None,
    study: StudyName = None,
    column: Column = None,
    unit: Unit = None,
    laws: Laws = None,
    as_json: Json = False,
) -> None:
    """Forecast the loss at larger sizes, from a table of runs or a ledger.

    Prints the means measured, the forecast, and in sentences what follows: regions, laws, back-test. Warnings go to
    standard error. A refused forecast says why and what would help, and is no failure.
    """
    print_findings(_analyse(source, _options(at, target, price, metric, model, laws), study, column, unit), as_json)


@app.command()
def report(
    source: commands.Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    at: At = None,
    target: Target = None,
    price: Price = None,
    metric: Metric = None,
    model: Model = None,
    study: StudyName = None,
    column: Column = None,
    unit: Unit = None,
    laws: Laws = None,
    as_json: Json = False,
) -> None:
    """Write the forecast, its back-test and the study as one HTML file."""
    from kleiber.report import write_report

    findings = _analyse(source, _options(at, target, price, metric, model, laws), study, column, unit)
    written = write_report(findings, output)
    print_json({"report": str(written)}) if as_json else print(written)


app.command()(commands.compare)
app.command()(commands.plan)
app.command("next")(commands.next_run)


@app.command()
def status(ledger: LedgerFile, study: StudyName = None, as_json: Json = False) -> None:
    """Say what a ledger's studies have measured so far, failures included."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        names = [study] if study else opened.names()
        found = [opened.status(name) for name in names]
    if as_json:
        print_json(found)
        return
    for entry in found:
        print(f"{entry['name']} (since {entry['created']})")
        print_table(["n", "purpose", "state", "count", "seconds"], entry["attempts"])


@app.command("list")
def list_studies(ledger: LedgerFile, as_json: Json = False) -> None:
    """List the studies of a ledger."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        names = opened.names()
    print_json(names) if as_json else print("\n".join(names))


@app.command()
def rename(ledger: LedgerFile, study: str, new: str, as_json: Json = False) -> None:
    """Give a study another name."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        opened.rename(study, new)
    if as_json:
        print_json({"renamed": study, "to": new})


@app.command()
def delete(
    ledger: LedgerFile,
    study: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a study and all that it measured."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        opened.find(study)
        if yes or typer.confirm(f"Remove study {study!r} and all its measurements from {ledger}?", err=True):
            opened.delete(study)
            if as_json:
                print_json({"deleted": study})


@app.command()
def export(ledger: LedgerFile, study: StudyName = None, as_json: Json = False) -> None:
    """Print every attempt of a study as CSV (or JSON): searches, scores and failures."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        rows = opened.export(study or _only(opened.names(), ledger))
    if as_json:
        print_json(rows)
        return
    fields = list(rows[0]) if rows else ["n"]
    writer = csv.DictWriter(sys.stdout, fields)
    writer.writeheader()
    writer.writerows({key: cell(value) for key, value in row.items()} for row in rows)


@app.command()
def backup(ledger: LedgerFile, target: Path, as_json: Json = False) -> None:
    """Copy a ledger, whole even while a study writes to it."""
    from kleiber.study.ledger import Ledger

    with Ledger(ledger, create=False) as opened:
        opened.backup(target)
    if as_json:
        print_json({"copy": str(target)})


@app.command()
def salvage(ledger: LedgerFile, target: Path, as_json: Json = False) -> None:
    """Read what can be read from a damaged ledger into a new one; the damaged file stays as it is."""
    from kleiber.study.salvage import salvage as read

    counts = read(ledger, target)
    print_json(counts) if as_json else print(", ".join(f"{count} {table}" for table, count in counts.items()))


class Interrupted(BaseException):
    """A signal asked the command to stop; `code` is what it exits with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and end with its exit code."""
    gc.set_threshold(GARBAGE)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
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


def _study(name: str, changes: dict[str, Any]) -> Any:
    from kleiber.plugins import load_file
    from kleiber.study.study import Study, preset

    if name.endswith(".py"):
        found = {key: value for key, value in vars(load_file(name)).items() if isinstance(value, Study)}
        if len(found) != 1:
            raise KleiberError(
                f"{name} defines {len(found)} studies ({', '.join(found) or 'none'}); define one: study = Study(...)"
            )
        return next(iter(found.values()))
    if name.endswith(".toml"):
        return Study.from_toml(name)
    return preset(name)


def _changed(study: Any, changes: dict[str, Any], trials: int | None) -> Any:
    given = {key: value for key, value in changes.items() if value is not None}
    if trials is not None:
        given["search"] = {**study.search.model_dump(), "trials": trials}
    return study.changed(**given) if given else study


def _run_with_progress(study: Any, ledger: Path, *, workers: int, **how: Any) -> Any:
    from rich.console import Console

    from kleiber.command.progress import Screen
    from kleiber.study.drive import run_study

    ledger.parent.mkdir(parents=True, exist_ok=True)
    with Screen(Console(stderr=True), workers=workers) as screen:
        run_study(study, ledger, workers=workers, watch=screen, **how)
    return screen.summary


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise KleiberError(f"--out: {path} is a file; name a folder")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _tell(ledger: Path, study: str, out: Path, as_json: bool) -> None:
    """Analyse a study of a ledger, write report, figures and findings, and print the answer."""
    from kleiber import importers
    from kleiber.findings.analyse import analyse
    from kleiber.report import write_figure, write_report

    table = importers.read(ledger, study=study)
    if not table.rows:
        say("no score trial has a result, so there is no curve to draw")
        if as_json:
            print_json({"schema": "kleiber-findings/1", "curves": []})
        return
    findings = analyse(table)
    (out / "findings.json").write_text(findings.to_json() + "\n", encoding="utf-8")
    written = [out / "findings.json", write_report(findings, out / "report.html")]
    try:
        written += [write_figure(findings, out / f"curve.{kind}") for kind in ("png", "svg")]
    except KleiberError as error:
        say(str(error))
    print_findings(findings, as_json)
    if not as_json:
        print()
        for path in written:
            print(f"wrote {path.resolve()}")


def _close(summary: Any) -> None:
    if summary is not None and not summary.complete:
        for line in summary.missing:
            say(f"missing: {line}")
        if summary.failed:
            say(f"{len(summary.failed)} trials failed or were lost; the same line tries them again")
        if summary.gave_up:
            say("the rest was not tried, since not one trial had succeeded")
        raise typer.Exit(3)


def _analyse(source: Path, options: dict[str, Any], study: str | None, column: list[str] | None, unit: str | None) -> Any:
    from kleiber.findings.analyse import analyse

    return analyse(commands.read(source, study, column, unit, silent=True), **options)


def _options(
    at: str | None, target: float | None, price: float | None, metric: str | None, model: str | None, laws: str | None
) -> dict[str, Any]:
    sizes = None if at is None else commands.numbers(at, "--at")
    names = None if laws is None else [name.strip() for name in laws.split(",")]
    return {"at": sizes, "target": target, "price_per_example": price, "metric": metric, "model": model, "laws": names}


def _only(names: list[str], ledger: Path) -> str:
    if len(names) != 1:
        raise KleiberError(f"{ledger}: name one with --study; it has {', '.join(map(repr, names)) or 'none'}")
    return names[0]


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name).strip("-")
    return kept[:60] or "study"


def _log_to_screen(verbose: bool) -> None:
    if verbose:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logging.getLogger("kleiber").addHandler(handler)


def _complain(error: object, code: int) -> int:
    say(f"kleiber: {error}")
    return code


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    say(f"warning: {message}")


def _interrupted(number: int, _: Any) -> None:
    """Stop with the workers cancelled; a second signal stops at once."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: os._exit(128 + number))
    say("kleiber: interrupted; what was measured is kept, the same line goes on from there")
    raise Interrupted(128 + number)


if __name__ == "__main__":
    main()
