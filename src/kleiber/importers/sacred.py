"""Sacred's FileStorageObserver: `DIR/NUMBER/{config.json,run.json,metrics.json}`.

`result` is what main returned. A random `seed` is in every config unless one was set.
"""

from collections.abc import Iterator
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "Sacred"
STATES = {"completed": "finished"}


def places(tree: _safe.Tree) -> list[Path]:
    """Give the folders of runs."""
    return [folder for folder, names in tree.items() if "run.json" in names and "config.json" in names]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a folder."""
    about = _safe.json_object(path / "run.json")
    inside = about.get("experiment")
    name = str(inside.get("name") or "") if isinstance(inside, dict) else ""
    state = str(about.get("status") or "").lower()
    run = Run(f"{name} {path.name}".strip(), path.name, state=STATES.get(state, state), group=name)
    run.params = flat({k: v for k, v in _safe.json_object(path / "config.json").items() if not k.startswith("__")})
    for metric, held in _safe.json_object(path / "metrics.json").items():
        steps, values = (held.get("steps"), held.get("values")) if isinstance(held, dict) else (None, None)
        if not isinstance(steps, list) or not isinstance(values, list) or len(steps) != len(values):
            raise KleiberError(f"{path / 'metrics.json'}: {metric!r} has no steps with a value each")
        for step, value in zip(steps, values, strict=True):
            at, found = number(step), number(value)
            if at is not None and found is not None:
                run.add(metric, at, found)
    result = about.get("result")
    if (found := number(result)) is not None:
        run.add("result", 0.0, found)
    for key, value in flat(result).items() if isinstance(result, dict) else ():
        if key not in run.series and (found := number(value)) is not None:
            run.add(key, 0.0, found)
    yield run


read = reader("sacred")
