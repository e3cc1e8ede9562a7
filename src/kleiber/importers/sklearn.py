"""scikit-learn's `learning_curve`: its arrays (sizes, training and test scores), a `LearningCurveDisplay`, or an `.npz`.

Each size and fold is a run. scikit-learn's scores are higher-is-better, losses with a `neg_` and a sign turned. A fold
whose score is NaN failed, or had a class missing; it is left out and named, and the mean of the others is not that of all.
"""

import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kleiber.errors import KleiberError
from kleiber.importers import Table, _doors, _safe
from kleiber.importers._metrics import says_lower
from kleiber.importers._run import Asked, Run
from kleiber.importers._tracked import Watch, tracked

TITLE = "scikit-learn's learning_curve"
NAMES = ("train_sizes", "train_scores", "test_scores")
MOST = 2**24  # bytes of an array


def places(tree: _safe.Tree) -> list[Path]:
    """Give the files of arrays called train_sizes and test_scores."""
    files = [folder / name for folder, names in tree.items() for name in names if name.endswith(".npz")]
    return [path for path in files if _holds(path)]


def _holds(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as opened:
            return {"train_sizes.npy", "test_scores.npy"} <= set(opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give a run for each size and fold of a file."""
    with zipfile.ZipFile(path) as opened:
        found = {name: _array(opened, name, path) for name in NAMES if f"{name}.npy" in opened.namelist()}
    yield from _runs(found, "score", path.name)


def _array(opened: zipfile.ZipFile, name: str, path: Path) -> Any:
    """Give an array of numbers; one of objects, which would be a pickle, and one that is not as large as it says raise."""
    with opened.open(f"{name}.npy") as file:
        data = file.read(MOST + 1)
    try:
        with io.BytesIO(data) as held:
            version = np.lib.format.read_magic(held)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, kind = read(held)
            if kind.hasobject or math.prod(shape) * kind.itemsize != len(data) - held.tell():
                raise ValueError("no array of numbers")
            held.seek(0)
            return np.lib.format.read_array(held, allow_pickle=False)
    except (ValueError, MemoryError, OverflowError) as error:
        raise KleiberError(f"{path}: {name} is no array of numbers") from error


def _runs(given: Mapping[str, Any], metric: str, place: str) -> Iterator[Run]:
    try:
        sizes = np.asarray(given["train_sizes"], dtype=np.float64).reshape(-1)
        scores = {name: np.atleast_2d(np.asarray(given[name], dtype=np.float64)) for name in NAMES[1:] if name in given}
    except (TypeError, ValueError) as error:
        raise KleiberError(f"{place}: sizes and scores must be numbers: {error}") from error
    for name, each in scores.items():
        if each.shape[0] != len(sizes):
            raise KleiberError(f"{place}: {name} has {each.shape[0]} rows for {len(sizes)} sizes")
    for i, n in enumerate(sizes.tolist()):
        for fold in range(scores["test_scores"].shape[1]):
            run = Run(f"n={n:g} fold {fold}", params={"fold": fold}, counted=(n, "train_sizes"))
            run.higher, run.validation = {metric: True, f"train_{metric}": True}, frozenset({metric})
            run.add(metric, 0.0, float(scores["test_scores"][i, fold]))
            if "train_scores" in scores:
                run.add(f"train_{metric}", 0.0, float(scores["train_scores"][i, fold]))
            yield run


def is_curve(source: Any) -> bool:
    """Say whether an object is a display of learning curves, or the arrays that `learning_curve` returns."""
    if isinstance(source, tuple):
        return 3 <= len(source) <= 5 and all(np.ndim(part) >= 1 for part in source) and np.ndim(source[2]) == 2
    return all(hasattr(source, name) for name in ("train_sizes", "test_scores", "score_name"))


def read(
    source: Any,
    *,
    asked: Asked | None = None,
    watch: Watch | None = None,
    options: Mapping[str, Any] | None = None,
    found: _doors.Source | None = None,
) -> Table:
    """Read a `LearningCurveDisplay`, the tuple that `learning_curve` returns, or a path of an `.npz` with these arrays.

    `asked.metric` names the scores, such as "accuracy"; without it they are higher-is-better, at best 1. Raises
    `KleiberError` where sizes and scores do not fit each other.
    """
    asked = asked or Asked()
    if not is_curve(source):
        path = _doors.path_of(source)
        held = found or _doors.kind_of(path, "sklearn")
        assert held is not None
        every = (run for place in held.places for run in runs(place, held.tree))
        return _table(every, path, asked, watch, options)
    name = asked.metric or "score"
    if isinstance(source, tuple):
        given = dict(zip(NAMES, source, strict=False))
    else:
        given = {each: getattr(source, each) for each in NAMES if getattr(source, each, None) is not None}
        name = asked.metric or str(source.score_name or "score").lower().replace(" ", "_")
        name = name.replace("negative_", "neg_")
        if says_lower(name) and np.nanmax(np.asarray(source.test_scores, dtype=np.float64)) <= 0:
            name = f"neg_{name.removeprefix('neg_')}"  # with negate_score a display is called after what it draws
    return _table(_runs(given, name, "learning_curve"), Path("learning_curve"), asked, watch, options, name)


def _table(
    every: Iterator[Run], path: Path, asked: Asked, watch: Watch | None, options: Mapping[str, Any] | None, name: str = ""
) -> Table:
    wanted = Asked(metric=name or asked.metric, pool=asked.pool, higher=asked.higher)
    found = tracked(every, wanted, path.name, TITLE, watch, 0)
    found.notes += _doors.said(found)
    return _doors.table_of(found, path, options or {})
