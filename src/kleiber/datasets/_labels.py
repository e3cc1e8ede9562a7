"""What is known of the images of a folder beside their pixels: from the names of the folders, or from a table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Task
from kleiber.datasets._needed import OptionNeededError
from kleiber.datasets._targets import encode
from kleiber.errors import KleiberError

Below = Sequence[tuple[str, ...]]  # the path of each image below its part: folders, then the file


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Targets `y` `(m,)` and groups `(m,)` or None, in the order of the images; `known` `(m,)`: which have a target.

    What stands in `y` and `groups` where `known` is false means nothing.
    """

    task: Task
    classes: tuple[str, ...]
    y: NDArray[Any]
    known: NDArray[np.bool_]
    groups: NDArray[Any] | None = None


def from_folders(place: str, below: Below, *, sides: Sequence[str]) -> Labels:
    """Give the labels of `<class>/...` folders; the classes are those of train, sorted by name."""
    for rest in below:
        if len(rest) < 2:
            raise OptionNeededError(
                f"{place}: {rest[-1]} lies in no class folder. Put each image into its class's folder, or name a table "
                "with the columns file and target",
                {"targets": "targets.csv"},
            )
    classes = sorted({rest[0] for side, rest in zip(sides, below, strict=True) if side == "train"})
    index = {name: i for i, name in enumerate(classes)}
    for side, rest in zip(sides, below, strict=True):
        if rest[0] not in index:
            raise KleiberError(f"{place}: {side} has the class folder {rest[0]!r}, but train has not; add or remove it")
    if len(classes) < 2:
        raise KleiberError(f"{place} has one class folder, {classes[0]!r}; add the folders of the other classes")
    y = np.array([index[rest[0]] for rest in below], dtype=np.int64)
    return Labels("classification", tuple(classes), y, np.ones(len(y), dtype=bool))


def from_table(place: str, table: bytes, *, files: Sequence[str], task: str | None) -> Labels:
    """Give the labels of the images `files` (paths as the table writes them) from a CSV with `file`, `target`, `group`.

    `place` names the table. Raises `KleiberError` for a line without an image, or with one that is listed twice.
    """
    position = {file: i for i, file in enumerate(files)}
    rows: dict[int, tuple[int, dict[str, str]]] = {}
    for line, row in _rows(place, table):
        file = str(PurePosixPath(row["file"].replace("\\", "/")))
        if file not in position:
            raise KleiberError(f"{place}, line {line}: there is no image {row['file']!r} in its folder")
        if position[file] in rows:
            raise KleiberError(f"{place}, line {line}: {row['file']!r} is listed a second time; keep one line")
        rows[position[file]] = (line, row)
    at = np.array(list(rows))
    lines = [line for line, _ in rows.values()]
    kind, classes, y = encode(
        [row["target"] for _, row in rows.values()], lines, place=f"{place}, column target", task=task
    )
    groups = [row.get("group") for _, row in rows.values()]
    if "" in groups:
        raise KleiberError(f"{place}, line {lines[groups.index('')]}: no group; fill it in or remove the column")
    known = np.zeros(len(files), dtype=bool)
    known[at] = True
    spread = None if None in groups else _spread(np.array(groups), at, length=len(files))
    return Labels(kind, classes, _spread(y, at, length=len(files)), known, spread)


def groups_at(place: str, below: Below, *, level: int) -> NDArray[Any]:
    """Give the group of each image `(m,)`: the name of its folder at a level, the first below the part being 1."""
    if not isinstance(level, int) or isinstance(level, bool) or level < 1:
        raise KleiberError(
            f"[data] group_level must be the number of a folder level, such as group_level = 2, not {level!r}"
        )
    for rest in below:
        if len(rest) <= level:
            raise KleiberError(f"{place}: {'/'.join(rest)} has no folder at group_level = {level}; move it into one")
    return np.array([rest[level - 1] for rest in below])


def _rows(place: str, table: bytes) -> list[tuple[int, dict[str, str]]]:
    """Give each line's number and cells by column."""
    try:
        reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise KleiberError(f"{place}: {error}; a CSV file in UTF-8 with commas is expected") from error
    columns = reader.fieldnames or []
    if missing := [column for column in ("file", "target") if column not in columns]:
        raise KleiberError(f"{place} has no column {missing[0]!r}; it has {', '.join(columns) or 'none'}")
    for line, row in rows:
        if None in row or None in row.values():
            raise KleiberError(f"{place}, line {line}: not {len(columns)} cells, as the first line has")
    if not rows:
        raise KleiberError(f"{place} lists no images")
    return [(line, {column: cell.strip() for column, cell in row.items()}) for line, row in rows]


def _spread(values: NDArray[Any], at: NDArray[Any], *, length: int) -> NDArray[Any]:
    whole = np.zeros(length, dtype=values.dtype)
    whole[at] = values
    return whole
