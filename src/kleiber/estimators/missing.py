"""Values that examples lack: in y they are refused, in X the fits decide, and what they said is put in place and remedy."""

from typing import Any

import numpy as np

from kleiber.datasets._missing import HOW, is_na, missing_in
from kleiber.errors import KleiberError


def refuse_lacking_targets(y: Any) -> None:
    """Refuse targets `(m,)` or `(m, k)` of which some are missing or infinite."""
    found = np.asarray(y)
    if found.dtype.kind == "f":
        wrong = ~np.isfinite(found)
    elif found.dtype.kind == "O" and found.ndim:
        wrong = np.array([_lacks(each) for each in found.ravel()]).reshape(found.shape)
    else:
        return
    if wrong.any():
        rows = np.flatnonzero(wrong.reshape(len(found), -1).any(axis=1))
        raise KleiberError(f"y lacks {len(rows):,} of {len(found):,} targets, the first at {rows[0]:,}; leave them out")


def _lacks(target: Any) -> bool:
    return target is None or is_na(target) or bool(target != target)


def why_it_failed(said: str, model: str, X: Any) -> str:
    """Give what a fit said, and where it is about NaN, which values X lacks and what to do."""
    if "NaN" not in said:
        return said
    try:
        x = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):  # texts, sparse matrices, frames with other columns
        return said
    where = missing_in(x, "X", columns=list(getattr(X, "columns", ()))) if x.ndim == 2 else ""
    return f"{where}, and {model} takes no missing values. {HOW}" if where else said
