"""Anybody's own images: a folder, or its tar archive, read in one pass.

Layouts: `train/<class>/...` with or without `validation/` (or `val/`) and `test/`; or `<class>/...` directly. With
`targets`, a table inside the folder says what each image is, and the folders need not be classes. What is missing of
validation and test set is split off by the study's seed. A folder around the whole of an archive is passed over.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._archive import members
from kleiber.datasets._dataset import PARTS, Part, Raw
from kleiber.datasets._images import SUFFIXES, Stack, Survey, UnlikeError, parse_mode, parse_size
from kleiber.datasets._labels import Labels, from_folders, from_table, groups_at
from kleiber.datasets._needed import OptionNeededError
from kleiber.errors import KleiberError

_PART_NAMES = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def load(
    path: Path | None = None,
    *,
    size: int | Sequence[int] | None = None,
    mode: str | None = None,
    group_level: int | None = None,
    targets: str | None = None,
    task: str | None = None,
) -> Raw:
    """Give the images of a folder or tar archive, `x` `(m, height, width, channels)`, ordered by path.

    `size`: `[height, width]` in pixels to resize to, or one number for both. By default images of one size up to 256 pixels
    stay as they are. All others get the median height and width, shrunk to at most 64 pixels for the longer side. `mode`:
    "grey", "RGB" or "RGBA". By default images of one kind stay as they are, and mixed ones become RGB.
    `group_level`: which folder below the part names the group (2 in `train/<class>/<patient>/1.png`); images of
    a name are one group in whichever class. `targets`: a CSV file in the folder with the columns `file` (its path from
    there), `target` and, if there are any, `group`. `task`: "classification" or "regression", needed where the targets are
    whole numbers. Raises `KleiberError` for a broken image, and for a layout that is none of these.
    """
    if path is None:
        raise OptionNeededError("image_folder needs the path of a folder or archive", {"path": "photos"})
    if targets is None and task not in (None, "classification"):
        raise OptionNeededError(
            f"{path}: a {task} needs a table with the columns file and target", {"targets": "targets.csv", "task": task}
        )
    pixels, names, others, chosen = _decoded(path, parse_size(size), parse_mode(mode), targets=targets)
    order = sorted(range(len(names)), key=lambda i: names[i].parts)
    names = [names[i] for i in order]
    sides, below = _layout(path, names)
    if targets is None:
        labels = from_folders(str(path), below, sides=sides)
        _refuse_folders_without_images(path, names=names, others=others)
    else:
        table, folder = _table(path, others, targets=targets)
        files = [str(name.relative_to(folder)) if name.is_relative_to(folder) else f"/{name}" for name in names]
        labels = from_table(f"{path}: {targets}", table, files=files, task=task)
    if group_level is not None:
        if targets is None and group_level == 1:
            raise OptionNeededError(
                "group_level = 1 is the class folder; the folders below it are level 2 and on", {"group_level": 2}
            )
        labels = replace(labels, groups=groups_at(str(path), below, level=group_level))
    passed_over = len(others) - (targets is not None)
    notes = (*chosen, *([f"files that are no images, passed over: {passed_over:,}"] if passed_over else []))
    named = np.array([str(name) for name in names])
    return _raw(path, _picked(pixels, np.array(order)), named, sides=np.array(sides), labels=labels, notes=notes)


def _decoded(
    path: Path, size: tuple[int, int] | None, mode: str | None, *, targets: str | None
) -> tuple[NDArray[np.uint8], list[PurePosixPath], dict[PurePosixPath, bytes], list[str]]:
    """Give all images, their paths, the other files, and what is to be said of a size or mode that nobody asked for."""
    notes: list[str] = []
    stack = Stack(size=size, mode=mode)
    try:
        names, others = _read(path, stack, targets=targets)
    except UnlikeError:
        survey = Survey()
        _read(path, survey, targets=targets)
        notes = survey.notes(size=size is None, mode=mode is None)
        stack = Stack(size=size or survey.size, mode=mode or survey.mode)
        names, others = _read(path, stack, targets=targets)
    return stack.array(), names, others, notes


def _read(
    path: Path, stack: Stack | Survey, *, targets: str | None
) -> tuple[list[PurePosixPath], dict[PurePosixPath, bytes]]:
    """Decode all images onto the stack; give their paths, and the other files, of which only a table is kept."""
    names: list[PurePosixPath] = []
    others: dict[PurePosixPath, bytes] = {}
    for place, content in _files(path):
        if place.suffix.lower() in SUFFIXES:
            stack.add(f"{path}: {place}", content)
            names.append(place)
        elif targets is not None and place.name == PurePosixPath(targets).name:
            others[place] = content if isinstance(content, bytes) else content.read_bytes()
        else:
            others[place] = b""
    if not names:
        raise KleiberError(f"{path} holds no images ({', '.join(sorted(SUFFIXES))})")
    return names, others


def _files(path: Path) -> Iterator[tuple[PurePosixPath, bytes | Path]]:
    """Give the files of a folder or archive, hidden ones passed over; folders may be links, but not in a circle."""
    if path.is_file():
        yield from members(path)
        return
    if not path.is_dir():
        raise KleiberError(f"there is no folder or archive {path}")
    seen: dict[Path, str] = {}
    for folder, folders, files in os.walk(path, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(folder)
        if (before := seen.setdefault(here.resolve(), folder)) != folder:
            raise KleiberError(f"{folder} is the folder {before} once more, by a link; remove the link")
        shown = sorted(name for name in files if not name.startswith("."))
        if not shown and not folders and here != path:
            raise KleiberError(f"{folder} is empty; put its images there, or remove the folder")
        for name in shown:
            yield PurePosixPath(*(here / name).relative_to(path).parts), here / name


def _layout(path: Path, names: Sequence[PurePosixPath]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Give the part that each image belongs to, and its path below that part."""
    paths = [name.parts for name in names]
    around = len({parts[0] for parts in paths}) == 1 and paths[0][0] not in _PART_NAMES and min(map(len, paths)) > 2
    # A folder that was named by its path and has one folder of classes is likelier a class than a wrapper.
    if around and (path.is_file() or "train" in {parts[1] for parts in paths}):
        paths = [parts[1:] for parts in paths]
    named = {parts[0] for parts in paths if len(parts) > 1} & _PART_NAMES.keys()
    if not named:
        return ["train"] * len(paths), paths
    if "train" not in named:
        raise KleiberError(f"{path} has {', '.join(sorted(named))} but no folder train; name it so, or put it there")
    if {"val", "validation"} <= named:
        raise KleiberError(f"{path} has both val and validation; keep one")
    if stray := sorted({parts[0] for parts in paths} - named):
        raise KleiberError(f"{path} has {stray[0]} beside train, where only validation (or val) and test are expected")
    return [_PART_NAMES[parts[0]] for parts in paths], [parts[1:] for parts in paths]


