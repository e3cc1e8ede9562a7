"""No learning curve at all, `c`: more data changes nothing. What any other law has to beat."""

from typing import Any

import numpy as np

from kleiber.laws import Array, Law


def fall(t: Array) -> Array:
    """0: nothing falls."""
    return np.zeros_like(t)


def slopes(t: Array) -> tuple[Any, ...]:
    """None, as there is no shape."""
    return ()


LAW = Law(
    name="constant",
    formula="c",
    source="the last value as forecast: the baseline of Alabdulmohsin et al. 2022, arXiv 2209.06640",
    amplitude=None,
    floor="the loss at every size",
    shape=(),
    fall=fall,
    slopes=slopes,
    example={"c": 0.7},
)
