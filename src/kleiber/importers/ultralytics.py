"""Ultralytics: `results.csv` with an epoch from 1, and `args.yaml` beside, which has a fraction of the data and no count.

All metrics are fractions. Zeros before the first validation say nothing, and are passed over.
"""

from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _config, _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat

TITLE = "Ultralytics"


def places(tree: _safe.Tree) -> list[Path]:
    """Give the files called results.csv with metrics of Ultralytics."""
    return [path for path in _safe.named(tree, "results.csv") if _is_log(_csv.header(path))]


def _is_log(names: list[str]) -> bool:
    return names[:1] == ["epoch"] and any(name.startswith("metrics/") for name in names)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a results file."""
    try:
        log = _csv.log(path)
    except _csv.Shifted as error:
        yield _csv.shifted(path, error)
        return
    run = Run(path.parent.name, str(path.parent))
    run.params = flat(_config.yaml_file(path.parent / "args.yaml"))
    run.params.pop("epochs", None)
    judged = [name for name in log.names if name.startswith("metrics/")]
    run.validation, run.higher = frozenset(judged), dict.fromkeys(judged, True)
    validated = [name for name in log.names if name.startswith(("metrics/", "val/"))]
    begun = False
    for i, row in enumerate(log.rows):
        begun |= any(row.get(name) for name in validated)
        for name in log.names[1:]:
            if name in row and name != "time" and (begun or name.startswith("train/")):
                run.add(name, float(i), row[name], row.get("epoch", float(i)))
    if log.rows and not any(log.rows[0].get(name) for name in validated) and begun:
        run.marks.append("unvalidated")
    yield run


read = reader("ultralytics")
