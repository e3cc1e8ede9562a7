"""Where the money should go: labels, engineers, both or nothing, by least expected cost over draws of the forecast.

advice = plan(fc, value_per_point=2e4, price_per_example=0.1, months=6, cost_per_month=1e4, gain=(0.0, 0.3))

One purchase: after it, measure and plan anew. Nothing is bought beyond the forecast's horizon.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kleiber.answers.plan import economics
from kleiber.answers.plan.advice import Advice as Advice
from kleiber.answers.plan.advice import CostCurve
from kleiber.answers.plan.advice import Option as Option
from kleiber.answers.plan.advice_words import DOMINANT, LIKELY
from kleiber.answers.plan.economics import Array, Choice, Terms
from kleiber.answers.plan.scenarios import TAILS, Scenarios, point_of, scenarios
from kleiber.answers.plan.sensitivity import break_even, tornado
from kleiber.curves.curve import Caution
from kleiber.curves.shares import require_examples
from kleiber.errors import KleiberError
from kleiber.forecasting.forecast import Forecast
from kleiber.wording import given, unit_of

EACH = 4  # of the sizes weighed, how many steps the curve of costs takes at once
MONEY = "money, in the unit of all other money"
POSITIVE = {
    "value_per_point": f"{MONEY}, for each 0.01 that the loss is lower, over the model's whole life",
    "months": "how many months the engineers take",
    "deadline": "in how many months the value ends",
    "owned": "how many examples are owned",
    "available": "how many examples exist in all, those owned included",
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
    gives an advice of status "refused", and so does `owned` beyond the horizon.
    """
    asked = {
        "value_per_point": value_per_point, "price_per_example": price_per_example, "months": months,
        "cost_per_month": cost_per_month, "gain": gain, "deadline": deadline, "discount": discount, "owned": owned,
        "examples_per_month": examples_per_month, "available": available, "random_state": random_state,
    }  # fmt: skip
    _check(asked)
    require_examples(forecast.curve, price_per_example=price_per_example, owned=owned)
    if forecast.status == "refused":
        return Advice("refused", f"{forecast.reason} {forecast.help}", forecast, asked)
    if owned is not None and owned > forecast.horizon * (1 + 1e-9):
        return Advice("refused", _beyond(forecast, owned), forecast, asked)
    drawn = scenarios(forecast, asked)
    terms = _terms(forecast, asked, float(drawn.n[0]))
    return _advise(forecast, asked, terms, drawn)


def _beyond(fc: Forecast, owned: float) -> str:
    reach = f"beyond {given(fc.horizon)}, where any forecast is a guess"
    owns = f"the {given(owned)} {unit_of(fc.curve.unit_of_n)} owned lie"
    return f"{owns} {reach}. Measure a size near what you own, then plan again."


def _at_once(asked: dict[str, Any]) -> Iterator[Caution]:
    """Warn where time is asked of labels that count as there at once."""
    named = [name for name in ("deadline", "discount") if asked[name]]
    if not named or asked["examples_per_month"] is not None:
        return
    none = "has no effect" if asked["gain"] is None else "has no effect on labels, only on engineers"
    what = " and ".join(named)
    why = "All labels count as there at once: add how many are labelled in a month, examples_per_month (--speed)"
    yield Caution("labels-at-once", f"The {what} {none if len(named) == 1 else none.replace('has', 'have')}. {why}.")


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
        raise KleiberError(f"{engineers[0]} is missing: engineers take months=, cost_per_month= and gain= together")
    gain = asked["gain"]
    if gain is not None:
        pair = isinstance(gain, tuple | list) and len(gain) == 2 and all(_is_number(share) for share in gain)
        if not pair or not -10 < gain[0] <= gain[1] < 1:
            raise KleiberError(f"gain is {gain!r}: it is {GAIN}")
    if isinstance(asked["random_state"], bool) or not isinstance(asked["random_state"], int | np.integer):
        raise KleiberError(f"random_state is {asked['random_state']!r}: it is a whole number")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


def _terms(fc: Forecast, asked: dict[str, Any], owned: float) -> Terms:
    return Terms(
        value=asked["value_per_point"] / point_of(fc), price=float(asked["price_per_example"]), owned=owned,
        months=asked["months"] or 0.0, wage=asked["cost_per_month"] or 0.0, deadline=asked["deadline"] or np.inf,
        discount=asked["discount"], speed=asked["examples_per_month"] or np.inf,
    )  # fmt: skip


def _advise(fc: Forecast, asked: dict[str, Any], terms: Terms, drawn: Scenarios) -> Advice:
    """Weigh the options of one forecast."""
    expected = drawn.mean()
    places = {name: place for name, (place, _) in economics.options(terms, expected).items()}
    choice, _ = economics.choose(terms, expected)
    place = places[choice]
    dominated = float(np.mean(drawn.floor > DOMINANT * drawn.loss[:, place]))
    most, last = float(drawn.n[-1]), len(drawn.n) - 1
    return Advice(
        "ok", None, fc, asked, choice,
        neither=dominated >= LIKELY and not fc.flat and not fc.curve.scale.nominal,
        floor_dominates=dominated,
        most=most,
        beyond=place == last > 0 and most >= fc.horizon * (1 - 1e-9),
        options=tuple(_options(fc, terms, drawn, places)),
        costs=tuple(_curves(terms, drawn)),
        break_even=break_even(terms, drawn, point_of(fc)),
        tornado=tornado(terms, drawn, asked, point_of(fc)),
        cautions=tuple(_at_once(asked)),
    )  # fmt: skip


def _all_costs(terms: Terms, drawn: Scenarios) -> dict[Choice, Array]:
    """Give the cost of each draw at each size, `(S, N)`: of labels, and of both where there are engineers to pay."""
    found: dict[Choice, Array] = {"labels": economics.costs_of_labels(terms, drawn.n, drawn.loss)}
    if drawn.improved is not None:
        found["both"] = economics.costs_with_engineers(terms, drawn.n, drawn.loss, drawn.improved)
    return found


def _curves(terms: Terms, drawn: Scenarios) -> Iterator[CostCurve]:
    """Give cost and saving at every fourth size weighed, each with its interval, for labels and for both."""
    n, found = drawn.n[::EACH], _all_costs(terms, drawn)
    nothing = found["labels"][:, :1]
    for name, costs in found.items() if len(n) > 1 else ():
        rows = [n]
        for values in (costs[:, ::EACH], nothing - costs[:, ::EACH]):
            rows += [values.mean(axis=0), *np.quantile(values, TAILS, axis=0, method="inverted_cdf")]
        yield CostCurve(name, *(tuple(float(f"{x:.6g}") for x in row) for row in rows))


def _options(fc: Forecast, terms: Terms, drawn: Scenarios, places: dict[Choice, int]) -> Iterator[Option]:
    """Give each option at its best amount, with what the draws say of it."""
    found = _all_costs(terms, drawn)
    labels = found["labels"]
    both = found.get("both", labels)
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
        ends = np.quantile(found[name].argmin(axis=1), TAILS, method="inverted_cdf") if name in found else (0, 0)
        n_low, n_high = (float(drawn.n[int(end)]) for end in ends)
        yield Option(
            name, n, n_low, n_high, terms.price * (n - terms.owned) + terms.wage * months, months,
            mean, float(low), float(high), float(saved.mean()), float(saved_low), float(saved_high),
            float(np.mean(cheapest == i)), mean - hindsight, fc.graded(n),
        )  # fmt: skip
