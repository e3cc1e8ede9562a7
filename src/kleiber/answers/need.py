"""How many examples a target takes: sizes with their probabilities, what no data reaches, and a verdict in one word.

G(n) = P(mean curve at n <= target), discrepancy included; the size that is enough with probability p is the smallest with
G(n) >= p. The probability that no size is enough stays an atom at infinity, and is told beside them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.answers.need_words import NEED
from kleiber.forecasting.doubt import untold
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.grades import Grade, of_need
from kleiber.forecasting.posterior import SEARCH, Posterior
from kleiber.metric import Metric
from kleiber.wording import InWords, given, graded, probability, size, unit_of

Array = NDArray[np.float64]

Verdict = Literal["reached", "likely", "unlikely", "unreachable", "not-identifiable"]

LEVELS = (0.05, 0.1, 0.5, 0.8, 0.9, 0.95)  # the first and the last are the ends of the 90 % interval of the size
SURE = 0.9  # probability from which a target counts as reached, or as out of reach
LEAST = 0.01  # probability from which it is told where a target is reached, if it is
LIKELY = 0.8  # probability by the horizon from which it is likely; unlikely at one less this
GIVEN = np.array([0.05, 0.5, 0.95])  # quantiles of the size given that the target is reached
GRID = 161  # sizes, evenly in their logs, at which G is computed once
CLOSE = 1e-7  # relative precision of the sizes
NEAR = 0.25  # how far from the line's crossing a root is looked for, over the square of the width


@dataclass(frozen=True, slots=True)
class Enough:
    """The smallest size `n` enough with a `probability`, inf where none searched is, and the forecast's grade there."""

    probability: float
    n: float
    grade: Grade


@dataclass(frozen=True, slots=True, repr=False)
class Need(InWords):
    """What a target takes.

    `enough` are the sizes that are enough with the probabilities of `LEVELS`, inf where none up to `searched_to` is; those
    for 5 and 95 % are the ends of the 90 % interval of the size at which the curve passes the target. `reached` is
    P(curve <= target) at `searched_to`, and `if_reached` the median and 90 % interval of the size given that it is, None
    where that is under 1 %: the best single guess of the size. `never` is P(floor >= target); it rests on what is believed
    of the floor, so `never_with_floor` is the same among the laws that have one, and `floorless` the weight of those that
    have none. `now` and `by_horizon` are P(curve <= target) at the largest size measured and at the horizon. `scale` is the
    metric of the curve, `unit_of_n` what its sizes count; `untold` says what it does instead of telling a size, or is None.
    """

    target: float
    verdict: Verdict
    enough: tuple[Enough, ...]
    now: float
    by_horizon: float
    reached: float
    if_reached: Interval | None
    never: float
    never_with_floor: float
    floorless: float
    floor: Interval
    largest: float
    horizon: float
    searched_to: float
    scale: Metric
    unit_of_n: str | None
    untold: str | None
    distrusted: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many examples the target takes, and how likely it is reached with those that may be relied on."""
        return tuple(_sentences(self))

    def entry(self, probability: float) -> Enough:
        """Give what is enough with one of the probabilities of `LEVELS`."""
        return next(entry for entry in self.enough if entry.probability == probability)

    def size(self, probability: float) -> float:
        """Give the size that is enough with one of the probabilities of `LEVELS`, inf where none searched is."""
        return self.entry(probability).n

    @property
    def grade(self) -> Grade:
        """Say how far to rely on the size of even chances: as on the forecast there, and on its own interval."""
        middle = self.entry(0.5)
        return of_need(self.size(LEVELS[0]), self.size(LEVELS[-1]), middle.grade)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; a size searched for in vain is None."""
        return {
            "loss": self.target,
            "verdict": self.verdict,
            "grade": self.grade,
            "needed": [
                {"probability": e.probability, "n": _size(e.n), "searched_to": self.searched_to, "grade": e.grade}
                for e in self.enough
            ],
            "now": self.now,
            "reached": self.reached,
            "if_reached": None if self.if_reached is None else asdict(self.if_reached),
            "by_horizon": self.by_horizon,
            "never": self.never,
            "never_with_floor": self.never_with_floor,
            "floorless": self.floorless,
            "sentences": list(self.sentences),
        }


