"""A data set of Hugging Face on disk, as `save_to_disk` writes it: one part, or a folder with a part each.

Its Arrow files are read by polars, so the package `datasets` is not needed. Classes keep the names that the data set has.
 What is missing of validation and test set is split off by the study's seed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kleiber.datasets._arrays import given
from kleiber.datasets._dataset import PARTS, Raw
from kleiber.datasets._needed import OptionNeededError
from kleiber.errors import KleiberError

_NAMES = {"validation": ("validation", "val", "valid", "dev")}


def load(
    path: Path | None = None,
    *,
    target: str | None = None,
    text: str | None = None,
    image: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    by: str | None = None,
    drop: Sequence[str] = (),
    task: str | None = None,
    size: int | Sequence[int] | None = None,
    mode: str | None = None,
) -> Raw:
    """Give the rows of a saved data set.

    `target`: the column to learn; by default `label`, else the last one. `text`: the column of texts, by default `text`.
    `image`: the column of images, by default `image`. `group`: a column whose equal values stay on one side of any split.
    `weight`: a column that sizes count, such as tokens. `by`: a column whose values are measured alone on the test set,
    such as the source. `drop`: columns to leave out. `task`: "classification" or "regression", needed where the target
    holds whole numbers. `size`: pixels, `[height, width]`, to which images are resized. `mode`: "grey", "RGB" or "RGBA".
    Raises `KleiberError` for a folder that is none, and with column and row for what can't be used.
    """
    if path is None:
        raise OptionNeededError("hugging_face needs the path of a folder", {"path": "saved"})
    frames: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    for label, folder in _parts(path).items():
        frames[label], names = _read(folder)
    options = {
        "target": target,
        "text": text,
        "image": image,
        "group": group,
        "weight": weight,
        "by": by,
        "task": task,
        "size": size,
        "mode": mode,
    }
    chosen = {key: value for key, value in options.items() if value is not None}
    dropped = [drop] if isinstance(drop, str) else list(drop)
    return given({**frames, **chosen, "drop": dropped, "names": names, "name": path.resolve().name}).raw


def is_saved(folder: Path) -> bool:
    """Say whether a folder is one that `save_to_disk` has written."""
    return (folder / "dataset_dict.json").is_file() or (
        (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    )


def _parts(path: Path) -> dict[str, Path]:
    """Give the folder of each part, by our name for it."""
    if not path.is_dir() or not is_saved(path):
        raise KleiberError(f"{path} is no folder that save_to_disk has written: it lacks dataset_info.json or state.json")
    if not (path / "dataset_dict.json").is_file():
        return {"train": path}
    splits = [str(each) for each in _json(path / "dataset_dict.json").get("splits", [])]
    found = {label: next((name for name in _NAMES.get(label, (label,)) if name in splits), None) for label in PARTS}
    if found["train"] is None:
        raise KleiberError(f"{path} has no part 'train', but {', '.join(splits)}; name one of their folders as the data")
    return {label: path / name for label, name in found.items() if name is not None}


def _read(folder: Path) -> tuple[Any, dict[str, list[str]]]:
    """Give the rows of a part as a frame, and the names of classes by column."""
    try:
        import polars
    except ModuleNotFoundError as error:
        raise KleiberError(f"{folder}: Arrow files need polars: pip install 'kleiber[import]'") from error
    files = [folder / str(each["filename"]) for each in _json(folder / "state.json").get("_data_files", [])]
    if not files:
        raise KleiberError(f"{folder} has no rows; save it again")
    try:
        frame = polars.concat([polars.read_ipc_stream(file) for file in files])
    except (OSError, polars.exceptions.PolarsError) as error:
        raise KleiberError(f"{folder} cannot be read as Arrow: {error}") from error
    features = _json(folder / "dataset_info.json").get("features") or {}
    named = {name: each["names"] for name, each in features.items() if isinstance(each, dict) and each.get("names")}
    return frame, named


def _json(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KleiberError(f"{file} cannot be read: {error}; save the data set again") from error
    if not isinstance(found, dict):
        raise KleiberError(f"{file} holds a {type(found).__name__}, not an object; save the data set again")
    return found
