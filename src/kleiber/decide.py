"""Where the money should go: labels, engineers, both or nothing, by least expected cost over draws of the forecast.

advice = plan(fc, value_per_point=2e4, price_per_example=0.1, months=6, cost_per_month=1e4, gain=(0.0, 0.3))

One purchase: after it, measure and plan anew. Nothing is bought beyond the forecast's horizon.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber import economics, seeds
from kleiber.curve import Caution
from kleiber.economics import Choice, Expected, Terms
from kleiber.errors import KleiberError
from kleiber.forecast import Forecast
from kleiber.plain import record
from kleiber.sentences import FIRST, given, number, probability, size

Array = NDArray[np.float64]

DRAWS = 2000
NODES, STEPS = 11, 6  # sizes drawn, and steps between two of them
FAR = 1e8  # times the largest size: the rank of a draw there is the rank of its floor
TAILS = np.array([0.1, 0.9])  # of the 80 % intervals
DOMINANT = 0.8  # share of the floor in the loss from which it dominates
LIKELY = 0.5  # and the probability of that from which the advice is "neither"
SWING = 2.0  # the tornado halves and doubles money
SEARCH = 10.0  # and looks for what flips the advice from a tenth to ten times


@dataclass(frozen=True, slots=True)
class Option:
    """One way to spend: train on `n` examples, for `spend` in money, engineers included, over `months` of engineering.

    `cost` is the expected cost of error and money together, `saving` what it saves against doing nothing, each with its
    80 % interval; `best` the probability that no other option costs less, `regret` the expected cost above the cheapest
    option and amount of each draw in hindsight.
    """

    name: Choice
    n: float
    spend: float
    months: float
    cost: float
    low: float
    high: float
    saving: float
    saving_low: float
    saving_high: float
    best: float
    regret: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where a decision by expected cost turns, all else as given.

    `price` of a label from which none are bought, `value` of a point from which some are (inf: never). `prices` are pairs
    of a value of a point and the price that goes with it. `months` up to which engineers cost no more than labels, `gain`
    the certain relative cut at which they do, `gains` pairs of months and the gain they need; None without engineers.
    """

    price: float
    value: float
    prices: tuple[tuple[float, float], ...]
    months: float | None
    gain: float | None
    gains: tuple[tuple[float, float], ...] | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One bar of the tornado: `what` set to `low` and to `high`, the choice there and what it saves against nothing.

    `flips` are the nearest values below and above at which the choice is another, where there are any within a tenth to
    ten times (a gain: 0 to 0.99).
    """

    what: str
    low: float
    high: float
    choice_low: Choice
    choice_high: Choice
    saving_low: float
    saving_high: float
    flips: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to buy. `choice` is the option of least expected cost; a refused forecast has none, and `reason` says why.

    `neither` says that the floor dominates: its share in the loss at the best n is above 0.8 with the probability
    `floor_dominates`, at least one half. `most` is the largest n that could be advised, and `beyond` says that the best
    lies there since the data carry no forecast further. `forecast` is what it rests on.
    """

    status: Literal["ok", "refused"]
    reason: str | None
    forecast: Forecast
    asked: dict[str, Any]
    choice: Choice | None = None
    neither: bool = False
    floor_dominates: float = 0.0
    most: float = 0.0
    beyond: bool = False
    options: tuple[Option, ...] = ()
    break_even: BreakEven | None = None
    tornado: tuple[Sensitivity, ...] = ()

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what to know of the forecast, each with a stable code and a sentence."""
        return self.forecast.warnings

    @property
    def best(self) -> Option:
        """Give the option that is advised."""
        return next(option for option in self.options if option.name == self.choice)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the advice in words, most important first."""
        return tuple(_sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is infinite is None, intervals hold 80 %."""
        found = {name: getattr(self, name) for name in PLAIN}
        for name in ("options", "tornado"):
            found[name] = [asdict(item) for item in found[name]]
        found["break_even"] = None if self.break_even is None else asdict(self.break_even)
        found["warnings"] = [{"code": w.code, "message": w.message} for w in self.warnings]
        return record(found)


PLAIN = (
    "status", "reason", "asked", "choice", "neither", "floor_dominates", "most", "beyond",
    "options", "break_even", "tornado", "sentences",
)  # fmt: skip

MONEY = "money, in the unit of all other money"
POSITIVE = {
    "value_per_point": f"{MONEY}, that 0.01 of the loss less is worth over the whole horizon",
    "months": "how many months the engineers take",
    "deadline": "in how many months the value ends",
    "owned": "how many examples are owned",
    "available": "how many examples there are to be had, those owned included",
    "examples_per_month": "how many examples are labelled in a month",
}
NOT_NEGATIVE = {
    "price_per_example": f"{MONEY}, for one label",
    "cost_per_month": f"{MONEY}, for a month of engineers",
    "discount": "a fraction a year below 1, such as 0.08 for 8 %",
}
GAIN = "two fractions below 1, low and high, such as (0.0, 0.3) for a cut of the reducible loss by 0 to 30 %"


def plan(
    forecast: Forecast,
    *,
    value_per_point: float,
    price_per_example: float,
    months: float | None = None,
    cost_per_month: float | None = None,
    gain: tuple[float, float] | None = None,
    deadline: float | None = None,
    discount: float = 0.0,
    owned: float | None = None,
    examples_per_month: float | None = None,
    available: float | None = None,
    random_state: int = 0,
) -> Advice:
    """Say how much to buy, and whether labels, engineers, both or nothing.

    `value_per_point` is what one point of the loss less (0.01; of an error in percent, 1) is worth over the whole horizon,
    were it there today. With a `deadline` in months it accrues evenly up to it, and what comes later earns only the rest;
    `discount` is a year's. `price_per_example` is a label's, `examples_per_month` how fast they come (at once without).
    Engineers take `months` at `cost_per_month` and cut the reducible loss by a share, `gain` = (low, high) its 80 % range:
    minus the log of what they leave is normal; what makes it worse is not put to use. `owned` is what is owned today (the
    largest size measured), `available` all that there are. Money is spent at face value. `random_state` is that of the
    gain; curves follow the forecast's. Raises `KleiberError` that names the argument and the remedy; a refused forecast
    gives an advice of status "refused".
    """
    asked = {
        "value_per_point": value_per_point, "price_per_example": price_per_example, "months": months,
        "cost_per_month": cost_per_month, "gain": gain, "deadline": deadline, "discount": discount, "owned": owned,
        "examples_per_month": examples_per_month, "available": available, "random_state": random_state,
    }  # fmt: skip
    _check(asked)
    if forecast.status == "refused":
        return Advice("refused", f"{forecast.reason} {forecast.help}", forecast, asked)
    drawn = _draw(forecast, asked)
    terms = _terms(forecast, asked, float(drawn.n[0]))
    return _advise(forecast, asked, terms, drawn)


def _check(asked: dict[str, Any]) -> None:
    """Raise what is wrong with the arguments, the first first."""
    for name, meaning in (POSITIVE | NOT_NEGATIVE).items():
        value = asked[name]
        if value is None and name not in ("value_per_point", "price_per_example", "discount"):
            continue
        fits = _is_number(value) and (value > 0 if name in POSITIVE else value >= 0)
        if not fits or (name == "discount" and value >= 1):
            sign = "positive" if name in POSITIVE else "not negative"
            raise KleiberError(f"{name} is {value!r}: it is a finite number, {sign}: {meaning}")
    engineers = [name for name in ("months", "cost_per_month", "gain") if asked[name] is None]
    if 0 < len(engineers) < 3:
        raise KleiberError(f"{engineers[0]} is missing: engineers take months, cost_per_month and gain together")
    gain = asked["gain"]
    if gain is not None:
        pair = isinstance(gain, tuple | list) and len(gain) == 2 and all(_is_number(share) for share in gain)
        if not pair or not -10 < gain[0] <= gain[1] < 1:
            raise KleiberError(f"gain is {gain!r}: it is {GAIN}")
    if isinstance(asked["random_state"], bool) or not isinstance(asked["random_state"], int | np.integer):
        raise KleiberError(f"random_state is {asked['random_state']!r}: it is a whole number")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Joint draws: sizes `n (N,)` from what is owned, `loss (S, N)`, `floor (S,)`, the engineers' `cut (S,)` or None."""

    n: Array
    loss: Array
    floor: Array
    cut: Array | None

    @property
    def improved(self) -> Array | None:
        """Give the loss with what the engineers bring, `(S, N)`."""
        if self.cut is None:
            return None
        floor = self.floor[:, None]
        return np.asarray(floor + (1.0 - self.cut[:, None]) * (self.loss - floor))

    def mean(self, keep: Any = slice(None)) -> Expected:
        """Give the means over the draws that are kept."""
        improved = self.improved
        mean = None if improved is None else improved[keep].mean(axis=0)
        return Expected(self.n, self.loss[keep].mean(axis=0), mean, float(self.floor[keep].mean()))


def _draw(fc: Forecast, asked: dict[str, Any]) -> _Drawn:
    """Draw curves from what is owned to the most that can be advised, and what the engineers bring."""
    largest, smallest = float(fc.curve.n[-1]), float(fc.curve.n[0])
    owned = largest if asked["owned"] is None else float(asked["owned"])
    if owned < smallest:
        raise KleiberError(f"owned is {owned:g}: nothing is forecast below the smallest size measured, {smallest:g}")
    most = fc.horizon if asked["available"] is None else min(fc.horizon, float(asked["available"]))
    return _Drawn(*_curves(fc, owned, most), _cuts(asked))


@lru_cache(maxsize=4)
def _curves(fc: Forecast, owned: float, most: float) -> tuple[Array, Array, Array]:
    """Draw losses at some sizes, straight on log-log axes between them, `n (N,)`, `(S, N)`, and their floors `(S,)`.

    A floor has the quantile of the floor's posterior at the rank that its curve has at a boundless size, and is never above
    the curve. The last forecasts are kept, so that asking again with other money costs little.
    """
    more = most > owned * 1.001
    at = np.geomspace(owned, most, NODES) if more else np.array([owned])
    rows = np.log(fc.draws(np.append(at, FAR * float(fc.curve.n[-1])), DRAWS))
    place, share = np.zeros(1, dtype=np.int64), np.zeros(1)
    if more:
        steps = np.arange((NODES - 1) * STEPS + 1) / STEPS
        place = np.minimum(steps.astype(np.int64), NODES - 2)
        share = steps - place
    n = np.geomspace(owned, most, len(place)) if more else at
    loss = np.exp((1.0 - share) * rows[:, place] + share * rows[:, np.minimum(place + 1, len(at) - 1)])
    rank = (np.argsort(np.argsort(rows[:, -1])) + 0.5) / DRAWS
    floor = np.minimum(fc.posterior.floor_quantile(rank), loss.min(axis=1))
    for array in (n, loss, floor):
        array.setflags(write=False)
    return n, loss, floor


def _cuts(asked: dict[str, Any]) -> Array | None:
    """Draw the relative cut of the reducible loss, `(S,)`: -log(1 - cut) is normal with the range as its 80 %."""
    if asked["gain"] is None:
        return None
    low, high = -np.log1p(-np.array(asked["gain"], dtype=np.float64))
    rank = (seeds.generator(int(asked["random_state"]), "gain").permutation(DRAWS) + 0.5) / DRAWS
    shift = (low + high) / 2.0 + (high - low) / 2.0 * special.ndtri(rank) / special.ndtri(TAILS[1])
    return np.asarray(np.maximum(-np.expm1(-shift), 0.0))


def _point(fc: Forecast) -> float:
    """Give how much loss a point is: 0.01, or 1 of an error in percent."""
    return 1.0 if fc.posterior.highest == 100.0 else 0.01


def _terms(fc: Forecast, asked: dict[str, Any], owned: float) -> Terms:
    return Terms(
        value=asked["value_per_point"] / _point(fc), price=float(asked["price_per_example"]), owned=owned,
        months=asked["months"] or 0.0, wage=asked["cost_per_month"] or 0.0, deadline=asked["deadline"] or np.inf,
        discount=asked["discount"], speed=asked["examples_per_month"] or np.inf,
    )  # fmt: skip


def _advise(fc: Forecast, asked: dict[str, Any], terms: Terms, drawn: _Drawn) -> Advice:
    """Weigh the options of one forecast."""
    expected = drawn.mean()
    places = {name: place for name, (place, _) in economics.options(terms, expected).items()}
    choice, _ = economics.choose(terms, expected)
    place = places[choice]
    dominated = float(np.mean(drawn.floor > DOMINANT * drawn.loss[:, place]))
    most, last = float(drawn.n[-1]), len(drawn.n) - 1
    return Advice(
        "ok", None, fc, asked, choice,
        neither=dominated >= LIKELY and not fc.flat,
        floor_dominates=dominated,
        most=most,
        beyond=place == last > 0 and most >= fc.horizon * (1 - 1e-9),
        options=tuple(_options(terms, drawn, places)),
        break_even=_break_even(terms, expected, _point(fc)),
        tornado=_tornado(terms, drawn, asked, _point(fc)),
    )  # fmt: skip


def _options(terms: Terms, drawn: _Drawn, places: dict[Choice, int]) -> Iterator[Option]:
    """Give each option at its best amount, with what the draws say of it."""
    labels = economics.costs_of_labels(terms, drawn.n, drawn.loss)
    improved = drawn.improved
    both = labels if improved is None else economics.costs_with_engineers(terms, drawn.n, drawn.loss, improved)
    hired = {name: name in ("engineers", "both") for name in places}
    costs = {name: (both if hired[name] else labels)[:, place] for name, place in places.items()}
    cheapest = np.array(list(costs.values())).argmin(axis=0)  # of equal costs the simpler option's
    hindsight = float(np.mean(np.minimum(labels.min(axis=1), both.min(axis=1))))
    for i, (name, place) in enumerate(places.items()):
        saved, n = costs["nothing"] - costs[name], float(drawn.n[place])
        low, high = np.quantile(costs[name], TAILS, method="inverted_cdf")
        saved_low, saved_high = np.quantile(saved, TAILS, method="inverted_cdf")
        months = terms.months if hired[name] else 0.0
        mean = float(costs[name].mean())
        yield Option(
            name, n, terms.price * (n - terms.owned) + terms.wage * months, months, mean, float(low), float(high),
            float(saved.mean()), float(saved_low), float(saved_high), float(np.mean(cheapest == i)), mean - hindsight,
        )  # fmt: skip


def _break_even(terms: Terms, expected: Expected, point: float) -> BreakEven:
    stops = economics.price_that_stops(terms, expected.n, expected.loss)
    value = terms.value * point
    prices = tuple((value * k, stops * k) for k in (0.25, 0.5, 1.0, 2.0, 4.0))
    starts = point * economics.value_that_starts(terms, expected.n, expected.loss)
    if expected.improved is None:
        return BreakEven(stops, starts, prices, None, None, None)
    cost, loss = economics.options(terms, expected)["labels"][1], float(expected.loss[0])
    gains = [(k * terms.months, economics.cut_that_pays(terms, loss, expected.floor, cost, k * terms.months))
             for k in (0.25, 0.5, 1.0, 2.0, 4.0)]  # fmt: skip
    months = economics.months_that_pay(terms, loss, float(expected.improved[0]), cost)
    return BreakEven(stops, starts, prices, months, gains[2][1], tuple(gains))


def _tornado(terms: Terms, drawn: _Drawn, asked: dict[str, Any], point: float) -> tuple[Sensitivity, ...]:
    """Vary one thing at a time, and sort by how far it moves what is saved."""
    expected, bars = drawn.mean(), []
    for name, attribute, unit in MONEYS:
        base = getattr(terms, attribute)
        if base > 0:
            bars.append(_of_money(name, attribute, terms, expected, unit=point if unit else 1.0))
    if drawn.cut is not None:
        bars.append(_of_gain(terms, expected, asked["gain"], float(drawn.cut.mean())))
    if len(drawn.n) > 1:
        slope = np.log(drawn.loss[:, 0] / drawn.loss[:, -1]) / np.log(drawn.n[-1] / drawn.n[0])
        bars.append(_of_halves("exponent", slope, terms, drawn))
    bars.append(_of_halves("floor", drawn.floor, terms, drawn))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.saving_high - bar.saving_low)))


