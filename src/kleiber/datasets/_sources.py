"""Columns of labels that are no target: groups that no split separates, and sources that results are told apart by."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

MOST = 100  # sources: of more, none is measured alone


def groups_of(cells: Sequence[Any], where: Sequence[str], place: str) -> NDArray[Any]:
    """Give the groups `(m,)` of a column; raises `KleiberError` for an empty cell, whose examples belong nowhere.

    where: of each cell, such as "line 3".
    """
    return _labels(cells, where, place, "group")


def sources_of(cells: Sequence[Any], where: Sequence[str], place: str) -> NDArray[Any]:
    """Give the sources `(m,)` of a column; raises `KleiberError` for an empty cell, and for too many sources."""
    found = _labels(cells, where, place, "source")
    if (many := len(np.unique(found))) > MOST:
        raise KleiberError(f"{place}: {many:,} values, and {MOST} at most are measured alone. Name a coarser column")
    return found


def _labels(cells: Sequence[Any], where: Sequence[str], place: str, what: str) -> NDArray[Any]:
    for cell, line in zip(cells, where, strict=True):
        if cell is None or cell != cell or not str(cell).strip():
            raise KleiberError(f"{place}, {line}: no {what}; fill it in, or remove the example")
    return np.array([str(cell).strip() for cell in cells])
