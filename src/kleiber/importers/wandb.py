"""W&B: folders of offline runs (`wandb/offline-run-*/run-*.wandb`), and tables and charts exported as CSV.

A run log is a LevelDB log of protocol buffers. Its fields: Record 2 history, 5 config, 17 run, 18 exit; an item is 1 key,
2 nested key, 16 value as JSON. A resumed run lies in several folders of one id, in order of their start.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.importers import _exported, _leveldb, _safe, _wire
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "W&B"
MAGIC = b":W&B\xe1\xbe\x00"
ID = re.compile(r"run-(.+)\.wandb")


def places(tree: _safe.Tree) -> list[Path]:
    """Give one log for each run's id, or the CSV files that the page exports."""
    logs = [folder / name for folder, files in tree.items() for name in files if ID.fullmatch(name)]
    first: dict[str, Path] = {}
    for log in sorted(logs):
        first.setdefault(log.name, log)
    return list(first.values()) or _exported.places(tree)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log, with its other folders; an export gives many."""
    if path.suffix == ".csv":
        yield from _exported.runs(path)
        return
    logs = [folder / path.name for folder in tree.named[path.name]]
    parts = [_Log(log) for log in logs]
    known = sorted((part for part in parts if part.records), key=lambda part: part.start)
    run = Run(parts[0].id, path.parent.name, state="crashed", marks=["cut"] if not known else [])
    offset = 0.0
    for part in known:
        run.name, run.group = part.name or run.name, part.group or run.group
        run.params |= part.params
        run.state = part.state
        offset = part.into(run, offset)
    if len(known) > 1:
        run.marks.append("folders")
    yield run


class _Log:
    """What one log says: name, start, parameters, rows of history, and how it ended."""

    def __init__(self, path: Path) -> None:
        match = ID.fullmatch(path.name)
        self.id = match[1] if match else path.stem
        self.path, self.name, self.group, self.state, self.start, self.records = path, "", "", "crashed", 0.0, 0
        self.params: dict[str, Any] = {}
        self.config: dict[str, Any] = {}
        self.rows: list[dict[str, Any]] = []
        for record in _leveldb.records(path, MAGIC):
            self.records += 1
            for field, value in _wire.fields(record):
                if field == 2:
                    self.rows.append(dict(_items(_wire.inner(value), 1)))
                elif field == 5:
                    self.config |= dict(_items(_wire.inner(value), 1))
                elif field == 17:
                    self._run(_wire.inner(value))
                elif field == 18:
                    codes = [_wire.whole(code) for key, code in _wire.fields(_wire.inner(value)) if key == 1]
                    self.state = "failed" if any(codes) else "finished"
        self.params = flat({key: value for key, value in self.config.items() if key != "_wandb"})

    def _run(self, data: bytes) -> None:
        for field, value in _wire.fields(data):
            if field == 1:
                self.id = _wire.words(value)
            elif field == 4:
                self.config |= dict(_items(_wire.inner(value), 1))
            elif field == 8:
                self.name = _wire.words(value)
            elif field == 3:
                self.group = _wire.words(value)
            elif field == 17:
                parts = {key: _wire.whole(part) for key, part in _wire.fields(_wire.inner(value))}
                self.start = parts.get(1, 0) + parts.get(2, 0) / 1e9

    def into(self, run: Run, offset: float) -> float:
        """Add the rows to a run, their steps counted on from those of the folders before; give where the next begin."""
        steps = [number(row.get("_step")) or 0.0 for row in self.rows]
        offset = offset if min(steps, default=0.0) < offset else 0.0
        last = offset
        for i, row in enumerate(self.rows):
            step = offset + float(number(row.get("_step")) or (i if "_step" not in row else 0.0))
            epoch = number(row.get("epoch"))
            last = max(last, step + 1)
            for name, value in row.items():
                if not name.startswith("_") and name != "epoch" and (found := number(value)) is not None:
                    run.add(name, step, found, epoch)
        return last


def _items(data: bytes, wanted: int) -> Iterator[tuple[str, Any]]:
    """Give the keys and values of the items of a message; dicts within a row of history become `a.b`."""
    for field, item in _wire.fields(data):
        if field != wanted:
            continue
        nested, key, text = [], "", ""
        for part, value in _wire.fields(_wire.inner(item)):
            if part == 1:
                key = _wire.words(value)
            elif part == 2:
                nested.append(_wire.words(value))
            elif part == 16:
                text = _wire.words(value)
        try:
            yield key or ".".join(nested), json.loads(text)
        except (ValueError, RecursionError):
            continue


read = reader("wandb")
