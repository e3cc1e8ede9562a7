"""The sizes at which two models are compared: rungs of one ladder for all pairs, so that a model is drawn once for them.

A pair of models alone has the rungs of its own: 8 steps up to the largest common size, 23 from there to 32 times it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Curve
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import HORIZON

Array = NDArray[np.float64]
Pair = tuple[str, str]

TIMES = (1.0, 2.0, 4.0, 8.0)  # times the largest common size, where nothing else is asked
BELOW, BEYOND = 8, 23  # steps of the ladder up to the largest common size, and from there on
STEP = HORIZON ** (1 / BEYOND)  # from one rung to the next beyond the largest common size


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of each pair: sizes and a loss, None where nobody asks."""

    at: Array | None
    target: float | None
    random_state: int


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The sizes at which two models meet: the `largest_common` one (`apart`: they share none), the `horizon` of both, those
    `wanted`, and the `grid` of draws up to `top` and wherever else something is asked.
    """

    largest_common: float
    apart: bool
    horizon: float
    top: float
    wanted: Array
    grid: Array

    @property
    def half_way(self) -> float:
        """Give the size half-way from the largest common one to the horizon, on the log."""
        return float(np.sqrt(self.largest_common * self.horizon))


def common_size(a: Curve, b: Curve) -> tuple[float, bool]:
    """Give the largest size that two curves share, and whether they share none: then the lower of their largest."""
    both = np.intersect1d(a.n, b.n)
    return float(both[-1] if len(both) else min(a.n[-1], b.n[-1])), not len(both)


def grounds(found: Mapping[str, Forecast], pairs: Iterable[Pair], question: Question) -> dict[Pair, Ground]:
    """Lay out the sizes at which each pair of forecasts is compared, none of them refused."""
    common = {(a, b): common_size(found[a].curve, found[b].curve) for a, b in pairs}
    spans = {(a, b): _span(found[a].curve, found[b].curve, n) for (a, b), (n, _) in common.items()}
    rungs = ladder(list(spans.values()))
    return {
        (a, b): _ground((found[a], found[b]), *common[a, b], span[0], rungs, question) for (a, b), span in spans.items()
    }


def ladder(spans: list[tuple[float, float]]) -> Array:
    """Give the rungs for pairs that each have a smallest and a largest common size, as fine as each has them alone.

    Steps are no finer than `STEP`, unless all pairs lie closer together, so that there are few however many models meet.
    """
    if not spans:
        return np.empty(0)
    start, first, last = min(low for low, _ in spans), min(high for _, high in spans), max(high for _, high in spans)
    narrowest = min(high / low for low, high in spans) ** (1 / BELOW)
    return np.unique(
        np.concatenate([_rungs(start, first, max(narrowest, STEP), BELOW), _rungs(first, HORIZON * last, STEP, BEYOND)])
    )


def _rungs(start: float, end: float, step: float, fewest: int) -> Array:
    count = int(np.ceil(np.log(end / start) / np.log(step) - 1e-6))
    return np.geomspace(start, end, 1 + max(count, fewest))


def _span(a: Curve, b: Curve, common: float) -> tuple[float, float]:
    return min(max(float(a.n[0]), float(b.n[0])), common), common


def _ground(
    both: tuple[Forecast, Forecast], common: float, apart: bool, start: float, rungs: Array, question: Question
) -> Ground:
    top = HORIZON * common
    horizon = min(*(fc.horizon for fc in both), top)
    wanted = common * np.array(TIMES) if question.at is None else question.at
    own = rungs[(rungs > start * (1 + 1e-9)) & (rungs < top * (1 - 1e-9))]
    own = own[np.abs(own / common - 1) > 1e-9]  # a rung beside it, by rounding, would be the same size once more
    return Ground(
        common, apart, horizon, top, wanted, np.unique(np.concatenate([own, [start, common, top, horizon], wanted]))
    )
