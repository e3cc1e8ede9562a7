"""What another value of a hyper-parameter would do at a larger size, from a study's search trials, where it can be told.

found = what_if("kleiber.db", {"lr": 0.01}, at=6400)
found.change           # of the loss, as a share, with its 90 % interval
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from kleiber.answers.settings.surface import Surface, Trial, fitted, placed
from kleiber.errors import KleiberError, Refused
from kleiber.forecasting.interval import Interval
from kleiber.importers._searched import Searched, searched
from kleiber.plain import record
from kleiber.wording import InWords, given, listed

Array = NDArray[np.float64]

NORMAL = 1.6449  # half a 90 % interval in standard deviations
FEWEST = 5  # trials of each size, and for each hyper-parameter
SKILL = 0.3  # share of the trials' variance that the back-test has to explain
WIDEST = 3.0  # root mean square of a back-test's scores beyond which nothing is said
AS_SAID = 10.0  # trials that the belief in the surface's own intervals weighs as much as
LARGEST = 50.0  # of a change of ln loss, so that none overflows
LATTICE = 4096  # points that stand for draws of two normal numbers


@dataclass(frozen=True, slots=True)
class Back:
    """A back-test: trials at sizes above `n` over `factor` were hidden, and the differences between those at `n` predicted.

    What is predicted is x of `surface.py`, by the scales and lengths of all trials. `skill` is the share of its variance
    that was explained, `inside` the share of the 90 % intervals that held, `width` the root mean square of the errors over
    their standard deviations.
    """

    n: float
    factor: float
    trials: int
    skill: float
    inside: float
    width: float


@dataclass(frozen=True, slots=True, repr=False)
class Effect(InWords):
    """The change of the loss at size `at` from setting `base` to the same with `changed`, as a share: -0.1 is 10 % less.

    `change` is the interval of the mean effect, `run` that of two single runs' difference; `back` are the back-tests.
    Both intervals are `width` times as wide as the surface says, which is what the errors of the back-tests suggest.
    """

    at: float
    metric: str
    base: Mapping[str, Any]
    changed: Mapping[str, Any]
    change: Interval
    run: Interval
    width: float
    back: tuple[Back, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say the effect with its interval, and what it rests on."""
        named = listed([f"{name} {_short(self.base[name])} to {_short(value)}" for name, value in self.changed.items()])
        low, high = (100 * end for end in (self.change.low, self.change.high))
        lower = self.change.median < 0
        last = self.back[-1]
        return (
            f"At n = {given(self.at)}, {named} would make the {self.metric} {abs(100 * self.change.median):.2g} % "
            f"{'lower' if lower else 'higher'} (90 % interval {low:+.2g} to {high:+.2g} %).",
            *(["The interval holds 0, so the runs can't tell the direction."] if low < 0 < high else []),
            f"A back-test at n = {given(last.n)} explained {100 * max(last.skill, 0.0):.0f} % of the trials' differences.",
            f"Of its 90 % intervals {100 * last.inside:.0f} % held{self._followed}.",
        )

    @property
    def _followed(self) -> str:
        width = f"{self.width:.2g}"
        return "" if width == "1" else f"; by its errors, the interval above is {width} times as wide"

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return record({**asdict(self), "sentences": list(self.sentences)})


def what_if(
    ledger: Any,
    change: Mapping[str, Any],
    *,
    at: float,
    base: Mapping[str, Any] | None = None,
    study: str | None = None,
) -> Effect:
    """Forecast what another value of a hyper-parameter does to the validation loss at a size, from a study's search trials.

    ledger: a ledger's path. `change`: values by name, within the ranges that were searched. `at`: a size up to as many
    times the largest as a back-test could reach. `base`: the setting that is changed; what it lacks is that of the best
    trial at the largest size. Raises `Refused` in words where a back-test on the sizes at hand does not hold, and
    `KleiberError` for what was not searched.
    """
    found = searched(ledger, study)
    trials = [Trial(*row) for row in found.rows]
    asked = [({**_winner(found), **(base or {})}, change)]
    return effects_of(trials, found.space, asked, at=at, metric=found.metric)[0]


def effects_of(
    trials: Sequence[Trial],
    space: Mapping[str, Any],
    asked: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    *,
    at: float,
    metric: str = "loss",
) -> list[Effect]:
    """Give the effects of several (base, change) at one size; `space` has a range or choices for each hyper-parameter."""
    for base, change in asked:
        _check(space, change, base)
    if not (_number(at) and at > 0):
        raise KleiberError(f"at = {at!r} is no size; give a number above 0, such as at=6400")
    _require(trials, space)
    n, loss = np.array([one.n for one in trials], dtype=float), np.array([one.loss for one in trials])
    z = placed(space, [one.params for one in trials])
    surface = fitted(n, z, loss)
    back = _back_tested(surface, n, at)
    width = _width(back)
    mean, covariance = surface.predict(
        at, placed(space, [one for base, change in asked for one in (base, {**base, **change})])
    )
    found = []
    for place, (base, change) in enumerate(asked):
        own = slice(2 * place, 2 * place + 2)
        effect, run = (
            _interval(surface, mean[own], covariance[own, own] + noise, width) for noise in (0.0, surface.noise_of(2))
        )
        found.append(Effect(float(at), metric, dict(base), dict(change), effect, run, width, tuple(back)))
    return found


