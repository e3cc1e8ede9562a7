"""Keras' CSVLogger: a CSV that begins with `epoch`, counted from 0; NA where an epoch has no validation. Or the dict of a
fit's history, saved as JSON: a list of values for each metric, shorter where some epochs had no validation.

An epoch that falls back is a second fit in the same file, and the last one counts. A row with more cells than names is what
a second fit with one more metric leaves: such a file is refused.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, number

TITLE = "Keras"
HISTORY = re.compile(rb'\s*\{\s*"[^"]{1,80}"\s*:\s*\[\s*(-?\d|NaN|Infinity)')


def places(tree: _safe.Tree) -> list[Path]:
    """Give the CSV files that begin with an epoch and have a loss or an accuracy of Keras' names."""
    files = [folder / name for folder, names in tree.items() for name in names if name.endswith((".csv", ".log", ".tsv"))]
    return [path for path in files if _is_log(_csv.header(path))] + [
        folder / name
        for folder, names in tree.items()
        for name in names
        if name.endswith(".json") and HISTORY.match(_safe.head(folder / name, 200))
    ]


def _is_log(names: list[str]) -> bool:
    known = {"loss", "val_loss", "accuracy", "val_accuracy"} & set(names)
    return len(names) > 1 and names[0] == "epoch" and bool(known) and not {"step", "time", "n", "valid_loss"} & set(names)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log."""
    yield _saved(path) if path.suffix == ".json" else _csv.run_of(path)


def _saved(path: Path) -> Run:
    """Give the run of a history's dict."""
    run = Run(_csv.name_of(path), str(path))
    for name, values in _safe.json_object(path).items():
        found = [number(value) for value in values] if isinstance(values, list) else []
        for epoch, value in enumerate(found):
            if value is not None:
                run.add(name, float(epoch), value, float(epoch))
    return run


read = reader("keras")
