"""The commands that run a study: they train, show how far it is, and then tell what was measured and what follows."""

import logging
import os
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import Json
from kleiber.command.asked_of_run import Changes, Limit, Machine, Outcome
from kleiber.command.grouped import grouped
from kleiber.command.interrupted import KEPT, listen
from kleiber.command.options import keys_named_by
from kleiber.command.serve import beside as live_page
from kleiber.command.terminal import between, print_findings, print_json, say
from kleiber.command.today import today
from kleiber.errors import KleiberError, unwritable
from kleiber.wording import counted


@grouped
def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="A TOML file, a Python file, or a preset: origin, origin-exact, origin-fixed, demo."
        ),
    ],
    *,
    ledger: Annotated[Path, typer.Option(help="The file that keeps the measurements.")] = Path("kleiber.db"),
    changes: Changes,
    limit: Limit,
    machine: Machine,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="Keep what was measured before the study changed, and record the change."),
    ] = False,
    allow_test_reuse: Annotated[
        bool,
        typer.Option(
            "--allow-test-reuse", help="Score a search with another number of trials on a test set that was used."
        ),
    ] = False,
    outcome: Outcome,
) -> None:
    """Run or continue a study, then forecast and write the report.

    The same line continues a stopped study without repeating a trial. Larger --trials, --max-n or --replicates extend it.
    """
    machine.check()
    from kleiber.command import before_run
    from kleiber.study.place import place_of

    hours = limit.hours(served=outcome.serve)
    _log_to_screen(outcome.verbose)
    with keys_named_by(changes.typed | limit.typed | machine.typed):
        chosen = changes.made_to(_study(study))
        chosen = before_run.within(chosen, ledger, changes.trials, limit.budget_epochs, hours, machine.device)
        before_run.fewer(chosen, ledger)
        if outcome.export_subsets is not None:
            _export(chosen, outcome.export_subsets)
        if outcome.dry_run:
            place_of(chosen, machine.executor, machine.address, alone=machine.workers == 1)
            before_run.dry_run(chosen, ledger, machine.workers, machine.device, outcome.as_json)
            return
        if outcome.preview:
            from kleiber.command.first_look import first_look

            first_look(chosen, ledger, machine.workers, machine.device, outcome.out, outcome.as_json)
            return
        place = _folder(outcome.out or Path(f"kleiber-{_slug(chosen.name)}"))
        if changes.trials is not None and not chosen.search.space:
            say("--trials has no effect: this study has fixed hyper-parameters and no search")
        with live_page(ledger, limit.price_per_hour) if outcome.serve else nullcontext():
            allowed = {"accept_changes": accept_changes, "allow_test_reuse": allow_test_reuse}
            summary = _run_with_progress(chosen, ledger, hours, **allowed, **asdict(machine))
            _tell(ledger, chosen.name, place, outcome.as_json)
    _close(summary)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the ledger and the report.")] = Path("demo"),
    workers: Annotated[int, typer.Option(min=1, help="Trials to run at the same time.")] = min(2, os.cpu_count() or 1),
    as_json: Json = False,
) -> None:
    """Run a small study from start to report: a convolutional net on 5,000 real images, in about a minute."""
    from kleiber.study.study import preset

    place = _folder(out)
    summary = _run_with_progress(preset("demo"), place / "demo.db", workers=workers)
    _tell(place / "demo.db", "demo", place, as_json)
    _close(summary)


def _study(name: str) -> Any:
    from kleiber.plugins import load_file
    from kleiber.study.study import Study, preset

    if name.endswith(".py"):
        found = {key: value for key, value in vars(load_file(name)).items() if isinstance(value, Study)}
        if len(found) != 1:
            raise KleiberError(
                f"{name} defines {counted(len(found), 'study')} ({', '.join(found) or 'none'}); "
                "define one: study = Study(...)"
            )
        return next(iter(found.values()))
    if name.endswith(".toml"):
        return Study.from_toml(name)
    return preset(name)


def _export(study: Any, folder: Path) -> None:
    from kleiber.study.export import export_subsets

    written = export_subsets(study, folder)
    say(f"{counted(len(written), 'file')} of subsets in {folder}; {written[-1].name} there says how to use them")


def _run_with_progress(study: Any, ledger: Path, hours: float | None = None, *, workers: int, **how: Any) -> Any:
    from rich.console import Console

    from kleiber.command.progress import Screen
    from kleiber.study.drive import run_study

    listen(KEPT)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    budget = None if hours is None else 3600 * hours
    with Screen(Console(stderr=True), workers=workers, budget=budget) as screen:
        run_study(study, ledger, workers=workers, budget_hours=hours, watch=screen, **how)
    return screen.summary


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise KleiberError(f"--out: {path} is a file; name a folder")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _tell(ledger: Path, study: str, out: Path, as_json: bool) -> None:
    """Analyse a study of a ledger, write report, figures and findings, and print the answer."""
    from kleiber import importers
    from kleiber.findings.analyse import SCHEMA, analyse
    from kleiber.report import write_figure, write_report

    table = importers.read(ledger, study=study)
    if not table.rows:
        say("no score trial has a result yet, so kleiber cannot draw a curve")
        if as_json:
            print_json({"schema": SCHEMA, "curves": []})
        return
    findings = analyse(table)
    try:
        (out / "findings.json").write_text(findings.to_json() + "\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(out / "findings.json", error) from error
    written = [out / "findings.json", write_report(findings, out / "report.html", date=today())]
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
        if summary.short:
            say(f"stopped: {summary.stopped}. {_more(summary.left)}")
        elif summary.stopped:
            say(f"stopped early: {summary.stopped}")
        if summary.failed:
            lost = counted(len(summary.failed), "trial")
            say(f"{lost} without a result ({summary.reasons}); the same line tries again")
        for n, failure in summary.given_up.items():
            say(f"n = {n:,} was given up because the same failure came back: {failure}")
        if summary.whole:
            say(f"all scores: n = {', '.join(f'{n:,}' for n in summary.whole)}")
        if summary.missing:
            say(f"missing: {'; '.join(summary.missing)}")
        raise typer.Exit(3)


def _more(left: Any) -> str:
    """Say how to go on where the budget has stopped a study."""
    takes = "" if left is None else f"The rest takes about {between(left)} of one worker. "
    return f"{takes}What was measured is kept: the same line with a larger budget continues"


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name).strip("-")
    return kept[:60] or "study"


def _log_to_screen(verbose: bool) -> None:
    if verbose:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logging.getLogger("kleiber").addHandler(handler)
