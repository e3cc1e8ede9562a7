"""ClearML offline: a folder `offline-HEX` with `task.json` and `metrics.jsonl`, or the zip that closing leaves beside it.

NaN and infinity are written as 0.0 without a flag. So a loss of exactly 0.0 among positive ones never counts.
"""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, number

TITLE = "ClearML"
TASK, METRICS = "task.json", "metrics.jsonl"
SINGLE = -(2**31)
"""The iteration under which a single value is written."""


def places(tree: _safe.Tree) -> list[Path]:
    """Give the folders of sessions, and the zips of those whose folder is gone."""
    folders = [folder for folder, names in tree.items() if TASK in names and METRICS in names]
    zips = [
        folder / name for folder, names in tree.items() for name in names if name.endswith(".zip") and "offline" in name
    ]
    return [*folders, *(path for path in zips if path.with_suffix("") not in folders and _is_session(path))]


def _is_session(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as opened:
            return {TASK, METRICS} <= set(opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a session."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as opened:
            task = _safe.parsed(_member(opened, TASK, path), f"{path}, {TASK}")
            lines = _member(opened, METRICS, path).splitlines()
            yield _run(path, task, (_safe.parsed(line, f"{path}, {METRICS}") for line in lines if line.strip()))
        return
    yield _run(path, _safe.json_object(path / TASK), (events for _, events in _safe.json_lines(path / METRICS)))


def _member(opened: zipfile.ZipFile, name: str, path: Path) -> bytes:
    """Give what a zip holds under a name; raises `KleiberError` beyond 8 MiB, whatever the zip says of its size."""
    with opened.open(name) as file:
        found = file.read(_safe.JSON_BYTES + 1)
    if len(found) > _safe.JSON_BYTES:
        raise KleiberError(f"{path}: {name} has more than {_safe.JSON_BYTES // 2**20} MiB: it is not read")
    return found


def _run(path: Path, task: Any, lines: Iterable[Any]) -> Run:
    if not isinstance(task, dict):
        raise KleiberError(f"{path}: {TASK} holds no task")
    run = Run(str(task.get("name") or path.stem), path.name, zero_unknown=True)
    for section in (task.get("hyperparams") or {}).values():
        for name, held in section.items() if isinstance(section, dict) else ():
            if isinstance(held, dict) and isinstance(held.get("value"), str | int | float):
                run.params[name.replace("/", ".")] = held["value"]
    for events in lines:
        for event in events if isinstance(events, list) else [events]:
            _event(run, event)
    return run


def _event(run: Run, event: Any) -> None:
    if not isinstance(event, dict):
        return
    value, step = number(event.get("value")), number(event.get("iter"))
    title, series = str(event.get("metric", "")), str(event.get("variant", ""))
    if value is None or step is None:
        return
    single = step == SINGLE
    name = series if single or title == series else f"{title}/{series}" if series else title
    run.add(name, 0.0 if single else step, value)


read = reader("clearml")
