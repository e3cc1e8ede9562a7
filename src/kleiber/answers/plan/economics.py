"""What examples and engineers cost, and what a lower loss is worth: the closed forms, and the cost of a whole purchase.

The loss is y(n) = c + a n^-b. `value` is money for one unit of loss over the whole horizon, `price` money for one example,
so J(n) = value y(n) + price (n - owned) is what error and labels cost together. Time is in months.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.errors import KleiberError

Array = NDArray[np.float64]
Choice = Literal["nothing", "labels", "engineers", "both"]


def optimal_n(value: float, price: float, amplitude: float, exponent: float, *, owned: float = 0.0) -> float:
    """Give the number of examples of least cost, max(owned, (value a b / price)^(1 / (1 + b))).

    It is where J'(n) = price - value a b n^-(1 + b) is zero; the floor has no part in it. Raises `KleiberError` where
    value, price, amplitude or exponent is not positive.
    """
    _check_positive(value=value, price=price, amplitude=amplitude, exponent=exponent)
    return float(max(owned, (value * amplitude * exponent / price) ** (1.0 / (1.0 + exponent))))


def label_spend(price: float, n: float, *, owned: float = 0.0) -> float:
    """Give price (n - owned), the money for labels; at the optimum with nothing owned it is b times `reducible_cost`."""
    return price * (n - owned)


def reducible_cost(value: float, amplitude: float, exponent: float, n: float) -> float:
    """Give value a n^-b, what the part of the loss costs that more data can remove."""
    return float(value * amplitude * n**-exponent)


def off_optimum(factor: float, exponent: float) -> float:
    """Give J_var(k n_opt) / J_var(n_opt) = (k^-b + b k) / (1 + b), J_var being labels and reducible loss together."""
    _check_positive(factor=factor, exponent=exponent)
    return float((factor**-exponent + exponent * factor) / (1.0 + exponent))


def elasticities(exponent: float) -> tuple[float, float]:
    """Give d ln n_opt / d ln value and d ln n_opt / d ln price: 1 / (1 + b) and -1 / (1 + b)."""
    _check_positive(exponent=exponent)
    return 1.0 / (1.0 + exponent), -1.0 / (1.0 + exponent)


def kappa(success: float, shift: float, shift_sd: float = 0.0) -> float:
    """Give the expected factor on the amplitude, 1 - q + q exp(-mu + tau^2 / 2).

    With probability q = `success` the amplitude a becomes a exp(-S), S normal with mean `shift` and standard deviation
    `shift_sd`; else it stays. Raises `KleiberError` where success is no probability.
    """
    if not 0.0 <= success <= 1.0:
        raise KleiberError(f"success is {success!r}: it is a probability, 0 to 1")
    return float(1.0 - success + success * np.exp(-shift + shift_sd**2 / 2.0))


def kappa_worth(price: float, best: float, exponent: float, factor: float) -> float:
    """Give what a factor kappa on the amplitude is worth, (1 + 1/b) p n_opt (1 - kappa^(1 / (1 + b))).

    `best` is n_opt without it; labels are bought anew to the new optimum. Engineers are worth it where they cost less.
    """
    _check_positive(price=price, best=best, exponent=exponent, factor=factor)
    return float((1.0 + 1.0 / exponent) * price * best * (1.0 - factor ** (1.0 / (1.0 + exponent))))


def present_value(start: float, end: float, rate: float) -> float:
    """Give (e^(-r start) - e^(-r end)) / r, the present value of 1 per unit of time from start to end; 0 where it is over.

    `rate` is continuous, in the same unit of time; at rate 0 it is end - start.
    """
    start = min(start, end)
    if rate == 0:
        return float(end - start)
    return float(np.exp(-rate * start) * -np.expm1(-rate * (end - start)) / rate)


def remaining(start: Array | float, deadline: float, discount: float) -> Array:
    """Give the share of the value that is left for what is there from `start` on, of the same shape: 1 at once, 0 never.

    It is A(start) / A(0), A the `present_value` up to the `deadline`. Without one (inf) a start costs its discount alone.
    `start` and `deadline` are in months, `discount` a year: 0.08 makes a year's delay cost 1 - 1 / 1.08.
    """
    rate = np.log1p(discount) / 12.0
    months = np.minimum(np.asarray(start, dtype=np.float64), deadline)
    if np.isinf(deadline):
        return np.asarray(np.exp(-rate * months))
    if rate == 0:
        return np.asarray(1.0 - months / deadline)
    return np.asarray(np.exp(-rate * months) * np.expm1(-rate * (deadline - months)) / np.expm1(-rate * deadline))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a purchase is judged by.

    `value` is money for one unit of loss over the horizon, `price` for one example beyond `owned`, `wage` for a month of
    engineers, who take `months`; `speed` is examples labelled in a month, `deadline` in months (inf: none), `discount` a
    year. Money is spent at face value, whenever that is; only what a lower loss is worth is discounted.
    """

    value: float
    price: float
    owned: float
    months: float = 0.0
    wage: float = 0.0
    deadline: float = np.inf
    discount: float = 0.0
    speed: float = np.inf


