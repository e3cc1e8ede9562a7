"""The commands that run a study: they train, show how far it is, and then tell what was measured and what follows."""

import logging
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import Json
from kleiber.command.interrupted import KEPT, listen
from kleiber.command.options import keys_named_by
from kleiber.command.serve import beside as live_page
from kleiber.command.terminal import between, print_findings, print_json, say
from kleiber.command.today import today
from kleiber.errors import KleiberError
from kleiber.wording import counted


def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="A TOML file, a Python file, or a preset: origin, origin-exact, origin-fixed, demo."
        ),
    ],
    data: Annotated[
        str | None, typer.Option(help="Use this data set instead: a name, a folder of images, or a table.")
    ] = None,
    net: Annotated[str | None, typer.Option(help="Use this net instead: a name, or file.py:Name.")] = None,
    ledger: Annotated[Path, typer.Option(help="The file that keeps the measurements.")] = Path("kleiber.db"),
    name: Annotated[str | None, typer.Option("--study", help="The study's name in the ledger.")] = None,
    max_n: Annotated[int | None, typer.Option(help="Leave out sizes above this.")] = None,
    trials: Annotated[int | None, typer.Option(help="Search trials at each size.")] = None,
    budget_epochs: Annotated[
        float | None,
        typer.Option(
            help="Choose --trials so that the study trains at most this many epochs, not counting repeats of failures."
        ),
    ] = None,
    budget_hours: Annotated[
        float | None,
        typer.Option(
            help="Stop when one worker has used this many hours in all, earlier runs included. Without --trials the hours "
            "also set the number of trials, if kleiber can time the trainer."
        ),
    ] = None,
    budget_money: Annotated[
        float | None, typer.Option(help="The same limit in money: the hours are this divided by --price-per-hour.")
    ] = None,
    price_per_hour: Annotated[float | None, typer.Option(help="Price of an hour of one worker.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Fresh subsets on which each size is scored.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed that fixes all others.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Trials to run at the same time.")] = 1,
    executor: Annotated[str | None, typer.Option(help="Where trials run: serial, local, or another package's.")] = None,
    device: Annotated[str, typer.Option(help="PyTorch's device: cpu, cuda, cuda:1, mps.")] = "cpu",
    pack: Annotated[
        int | None,
        typer.Option(min=1, help="Trials that a worker trains in one pass. Default: whatever is faster on the device."),
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which a trial is killed.")] = None,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="Keep what was measured before the study changed, and record the change."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would run and what it costs, without running it.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Draw the curve in seconds with a fast learner, without running the study.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the report. Default: kleiber-<study>.")] = None,
    export_subsets: Annotated[
        Path | None, typer.Option(help="Also write the list of examples in each subset to this folder.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Show the study as a live page in the browser while it runs.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also show the log.")] = False,
    as_json: Json = False,
) -> None:
    """Run or continue a study, then forecast and write the report.

    The same line continues a stopped study without repeating a trial. Larger --trials, --max-n or --replicates extend it.
    """
    from kleiber.command import before_run
    from kleiber.study.export import export_subsets as export

    changes: dict[str, Any] = {"net": net, "name": name, "max_n": max_n, "replicates": replicates, "seed": seed}
    changes |= {"data": data, "timeout": timeout}
    hours = before_run.hours(budget_hours, budget_money, price_per_hour, served=serve)
    budget = (
        "--budget-epochs" if budget_epochs is not None else "--budget-hours" if budget_money is None else "--budget-money"
    )
    _log_to_screen(verbose)
    with keys_named_by(_typed(changes, trials, budget)):
        chosen = _changed(_study(study, changes), changes, trials)
        chosen = before_run.within(chosen, ledger, trials, budget_epochs, hours, device)
        before_run.fewer(chosen, ledger)
        if export_subsets is not None:
            written = export(chosen, export_subsets)
            files = counted(len(written), "file")
            say(f"{files} of subsets in {export_subsets}; {written[-1].name} there says how to use them")
        if dry_run:
            before_run.dry_run(chosen, ledger, workers, device, as_json)
            return
        if preview:
            from kleiber.command.first_look import first_look

            first_look(chosen, ledger, workers, device, out, as_json)
            return
        place = _folder(out or Path(f"kleiber-{_slug(chosen.name)}"))
        if trials is not None and not chosen.search.space:
            say("--trials has no effect: this study has fixed hyper-parameters and no search")
        how: dict[str, Any] = {"executor": executor, "device": device, "pack": pack, "accept_changes": accept_changes}
        how["budget_hours"] = hours
        with live_page(ledger, price_per_hour) if serve else nullcontext():
            summary = _run_with_progress(chosen, ledger, workers=workers, **how)
            _tell(ledger, chosen.name, place, as_json)
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


KEYS = {
    "max_n": "--max-n", "replicates": "--replicates", "seed": "--seed", "net": "--net", "name": "--study",
    "data": "--data", "timeout": "--timeout",
}  # fmt: skip
"""The options that change keys of a study."""


def _typed(changes: dict[str, Any], trials: int | None, budget: str) -> dict[str, str]:
    """Give the options that were typed, by what an error calls their keys."""
    found = {key: KEYS[key] for key, value in changes.items() if value is not None}
    found |= {"[data] source": "--data"} if "data" in found else {}
    return found | ({} if trials is None else {"[search] trials": "--trials"}) | {"budget": budget}


def _study(name: str, changes: dict[str, Any]) -> Any:
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


def _changed(study: Any, changes: dict[str, Any], trials: int | None) -> Any:
    given = {key: value for key, value in changes.items() if value is not None}
    if trials is not None:
        given["search"] = {**study.search.model_dump(), "trials": trials}
    return study.changed(**given) if given else study


def _run_with_progress(study: Any, ledger: Path, *, workers: int, **how: Any) -> Any:
    from rich.console import Console

    from kleiber.command.progress import Screen
    from kleiber.study.drive import run_study

    listen(KEPT)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    hours = how.get("budget_hours")
    budget = None if hours is None else 3600 * hours
    with Screen(Console(stderr=True), workers=workers, budget=budget) as screen:
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
    from kleiber.findings.analyse import SCHEMA, analyse
    from kleiber.report import write_figure, write_report

    table = importers.read(ledger, study=study)
    if not table.rows:
        say("no score trial has a result yet, so kleiber cannot draw a curve")
        if as_json:
            print_json({"schema": SCHEMA, "curves": []})
        return
    findings = analyse(table)
    (out / "findings.json").write_text(findings.to_json() + "\n", encoding="utf-8")
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
            say(f"{lost} failed or got lost; the same line tries again")
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
