"""Values that examples lack, which are NaN among their features: where they are, and columns of numbers that have some."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOW = "Fill them in, leave these rows or columns out, or begin a pipeline with a SimpleImputer"
"""What helps where an estimator takes no missing values."""


def missing_in(x: NDArray[Any], place: str, rows: Sequence[Any] = (), columns: Sequence[Any] = ()) -> str:
    """Say in how many rows of features `(m, d)` values are missing, and where the first one is; empty where none is.

    rows, columns: what they are called; by default their numbers from 0.
    """
    lacking = np.isnan(x) if x.dtype.kind == "f" else np.zeros(0)
    if not lacking.any():
        return ""
    row, column = np.argwhere(lacking)[0].tolist()
    named = rows[row] if len(rows) else f"row {row:,}"
    count = int(lacking.any(axis=1).sum())
    return (
        f"{place} lacks values in {count:,} of {len(x):,} rows, the first in {named}, "
        f"column {columns[column] if len(columns) else column}"
    )


def numbers_of(cells: Sequence[Any]) -> NDArray[np.float64]:
    """Give a column's cells as numbers, None and pandas's NA as NaN; raises `TypeError` or `ValueError` for others."""
    return np.array([None if is_na(each) else each for each in cells], dtype=np.float64)


def is_na(cell: Any) -> bool:
    """Say whether a cell is pandas's NA, which is no number and equals nothing."""
    return type(cell).__name__ == "NAType"
