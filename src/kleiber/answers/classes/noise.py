"""How many labels are wrong, from examples that several people labelled: an explanation of a floor, never its proof.

noise = label_noise("labels.csv", by=["ann", "bob"])
noise.wrong            # the share of single labels that are wrong, with its 90 % interval

Each label is taken to be wrong with one probability e, independently, every other class as likely (the one-coin model of
Dawid and Skene 1979, Applied Statistics 28, 20-28). Two labels of an example of k classes then agree with probability
(1 - e)^2 + e^2 / (k - 1). Krippendorff's alpha is 1 - observed / expected disagreement (Krippendorff 2011, Computing
Krippendorff's Alpha-Reliability).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kleiber.curves.sources import choose, curves_from
from kleiber.errors import KleiberError
from kleiber.forecasting.forecasts import forecast
from kleiber.forecasting.interval import Interval
from kleiber.importers import is_error_rate
from kleiber.importers._cells import NO_VALUE
from kleiber.importers._columns_of import columns_of
from kleiber.metric import Metric
from kleiber.plain import record
from kleiber.wording import InWords, counted, given

Array = NDArray[np.float64]

LEVELS = (0.05, 0.5, 0.95)
FEWEST = 20  # examples with two labels or more


@dataclass(frozen=True, slots=True, repr=False)
class LabelNoise(InWords):
    """The noise of labels: `examples` with two labels or more, `pairs` of labels, and the number of `classes`.

    `disagree` is the share of pairs that differ, `wrong` that of single labels that are wrong if people err independently,
    `alpha` Krippendorff's. `floor` is that of a curve of errors, in losses, with its `scale`; None without a curve.
    """

    examples: int
    pairs: int
    classes: int
    disagree: Interval
    wrong: Interval
    alpha: Interval
    floor: Interval | None = None
    scale: Metric | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many labels are wrong, on what that rests, and what it may explain of a floor."""
        return tuple(_said(self))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, in shares of 1."""
        plain = {name: getattr(self, name) for name in ("examples", "pairs", "classes")}
        told = {name: asdict(getattr(self, name)) for name in ("disagree", "wrong", "alpha")}
        floor = None if self.floor is None else asdict(self.floor)
        return record({**plain, **told, "floor": floor, "sentences": list(self.sentences)})


def label_noise(
    labels: Any,
    *,
    by: Sequence[str] | None = None,
    example: str | None = None,
    label: str | None = None,
    runs: Any = None,
    model: str | None = None,
) -> LabelNoise:
    """Estimate the share of wrong labels from a table of examples that several people labelled.

    labels: a table's path, a frame or a dict of columns. `by`: its columns of labels, one a person; or, of a table with a
    row for each label, `example` and `label` name the columns. Empty cells are labels that are missing. `runs`: what
    `forecast` takes, measured as an error or an accuracy; its floor is set beside the noise. Raises `KleiberError` for
    fewer than `FEWEST` examples with two labels, and for runs that measure no error.
    """
    found = _long(labels, example, label) if by is None else _wide(labels, by)
    several = [one for one in found if len(one) > 1]
    if len(several) < FEWEST:
        raise KleiberError(
            f"labels: {counted(len(several), 'example')} with two labels or more; label at least {FEWEST} twice"
        )
    return _estimated(several, *(_floor(runs, model) if runs is not None else (None, None)))


def _estimated(several: Sequence[Sequence[str]], floor: Interval | None, scale: Metric | None) -> LabelNoise:
    totals: Counter[str] = Counter(label for one in several for label in one)
    if len(totals) < 2:
        raise KleiberError("labels: all are the same, so no two can differ; give examples of two classes or more")
    share, pairs = _disagreements(several)
    ends = _interval(share)
    k, count = len(totals), sum(totals.values())
    expected = 1.0 - sum(n * (n - 1) for n in totals.values()) / (count * (count - 1))
    weights = np.array([len(one) for one in several], dtype=float)
    observed = float(np.average(share, weights=weights))  # alpha weighs an example by its labels
    shift = observed - float(share.mean())
    alpha = Interval(1 - observed / expected, 1 - (ends[2] + shift) / expected, 1 - (ends[0] + shift) / expected)
    wrong = Interval.of(_wrong(ends, k))
    return LabelNoise(len(several), pairs, k, Interval.of(ends), wrong, alpha, floor, scale)


def _disagreements(several: Sequence[Sequence[str]]) -> tuple[Array, int]:
    """Give the share of differing pairs of each example `(m,)`, and the number of pairs in all."""
    share, pairs = [], 0
    for one in several:
        count = len(one) * (len(one) - 1)
        alike = sum(n * (n - 1) for n in Counter(one).values())
        share.append(1.0 - alike / count)
        pairs += count // 2
    return np.array(share), pairs


def _interval(share: Array) -> Array:
    """Give the quantiles `LEVELS` of the mean share: Jeffreys' interval, of as many examples as its variance is worth.

    Its lower end is 0 where no pair differs (Brown, Cai and DasGupta 2001, Statistical Science 16, 101-133).
    """
    mean, m = float(share.mean()), len(share)
    variance = float(share.var(ddof=1)) / m
    worth = mean * (1 - mean) / variance if variance > 0 else float(m)
    found = np.asarray(stats.beta(mean * worth + 0.5, (1 - mean) * worth + 0.5).ppf(LEVELS))
    return found * [mean > 0, 1.0, 1.0]


def _wrong(disagree: Array, k: int) -> Array:
    """Solve 1 - d = (1 - e)^2 + e^2 / (k - 1) for e: from 0 to chance, which is more than the model can say."""
    chance = (k - 1) / k
    return chance * (1.0 - np.sqrt(np.maximum(1.0 - disagree / chance, 0.0)))


def _wide(labels: Any, by: Sequence[str]) -> list[list[str]]:
    if len(by) < 2:
        raise KleiberError(f"by names {counted(len(by), 'column')}; name those of two people or more")
    cells = columns_of(labels, by).cells
    return [[text for cell in row if (text := _text(cell))] for row in zip(*(cells[name] for name in by), strict=True)]


def _long(labels: Any, example: str | None, label: str | None) -> list[list[str]]:
    if example is None or label is None:
        raise KleiberError(
            'by names no columns. A column for each person: by=["ann", "bob"] (--by ann,bob). A row for each label: '
            'example="id" and label="label" (--example id --label label)'
        )
    found = columns_of(labels, [example, label])
    of: dict[str, list[str]] = {}
    for name, cell, where in zip(found.cells[example], found.cells[label], found.where, strict=True):
        if not (own := _text(name)):
            raise KleiberError(f"{where}, column {example!r}: the example has no name; fill it in, or remove the row")
        of.setdefault(own, [])
        if text := _text(cell):
            of[own].append(text)
    return list(of.values())


def _text(cell: Any) -> str:
    """Give a cell as a label; "" where it holds none. 1, 1.0 and "1" are one label."""
    if cell is None or cell != cell or str(cell).strip().casefold() in NO_VALUE - {"none", "-", "."}:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _floor(runs: Any, model: str | None) -> tuple[Interval | None, Metric]:
    curves = [curve for curve in curves_from(runs) if is_error_rate(curve.metric)]
    if not curves:
        raise KleiberError("runs: no error and no accuracy is measured there, and noise is a share of wrong labels")
    fc = forecast(choose(curves, metric=None, model=model))
    told = fc.status == "ok" and not fc.flat and not fc.turned
    return (fc.floor if told else None), fc.curve.scale


def _said(found: LabelNoise) -> Iterator[str]:
    yield (
        f"About {_share(found.wrong.median)} of the labels are wrong (90 % interval {_share(found.wrong.low)} to "
        f"{_share(found.wrong.high)}), if people err independently."
    )
    yield (
        f"Two labels differ in {_share(found.disagree.median)} of {given(found.pairs)} pairs "
        f"({_share(found.disagree.low)} to {_share(found.disagree.high)}), on {given(found.examples)} examples."
    )
    yield (
        f"Krippendorff's alpha is {found.alpha.median:.2f} (90 % interval {found.alpha.low:.2f} to {found.alpha.high:.2f})."
    )
    if found.scale is not None:
        yield from _beside(found, found.scale)
    yield "Mistakes that people share don't show here, and examples that are truly ambiguous count as wrong."


def _beside(found: LabelNoise, scale: Metric) -> Iterator[str]:
    if found.floor is None:
        yield f"The runs can't tell where {scale.name} levels off, so there is nothing to explain yet."
        return
    floor, wrong = found.floor, found.wrong
    yield f"{scale.name} levels off {scale.write_interval(floor.low, floor.high)} (90 % interval)."
    if floor.low > wrong.high:
        yield "That is more than wrong labels of the test set alone would leave."
    elif floor.high < wrong.low:
        yield "That is less than such labels would leave, so the model shares their mistakes, or the test set is cleaner."
    else:
        yield "Wrong labels may explain that, as may overlapping classes or a small model."


def _share(value: float) -> str:
    return f"{100 * value:.2g} %"
