"""Frames whose target is one of their columns: polars, pandas, and Hugging Face's data sets, in memory or on disk.

What is to be predicted is `target`, by default the column `label`, else the last one. The examples are the column `text` or
`image` where it is there or named, else all other columns, which must be numbers or lists of as many numbers in each row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import plugins
from kleiber.datasets._missing import missing_in, numbers_of
from kleiber.datasets._needed import OptionNeededError
from kleiber.datasets._sources import groups_of, sources_of
from kleiber.datasets._texts import are_texts, encoded
from kleiber.datasets._weights import note, unit_of_column, weights_of
from kleiber.errors import KleiberError

OPTIONS = ("target", "text", "image", "group", "weight", "by", "drop", "size", "mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what; `names` are those of the classes, where the target's numbers stand for them."""

    target: str | None = None
    text: str | None = None
    image: str | None = None
    group: str | None = None
    weight: str | None = None
    by: str | None = None
    drop: Sequence[str] = ()
    size: Any = None
    mode: str | None = None
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)


def is_frame(value: Any) -> bool:
    """Say whether a value has columns by name: a frame of polars or pandas, or a data set of Hugging Face."""
    if hasattr(value, "collect"):  # a lazy frame, whose columns cost a look at its plan
        return True
    return hasattr(value, "columns") or (hasattr(value, "column_names") and hasattr(value, "features"))


def pairs_of(frames: Mapping[str, Any], columns: Columns, place: str) -> dict[str, Any]:
    """Give the `(X, y)` of each part by name, and what else they carry, as `given` takes it.

    Besides, `notes` of what was chosen, and `missing`, which says where values are.

    Raises `KleiberError` with the column, and the row from 0, for what is missing or no number.
    """
    _check(frames, columns, place)
    known = list(frames["train"].columns)
    target = columns.target or ("label" if "label" in known else str(known[-1]))
    besides = (columns.group, columns.weight, columns.by)
    for name in filter(None, (target, columns.text, columns.image, *besides, *columns.drop)):
        if name not in known:
            raise KleiberError(f"{place} has no column {name!r}; it has {', '.join(map(str, known))}")
    if target in besides:
        raise KleiberError(
            f"{place}: column {target!r} is the target, so it can be no group, weight or source; name another"
        )
    rest = [name for name in known if name not in (target, *besides, *columns.drop)]
    text, image = (
        chosen or (word if word in rest else None) for chosen, word in ((columns.text, "text"), (columns.image, "image"))
    )
    if text and image:
        raise OptionNeededError(f"{place} has the columns {text} and {image}", {"drop": [text]}, {"drop": [image]})
    found: dict[str, Any] = {}
    lacking: list[str] = []
    notes = [f"the target is the column {target}"] if columns.target is None else []
    for label, frame in frames.items():
        if list(frame.columns) != known:
            raise KleiberError(f"{place}: {label} has the columns {', '.join(map(str, frame.columns))}, train has others")
        where = f"{place}, {label}"
        if text:
            cells = _cells(frame, text)
            x: Any = encoded(cells, [f"{where}, column {text}, row {i:,}" for i in range(len(cells))])
        elif image:
            x, said = _images(_cells(frame, image), columns, f"{where}, column {image}")
            notes += said
        else:
            x = _numbers(frame, rest, where)
            lacking += filter(None, [missing_in(x, label, columns=rest if x.shape[1] == len(rest) else ())])
        y: Any = _cells(frame, target)
        missing = [i for i, each in enumerate(y) if each is None or each != each]
        if missing:
            raise KleiberError(
                f"{where}, column {target}, row {missing[0]:,}: no target, as in {len(missing):,} of {len(y):,} rows; fill "
                "them in, or remove the rows"
            )
        if names := columns.names.get(target):
            y = [_named(each, names, f"{where}, column {target}, row {i:,}") for i, each in enumerate(y)]
        found[label] = (x, np.array(y, dtype=object) if names else np.array(y))
    if columns.group is not None:
        groups = {
            label: groups_of(*_placed(frame, columns.group), f"{place}, {label}, column {columns.group}")
            for label, frame in frames.items()
        }
        _refuse_shared(groups, place)
        found["groups"] = groups["train"]
    if columns.weight is not None:
        weighed = _placed(frames["train"], columns.weight)
        found["weights"] = weights_of(*weighed, f"{place}, train, column {columns.weight}")
        found["unit"] = unit_of_column(columns.weight)
        notes.append(note(columns.weight))
    if columns.by is not None:
        label = "test" if "test" in frames else "train"
        told = _placed(frames[label], columns.by)
        found["by"] = {columns.by: sources_of(*told, f"{place}, {label}, column {columns.by}")}
    return {**found, "notes": tuple(notes), "missing": lacking}


