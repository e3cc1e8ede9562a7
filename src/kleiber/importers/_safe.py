"""Files that anybody sent, opened so that they can do nothing: no link is followed, and every size has its limit.

Nothing in them is run, unpickled or fetched, and no path or address that stands in one is opened.
"""

import gc
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError

JSON_BYTES = 2**23
LINE_BYTES = 2**21
TEXT_BYTES = 2**28
ENTRIES = 2_000_000
DEPTH = 24
CELL_BYTES = 2**24  # of one cell of a database


class Tree(dict[Path, tuple[str, ...]]):
    """The names of the files in each folder below the source, in order; a link is in none."""

    @cached_property
    def folders(self) -> dict[Path, list[Path]]:
        """Give the folders in each folder."""
        found: dict[Path, list[Path]] = {}
        for folder in self:
            found.setdefault(folder.parent, []).append(folder)
        return found

    @cached_property
    def named(self) -> dict[str, list[Path]]:
        """Give the folders that hold a file of each name."""
        found: dict[str, list[Path]] = {}
        for folder, files in self.items():
            for name in files:
                found.setdefault(name, []).append(folder)
        return found

    def below(self, folder: Path) -> list[Path]:
        """Give a folder and all folders in it."""
        found = [folder] if folder in self else []
        for each in found:
            found += self.folders.get(each, [])
        return found


def tree_of(path: Path) -> Tree:
    """List the files below a folder, or the one file that is given; raises `KleiberError` beyond two million entries."""
    if not path.is_dir():
        return Tree({path.parent: (path.name,)})
    found = Tree()
    left, seen = [(path, 0)], 0
    while left:
        folder, depth = left.pop()
        files, folders = [], []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
        except OSError as error:
            if folder == path:
                raise KleiberError(f"cannot read {path}: {error.strerror}") from error
            continue
        if seen > ENTRIES:
            raise KleiberError(f"{path} holds more than {ENTRIES:,} files: name a folder inside it")
        found[folder] = tuple(sorted(files))
        if depth < DEPTH:
            left += [(folder / name, depth + 1) for name in sorted(folders, reverse=True)]
    return found


def named(tree: Tree, name: str) -> list[Path]:
    """Give the files of a name, in the order of the tree."""
    return [folder / name for folder, files in tree.items() if name in files]


def is_there(path: Path) -> bool:
    """Say whether a path is a file, and no link or device."""
    return path.is_file() and not path.is_symlink()


def content(path: Path, most: int = TEXT_BYTES) -> bytes:
    """Give a file's bytes; raises `KleiberError` for a link, a file that cannot be read, and beyond `most` bytes."""
    try:
        if path.is_symlink():
            raise KleiberError(f"{path} is a link, which is not followed: name the file that it leads to")
        with path.open("rb") as file:
            found = file.read(most + 1)
    except OSError as error:
        raise KleiberError(f"cannot read {path}: {error.strerror}") from error
    if len(found) > most:
        raise KleiberError(f"{path} has more than {most / 2**20:,.0f} MiB: it is not read")
    return found


def text(path: Path, most: int = TEXT_BYTES) -> str:
    """Give a file's text; a byte that is no UTF-8 raises `KleiberError`."""
    try:
        return content(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KleiberError(f"{path}: byte {error.start} is no UTF-8 text") from error


def head(path: Path, count: int = 4096) -> bytes:
    """Give the first bytes of a file, none of one that cannot be read or is a link."""
    try:
        if not is_there(path):
            return b""
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def parsed(source: str | bytes, place: object) -> Any:
    """Read JSON, NaN and Infinity included; raises `KleiberError` where it is none, or is nested too deep."""
    collects = gc.isenabled()
    gc.disable()  # which looks at all that was made so far, again and again
    try:
        return json.loads(source)
    except (ValueError, RecursionError) as error:
        raise KleiberError(f"{place} is no JSON: {str(error)[:80]}") from error
    finally:
        if collects:
            gc.enable()


def json_file(path: Path) -> Any:
    """Read a file of JSON of at most 8 MiB."""
    return parsed(content(path, JSON_BYTES), path)


def json_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one object of JSON; {} where it is not there."""
    if not is_there(path):
        return {}
    found = json_file(path)
    if not isinstance(found, dict):
        raise KleiberError(f"{path} holds no object of JSON")
    return found


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Give each line's number and its JSON; a last line that was cut ends the file. A longer line than 2 MiB is refused."""
    if path.is_symlink():
        raise KleiberError(f"{path} is a link, which is not followed: name the file that it leads to")
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES + 1):
            number += 1
            if len(line) > LINE_BYTES:
                raise KleiberError(f"{path}, line {number}: longer than {LINE_BYTES // 2**20} MiB")
            if not line.strip():
                continue
            try:
                yield number, parsed(line, f"{path}, line {number}")
            except KleiberError:
                if line.endswith(b"\n"):
                    raise
                return


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite file read-only; raises `KleiberError` where it cannot be read.

    Only tables are to be asked for: `tables` gives their names, and a view, which may compute for ever, is none of them.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
            opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL_BYTES)
            opened.execute("PRAGMA trusted_schema = OFF")
            yield opened
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise KleiberError(f"{path} cannot be read as SQLite: {error}") from error


def tables(opened: sqlite3.Connection) -> set[str]:
    """Give the names of a database's own tables: no view, no virtual table, and none with columns that are computed."""
    found = set()
    for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"):
        hidden = opened.execute("SELECT MAX(hidden) FROM pragma_table_xinfo(?)", (name,)).fetchone()[0]
        if not hidden:
            found.add(name)
    return found


def tables_in(path: Path) -> set[str]:
    """Give the names of the tables in a file, none where it is no SQLite file."""
    if not head(path, 16).startswith(b"SQLite format 3\x00"):
        return set()
    try:
        with database(path) as opened:
            return tables(opened)
    except KleiberError:
        return set()
