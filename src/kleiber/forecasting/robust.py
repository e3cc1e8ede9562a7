"""A curve without its outliers: which runs are left out of a forecast, and why; and what the forecast is with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Caution, Curve
from kleiber.forecasting.outliers import line, medians
from kleiber.forecasting.rosner import along_curves, among_runs, left_out
from kleiber.importers import Labels
from kleiber.wording import given

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST = np.log(1.15)  # less than this off its neighbours is no outlier, however quiet they are
TREND, QUIET = 4, 0.003  # sizes from which on the noise may depend on the size; a relative noise too small to matter
FEWEST = 5  # sizes from which on a run that is the only one of its size is judged by the others
LEFT = 4  # sizes, at the least, that are left then
TOGETHER = 2000  # sizes of curves that are judged at once, whose arrays fit a cache
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
    return split_all([curve])[0]


def split_all(curves: Sequence[Curve]) -> list[tuple[Curve, tuple[Outlier, ...]]]:
    """Give what `split` gives of each curve; curves of as many sizes are judged together."""
    parts: dict[int, tuple[Curve, tuple[Outlier, ...]]] = {}
    waiting: dict[int, list[tuple[int, _Seen, dict[int, float]]]] = {}
    for i, curve in enumerate(curves):
        seen = _Seen.of(curve)
        found = _among(seen)
        if len(seen.names) >= FEWEST and np.any(seen.whole == 1):
            waiting.setdefault(len(seen.names), []).append((i, seen, found))
        else:
            parts[i] = _left(curve, seen, found)
    for count, alike in waiting.items():
        step = max(TOGETHER // count, 1)
        for part in (alike[start : start + step] for start in range(0, len(alike), step)):
            for (i, seen, found), far in zip(part, _along([one[1:] for one in part]), strict=True):
                parts[i] = _left(curves[i], seen, found | far)
    return [parts[i] for i in range(len(curves))]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A curve as it is judged: of each row the log loss `y`, the `place` of its size and its known variance `error`.

    Of each size it has the `names` and the number of its runs, `whole`.
    """

    y: Array
    place: Index
    error: Array
    names: Array
    whole: Index

    @classmethod
    def of(cls, curve: Curve) -> "_Seen":
        new = np.ones(len(curve.n), dtype=bool)
        new[1:] = curve.n[1:] != curve.n[:-1]
        place = np.cumsum(new) - 1
        error = np.zeros(len(new)) if curve.se is None else np.minimum(curve.se / curve.loss, 1e3) ** 2
        return cls(np.log(curve.loss), place, error, curve.n[new], np.bincount(place))


def _left(curve: Curve, seen: _Seen, found: dict[int, float]) -> tuple[Curve, tuple[Outlier, ...]]:
    if not found:
        return curve, ()
    rows = sorted(found)
    said = tuple(_told(curve, row, found[row], int(seen.whole[seen.place[row]]) - 1) for row in rows)
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
        f"Left out: {which} {curve.scale.write(worst.loss)} {worst.why}. {difference} Check {check} diverged.",
    )


def _take(labels: Sequence[str], kept: Index) -> Sequence[str]:
    return labels.take(kept) if isinstance(labels, Labels) else [labels[i] for i in kept]


def _told(curve: Curve, row: int, off: float, others: int) -> Outlier:
    """Describe a run that is left out, which is `off` its neighbours on the log of the loss."""
    others_have = "the sizes around it lead to" if not others else "the other run of its size has"
    others_have = others_have if others < 2 else f"the {others} other runs of its size have"
    expected = float(curve.loss[row] / np.exp(off))
    return Outlier(
        n=float(curve.n[row]),
        replicate=str(curve.replicate[row]),
        seed=str(curve.seed[row]),
        loss=float(curve.loss[row]),
        expected=expected,
        why=f"where {others_have} {curve.scale.write(expected)}",
    )


def _among(seen: _Seen) -> dict[int, float]:
    """Give the rows that are off from the other runs of their size by more than chance, `LEAST` and their own scatter."""
    y, place, names, count = seen.y, seen.place, seen.names, seen.whole
    if len(y) == len(names):
        return {}
    middle = medians(y, place, count)
    off = np.abs(y - middle[place])
    if off.max() < LEAST / 2:  # of two runs each is half as far from the middle as from the other
        return {}
    noisier = _noisier(y, place, middle, names)[place]
    rest = np.abs(y - _curve(np.log(names), middle)[place]) if len(names) >= FEWEST else None
    found = among_runs(y, place, seen.error, noisier, np.zeros(len(y)) if rest is None else rest)
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


def _along(curves: Sequence[tuple[_Seen, dict[int, float]]]) -> list[dict[int, float]]:
    """Give of each curve the rows, each the only one of its size, that are off a smooth curve through the other sizes.

    The curves have as many sizes; with each the rows that were found to be off already.
    """
    middle = np.stack([_middle(seen, found) for seen, found in curves])
    names = np.stack([seen.names for seen, _ in curves])
    single = np.stack([seen.whole == 1 for seen, _ in curves])
    first = [np.cumsum(seen.whole) - seen.whole for seen, _ in curves]
    error = np.where(single, np.stack([seen.error[start] for (seen, _), start in zip(curves, first, strict=True)]), 0.0)
    told = []
    for off, start in zip(along_curves(np.log(names), middle, error, single), first, strict=True):
        far = {int(start[i]): by for i, by in off.items() if abs(by) > LEAST}
        told.append(far if names.shape[1] - len(far) >= LEFT else {})
    return told


def _middle(seen: _Seen, found: dict[int, float]) -> Array:
    """Give the median of each size's runs but those that were found to be off, `(k,)`."""
    if len(seen.y) == len(seen.names) and not found:
        return seen.y
    kept = np.ones(len(seen.y), dtype=bool)
    kept[list(found)] = False
    return medians(seen.y[kept], seen.place[kept], np.bincount(seen.place[kept]))


def _curve(x: Array, middle: Array) -> Array:
    """Give the curve at each size as its neighbours have it, `(k,)`."""
    return middle - left_out(x, middle, np.zeros(len(x)))[0]
