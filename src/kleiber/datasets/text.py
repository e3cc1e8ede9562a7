"""Anybody's own texts: a table with a column of text (CSV, TSV, JSON lines), or a folder with a class a folder or a file.

A folder holds `<class>/*.txt`, a text a file, or `<class>.txt`, a text a line. What is missing of validation and test set
is split off by the study's seed. Texts are kept as UTF-8, without blanks at their ends.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._needed import OptionNeededError
from kleiber.datasets._several import TABLES, called, files_of
from kleiber.datasets._sources import groups_of, sources_of
from kleiber.datasets._targets import encode
from kleiber.datasets._texts import encoded
from kleiber.datasets._weights import note, unit_of_column, weights_of
from kleiber.datasets.table import read_columns
from kleiber.errors import KleiberError

JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def load(
    path: Path | None = None,
    *,
    text: str = "text",
    target: str = "label",
    group: str | None = None,
    weight: str | None = None,
    by: str | None = None,
    task: str | None = None,
) -> Raw:
    """Give the texts of a table's file or of a folder, `x` `(m,)` UTF-8.

    `text`: the column of texts. `target`: the column of what is to be predicted. `group`: a column whose values no split
    may separate, such as the author. `weight`: a column that sizes count, such as tokens. `by`: a column whose values are
    measured alone on the test set, such as the source. `task`: "classification" or "regression", needed where the
    targets are whole numbers. Raises `KleiberError` for an empty text, naming file and line, and for a missing column.
    """
    if path is None:
        raise OptionNeededError("text needs the path of a table or folder", {"source": "text", "path": "reviews.csv"})
    if path.is_dir():
        for option, column in (("group", group), ("weight", weight), ("by", by)):
            if column is not None:
                raise KleiberError(f"{path}: a folder of texts has no column {column!r}; remove {option}, or give a table")
        texts, targets, places = _from_folder(path)
        kind, classes, y = encode(targets, range(len(targets)), place=str(path), task=task or "classification")
        return _raw(path, texts, kind, classes, y, places, None)
    columns, lines = _columns(path)
    chosen = {"text": text, "target": target, "group": group, "weight": weight, "by": by}
    wanted = {option: column for option, column in chosen.items() if column is not None}
    for option, column in wanted.items():
        if column not in columns:
            raise OptionNeededError(
                f"{path} has no column {column!r}; there are {', '.join(columns)}",
                *({option: name} for name in list(columns)[:3]),
            )
    columns = {name: _spelled(columns[name], lines, path, name) for name in wanted.values()}
    kind, classes, y = encode(columns[target], lines, place=f"{path}, column {target}", task=task)
    places = [f"{path}, line {line}" for line in lines]
    where = [f"line {line}" for line in lines]
    groups = None if group is None else groups_of(columns[group], where, f"{path}, column {group}")
    raw = _raw(path, columns[text], kind, classes, y, places, groups)
    if by is not None:
        sources = {by: sources_of(columns[by], where, f"{path}, column {by}")}
        raw = replace(raw, train=replace(raw.train, sources=sources))
    if weight is None:
        return raw
    train = replace(raw.train, weights=weights_of(columns[weight], where, f"{path}, column {weight}"))
    return replace(raw, train=train, notes=(*raw.notes, note(weight)), unit=unit_of_column(weight))


def _raw(
    path: Path,
    texts: Sequence[str],
    kind: Any,
    classes: tuple[str, ...],
    y: NDArray[Any],
    places: Sequence[str],
    groups: NDArray[Any] | None,
) -> Raw:
    keys = {"place": np.array(places)}
    return Raw(
        name=called(path, (*JSON_LINES, *TABLES, ".txt")),
        task=kind,
        classes=classes,
        train=Part(encoded(texts, places), y, keys=keys),
        groups=groups,
    )


def _columns(path: Path) -> tuple[dict[str, Sequence[Any]], list[Any]]:
    if path.name.lower().endswith(JSON_LINES):
        files = files_of(path)
        rows = [
            (line if len(files) == 1 else f"{line} of {file.name}", row)
            for file in files
            for line, row in _json_lines(file)
        ]
        if not rows:
            raise KleiberError(f"{path} has no rows; add some")
        names = dict.fromkeys(name for _, row in rows for name in row)
        return {name: [row.get(name) for _, row in rows] for name in names}, [line for line, _ in rows]
    found, places = read_columns(path)
    return dict(found), places


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as stream:
            for line, content in enumerate(stream, start=1):
                if not content.strip():
                    continue
                try:
                    row = json.loads(content)
                except json.JSONDecodeError as error:
                    raise KleiberError(f"{path}, line {line}: {error.msg}; mend the line, or remove it") from error
                if not isinstance(row, dict):
                    raise KleiberError(f'{path}, line {line}: an object such as {{"text": ..., "label": ...}} is needed')
                yield line, row
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise KleiberError(f"{path} cannot be read: {error}") from error


def _spelled(values: Sequence[Any], lines: Sequence[Any], path: Path, name: str) -> list[str]:
    """Give the cells of a column as text; raises `KleiberError` with the line for what is missing, a list or an object."""
    for value, line in zip(values, lines, strict=True):
        if value is None:
            raise KleiberError(f"{path}, line {line}: there is no {name!r}; fill it in, or remove the line")
        if isinstance(value, list | dict):
            what = type(value).__name__
            raise KleiberError(f"{path}, column {name}, line {line}: a {what} is no text or number; write it as one")
    return [str(int(value)) if isinstance(value, bool) else str(value) for value in values]


def _from_folder(path: Path) -> tuple[list[str], list[str], list[str]]:
    """Give texts, classes and places: of one folder a class, or of one file a class."""
    folders = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    files = sorted(each for each in path.glob("*.txt"))
    if folders and files:
        raise KleiberError(f"{path} holds folders and .txt files; it is either a folder a class, or a file a class")
    found: list[tuple[str, str, str]] = []
    for folder in folders:
        inside = sorted(folder.rglob("*.txt"))
        if not inside:
            raise KleiberError(f"{folder} holds no .txt file; put its texts there, or remove the folder")
        found += [(_text(file), folder.name, str(file)) for file in inside]
    for file in files:
        lines = _text(file).splitlines()
        found += [(content, file.stem, f"{file}, line {line}") for line, content in enumerate(lines, start=1)]
    if not found:
        raise KleiberError(f"{path} holds no texts: neither <class>/*.txt nor <class>.txt")
    texts, targets, places = (list(each) for each in zip(*found, strict=True))
    return texts, targets, places


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KleiberError(f"{file} is not UTF-8 at byte {error.start:,}; save it as UTF-8") from error
