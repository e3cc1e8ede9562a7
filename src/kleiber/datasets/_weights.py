"""What each example counts for a size, where that is not one: tokens, hours, the images of a patient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._targets import number
from kleiber.errors import KleiberError

UNIT = "units"  # what sizes count where the weights have no name


def weights_of(cells: Sequence[Any], where: Sequence[str], place: str) -> NDArray[np.float64]:
    """Give the weights `(m,)` of a column; raises `KleiberError` with the place of what is no number above zero.

    where: of each cell, such as "line 3".
    """
    found = [None if isinstance(cell, bool | np.bool_) else number(str(cell)) for cell in cells]
    for cell, value, line in zip(cells, found, where, strict=True):
        if value is None or value <= 0:
            raise KleiberError(
                f"{place}, {line}: {cell!r} is no weight. It must be a number above zero; mend it, or remove the example"
            )
    return np.array(found, dtype=np.float64)


def unit_of_column(column: str) -> str:
    """Give the word for what a column counts: `n_tokens` counts tokens."""
    words = column.replace("_", " ").strip()
    for prefix in ("n ", "num ", "number of "):
        words = words.removeprefix(prefix)
    return words or UNIT


def note(column: str) -> str:
    """Say what the sizes of a study on such data are."""
    return f"sizes count the column {column}, not examples: a size of n has as many examples as weigh n at most"