MONEYS = (("value_per_point", "value", True), ("price_per_example", "price", False), ("cost_per_month", "wage", False))


def _of_money(name: str, attribute: str, terms: Terms, expected: Expected, *, unit: float) -> Sensitivity:
    base = getattr(terms, attribute)

    def chosen(value: float) -> tuple[Choice, float]:
        return economics.choose(replace(terms, **{attribute: value}), expected)

    ends = [economics.turns(lambda value: chosen(value)[0], base, end) for end in (base / SEARCH, base * SEARCH)]
    (first, saved_first), (last, saved_last) = chosen(base / SWING), chosen(base * SWING)
    flips = tuple(end * unit for end in ends if end is not None)
    return Sensitivity(name, base / SWING * unit, base * SWING * unit, first, last, saved_first, saved_last, flips)


def _of_gain(terms: Terms, expected: Expected, gain: tuple[float, float], mean: float) -> Sensitivity:
    """Vary the gain as one that is sure; what flips is looked for from its mean."""

    def chosen(share: float) -> tuple[Choice, float]:
        return economics.choose(terms, expected.cut(max(share, 0.0)))

    ends = [economics.turns(lambda share: chosen(share)[0], mean, end) for end in (0.0, 0.99)]
    (first, saved_first), (last, saved_last) = chosen(gain[0]), chosen(gain[1])
    flips = tuple(end for end in ends if end is not None)
    return Sensitivity("gain", float(gain[0]), float(gain[1]), first, last, saved_first, saved_last, flips)


