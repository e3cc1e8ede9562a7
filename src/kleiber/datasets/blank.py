"""Blank examples, for trainers that do not look at data, such as a recorded table that answers instead of training.

The pool has exactly as many examples as asked for, each `x` its own number, so that the ladder can draw subsets from
it; validation and test sets are as small as can be.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part, Raw
from kleiber.errors import KleiberError

_MOST = 1 << 24  # above it float32 cannot tell whole numbers apart


def load(path: Path | None = None, *, examples: int = 1000, classes: int = 0) -> Raw:
    """Give a pool of blank examples, `x` `(examples, 1)`.

    `examples`: how many there are. `classes`: in how many balanced classes; 0 for a regression whose targets are all zero.
    Raises `KleiberError` for a count that is no whole number,
    is too small to hold each class, or is above 16 million.
    """
    if path is not None:
        raise KleiberError(f"blank examples lie nowhere: leave the path {path} out")
    for option, value in (("examples", examples), ("classes", classes)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise KleiberError(f"[data] {option} must be a whole number, not {value!r}")
    side = max(1, classes)
    if not side <= examples <= _MOST - 2 * side:
        raise KleiberError(f"[data] examples must lie between {side} and {_MOST - 2 * side:,}, not {examples:,}")
    numbers = np.arange(examples + 2 * side)
    return Raw(
        name="blank",
        task="classification" if classes else "regression",
        classes=tuple(str(i) for i in range(classes)),
        train=_part(numbers[:examples], classes),
        validation=_part(numbers[examples : examples + side], classes),
        test=_part(numbers[examples + side :], classes),
        notes=("the examples are blank: nothing can be learnt from them",),
    )


def _part(numbers: NDArray[np.int64], classes: int) -> Part:
    x = numbers.astype(np.float32)[:, np.newaxis]
    if not classes:
        return Part(x, np.zeros(len(numbers)))
    return Part(x, np.arange(len(numbers)) % classes)
