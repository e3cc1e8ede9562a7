"""Which class, or which source, gains most from more examples: its curve, its gain with an interval, and a sentence.

found = by_class("kleiber.db")
found.named            # the class that gains most, None where the data can't tell
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.classes import sentences as words
from kleiber.answers.classes.gains import pooled
from kleiber.answers.classes.parts import Part, parts_of
from kleiber.curves.curve import Curve
from kleiber.errors import KleiberError
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.forecasts import forecast_many
from kleiber.metric import Metric
from kleiber.plain import record
from kleiber.wording import InWords, unit_of

Array = NDArray[np.float64]

SURE = 0.4  # what a part's probability has above chance, as a share of what chance leaves, to be named: of two it is 0.7
DRAWS = 2000
WIDTH = 3.29  # of a normal distribution's 90 % interval, in standard deviations: the draws have heavy tails
LEAST = 1e-3  # share of its loss that a part gains at the least
NARROWEST, WIDEST = 0.01, 1.5  # relative standard errors of a gain
POINTS = (13, 5)  # sizes of a part's drawn curve up to the largest measured, and from there on


@dataclass(frozen=True, slots=True, eq=False)
class PartGain:
    """What one part gains, in losses: `now` at the largest size measured, `then` at `to`, and the `gain` between.

    These are intervals of 90 % for the test examples at hand. `most` is the probability that no other part gains more, on
    any test examples. `count` is the number of its test examples, None where nobody says. A part whose forecast is
    `refused` has that reason, and none of these numbers.
    """

    name: str
    count: int | None
    forecast: Forecast
    refused: str | None = None
    now: Interval | None = None
    then: Interval | None = None
    gain: Interval | None = None
    most: float = 0.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByClass(InWords):
    """The gain of each part from `largest` to `to` examples, those that gain most first.

    `named` is the part that gains most, where its probability is `SURE` above chance. It is None where the data can't tell,
    or where a part without a forecast has so much loss that it could gain more. `differ` is the probability that the parts
    differ at all. `by` is what they are: "class", or the name of a column.
    """

    by: str
    scale: Metric
    largest: float
    to: float
    parts: tuple[PartGain, ...]
    differ: float
    named: str | None

    @property
    def known(self) -> tuple[PartGain, ...]:
        """Give the parts that have a forecast."""
        return tuple(part for part in self.parts if part.refused is None)

    @property
    def unit_of_n(self) -> str | None:
        """Give what sizes count, None for examples."""
        return self.parts[0].forecast.curve.unit_of_n

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say which part gains most, if the data can tell, and where a part levels off."""
        return tuple(words.of_gains(self))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, in losses: what is not finite is None; `curve` has what a figure draws."""
        return record(
            {
                "by": self.by,
                "unit_of_n": self.unit_of_n or "examples",
                "metric": self.scale.name,
                "loss": self.scale.loss,
                "largest": self.largest,
                "to": self.to,
                "named": self.named,
                "differ": self.differ,
                "parts": [_plain(part, self.to) for part in self.parts],
                "sentences": list(self.sentences),
            }
        )


def by_class(
    source: Any,
    *,
    by: str = "class",
    metric: str | None = None,
    model: str | None = None,
    to: float | None = None,
    counts: Mapping[str, float] | None = None,
    column: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> ByClass:
    """Say which class gains most from more examples, from a ledger or a table with a row for each class.

    source: a ledger, whose score trials measured each class, or a table, with `by` one of its columns, such as "class" or
    "source"; `column` maps our other names to its own, as in {"n": "samples"}. `metric` and `model` pick among several.
    `to` is the size up to which the gain is asked, twice the largest measured where nobody says. `counts`: how many test
    examples each part of a table has; without them the luck of the test set is not in the probabilities. All parts grow in
    the proportions that they were measured in. Raises `KleiberError` where there are fewer than two parts.
    """
    found = parts_of(source, by, metric=metric, model=model, counts=counts, column=column)
    return gains_of(found, by=by, to=to, random_state=random_state)


def gains_of(parts: Sequence[Part], *, by: str, to: float | None = None, random_state: int = 0) -> ByClass:
    """Give the gains of parts whose curves have one metric; raises `KleiberError` where there are fewer than two."""
    if len(parts) < 2:
        raise KleiberError(f"by={by!r}: there is {len(parts)} part, and two or more are compared")
    largest = max(float(part.curve.n.max()) for part in parts)
    wanted = 2 * largest if to is None else float(to)
    if not wanted > largest:
        counts = unit_of(parts[0].curve.unit_of_n)
        raise KleiberError(f"to is {to!r}: ask for more than the {largest:,.0f} {counts} that were measured")
    forecasts = forecast_many([part.curve for part in parts], random_state=random_state)
    ok = [number for number, fc in enumerate(forecasts) if fc.status == "ok"]
    drawn = {number: forecasts[number].draws([largest, wanted], DRAWS) for number in ok}
    falls = {number: pair[:, 0] - pair[:, 1] for number, pair in drawn.items()}
    told = [_refused(part, fc) for part, fc in zip(parts, forecasts, strict=True) if fc.status != "ok"]
    ends = np.array([np.quantile(falls[number], [0.05, 0.5, 0.95]) for number in ok]).reshape(-1, 3)
    gain = np.maximum(ends[:, 1], [LEAST * float(np.median(drawn[number][:, 0])) for number in ok])
    error = np.hypot((ends[:, 2] - ends[:, 0]) / WIDTH / gain, [parts[number].luck for number in ok])
    differ = 0.0
    if len(ok) > 1:
        gains = pooled(gain, np.clip(error, NARROWEST, WIDEST), random_state=random_state)
        differ = gains.differ
        told += [
            _told(parts[number], forecasts[number], drawn[number], float(most))
            for number, most in zip(ok, gains.most, strict=True)
        ]
    told.sort(key=lambda part: (-part.most, -(part.gain.median if part.gain else -np.inf)))
    unknown = [_level(parts[number].curve) for number in range(len(parts)) if number not in ok]
    first = told[0]
    sure = (
        first.gain is not None
        and _above_chance(first.most, len(ok)) >= SURE
        and all(level <= first.gain.low for level in unknown)
    )
    named = first.name if sure else None
    return ByClass(by, parts[0].curve.scale, largest, wanted, tuple(told), differ, named)


def _above_chance(most: float, k: int) -> float:
    """Give what a probability has above chance among k parts, as a share of what chance leaves (Cohen's kappa)."""
    return (most - 1.0 / k) / (1.0 - 1.0 / k) if k > 1 else 0.0


def _level(curve: Curve) -> float:
    """Give the mean loss at the largest size: nothing gains more than it has."""
    return float(np.mean(curve.loss[curve.n == curve.n.max()]))


def _refused(part: Part, fc: Forecast) -> PartGain:
    return PartGain(part.name, part.count, fc, refused=fc.reason)


def _told(part: Part, fc: Forecast, drawn: Array, most: float) -> PartGain:
    values = (drawn[:, 0], drawn[:, 1], drawn[:, 0] - drawn[:, 1])
    now, then, gain = (Interval.of(np.quantile(each, [0.05, 0.5, 0.95])) for each in values)
    return PartGain(part.name, part.count, fc, None, now, then, gain, most)


def _plain(part: PartGain, to: float) -> dict[str, Any]:
    """Give a part as plain data, with what a figure draws of it."""
    given: dict[str, Any] = {"name": part.name, "count": part.count, "refused": part.refused, "most": part.most}
    given |= {key: None if (value := getattr(part, key)) is None else asdict(value) for key in ("now", "then", "gain")}
    measured = part.forecast.measured
    curve: dict[str, Any] = {"n": [], "mean": [], "at": [], "median": []}
    if measured is not None:
        curve |= {"n": measured.n.tolist(), "mean": measured.mean.tolist()}
    if part.refused is None and measured is not None:
        largest = float(measured.n[-1])
        at = np.append(np.geomspace(float(measured.n[0]), largest, POINTS[0])[:-1], np.geomspace(largest, to, POINTS[1]))
        curve |= {"at": at.tolist(), "median": part.forecast.posterior.quantile(at, np.array([0.5]), None)[:, 0].tolist()}
    return {**given, "curve": curve}