def _of_halves(name: str, values: Array, terms: Terms, drawn: _Drawn) -> Sensitivity:
    """Decide in the lower and the upper half of the draws, by some value of each; the halves are told by their medians."""
    low = np.argsort(np.argsort(values)) < len(values) // 2
    (first, saved_first), (last, saved_last) = (economics.choose(terms, drawn.mean(half)) for half in (low, ~low))
    middles = float(np.median(values[low])), float(np.median(values[~low]))
    return Sensitivity(name, *middles, first, last, saved_first, saved_last, ())


def _sentences(advice: Advice) -> Iterator[str]:
    """Say it, most important first."""
    if advice.status == "refused":
        yield f"No advice, since there is no forecast: {advice.reason}"
        return
    fc, best = advice.forecast, advice.best
    if fc.distrusted is not None:
        yield fc.distrusted.message
    if advice.neither:
        yield (
            f"Neither labels nor engineers: change labels, task or metric. What no data removes is more than "
            f"{DOMINANT:.0%} of the loss with probability {probability(advice.floor_dominates)}."
        )
    grave = [w.message for w in advice.warnings if w.code in (*FIRST, "rising") and w is not fc.distrusted]
    yield from (f"First look at this: {text}" for text in grave)
    start = "Even so, of these options the least expected cost" if advice.neither else "Least expected cost"
    yield f"{start}: {_told(advice, best)}"
    none = {
        option.name for option in advice.options if option.name in ("labels", "both") and option.n <= advice.options[0].n
    }
    yield from (f"Instead: {_told(advice, o)}" for o in advice.options if o.name != best.name and o.name not in none)
    yield from _limits(advice)
    yield from _turning(advice)
    runs = f"from {len(fc.curve.n)} runs at {len(np.unique(fc.curve.n))} sizes up to {given(float(fc.curve.n[-1]))}"
    yield f"This is for one purchase, {runs}: after it, measure and plan anew."
    yield from (w.message for w in advice.warnings if fc.distrusted is None or w.code != fc.distrusted.code)


