"""Numbers whose thousands are set apart by a mark that somebody declares: 1,600 or 1.600 or 1 600 is 1600."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers._cells import Block, Cells

MARKS = (",", ".", "'", "_", " ")


def declared(cells: Cells, mark: str | None) -> Cells:
    """Give cells without the mark that stands before each three digits; raises `KleiberError` for a mark that is none."""
    if mark is None:
        return cells
    if mark not in MARKS:
        raise KleiberError(f"thousands={mark!r}: it is one of {' '.join(map(repr, MARKS))}")
    spaces = "[ \u00a0\u202f]" if mark == " " else re.escape(mark)
    point = r"\." if mark == "," else ","
    number = re.compile(rf"\s*[+-]?\d{{1,3}}(?:{spaces}\d{{3}})+(?:{point}\d*)?\s*", re.ASCII)

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        for block in cells.blocks(wanted):
            yield Block(block.numbers, [[_without(cell) for cell in column] for column in block.columns])

    def _without(cell: Any) -> Any:
        return re.sub(spaces, "", cell) if isinstance(cell, str) and number.fullmatch(cell) else cell

    return replace(cells, blocks=blocks)
