"""Lightning's CSVLogger: `version_K/metrics.csv` and `hparams.yaml`, the kept epoch from a checkpoint's file name.

Rows of training and validation stand apart at one epoch and step, both counted from 0. A validation after training stands
under an epoch that was never trained, and is passed over. `test_*` metrics are what `trainer.test` reports.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _choice, _config, _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat

TITLE = "Lightning"
CHECKPOINT = re.compile(r"epoch=(\d+).*\.ckpt")
AXES = {"epoch", "step"}


def places(tree: _safe.Tree) -> list[Path]:
    """Give the logs called metrics.csv that have epochs and steps."""
    return [path for path in _safe.named(tree, "metrics.csv") if set(_csv.header(path)) >= AXES]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log."""
    folder = path.parent
    try:
        log = _csv.log(path)
    except _csv.Shifted as error:
        yield _csv.shifted(path, error)
        return
    above = folder.parent.name
    run = Run(f"{above}/{folder.name}" if above and folder.name.startswith("version_") else folder.name, str(folder))
    run.params = flat(_config.yaml_file(folder / "hparams.yaml"))
    names = [name for name in log.names if name not in AXES]
    training = [row["epoch"] for row in log.rows if "epoch" in row and _trains(row)]
    last = max(training, default=None)
    lone = _lone(log.rows) if last is None else None
    for row in log.rows:
        epoch, step = row.get("epoch"), row.get("step", 0.0)
        for name in names:
            if name not in row:
                continue
            late = epoch is not None and ((last is not None and epoch > last) or epoch == lone)
            if late and _choice.part_of(name) == _choice.VALIDATION:
                run.marks.append("after-fit")
            else:
                run.add(name, step, row[name], epoch)
    run.marks = list(dict.fromkeys(run.marks))
    kept = [match for name in tree.get(folder / "checkpoints", ()) if (match := CHECKPOINT.fullmatch(name))]
    if len(kept) == 1:
        run.kept = "epoch", float(kept[0][1])
    yield run


def _trains(row: dict[str, float]) -> bool:
    return any(name not in AXES and _choice.part_of(name) not in (_choice.VALIDATION, _choice.TEST) for name in row)


def _lone(rows: list[dict[str, float]]) -> float | None:
    """Give the epoch of a last row one step past an even grid, where no row of training says which epochs there were."""
    known = [(row["step"], row["epoch"]) for row in rows if "step" in row and "epoch" in row]
    if len(known) < 3:
        return None
    (a, _), (b, _), (c, epoch) = known[-3:]
    return epoch if c - b == 1 and b - a > 1 else None


read = reader("lightning")
