"""A curve without its outliers: which runs are left out of a forecast, and why; and what the forecast is with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Caution, Curve
from kleiber.forecasting.outliers import line, medians
from kleiber.forecasting.rosner import along_curve, among_runs, left_out
from kleiber.importers import Labels
from kleiber.wording import given

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST = np.log(1.15)  # less than this off its neighbours is no outlier, however quiet they are
TREND, QUIET = 4, 0.003  # sizes from which on the noise may depend on the size; a relative noise too small to matter
FEWEST = 5  # sizes from which on a run that is the only one of its size is judged by the others
LEFT = 4  # sizes, at the least, that are left then
NEARER = 2.0  # of two runs the one that is so many times as far from the curve


@dataclass(frozen=True, slots=True)
class Outlier:
    """A run that was left out of a forecast: its row's labels, its loss, what its neighbours have, and why, in words."""

    n: float
    replicate: str
    seed: str
    loss: float
    expected: float
    why: str

    @property
    def times(self) -> float:
        """Give how many times as high as expected it is, below 1 where it is lower."""
        return self.loss / self.expected


def split(curve: Curve) -> tuple[Curve, tuple[Outlier, ...]]:
    """Give a curve without its outliers, and them; the curve itself where it has none.

    A run is judged by the others of its size where there are any, and where it is the only one by a smooth curve through
    the other sizes. Needs positive, finite losses.
    """
    y = np.log(curve.loss)
    new = np.append(True, curve.n[1:] != curve.n[:-1])
    place, names = np.cumsum(new) - 1, curve.n[new]
    error = np.zeros(len(y)) if curve.se is None else np.minimum(curve.se / curve.loss, 1e3) ** 2
    found = _among(y, place, names, error)
    whole = np.bincount(place)
    if len(names) >= FEWEST and np.any(whole == 1):
        found |= _along(y, place, names, error, found)
    if not found:
        return curve, ()
    rows = sorted(found)
    said = tuple(_told(curve, row, found[row], int(whole[place[row]]) - 1) for row in rows)
    return without(curve, rows), said


def without(curve: Curve, rows: Sequence[int]) -> Curve:
    """Give a curve without some of its rows."""
    kept = np.delete(np.arange(len(curve.n)), list(rows))
    return replace(
        curve,
        n=curve.n[kept],
        loss=curve.loss[kept],
        replicate=_take(curve.replicate, kept),
        seed=_take(curve.seed, kept),
        se=None if curve.se is None else curve.se[kept],
    )


def caution(curve: Curve, left: Sequence[Outlier], difference: str) -> Caution:
    """Say which runs were left out of a forecast and why; `difference` says what the forecast is with them."""
    worst = max(left, key=lambda one: abs(np.log(one.times)))
    run = f"run at n = {given(worst.n)}, replicate {worst.replicate}, with {curve.scale.name}"
    which = f"the {run}" if len(left) == 1 else f"{len(left)} runs, above all the {run}"
    check = "it, and whether it" if len(left) == 1 else "them, and whether they"
    return Caution(
        "outlier",
        f"Left out: {which} {curve.scale.write(worst.loss)}, {worst.why}. {difference} Check {check} diverged.",
    )


def _take(labels: Sequence[str], kept: Index) -> Sequence[str]:
    return labels.take(kept) if isinstance(labels, Labels) else [labels[i] for i in kept]


def _told(curve: Curve, row: int, off: float, others: int) -> Outlier:
    """Describe a run that is left out, which is `off` its neighbours on the log of the loss."""
    others_have = "the sizes around it lead to" if not others else "the other run of its size has"
    others_have = others_have if others < 2 else f"the {others} other runs of its size have"
    times = f"{np.exp(off):.3g} times what {others_have}"
    return Outlier(
        n=float(curve.n[row]),
        replicate=str(curve.replicate[row]),
        seed=str(curve.seed[row]),
        loss=float(curve.loss[row]),
        expected=float(curve.loss[row] / np.exp(off)),
        why=times,
    )


def _among(y: Array, place: Index, names: Array, error: Array) -> dict[int, float]:
    """Give the rows that are off from the other runs of their size by more than chance, `LEAST` and their own scatter."""
    count = np.bincount(place)
    if count.max() < 2:
        return {}
    middle = medians(y, place, count)
    off = np.abs(y - middle[place])
    if off.max() < LEAST / 2:  # of two runs each is half as far from the middle as from the other
        return {}
    noisier = _noisier(y, place, middle, names)[place]
    rest = np.abs(y - _curve(np.log(names), middle)[place]) if len(names) >= FEWEST else None
    found = among_runs(y, place, error, noisier, np.zeros(len(y)) if rest is None else rest)
    groups = np.split(np.arange(len(y)), np.cumsum(count)[:-1]) if found else []
    kept = [[int(j) for j in group if j not in found] for group in groups]
    return {i: by for i, by in found.items() if abs(by) > LEAST and _off_the_curve(rest, i, kept[place[i]])}


def _noisier(y: Array, place: Index, middle: Array, names: Array) -> Array:
    """Give how many times the mean variance a size's runs have, at least 1, where small sizes are noisier, `(k,)`.

    The trend is the line of the median slope through each size's median absolute deviation, which a bad run does not turn.
    """
    count = np.bincount(place)
    known = count > 1
    if np.count_nonzero(known) < TREND:
        return np.ones(len(names))
    spread = medians(np.abs(y - middle[place]), place, count)[known]  # of three runs the gap of the nearest two
    trend = line(np.log(names[known]), np.log(spread**2 + QUIET**2))
    if trend[-1] > trend[0]:
        return np.ones(len(names))
    variance = np.exp(np.interp(np.log(names), np.log(names[known]), trend - trend.max()))
    return np.asarray(np.maximum(variance / np.average(variance, weights=count), 1.0))


def _off_the_curve(rest: Array | None, i: int, others: Sequence[int]) -> bool:
    """Say whether a run is farther from the curve than the others of its size are; `rest` is how far, None unknown."""
    if len(others) < 2:
        return rest is not None and len(others) == 1 and bool(rest[i] > NEARER * rest[others[0]])
    return rest is None or bool(rest[i] > np.median(rest[others]))


def _along(y: Array, place: Index, names: Array, error: Array, found: dict[int, float]) -> dict[int, float]:
    """Give the rows, each the only one of its size, that are off a smooth curve through the other sizes."""
    kept = np.ones(len(y), dtype=bool)
    kept[list(found)] = False
    count = np.bincount(place[kept])
    middle, start = medians(y[kept], place[kept], count), np.flatnonzero(np.append(True, np.diff(place)))
    single = np.bincount(place) == 1
    off = along_curve(np.log(names), middle, np.where(single, error[start], 0.0), single)
    far = {int(start[i]): by for i, by in off.items() if abs(by) > LEAST}
    return far if len(names) - len(far) >= LEFT else {}


def _curve(x: Array, middle: Array) -> Array:
    """Give the curve at each size as its neighbours have it, `(k,)`."""
    return middle - left_out(x, middle, np.zeros(len(x)))[0]