def _named(value: int, names: Sequence[str], place: str) -> str:
    """Give the name of a class by its number."""
    if not 0 <= value < len(names):
        raise KleiberError(f"{place}: class {value} is none of the {len(names)} that are named; mend it, or remove the row")
    return names[value]


def _check(frames: Mapping[str, Any], columns: Columns, place: str) -> None:
    """Refuse frames that hold no rows yet, or none, or two columns of a name, and options that name no column."""
    for label, frame in frames.items():
        if hasattr(frame, "collect"):
            raise KleiberError(
                f"{place}: {label} is a {type(frame).__name__}, which holds no rows yet; give frame.collect()"
            )
        names = list(frame.columns)
        if double := [name for name in names if names.count(name) > 1]:
            raise KleiberError(f"{place}, {label} has two columns called {double[0]!r}; rename one")
        if not len(frame):
            raise KleiberError(f"{place}, {label} has columns and no rows; add some")
    for option in ("target", "text", "image", "group", "weight", "by"):
        value = getattr(columns, option)
        if value is not None and not isinstance(value, str):
            raise KleiberError(
                f"{place}: {option} must be the name of a column, not a {type(value).__name__}; put the values into one"
            )


def _refuse_shared(groups: Mapping[str, NDArray[Any]], place: str) -> None:
    for label in groups.keys() - {"train"}:
        if shared := sorted(set(groups["train"].tolist()) & set(groups[label].tolist())):
            raise KleiberError(
                f"{place}: group {shared[0]!r} is in train and in {label} ({len(shared)} such groups); move its rows to "
                "one side, or leave the groups out"
            )


def _placed(frame: Any, name: str) -> tuple[list[Any], list[str]]:
    """Give the cells of a column, and where each stands."""
    cells = _cells(frame, name)
    return cells, [f"row {i:,}" for i in range(len(cells))]


def _cells(frame: Any, name: str) -> list[Any]:
    column = frame[name]
    return list(column.to_list() if hasattr(column, "to_list") else column)


def _numbers(frame: Any, names: Sequence[str], place: str) -> NDArray[np.float64]:
    """Give the features `(m, d)`: numbers, and lists of one length laid side by side."""
    if not names:
        raise KleiberError(f"{place} has no column left for the features; drop fewer")
    columns, wrong = [], []
    for name in names:
        cells = _cells(frame, name)
        try:
            column = numbers_of(cells).reshape(len(cells), -1)
        except (TypeError, ValueError):
            wrong.append(name)
            continue
        if np.isinf(column).any():
            row = int(np.flatnonzero(np.isinf(column).any(axis=1))[0])
            raise KleiberError(f"{place}, column {name}, row {row:,}: an infinite number; mend it, or remove the row")
        columns.append(column)
    if wrong:
        texts = [{"text": name} for name in wrong if are_texts(_cells(frame, name))]
        raise OptionNeededError(f"{place} holds no numbers in {', '.join(wrong[:5])}", *texts[:2], {"drop": wrong})
    return np.concatenate(columns, axis=1)


def _images(cells: Sequence[Any], columns: Columns, place: str) -> tuple[NDArray[np.uint8], list[str]]:
    """Decode the images of a column, one size and mode for all, with what was chosen for that."""
    tools = plugins.heavy("datasets._images")
    size, mode = tools.parse_size(columns.size), tools.parse_mode(columns.mode)
    files = [(f"{place}, row {i:,}", _bytes(each, f"{place}, row {i:,}")) for i, each in enumerate(cells)]
    try:
        return _stacked(tools.Stack(size=size, mode=mode), files), []
    except tools.UnlikeError:
        survey = tools.Survey()
        for name, content in files:
            survey.add(name, content)
        notes = survey.notes(size=size is None, mode=mode is None)
        return _stacked(tools.Stack(size=size or survey.size, mode=mode or survey.mode), files), notes


def _stacked(stack: Any, files: Sequence[tuple[str, bytes]]) -> NDArray[np.uint8]:
    for name, content in files:
        stack.add(name, content)
    array: NDArray[np.uint8] = stack.array()
    return array


def _bytes(cell: Any, place: str) -> bytes:
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(content, bytes):
        raise KleiberError(
            f"{place}: no image is kept here, but a {type(content).__name__}; save the data with their images"
        )
    return content
