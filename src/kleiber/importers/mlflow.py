"""MLflow: the SQLite store (`mlflow.db`) and the file store (`mlruns/EXPERIMENT/RUN`), both without MLflow.

NaN is 0.0 with `is_nan` in the one and `nan` in the other; infinity is the largest double. Deleted runs and experiments are
left out. n may be that of the training data set that a run names.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _config, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, Series, number

TITLE = "MLflow"
TABLES = {"runs", "metrics", "params", "experiments"}
STATES = {1: "running", 2: "scheduled", 3: "finished", 4: "failed", 5: "killed"}
RUNS = """
SELECT r.run_uuid, r.name, r.status, e.name FROM runs r JOIN experiments e USING (experiment_id)
WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' ORDER BY r.start_time, r.run_uuid
"""
METRICS = "SELECT key, step, CASE is_nan WHEN 0 THEN value END FROM metrics WHERE run_uuid = ? ORDER BY timestamp, step"
PARAMS = "SELECT key, substr(value, 1, 1000) FROM params WHERE run_uuid = ?"
TAGS = "SELECT key, substr(value, 1, 1000) FROM tags WHERE run_uuid = ?"
DATA = """
SELECT d.dataset_profile, t.value FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
WHERE i.destination_id = ? AND i.source_type = 'DATASET'
"""


def places(tree: _safe.Tree) -> list[Path]:
    """Give the databases of MLflow, and the folders of runs of a file store."""
    files = [folder / name for folder, names in tree.items() for name in names if _may_be(name)]
    stores = [path for path in files if _safe.tables_in(path) >= TABLES]
    folders = [
        folder
        for folder, names in tree.items()
        if "meta.yaml" in names and ((folder / "metrics") in tree or (folder / "params") in tree)
    ]
    return [*stores, *folders]


def _may_be(name: str) -> bool:
    return name.endswith((".db", ".sqlite", ".sqlite3")) or "." not in name


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the runs of a store, or the one of a folder."""
    if path not in tree:
        yield from _of_database(path)
        return
    yield from _of_folder(path, tree)


def _of_database(path: Path) -> Iterator[Run]:
    with _safe.database(path) as opened:
        there = _safe.tables(opened)
        for uuid, name, status, experiment in opened.execute(RUNS).fetchall():
            run = Run(str(name or uuid), path.name, state=str(status or "").lower(), group=str(experiment))
            for key, step, value in opened.execute(METRICS, (uuid,)):
                series = run.series.get(key)
                if series is None:
                    series = run.series[key] = Series()
                series.step.append(step)
                series.value.append(float("nan") if value is None else value)
            run.params = dict(opened.execute(PARAMS, (uuid,)).fetchall())
            if "tags" in there:
                run.params |= {k: v for k, v in opened.execute(TAGS, (uuid,)) if not k.startswith("mlflow.")}
            if there >= {"inputs", "datasets", "input_tags"}:
                run.counted = _rows_of(opened.execute(DATA, (uuid,)).fetchall())
            if run.series or not _is_parent(opened, uuid):
                yield run


def _is_parent(opened: sqlite3.Connection, uuid: str) -> bool:
    """Say whether a run without metrics only holds others together."""
    found = opened.execute("SELECT 1 FROM tags WHERE key = 'mlflow.parentRunId' AND value = ? LIMIT 1", (uuid,))
    return found.fetchone() is not None


def _rows_of(given: list[tuple[Any, Any]]) -> tuple[float, str] | None:
    """Give the size of the training data set, by its profile; of several, or of one for validation, none."""
    sizes = [rows for profile, context in given if (context or "training") == "training" and (rows := _profile(profile))]
    return (sizes[0], "the number of rows of the training data set") if len(sizes) == 1 else None


def _profile(text: Any) -> float | None:
    with contextlib.suppress(KleiberError, TypeError):
        found = _safe.parsed(text, "a profile")
        shape = found.get("features_shape") if isinstance(found, dict) else None
        if isinstance(shape, dict):
            shape = next(iter(shape.values()), None)
        size = found.get("num_rows") if isinstance(found, dict) else None
        return number(size if size is not None else shape[0] if isinstance(shape, list) and shape else None)
    return None


def _of_folder(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    meta, above = _config.yaml_file(path / "meta.yaml"), _experiment(path.parent)
    if "deleted" in (meta.get("lifecycle_stage"), above.get("lifecycle_stage")):
        return
    run = Run(str(meta.get("run_name") or meta.get("run_id") or path.name), path.name)
    run.state, run.group = STATES.get(meta.get("status", 0), ""), str(above.get("name") or path.parent.name)
    for folder in tree.below(path):
        kind = folder.relative_to(path).parts[:1]
        for name in tree[folder]:
            key = "/".join((*folder.relative_to(path).parts[1:], name)) if kind else ""
            if kind == ("metrics",):
                run.series[key] = _metric(folder / name)
            elif kind == ("params",) or (kind == ("tags",) and not key.startswith("mlflow.")):
                run.params[key] = _safe.text(folder / name, _safe.LINE_BYTES)[:1000]
    run.counted = _rows_of(list(_inputs(path, tree)))
    yield run


def _experiment(path: Path) -> dict[str, Any]:
    with contextlib.suppress(KleiberError):
        return _config.yaml_file(path / "meta.yaml")
    return {}


def _metric(path: Path) -> Series:
    """Read the lines of a metric: milliseconds, value, step, and perhaps a data set's name and digest."""
    found = []
    for i, line in enumerate(_safe.text(path).splitlines()):
        parts = line.split()
        if len(parts) not in (2, 3, 5):
            raise KleiberError(f"{path}, line {i + 1}: {line[:40]!r} is no time, value and step")
        try:
            found.append((int(parts[0]), i, float(parts[2]) if len(parts) > 2 else 0.0, float(parts[1])))
        except ValueError:
            raise KleiberError(f"{path}, line {i + 1}: {line[:40]!r} is no time, value and step") from None
    found.sort(key=lambda one: one[:2])
    return Series([step for _, _, step, _ in found], [value for *_, value in found])


def _inputs(path: Path, tree: _safe.Tree) -> Iterator[tuple[Any, Any]]:
    """Give the profile and the context of each data set that a run of a file store names."""
    for folder in tree.folders.get(path / "inputs", ()):
        given = _config.yaml_file(folder / "meta.yaml")
        tags = given.get("tags") if isinstance(given.get("tags"), dict) else {}
        name = str(given.get("source_id", ""))
        held = path.parent / "datasets" / (name if name.isalnum() else "none") / "meta.yaml"
        profile = _config.yaml_file(held).get("profile")
        yield profile, (tags or {}).get("mlflow.data.context")


read = reader("mlflow")
