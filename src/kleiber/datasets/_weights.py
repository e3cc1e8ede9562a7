"""What each example counts for a size, where that is not one: tokens, hours, the images of a patient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._targets import number
from kleiber.errors import KleiberError


def weights_of(cells: Sequence[Any], lines: Sequence[Any], place: str) -> NDArray[np.float64]:
    """Give the weights `(m,)` of a column; raises `KleiberError` with the line for what is no number above zero."""
    found = [number(str(cell)) for cell in cells]
    for cell, value, line in zip(cells, found, lines, strict=True):
        if value is None or value <= 0:
            raise KleiberError(f"{place}, line {line}: {cell!r} is no weight; it must be a number above zero")
    return np.array(found, dtype=np.float64)


def note(column: str) -> str:
    """Say what the sizes of a study on such data are."""
    return f"sizes count the column {column}, not examples: a size of n has as many examples as weigh n at most"
