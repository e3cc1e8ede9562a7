"""TensorBoard's event files, read as they are written: every scalar, and none thinned out as its own reader does.

The event files of one folder are one run, in the order of their names. What `add_scalars`, `add_hparams` and Keras put into
folders below belongs to it. Hyper-parameters also come from an `hparams.yaml` beside. Without event files, the CSV files
that the page downloads are read, by the run in their names: `run-NAME-tag-METRIC.csv`, with Wall time, Step and Value.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _config, _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._events import HPARAMS, Events
from kleiber.importers._run import Run, flat

TITLE = "TensorBoard"
MARK = "tfevents"
SETS = ("train", "training", "validation", "val", "valid", "eval", "test")
PART = re.compile(rf"(?:^|_)({'|'.join(SETS)})$")
DOWNLOAD = re.compile(r"(?:run-)?(.+?)-tag-(.+)")
COLUMNS = ["Wall time", "Step", "Value"]
TIME = re.compile(r"\d{9,11}(\.\d+)?")


def places(tree: _safe.Tree) -> list[Path]:
    """Give the folders of runs: those with event files, and those above folders such as train and validation."""
    written = [folder for folder in tree if _is_written(folder, tree)]
    found = list(dict.fromkeys(folder.parent if _is_part(folder, tree) else folder for folder in written))
    return found or list({(path.parent, _of_download(path)[0]): path for path in reversed(_downloads(tree))}.values())[::-1]


def _downloads(tree: _safe.Tree) -> list[Path]:
    files = [folder / name for folder, names in tree.items() for name in names if name.lower().endswith(".csv")]
    return [path for path in files if _csv.header(path) == COLUMNS]


def _of_download(path: Path) -> tuple[str, str]:
    """Give the run and the metric of a file that the page downloads."""
    match = DOWNLOAD.fullmatch(path.stem)
    return (match[1], match[2]) if match else (path.stem, "value")


def _downloaded(path: Path, tree: _safe.Tree) -> Run:
    """Give the run of a file, with its other files."""
    run = Run(_of_download(path)[0], str(path))
    for name in tree.get(path.parent, ()):
        found, metric = _of_download(path.parent / name)
        if found == run.name and _csv.header(path.parent / name) == COLUMNS:
            for row in _csv.log(path.parent / name).rows:
                if "Step" in row and "Value" in row:
                    run.add(metric, row["Step"], row["Value"])
    return run


def _is_written(folder: Path, tree: _safe.Tree) -> bool:
    return any(MARK in name for name in tree.get(folder, ()))


def _is_part(folder: Path, tree: _safe.Tree) -> bool:
    """Say whether a folder holds a part of the run above it: hyper-parameters, one set of a chart, or one set of a fit."""
    if _is_written(folder.parent, tree):
        return PART.search(folder.name) is not None or TIME.fullmatch(folder.name) is not None or _has_parameters(folder)
    return folder.name in SETS and any(_is_written(folder.parent / name, tree) for name in SETS if name != folder.name)


def _has_parameters(folder: Path) -> bool:
    return any(HPARAMS.encode() in _safe.head(file) for file in sorted(folder.iterdir()) if MARK in file.name)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a folder, with what the folders below it hold of it."""
    if path.suffix.lower() == ".csv":
        yield _downloaded(path, tree)
        return
    folder = path if path in tree else path.parent
    run = Run(folder.name, str(folder))
    files = [folder / name for name in tree.get(folder, ()) if MARK in name]
    events = Events(run)
    for file in files:
        events.file(file)
    if sum(file.stat().st_size > 200 for file in files) > 1:
        run.marks.append("folders")
    parts = [each for each in tree.folders.get(folder, ()) if _is_written(each, tree) and _is_part(each, tree)]
    for part in sorted(parts):
        of = PART.search(part.name)
        inside = Events(Run(part.name))
        for file in [part / name for name in tree[part] if MARK in name]:
            inside.file(file)
        for name, series in inside.run.series.items():
            run.series.setdefault(f"{of[1]}/{name}" if of else name, series)
        run.params |= inside.run.params
        run.marks += inside.run.marks
    run.params = flat(_config.yaml_file(folder / "hparams.yaml")) | run.params
    run.marks = list(dict.fromkeys(run.marks))
    yield run


read = reader("tensorboard")
