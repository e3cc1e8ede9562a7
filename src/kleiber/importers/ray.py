"""Ray Tune: trial folders with `result.json`, a row a line, and `params.json`. `progress.csv` lacks what was reported late.

A trial that was tried again repeats rows, of which the last counts; its `error.txt` stays, and says when it failed.
`params.pkl` and `error.pkl` are not opened.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _choice, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "Ray Tune"
FAILURE = re.compile(r"^Failure # \d+ \(occurred at ([\d_-]+)\)$", re.MULTILINE)
OURS = {
    "timestamp", "checkpoint_dir_name", "done", "training_iteration", "trial_id", "date",
    "time_this_iter_s", "time_total_s", "pid", "hostname", "node_ip",
    "time_since_restore", "iterations_since_restore", "config", "experiment_tag", "should_checkpoint",
}  # fmt: skip


def places(tree: _safe.Tree) -> list[Path]:
    """Give the folders of trials."""
    return [folder for folder, names in tree.items() if "result.json" in names and "params.json" in names]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a trial."""
    run = Run(path.name[:80], path.name, group=path.parent.name)
    run.params = flat(_safe.json_object(path / "params.json"))
    last = ""
    for _, row in _safe.json_lines(path / "result.json"):
        if not isinstance(row, dict):
            continue
        if isinstance(row.get("config"), dict):
            run.params |= flat(row["config"])
        last = str(row.get("date", last))
        step = number(row.get("training_iteration")) or 0.0
        told = flat({key: value for key, value in row.items() if key not in OURS})
        epoch = number(told.pop("epoch", None))
        for name, value in told.items():
            metric = name.replace(".", "/")
            if (found := number(value)) is not None and not _choice.is_aside(metric):
                run.add(metric, step, found, epoch)
    run.state = "failed" if _failed(path, tree, last) else ""
    yield run


def _failed(path: Path, tree: _safe.Tree, last: str) -> bool:
    """Say whether a trial has failed and was not tried again: whether it reported nothing after its last error."""
    if "error.txt" not in tree.get(path, ()):
        return False
    errors = FAILURE.findall(_safe.head(path / "error.txt", 2**22).decode("utf-8", "replace"))
    return not errors or last <= errors[-1]


read = reader("ray")
