"""What is measured of each class alone, beside the metrics of the whole test set: loss, its spread, error and count.

The names are `loss[class=cat]`, `loss_sd[class=cat]`, `error[class=cat]` and `count[class=cat]`; no metric of a study is
called so, and none of them becomes a curve unless somebody asks for the classes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from kleiber.records import part_name

MOST = 100  # classes; of more, none is measured alone
BY = "class"


def of_logits(outputs: NDArray[np.floating], y: NDArray[Any], classes: Sequence[str]) -> dict[str, float]:
    """Measure each class of the targets `(m,)` by outputs `(m, c)` whose softmax are probabilities, as that of log p is."""
    if not 1 < len(classes) <= MOST:
        return {}
    log_p = log_softmax(outputs.astype(np.float64), axis=1)
    return of_each(y, classes, wrong=outputs.argmax(1) != y, losses=-log_p[np.arange(len(y)), y])


def of_each(
    y: NDArray[Any], classes: Sequence[str], *, wrong: NDArray[np.bool_], losses: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Give what is measured of each class that the targets `(m,)` have; `wrong` and `losses` `(m,)` are its examples'."""
    if not 1 < len(classes) <= MOST:
        return {}
    found: dict[str, float] = {}
    for label in np.unique(y):
        name, own = classes[int(label)], y == label
        if losses is not None:
            found[part_name("loss", BY, name)] = _short(losses[own].mean())
            found[part_name("loss_sd", BY, name)] = _short(losses[own].std())
        found[part_name("error", BY, name)] = _short(wrong[own].mean())
        found[part_name("count", BY, name)] = float(own.sum())
    return found


def _short(value: np.floating) -> float:
    """Give a mean to seven digits, which a ledger holds in half the room."""
    return float(f"{value:.7g}")
