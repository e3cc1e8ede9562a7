"""SwanLab: `swanlog/run-*/run-ID.swanlab`, the same kind of log as W&B's, and `files/config.yaml` beside.

Record: 10 start (4 name, 10 id), 11 finish (1 state), 13 scalar (1 key, 2 step, 5 value: 1 double). A value of 0.0 is an
empty message. A run without a finish was killed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.importers import _config, _leveldb, _safe, _wire
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat

TITLE = "SwanLab"
MAGIC = b":SWL\xd6\xe1\x02"
STATES = {1: "finished", 2: "crashed", 3: "aborted"}


def places(tree: _safe.Tree) -> list[Path]:
    """Give the logs of runs."""
    return [folder / name for folder, names in tree.items() for name in names if name.endswith(".swanlab")]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log."""
    run = Run(path.parent.name, str(path.parent), state="crashed")
    seen: set[tuple[str, int]] = set()
    for record in _leveldb.records(path, MAGIC):
        for field, value in _wire.fields(record):
            if field == 10:
                parts = dict(_wire.fields(_wire.inner(value)))
                run.name = _wire.words(parts.get(4, run.name.encode()))
            elif field == 11:
                run.state = STATES.get(_wire.whole(dict(_wire.fields(_wire.inner(value))).get(1, 0)), "")
            elif field == 13:
                _scalar(run, dict(_wire.fields(_wire.inner(value))), seen)
    run.params = flat(_config_of(path.parent / "files" / "config.yaml"))
    yield run


def _scalar(run: Run, parts: dict[int, int | bytes], seen: set[tuple[str, int]]) -> None:
    """Add a value; the first of a step counts, as SwanLab itself shows."""
    key, step = _wire.words(parts.get(1, b"")), _wire.whole(parts.get(2, 0))
    if (key, step) in seen or 5 not in parts:
        return
    seen.add((key, step))
    held = dict(_wire.fields(_wire.inner(parts[5])))
    run.add(key, step, _wire.real(held[1]) if 1 in held else 0.0)


def _config_of(path: Path) -> dict[str, Any]:
    """Give the parameters, each of which is written with a description and a place beside its value."""
    given = _config.yaml_file(path)
    return {key: one["value"] for key, one in given.items() if isinstance(one, dict) and "value" in one}


read = reader("swanlab")