def _told(advice: Advice, option: Option) -> str:
    """Say what an option is, costs and saves, with its chances."""
    more, pay = option.n - advice.options[0].n, f"for {number(option.spend)}"
    labels = f"{size(more)} labels more, to n = {size(option.n)}"
    what = {
        "nothing": "buy nothing",
        "labels": f"{labels}, {pay}" if more > 0 else "labels, of which the best number is none",
        "engineers": f"engineers for {number(option.months)} months, {pay}",
        "both": f"engineers for {number(option.months)} months and {labels}, {pay}" if more > 0
        else "engineers with labels, of which the best number is none",
    }[option.name]  # fmt: skip
    saves = (
        f"against nothing it saves {number(option.saving)} ({number(option.saving_low)} to {number(option.saving_high)})"
    )
    return (
        f"{what}. Error and money cost {number(option.cost)} (80 % interval {number(option.low)} to {number(option.high)})"
        f"{'' if option.name == 'nothing' else '; ' + saves}; the best with probability {probability(option.best)}, "
        f"expected regret {number(option.regret)}."
    )


def _limits(advice: Advice) -> Iterator[str]:
    owned = advice.options[0].n
    if advice.most <= owned:
        yield (
            f"Whether labels pay is not told: nothing is forecast beyond the {given(owned)} owned, or there are no more. "
            "Measure larger sizes first."
        )
    elif advice.beyond:
        yield (
            f"The best number lies beyond n = {size(advice.most)}, which is as far as the data carry: after buying to "
            "there, measure and plan anew."
        )
    elif advice.best.n >= advice.most:
        yield f"All {given(advice.most)} examples that there are to be had are worth buying."


