"""A table in Markdown, as pages and model cards have it: a header between bars, a line of dashes, rows.

The text around it is passed over. Marks of bold, italics and code around a whole cell are taken off.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _text
from kleiber.importers._cells import Block, Cells, plain

MOST = 2**22  # characters of a page
LONGEST = 1000  # characters of a line of dashes, and of a cell with marks of its look
SUFFIXES = (".md", ".markdown")
DASHES = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
BAR = re.compile(r"(?<!\\)\|")
LOOK = re.compile(r"(\*\*|__|\*|_|`)(\S|\S.*\S)\1")


def read(path: Path) -> Cells:
    """Give the cells of the one table of a page; raises `KleiberError` where there is none, or there are several."""
    lines = _text.whole(path, MOST).splitlines()
    heads = [i for i in range(len(lines) - 1) if "|" in lines[i] and _is_rule(lines[i + 1])]
    if len(heads) != 1:
        several = f"there are {len(heads)} tables, at lines {', '.join(str(i + 1) for i in heads[:5])}: keep one of them"
        none = "there is no table, which has a header between bars and a line of dashes below it"
        raise KleiberError(f"{path}: {several if heads else none}")
    head, names = heads[0], _cells(lines[heads[0]])
    rows = []
    for number, line in enumerate(lines[head + 2 :], head + 3):
        if "|" not in line:
            break
        cells = _cells(line)
        if len(cells) != len(names):
            raise KleiberError(f"{path}, line {number}: {len(cells)} cells and {len(names)} columns")
        rows.append((number, cells))

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        yield Block([number for number, _ in rows], [[cells[i] for _, cells in rows] for i in wanted])

    return Cells(str(path), tuple(names), blocks, "line", "|")


def _is_rule(line: str) -> bool:
    return "|" in line and len(line) <= LONGEST and DASHES.fullmatch(line) is not None


def _cells(line: str) -> list[str]:
    parts = BAR.split(line.strip().removeprefix("|"))
    if not parts[-1].strip():
        parts.pop()
    return [plain(_bare(part.strip()).replace("\\|", "|")) for part in parts]


def _bare(cell: str) -> str:
    """Take off the marks that stand around a whole cell."""
    while len(cell) <= LONGEST and (match := LOOK.fullmatch(cell)):
        cell = match[2]
    return cell
