"""What is measured of each class, and of each source of a column, beside the metrics of the whole test set.

The names are `loss[class=cat]`, `loss_sd[class=cat]`, `error[class=cat]` and `count[class=cat]`, or `loss[source=web]` and
so on; no metric of a study is called so, and none of them becomes a curve unless somebody asks for the parts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from kleiber.records import part_name

MOST = 100  # classes; of more, none is measured alone
BY = "class"

Sources = Mapping[str, NDArray[Any]]  # labels (m,) of the examples, by the name of their column
NO_SOURCES: Sources = {}


def of_logits(
    outputs: NDArray[np.floating], y: NDArray[Any], classes: Sequence[str], sources: Sources = NO_SOURCES
) -> dict[str, float]:
    """Measure the parts of the targets `(m,)` by outputs `(m, c)` whose softmax are probabilities, as that of log p is."""
    if not 1 < len(classes) <= MOST and not sources:
        return {}
    log_p = log_softmax(outputs.astype(np.float64), axis=1)
    losses = -log_p[np.arange(len(y)), y]
    return of_each(y, classes, wrong=outputs.argmax(1) != y, losses=losses, sources=sources)


def of_each(
    y: NDArray[Any],
    classes: Sequence[str],
    *,
    wrong: NDArray[np.bool_],
    losses: NDArray[np.float64] | None = None,
    sources: Sources = NO_SOURCES,
) -> dict[str, float]:
    """Give what is measured of each class that the targets `(m,)` have, and of each source; `wrong` and `losses` `(m,)`."""
    found = of_sources(sources, wrong=wrong, losses=losses)
    if 1 < len(classes) <= MOST:
        for label in np.unique(y):
            found |= _of_one(BY, classes[int(label)], y == label, wrong, losses)
    return found


def of_numbers(said: NDArray[np.floating], y: NDArray[Any], sources: Sources) -> dict[str, float]:
    """Measure each source of a regression's targets `(m,)`, by the squared error of what was said `(m,)`."""
    return of_sources(sources, losses=(said.astype(np.float64) - y) ** 2)


def of_sources(
    sources: Sources, *, wrong: NDArray[np.bool_] | None = None, losses: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Give what is measured of each source; `wrong` and `losses` `(m,)` are its examples'."""
    found: dict[str, float] = {}
    for by, labels in sources.items():
        for label in np.unique(labels):
            found |= _of_one(by, str(label), labels == label, wrong, losses)
    return found


def _of_one(
    by: str, name: str, own: NDArray[np.bool_], wrong: NDArray[np.bool_] | None, losses: NDArray[np.float64] | None
) -> dict[str, float]:
    found: dict[str, float] = {}
    if losses is not None:
        found[part_name("loss", by, name)] = _short(losses[own].mean())
        found[part_name("loss_sd", by, name)] = _short(losses[own].std())
    if wrong is not None:
        found[part_name("error", by, name)] = _short(wrong[own].mean())
    return {**found, part_name("count", by, name): float(own.sum())}


def _short(value: np.floating) -> float:
    """Give a mean to seven digits, which a ledger holds in half the room."""
    return float(f"{value:.7g}")
