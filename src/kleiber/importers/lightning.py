"""Lightning's CSVLogger: `version_K/metrics.csv` and `hparams.yaml`, the kept epoch from a checkpoint's file name.

Rows of training and validation stand apart at one epoch and step, both counted from 0. A validation after training stands
under an epoch that was never trained, and is passed over. `test_*` metrics are what `trainer.test` reports. A run that is
resumed goes on in the next version, whose first epoch is not 0 and whose hyper-parameters are the same.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _choice, _config, _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "Lightning"
CHECKPOINT = re.compile(r"epoch=(\d+).*\.ckpt")
VERSION = re.compile(r"version_(\d{1,6})")
LOG, HPARAMS = "metrics.csv", "hparams.yaml"
AXES = {"epoch", "step"}


def places(tree: _safe.Tree) -> list[Path]:
    """Give the logs called metrics.csv that have epochs and steps: the first of each run."""
    logs = [path for path in _safe.named(tree, LOG) if set(_csv.header(path)) >= AXES]
    return [path for path in logs if _before(path, tree) is None]


def _before(path: Path, tree: _safe.Tree) -> Path | None:
    """Give the log that a log goes on with, of the version before; None where it begins a run."""
    version = VERSION.fullmatch(path.parent.name)
    if version is None or not _first_epoch(path):
        return None
    before = path.parent.parent / f"version_{int(version[1]) - 1}"
    same = _safe.head(before / HPARAMS, 2**16) == _safe.head(path.parent / HPARAMS, 2**16)
    return before / LOG if LOG in tree.get(before, ()) and same else None


def _first_epoch(path: Path) -> float:
    """Give the first epoch that a log's beginning has; rows of a learning rate have none."""
    at = _csv.header(path).index("epoch")
    rows = _safe.head(path, 2**16).decode("utf-8", "replace").splitlines()[1:]
    return next((found for row in rows if (found := number((row.split(",") + [""] * at)[at])) is not None), 0.0)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log and of those that go on with it."""
    folder, parts = path.parent, [path]
    while VERSION.fullmatch(parts[-1].parent.name):
        after = folder.parent / f"version_{int(parts[-1].parent.name.removeprefix('version_')) + 1}" / LOG
        if LOG not in tree.get(after.parent, ()) or _before(after, tree) != parts[-1]:
            break
        parts.append(after)
    above = folder.parent.name
    run = Run(f"{above}/{folder.name}" if above and VERSION.fullmatch(folder.name) else folder.name, str(folder))
    run.params = flat(_config.yaml_file(folder / HPARAMS))
    for part in parts:
        try:
            _add(run, _csv.log(part))
        except _csv.Shifted as error:
            yield _csv.shifted(part, error)
            return
    run.marks = list(dict.fromkeys([*run.marks, *(["folders"] if len(parts) > 1 else [])]))
    kept = [match for name in tree.get(parts[-1].parent / "checkpoints", ()) if (match := CHECKPOINT.fullmatch(name))]
    if len(kept) == 1:
        run.kept = "epoch", float(kept[0][1])
    yield run


def _add(run: Run, log: _csv.Log) -> None:
    """Add the rows of a log, without validations after training."""
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