def need(forecast: Forecast, target: float) -> Need:
    """Say what a target takes: a loss in the curve's metric.

    Raises `KleiberError` where the target is no number, `Refused` where the forecast is refused.
    """
    never = forecast.never(target)
    known, level = forecast.posterior, float(target)
    largest = float(forecast.curve.n[-1])
    horizon = max(forecast.horizon, largest)
    t = np.linspace(float(known.data.first[0]), np.log(SEARCH), GRID)
    searched = known.n_unit * np.exp(t)
    chances = known.reached(np.append(searched, [largest, horizon]), level)
    now, by_horizon = float(chances[-2]), float(chances[-1])
    chances = chances[:-2]  # may fall again: what is reached at a smaller size stays reached
    by_horizon = float(np.max(chances[searched <= horizon], initial=by_horizon))
    reached = max(float(np.max(chances)), by_horizon)
    asked = np.append(LEVELS, GIVEN * reached if reached >= LEAST else [])
    sizes = (known.n_unit * np.exp(_first_enough(known, level, t, chances, asked))).tolist()
    if_there = sizes[len(LEVELS) :]
    floored = float(known.weight @ known.grid.has_floor[known.shape])
    distrusted = forecast.distrusted is not None
    return Need(
        target=level,
        verdict=_verdict(now, by_horizon, never, told=not forecast.flat and not distrusted),
        enough=tuple(map(Enough, LEVELS, sizes, _grades(forecast, np.array(sizes[: len(LEVELS)])))),
        now=now,
        by_horizon=by_horizon,
        reached=reached,
        if_reached=Interval(if_there[1], if_there[0], if_there[2], 0.9) if if_there else None,
        never=never,
        never_with_floor=never / floored if floored > 0 and level > 0 else never,
        floorless=1.0 - floored,
        floor=forecast.floor,
        largest=largest,
        horizon=forecast.horizon,
        searched_to=SEARCH * largest,
        scale=forecast.curve.scale,
        unit_of_n=forecast.curve.unit_of_n,
        untold=untold(forecast),
        distrusted=distrusted,
    )


def _sentences(found: Need) -> Iterator[str]:
    goal, unit = f"{found.scale.name} {found.scale.write_given(found.target)}", unit_of(found.unit_of_n)
    low, middle, high = (found.size(level) for level in (0.05, 0.5, 0.95))
    ends = {name: size(n) if np.isfinite(n) else "" for name, n in (("low", low), ("middle", middle), ("high", high))}
    known = {"goal": goal, "unit": unit, "grade": graded(found.grade)} | ends
    if found.verdict == "reached":
        said = NEED["reached"].format(here=f"{given(found.largest)} {unit}", now=probability(found.now), **known)
        told = middle < found.largest and np.isfinite(high)
        yield said + (NEED["took"].format(**known) if told else "")
        return
    if found.untold is not None:
        yield NEED["untold"].format(untold=found.untold, **known)
        return
    never = NEED["never"].format(never=probability(found.never))
    if np.isinf(middle):
        yield NEED["unlikely"].format(end=size(found.searched_to), reached=probability(found.reached), **known) + never
        return
    doubt = ", since the back-test failed" if found.distrusted and found.grade == "guess" else ""
    yield NEED["takes" if np.isfinite(high) else "open"].format(doubt=doubt, **known) + never
    if found.horizon > found.largest:
        yield (
            f"With {size(found.horizon)} {unit}, as far as this forecast is good to act on, it is reached with probability "
            f"{probability(found.by_horizon)}."
        )


def _verdict(now: float, by_horizon: float, never: float, *, told: bool) -> Verdict:
    """Give the verdict; of a curve that is flat, or failed its back-test, only what is reached already can be told."""
    if now >= SURE:
        return "reached"
    if not told:
        return "not-identifiable"
    if never >= SURE:
        return "unreachable"
    if by_horizon >= LIKELY:
        return "likely"
    return "unlikely" if by_horizon <= 1.0 - LIKELY else "not-identifiable"


def _first_enough(known: Posterior, target: float, t: Array, chances: Array, asked: Array) -> Array:
    """Give the log of the smallest size over the unit that is enough with each probability asked, `(j,)`; inf for none.

    `chances (m,)` are G at the logs `t`. Between two of these all roots are closed in on at once: the probit of G is almost
    straight in log n, so a root lies within about the square of the width from where the line crosses.
    """
    enough = chances >= asked[:, None]
    at = np.argmax(enough, axis=1)
    found = np.where(enough.any(axis=1), t[at], np.inf)
    inner = np.flatnonzero(enough.any(axis=1) & (at > 0))
    if len(inner) == 0:
        return found
    at, goal, column = at[inner], _probit(asked[inner]), np.arange(len(inner))
    low, high, below, above = t[at - 1], t[at], _probit(chances[at - 1]) - goal, _probit(chances[at]) - goal
    while np.any((width := high - low) > CLOSE):
        cross = low + width * below / np.minimum(below - above, -1e-300)
        reach = np.maximum(NEAR * width**2, CLOSE / 3)
        tried = np.sort(np.clip(np.stack([cross - reach, (low + high) / 2, cross + reach]), low, high), axis=0)
        gap = _probit(known.reached(known.n_unit * np.exp(tried.ravel()), target)).reshape(tried.shape) - goal
        place, gap = np.stack([low, *tried, high]), np.stack([below, *gap, above])
        first = np.argmax(gap[1:] >= 0, axis=0) + 1
        low, high = place[first - 1, column], place[first, column]
        below, above = gap[first - 1, column], gap[first, column]
    found[inner] = high
    return found


def _probit(p: Array) -> Array:
    return np.asarray(special.ndtri(np.clip(p, 1e-15, 1.0 - 1e-15)))


def _grades(forecast: Forecast, n: Array) -> list[Grade]:
    """Give the grade of each size, a guess where none is enough."""
    known = forecast.grade(np.where(np.isfinite(n), n, forecast.curve.n[-1]))
    return list(map(_graded, known, np.isfinite(n).tolist()))


def _graded(grade: Grade, there: bool) -> Grade:
    return grade if there else "guess"


def _size(n: float) -> float | None:
    return n if np.isfinite(n) else None