def _refuse_folders_without_images(
    path: Path, *, names: Sequence[PurePosixPath], others: dict[PurePosixPath, bytes]
) -> None:
    """Raise where a folder has files but no image: a class whose files are of another format would vanish unseen."""
    with_images = {parent for folder in {name.parent for name in names} for parent in (folder, *folder.parents)}
    for other in others:
        if other.parent not in with_images:
            raise KleiberError(
                f"{path}: the folder {other.parent} holds no images, but {other.name}; convert its files to one of "
                f"{', '.join(sorted(SUFFIXES))}, or remove the folder"
            )


def _table(path: Path, others: dict[PurePosixPath, bytes], *, targets: str) -> tuple[bytes, PurePosixPath]:
    """Give the table's content and its folder, from which the names in it count; the outermost where there are more."""
    found = sorted((o for o in others if f"/{o}".endswith(f"/{PurePosixPath(targets)}")), key=lambda o: len(o.parts))
    if not found:
        raise KleiberError(f"{path} has no {targets}; it is a table with the columns file and target, in that folder")
    return others[found[0]], found[0].parent


def _raw(
    path: Path,
    pixels: NDArray[np.uint8],
    files: NDArray[Any],
    *,
    sides: NDArray[Any],
    labels: Labels,
    notes: tuple[str, ...],
) -> Raw:
    members = {side: np.flatnonzero((sides == side) & labels.known) for side in PARTS if side in sides}
    for side, index in members.items():
        if not len(index):
            raise KleiberError(f"{path}: no image of {side} has a target")
    groups = labels.groups
    if groups is not None:
        _refuse_shared_groups(path, {side: set(groups[index].tolist()) for side, index in members.items()})
    unknown = int((~labels.known).sum())
    notes = (*notes, *([f"images without a target, left out: {unknown:,}"] if unknown else []))
    parts: dict[str, Any] = {
        side: Part(_picked(pixels, index), labels.y[index], keys={"file": files[index]}) for side, index in members.items()
    }
    return Raw(
        name=path.resolve().name.removesuffix(".gz").removesuffix(".tgz").removesuffix(".tar"),
        task=labels.task,
        classes=labels.classes,
        groups=None if groups is None else groups[members["train"]],
        notes=notes,
        **parts,
    )


def _picked(pixels: NDArray[np.uint8], index: NDArray[Any]) -> NDArray[np.uint8]:
    """Give the images of an index, without a copy where they lie together."""
    start, stop = int(index[0]), int(index[-1]) + 1
    return pixels[start:stop] if np.array_equal(index, np.arange(start, stop)) else pixels[index]


def _refuse_shared_groups(path: Path, groups: dict[str, set[str]]) -> None:
    for side in groups.keys() - {"train"}:
        if shared := sorted(groups["train"] & groups[side]):
            raise KleiberError(
                f"{path}: group {shared[0]!r} is in train and in {side} ({len(shared)} such groups); move its images "
                "to one side, or leave the groups out"
            )
