"""JSON: a list of objects, or an object on each line (.jsonl, .ndjson); one object is one run.

Objects within it are taken apart, as trackers nest their parameters: {"config": {"n": 100}} has the column `config.n`.
"""

import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _text
from kleiber.importers._cells import ROWS, Block, Cells, plain, shown

LIMIT = 2**26
NAMES = 10_000
EXAMPLE = '{"n": 100, "loss": 1.5}'
LINES = (".jsonl", ".ndjson")


def read(path: Path) -> Cells:
    """Give the cells of a JSON file; raises `KleiberError` where it is none, or where an object has a key twice."""
    if path.name.lower().removesuffix(".gz").endswith(LINES):
        keys: dict[Any, None] = {}
        for _, item in _lines(path):
            if not item.keys() <= keys.keys():
                keys |= dict.fromkeys(item)
        return _cells(str(path), keys, lambda: _lines(path), "line")
    text = _text.whole(path, LIMIT)
    try:
        items = _parsed(text)
    except ValueError as error:
        hint = "; one object on each line is a .jsonl file" if "Extra data" in str(error) else ""
        raise KleiberError(f"{path}: not JSON: {error}{hint}") from error
    return objects(items, str(path))


def objects(items: Any, place: str) -> Cells:
    """Give the cells of a list of objects; what an object does not have is an empty cell."""
    if not isinstance(items, list | tuple) or not all(isinstance(item, Mapping) for item in items):
        raise KleiberError(
            f"{place}: must be a list of objects, one for each run, such as [{EXAMPLE}] (pandas: orient='records')"
        )
    if any(isinstance(value, Mapping) for item in items for value in item.values()):
        items = [_level(item) for item in items]
    return _cells(place, dict.fromkeys(name for item in items for name in item), lambda: enumerate(items), "object")


def _level(item: Mapping[str, Any], depth: int = 8) -> Mapping[str, Any]:
    """Give an object whose values are no objects, but for those below a depth; names are joined by dots."""
    if depth == 0 or not any(isinstance(value, Mapping) for value in item.values()):
        return item
    found: dict[str, Any] = {}
    for key, value in item.items():
        inner = _level(value, depth - 1) if isinstance(value, Mapping) else None
        level = {key: value} if inner is None else {f"{key}.{name}": each for name, each in inner.items()}
        if found.keys() & level.keys():
            raise KleiberError(
                f"the key {next(iter(found.keys() & level.keys()))!r} is there nested and with a dot: rename one"
            )
        found |= level
    return found


def _cells(place: str, keys: Mapping[Any, None], items: Any, word: str) -> Cells:
    names = [plain(key) for key in keys]
    if not names:
        raise KleiberError(f"{place}: there is no run in it: give an object for each, such as {EXAMPLE}")
    if len(names) > NAMES:
        raise KleiberError(f"{place}: more than {NAMES:,} different keys: one object is one run, with the keys of all")
    if len(set(names)) < len(names):
        count = Counter(names)
        twice = next(name for name in names if count[name] > 1)
        raise KleiberError(f"{place}: the key {twice!r} is there in two spellings: rename one")
    given = list(keys)

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        left = iter(items())
        while some := list(itertools.islice(left, ROWS)):
            yield Block([number for number, _ in some], [[item.get(given[i]) for _, item in some] for i in wanted])

    return Cells(place, tuple(names), blocks, word)


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(_text.lines(path), 1):
        if not line.strip():
            continue
        try:
            item = _parsed(line.strip())
        except ValueError as error:
            raise KleiberError(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(item, Mapping):
            raise KleiberError(f"{path}, line {number}: {shown(item)} is no object: write each run as an object on a line")
        yield number, _level(item)


def _parsed(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is twice in one object")
    return found


def _float(text: str) -> float | str:
    """Give a number; one that is too large or too small stays text, so that its cell can be named."""
    number = float(text)
    if 0 < abs(number) < math.inf:
        return number
    lost = number == 0 and any(digit in "123456789" for digit in text.lower().partition("e")[0])
    return text if lost or math.isinf(number) else number


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float)