def _interval(surface: Surface, mean: Array, covariance: Array, width: float) -> Interval:
    """Give the interval of the change, as a share, between settings whose x have mean `(2,)` and covariance `(2, 2)`."""
    spread, axes = np.linalg.eigh(covariance)
    x = mean + width * (_draws() * np.sqrt(np.maximum(spread, 0.0))) @ axes.T
    effects = np.quantile(np.diff(surface.excess(x), axis=1), (0.5, 0.05, 0.95))
    return Interval(*np.expm1(np.minimum(effects, LARGEST)).tolist())


@cache
def _draws() -> Array:
    """Give points `(LATTICE, 2)` that lie as independent normal numbers do, by a lattice of the golden ratio."""
    k = np.arange(LATTICE)
    return np.asarray(ndtri(np.stack([(k + 0.5) / LATTICE, (k * (math.sqrt(5) - 1) / 2 + 0.25) % 1], axis=1)))


def _check(space: Mapping[str, Any], change: Mapping[str, Any], base: Mapping[str, Any]) -> None:
    if not change:
        raise KleiberError("change is empty: name a hyper-parameter with its new value, as in {'lr': 0.01}")
    for name, value in [*change.items(), *base.items()]:
        if name not in space:
            if name in change:
                raise KleiberError(f"change: {name!r} was not searched; there are {', '.join(map(repr, space))}")
            continue
        entry = space[name]
        if isinstance(entry, Mapping):
            if not _number(value):
                raise KleiberError(
                    f"{name} = {value!r} is no number, and it was searched from {entry['low']!r} to {entry['high']!r}"
                )
            if not entry["low"] <= value <= entry["high"]:
                raise KleiberError(
                    f"{name} = {value!r} lies outside the range that was searched, {entry['low']!r} to {entry['high']!r}"
                )
        elif value not in entry:
            raise KleiberError(f"{name} = {value!r} was not tried; there are {', '.join(map(repr, entry))}")
    if lacking := [name for name in space if name not in base]:
        raise KleiberError(f"base lacks {lacking[0]!r}; give a value for each hyper-parameter that was searched")


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _require(trials: Sequence[Trial], space: Mapping[str, Any]) -> None:
    sizes, counts = np.unique([one.n for one in trials], return_counts=True)
    if len(sizes) < 3 or counts.min() < FEWEST or counts.sum() < FEWEST * len(space):
        raise Refused(
            f"There are too few trials: {len(trials)} at {len(sizes)} sizes, for {len(space)} hyper-parameters. "
            f"The least are {FEWEST} trials at each of three sizes, and {FEWEST} for each hyper-parameter."
        )


def _back_tested(surface: Surface, n: Array, at: float) -> list[Back]:
    """Hide the largest sizes and predict the last, as far ahead as is asked; raises `Refused` where that does not hold."""
    sizes = np.unique(n)
    if at < sizes[0]:
        raise Refused(f"n = {given(at)} is below the smallest size. Ask for n = {given(sizes[0])} or more.")
    factor = at / sizes[-1]
    reaches = [float(sizes[-1] / sizes[-1 - hidden]) for hidden in range(1, len(sizes) - 1)]
    if factor > reaches[-1] * (1 + 1e-9):
        raise Refused(
            f"n = {given(at)} is {factor:.3g} times the largest size. A back-test reaches {reaches[-1]:.3g} times. "
            f"Ask for n = {given(sizes[-1] * reaches[-1])} or less."
        )
    enough = next(k for k, reach in enumerate(reaches) if reach >= factor * (1 - 1e-9))
    back = [_one(surface, n, sizes, hidden) for hidden in range(1, enough + 2)]
    for one in back:
        if one.skill < SKILL or one.width > WIDEST:
            raise Refused(
                f"The effect can't be forecast from these trials. A back-test at n = {given(one.n)} hid sizes up to "
                f"{one.factor:.3g} times. It explained {100 * max(one.skill, 0.0):.0f} % of the variance, and "
                f"{100 * one.inside:.0f} % of the 90 % intervals held. Run more trials at each size."
            )
    return back


def _one(surface: Surface, n: Array, sizes: Array, hidden: int) -> Back:
    """Hide the last `hidden` sizes, and judge the differences between the trials of the largest."""
    shown, asked = n <= sizes[-1 - hidden] * (1 + 1e-9), n == sizes[-1]
    mean, covariance = surface.of(shown).predict(float(sizes[-1]), surface.z[asked])
    m = len(mean)
    centring = np.eye(m) - 1 / m
    truth = centring @ surface.x[asked]
    errors = truth - centring @ mean
    sd = np.sqrt(np.diag(centring @ (covariance + surface.noise_of(m)) @ centring))
    skill = 1.0 - float(errors @ errors) / max(float(truth @ truth), 1e-12)
    score = errors / sd
    inside = float(np.mean(np.abs(score) <= NORMAL))
    return Back(
        float(sizes[-1]), float(sizes[-1] / sizes[-1 - hidden]), m, skill, inside, float(np.sqrt(np.mean(score**2)))
    )


def _width(back: Sequence[Back]) -> float:
    """Give the factor that intervals need by the back-tests' errors, with `AS_SAID` more trials whose errors are as said.

    The mean of the back-tests counts: the largest of several, or of one and 1, would widen more often than it should.
    """
    trials, square = back[-1].trials, sum(one.width**2 for one in back) / len(back)
    return math.sqrt((AS_SAID + trials * square) / (AS_SAID + trials))


def _winner(found: Searched) -> Mapping[str, Any]:
    largest = max(n for n, _, _ in found.rows)
    return min((row for row in found.rows if row[0] == largest), key=lambda row: row[2])[1]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