def costs_of_labels(terms: Terms, n: Array, loss: Array) -> Array:
    """Give the cost of error and labels when buying to each size, of the shape of loss `(..., N)`.

    `n (N,)` begins with what is owned. Until the labels are there, the model has the loss of what is owned.
    """
    left = remaining((n - terms.owned) / terms.speed, terms.deadline, terms.discount)
    error = (1.0 - left) * loss[..., :1] + left * loss
    return np.asarray(terms.value * error + terms.price * (n - terms.owned))


def costs_with_engineers(terms: Terms, n: Array, loss: Array, improved: Array) -> Array:
    """Give the cost of error, labels and engineers, of the shape of `loss` and `improved`, both `(..., N)`.

    `improved` is the loss at n with what the engineers bring. Both begin today; what is there first is used first.
    """
    labelled = (n - terms.owned) / terms.speed
    first, both = np.minimum(labelled, terms.months), np.maximum(labelled, terms.months)
    one, all_ = (remaining(at, terms.deadline, terms.discount) for at in (first, both))
    meanwhile = np.where(labelled <= terms.months, loss, improved[..., :1])
    error = (1.0 - one) * loss[..., :1] + (one - all_) * meanwhile + all_ * improved
    return np.asarray(terms.value * error + terms.price * (n - terms.owned) + terms.wage * terms.months)


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What a decision by expected cost needs: `n (N,)`, first what is owned, and mean losses there.

    `loss (N,)` is without and `improved (N,)` with the engineers, None where there are none to hire; `floor` is the mean
    of what no data removes.
    """

    n: Array
    loss: Array
    improved: Array | None
    floor: float

    def cut(self, share: float) -> "Expected":
        """Give the same with engineers who surely cut the reducible loss by this share."""
        return replace(self, improved=self.floor + (1.0 - share) * (self.loss - self.floor))


def options(terms: Terms, expected: Expected) -> dict[Choice, tuple[int, float]]:
    """Give each option's best place in n and its expected cost, the simplest option first.

    Labels (or both) at place 0 buy none: they are the same as nothing (or engineers).
    """
    labels = costs_of_labels(terms, expected.n, expected.loss)
    found: dict[Choice, tuple[int, float]] = {"nothing": (0, float(labels[0]))}
    found["labels"] = (int(labels.argmin()), float(labels.min()))
    if expected.improved is not None:
        both = costs_with_engineers(terms, expected.n, expected.loss, expected.improved)
        found["engineers"] = (0, float(both[0]))
        found["both"] = (int(both.argmin()), float(both.min()))
    return found


def choose(terms: Terms, expected: Expected) -> tuple[Choice, float]:
    """Give the option of least expected cost, of equals the simplest, and what it saves against doing nothing."""
    found = options(terms, expected)
    choice = min(found, key=lambda name: found[name][1])
    return choice, found["nothing"][1] - found[choice][1]


def turns(choice: Callable[[float], Choice], base: float, end: float) -> float | None:
    """Give the value nearest to `base`, towards `end`, at which the choice is another than at `base`; None to the end.

    24 steps are tried, in equal ratios where both are positive, and the one that turns is bisected.
    """
    steps = np.geomspace(base, end, 25) if base > 0 and end > 0 else np.linspace(base, end, 25)
    stays = choice(base)
    other = next((i for i in range(1, 25) if choice(float(steps[i])) != stays), None)
    if other is None:
        return None
    near, far = float(steps[other - 1]), float(steps[other])
    for _ in range(40):
        middle = (near + far) / 2.0
        near, far = (middle, far) if choice(middle) == stays else (near, middle)
    return far


def price_that_stops(terms: Terms, n: Array, loss: Array) -> Array:
    """Give the price of an example from which on buying none is best: the largest gain per example of any purchase.

    `n` is `(N,)`, first what is owned, and `loss` `(..., N)`; 0 where no size gains anything, or none can be bought.
    """
    if len(n) < 2:
        return np.zeros(loss.shape[:-1])
    gain = costs_of_labels(_free(terms), n, loss)
    return np.asarray(np.maximum(np.max((gain[..., :1] - gain[..., 1:]) / (n[1:] - n[0]), axis=-1), 0.0))


def value_that_starts(terms: Terms, n: Array, loss: Array) -> float:
    """Give the value of one unit of loss from which on buying pays; inf where no size gains anything.

    All gains are in proportion to the value, so it is price / `price_that_stops` of a value of 1.
    """
    stops = float(price_that_stops(terms, n, loss)) / terms.value
    return terms.price / stops if stops > 0 else np.inf


def cut_that_pays(terms: Terms, loss: ArrayLike, floor: ArrayLike, cost: ArrayLike, months: float) -> Array:
    """Give the relative cut of the reducible loss at which `months` of engineers cost as much as `cost`; inf above 1.

    `loss` is that of what is owned, and `floor` the part that stays; all three are numbers or `(S,)`.
    """
    left = float(remaining(months, terms.deadline, terms.discount))
    loss = np.asarray(loss, dtype=np.float64)
    gain = terms.value * left * (loss - np.asarray(floor))
    needed = np.maximum(terms.value * loss + terms.wage * months - np.asarray(cost), 0.0)
    with np.errstate(over="ignore"):  # where the gain is nothing, which no cut makes up for
        share = needed / np.maximum(gain, 1e-300)
    return np.where(needed <= gain, share, np.where(needed > 0, np.inf, 0.0))


def months_that_pay(terms: Terms, loss: ArrayLike, improved: ArrayLike, cost: ArrayLike) -> Array:
    """Give for how many months at the most engineers cost no more than `cost`; 0 where never, inf without a limit.

    `improved` is the loss at what is owned with what they bring; all three are numbers or `(S,)`. Their cost rises with the
    months, so it is bisected.
    """
    loss, improved, cost = (np.asarray(given, dtype=np.float64) for given in (loss, improved, cost))

    def pays(months: Array) -> NDArray[np.bool_]:
        left = remaining(months, terms.deadline, terms.discount)
        return np.asarray(terms.value * ((1.0 - left) * loss + left * improved) + terms.wage * months <= cost)

    shape = np.broadcast_shapes(loss.shape, improved.shape, cost.shape)
    low, high = np.zeros(shape), np.ones(shape)
    never = (improved > loss) | ~pays(low)
    while np.any(more := pays(high) & (high < 1e6) & ~never):
        low, high = np.where(more, high, low), np.where(more, 2.0 * high, high)
    endless = pays(high)
    for _ in range(60):
        middle = (low + high) / 2.0
        inside = pays(middle)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.where(never, 0.0, np.where(endless, np.inf, low))


def _free(terms: Terms) -> Terms:
    """Give the same terms with labels that cost nothing."""
    return Terms(terms.value, 0.0, terms.owned, terms.months, terms.wage, terms.deadline, terms.discount, terms.speed)


def _check_positive(**named: float) -> None:
    for name, value in named.items():
        if not value > 0 or not np.isfinite(value):
            raise KleiberError(f"{name} is {value!r}: it is a positive number")