def _turning(advice: Advice) -> Iterator[str]:
    """Say where the advice turns; these are thresholds of the decision by expected cost, not estimates."""
    even = advice.break_even
    assert even is not None
    if even.price > 0:
        starts = f"a point starts to be worth labels at {number(even.value)}"
        yield f"Labels alone stop paying at a price of {number(even.price)} each; {starts}."
    if even.months is not None and even.gain is not None:
        need = f"a sure cut of the reducible loss by {even.gain:.0%}" if even.gain < 1 else "more than any cut can bring"
        up_to = "however long they take" if np.isinf(even.months) else f"up to {number(even.months)} months"
        never = "Engineers alone never beat labels alone" if even.months == 0 else f"Engineers beat labels {up_to}"
        yield f"{never}; in the months asked they need {need}."
    flips = [f"{bar.what} at {' or '.join(number(value) for value in bar.flips)}" for bar in advice.tornado if bar.flips]
    turned = [
        f"{bar.what} in the {half} half of its range"
        for bar in advice.tornado if not bar.flips and bar.what in ("exponent", "floor")
        for half, choice in (("lower", bar.choice_low), ("upper", bar.choice_high)) if choice != advice.choice
    ]  # fmt: skip
    if flips or turned:
        yield f"Another option becomes the best with {'; '.join(flips + turned)}."
    else:
        yield "No single change of value, price, cost or gain within a tenth to ten times makes another option the best."
