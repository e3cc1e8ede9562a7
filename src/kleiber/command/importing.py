"""The command that takes runs out of a tracker or a framework's logs, and writes them as a table, one row a run."""

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import By, From, Higher, Json
from kleiber.command.options import named_by_options
from kleiber.command.outputs import apart_from
from kleiber.command.terminal import print_json, say
from kleiber.command.waiting import Waiting
from kleiber.errors import KleiberError, MachineError

RUNS = "A tracker's file or folder of runs, such as mlruns, wandb or lightning_logs."


@named_by_options
def import_runs(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help=RUNS)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The CSV file to write. Default: standard output.")
    ] = None,
    kind: From = None,
    by_n: By = None,
    seed: Annotated[
        str | None, typer.Option(help="The parameter with the seed, such as train.seed, or 'name:REGEX'.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The parameter that names the model, such as arch, or 'name:REGEX'.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="The parameter that splits the runs, such as dataset, or 'name:REGEX'.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="The metric to read, if the runs have several.")] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Which value of a run counts: best, last, checkpoint, epoch=3 or step=1000. Default: best, "
            "if the metric is of a validation set, else last."
        ),
    ] = None,
    pool: Annotated[float | None, typer.Option(help="Examples in the whole pool, if sizes are shares of it.")] = None,
    higher_is_better: Higher = None,
    as_json: Json = False,
) -> None:
    """Write the runs of a tracker or a framework as a table that kleiber forecast reads, one row a run.

    W&B, MLflow, TensorBoard, Lightning, Hugging Face, Keras, Optuna and a dozen more; docs/import.md lists them. The kind
    is found by looking inside. How everything was read goes to standard error.
    """
    from kleiber.importers import _doors
    from kleiber.importers._run import Asked

    path = _doors.path_of(source)
    if output is not None:
        apart_from(path, output)
    with Waiting() as waiting:
        found = _doors.kind_of(path, kind)
        if found is None:
            raise KleiberError(
                f"{path} holds no runs of a tracker that kleiber knows; docs/import.md lists them. A table needs no "
                f"import: kleiber forecast reads it"
            )
        asked = Asked(by_n, seed, model, group, metric, keep, pool, higher_is_better)
        runs = _doors.columns_of(found, path, asked, waiting)
    for note in runs.notes:
        say(f"import: {note}")
    rows = [dict(zip(runs.columns, cells, strict=True)) for cells in zip(*runs.columns.values(), strict=True)]
    text = _as_csv(list(runs.columns), rows)
    if output is not None:
        _write(output, text)
    if as_json:
        print_json(
            {
                "runs": len(rows),
                "metric": runs.metric,
                "notes": runs.notes,
                "written": None if output is None else str(output),
            }
        )
    else:
        print(text if output is None else output, end="" if output is None else "\n")


def _as_csv(names: list[str], rows: list[dict[str, Any]]) -> str:
    held = io.StringIO()
    writer = csv.DictWriter(held, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineError(f"cannot write {path}: {error.strerror}") from error
