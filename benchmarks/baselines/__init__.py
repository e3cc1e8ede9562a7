"""Ways to extrapolate a loss that the forecaster is compared with: one file each, whose name is the baseline's name.

A file holds `predict(n, loss, at)`: sizes `(m,)` and losses `(m,)` in any order, and the sizes `(k,)` to predict; it gives
losses `(k,)`. It fits before it looks at `at`. Each is written anew from its publication, which its first lines name.
"""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Array = NDArray[np.float64]
Predict = Callable[[Array, Array, Array], Array]


def names() -> list[str]:
    """Give the names of all baselines, the files of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def load(name: str) -> Predict:
    """Give a baseline's `predict`."""
    predict: Predict = importlib.import_module(f"{__name__}.{name}").predict
    return predict


def best_fit(
    residuals: Callable[[Array], Array],
    starts: Iterable[Array],
    *,
    evaluations: int,
    bounds: tuple[Array, Array] | None = None,
) -> Array:
    """Give the parameters `(d,)` with the least sum of squares over the starts, each searched locally.

    Without bounds by Levenberg and Marquardt (evaluations for the Jacobian count too), within bounds by a trust region
    (they do not). It need not have converged: the budget of evaluations is part of the baseline.
    """
    options: dict[str, Any] = {"method": "lm"} if bounds is None else {"bounds": bounds}
    with np.errstate(all="ignore"):
        found = [least_squares(residuals, start, max_nfev=evaluations, **options) for start in starts]
    best = min(found, key=lambda fit: fit.cost)
    return np.asarray(best.x, dtype=np.float64)
