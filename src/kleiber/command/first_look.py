"""`kleiber run --preview`: a study's curve in seconds by another learner, its forecast, and what the study itself costs."""

from pathlib import Path
from typing import Any

from kleiber.command.terminal import print_findings, print_json, say
from kleiber.findings.analyse import Findings, analyse
from kleiber.report import write_report
from kleiber.study.cost import Cost, cost, seconds_left
from kleiber.study.prepare import prepare, settled_before
from kleiber.study.preview import Preview, preview
from kleiber.wording import counted, duration

MODEL = "kernel preview"


def first_look(study: Any, ledger: Path, workers: int, device: str, out: Path | None, as_json: bool) -> None:
    """Measure the study's sizes with the kernel, tell the curve and the cost, and write nothing into the ledger."""
    dataset, plan = prepare(study)
    say(f"a first look at {study.name} on {dataset.name}: {counted(len(plan.sizes), 'size')} by kernel ridge regression")
    look = preview(plan, dataset)
    findings = analyse(columns(look), metric=look.metric)
    left = cost(plan, settled_before(study, dataset, ledger))
    seconds = seconds_left(plan, dataset, left, device)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        say(f"report: {write_report(findings, out / 'preview.html')}")
    if as_json:
        print_json(
            {
                "preview": {"rows": list(look.rows), "chosen": dict(look.chosen), "left_out": list(look.left_out)},
                "n_test": look.n_test,
                "seconds": look.seconds,
                "findings": findings.to_dict(),
                "cost": {"trials": sum(left.trials.values()), "examples": left.examples, "seconds": seconds},
            }
        )
        return
    _tell(look, findings, study.net)
    print(_price(left, seconds, workers))


def columns(look: Preview) -> dict[str, list[Any]]:
    """Give the runs of a preview as a table's columns, in the study's metric."""
    rows = look.rows
    found = {"n": [row["n"] for row in rows], look.metric: [row[look.metric] for row in rows]}
    return found | {"replicate": [row["replicate"] for row in rows], "model": [MODEL] * len(rows)}


def _tell(look: Preview, findings: Findings, net: str) -> None:
    print(
        f"This is kernel ridge regression on fixed features, not {net}: its curve has the data's shape, not the net's "
        f"level. Measured on {look.n_test:,} test examples in {duration(look.seconds)}."
    )
    if look.left_out:
        print(f"Too large for it: {', '.join(f'{n:,}' for n in look.left_out)}.")
    print_findings(findings, as_json=False)


def _price(left: Cost, seconds: float | None, workers: int) -> str:
    trials, seen = counted(sum(left.trials.values()), "trial"), counted(left.examples, "training example")
    said = f"The study itself: {trials}, up to {seen} to see"
    if seconds is None:
        return f"{said}; the time is unknown until the first trials are measured."
    with_workers = f"with {counted(workers, 'worker')}"
    return f"{said}, about {duration(seconds / workers)} at most {with_workers}."
