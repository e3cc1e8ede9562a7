"""What is asked of a forecast: sizes and numbers that are checked once, and answers in the shape of the question."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.curves.sources import numbers
from kleiber.errors import KleiberError

Array = NDArray[np.float64]


class HorizonWarning(UserWarning):
    """The forecast at the size asked for is a guess: it lies beyond the horizon, or below the smallest size measured.

    The number rests on the law's form, not on the data.
    """


def positive(values: ArrayLike, name: str) -> Array:
    """Give sizes as a vector; `KleiberError` where one is not finite and positive."""
    found = numbers(values, name)
    if not np.all(np.isfinite(found) & (found > 0)):
        raise KleiberError(f"{name} must be finite and positive, not {values!r}")
    return found


def number(value: float, name: str) -> float:
    """Give one finite number."""
    found = numbers(value, name)
    if found.shape != (1,) or not np.isfinite(found[0]):
        raise KleiberError(f"{name} must be one finite number, not {value!r}")
    return float(found[0])


def shaped(table: Array, n_dims: int, q_dims: int) -> float | Array:
    """Drop the axes for which a number was given: `(k, j)` to `(k,)`, `(j,)` or a float."""
    if n_dims == 0 and q_dims == 0:
        return float(table[0, 0])
    if n_dims == 0:
        return np.asarray(table[0])
    return np.asarray(table[:, 0]) if q_dims == 0 else table
