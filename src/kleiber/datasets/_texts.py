"""Texts as a study has them: UTF-8 in an array, without blanks at their ends, none of them empty."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

LARGEST = 4_000_000_000  # bytes that all texts take at the length of the longest one


def are_texts(values: Any) -> bool:
    """Say whether a list, column or array holds texts, by its first one."""
    shape = getattr(values, "shape", None)
    if isinstance(values, str | bytes) or hasattr(values, "columns") or (shape is not None and len(shape) != 1):
        return False
    try:
        return len(values) > 0 and isinstance(values[0] if isinstance(values, list | tuple) else next(iter(values)), str)
    except TypeError:
        return False


def encoded(texts: Sequence[str], places: Sequence[str]) -> NDArray[np.bytes_]:
    """Give texts as `(m,)` UTF-8; raises `KleiberError` with its place for one that is empty, or far too long."""
    found = []
    for each, place in zip(texts, places, strict=True):
        if not isinstance(each, str) or not (stripped := each.strip().replace("\0", " ")):
            what = "is empty" if isinstance(each, str) or each is None else f"is a {type(each).__name__}"
            raise KleiberError(f"{place}: the text {what}; fill it in, or remove it")
        found.append(stripped.encode())
    longest = max(range(len(found)), key=lambda i: len(found[i]))
    if len(found) * len(found[longest]) > LARGEST:
        raise KleiberError(
            f"{places[longest]}: this text has {len(found[longest]):,} bytes, and each of the {len(found):,} takes as "
            "much room; cut it"
        )
    return np.array(found)
