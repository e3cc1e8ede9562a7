"""skorch: a history saved as JSON, a list of epochs from 1. n is the sum of the sizes of an epoch's training batches.

By default a fifth of the given data is held out, so n is less than what was given. `valid_loss_best` marks the best epochs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, number

TITLE = "skorch"
ASIDE = ("epoch", "dur", "batches", "train_batch_count", "valid_batch_count", "event_cp", "event_lr")


def places(tree: _safe.Tree) -> list[Path]:
    """Give the JSON files that begin as a history does."""
    files = [folder / name for folder, names in tree.items() for name in names if name.endswith(".json")]
    return [path for path in files if _is_history(_safe.head(path, 600))]


def _is_history(head: bytes) -> bool:
    return head.lstrip()[:1] == b"[" and b'"batches"' in head


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a history."""
    history = _safe.json_file(path)
    if not isinstance(history, list) or not all(isinstance(epoch, dict) for epoch in history):
        raise KleiberError(f"{path} holds no list of epochs")
    name = path.parent.name if path.stem in ("history", "train_history") else path.stem
    run = Run(name, str(path))
    sizes: list[float] = []
    for i, epoch in enumerate(history):
        at = number(epoch.get("epoch")) or float(i + 1)
        sizes.append(_trained_on(epoch))
        for metric, value in epoch.items():
            if metric in ASIDE or metric.endswith("_best") or metric.startswith("event_"):
                continue
            if (found := number(value)) is not None:
                run.add(metric, at, found, at)
        if epoch.get("valid_loss_best") is True:
            run.kept = "epoch", at
    if sizes and sizes[0] > 0 and len(set(sizes)) == 1:
        run.counted = sizes[0], "the sum of the training batches of an epoch"
    yield run


def _trained_on(epoch: dict[str, Any]) -> float:
    batches = epoch.get("batches")
    given = (
        [batch.get("train_batch_size") for batch in batches if isinstance(batch, dict)] if isinstance(batches, list) else []
    )
    return float(sum(size for size in given if isinstance(size, int | float)))


read = reader("skorch")
