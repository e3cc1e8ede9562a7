"""The closed forms: the published digits, and that each formula is the minimum or integral that it says it is."""

import numpy as np
import pytest
from scipy import integrate, optimize

from kleiber.answers.plan import economics
from kleiber.answers.plan.economics import Terms
from kleiber.errors import KleiberError

VALUE, PRICE, EXPONENT, FLOOR = 1e8, 0.5, 0.3, 0.02
AMPLITUDE = 0.08 * 1e5**EXPONENT


def cost(n, amplitude=AMPLITUDE):
    return VALUE * (FLOOR + amplitude * n**-EXPONENT) + PRICE * n


def least(amplitude=AMPLITUDE):
    found = optimize.minimize_scalar(lambda u: cost(np.exp(u), amplitude), bounds=(5, 25), options={"xatol": 1e-12})
    return float(np.exp(found.x)), float(found.fun)


def test_the_worked_example_to_the_digit() -> None:
    best = economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT)
    assert round(best) == 1_964_547
    assert round(economics.label_spend(PRICE, best)) == 982_274
    assert round(economics.reducible_cost(VALUE, AMPLITUDE, EXPONENT, best)) == 3_274_246
    assert round(economics.kappa_worth(PRICE, best, EXPONENT, 0.9)) == 331_367


def test_the_closed_optimum_is_the_numeric_one() -> None:
    best, lowest = least()
    assert best == pytest.approx(economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT), rel=1e-4)
    assert cost(economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT)) <= lowest
    spend, error = economics.label_spend(PRICE, best), economics.reducible_cost(VALUE, AMPLITUDE, EXPONENT, best)
    assert spend == pytest.approx(EXPONENT * error, rel=1e-4)
    assert spend != pytest.approx(EXPONENT * economics.reducible_cost(VALUE, AMPLITUDE, EXPONENT, 2 * best), rel=0.1)
    assert economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT, owned=3e6) == 3e6


@pytest.mark.parametrize(("factor", "ratio"), [(0.25, 1.224), (0.5, 1.062), (1, 1.0), (2, 1.086), (4, 1.431)])
def test_off_the_optimum(factor, ratio) -> None:
    assert round(economics.off_optimum(factor, EXPONENT), 3) == ratio
    best, lowest = least()
    of_floor = VALUE * FLOOR
    assert (cost(factor * best) - of_floor) / (lowest - of_floor) == pytest.approx(ratio, abs=6e-4)


def test_elasticities_are_slopes_of_the_optimum() -> None:
    of_value, of_price = economics.elasticities(EXPONENT)
    here = economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT)
    step = 1e-6
    richer = economics.optimal_n(VALUE * (1 + step), PRICE, AMPLITUDE, EXPONENT)
    dearer = economics.optimal_n(VALUE, PRICE * (1 + step), AMPLITUDE, EXPONENT)
    assert np.log(richer / here) / step == pytest.approx(of_value, rel=1e-4)
    assert np.log(dearer / here) / step == pytest.approx(of_price, rel=1e-4)


def test_a_shift_is_worth_what_the_new_optimum_saves() -> None:
    saved = least()[1] - least(0.9 * AMPLITUDE)[1]
    best = economics.optimal_n(VALUE, PRICE, AMPLITUDE, EXPONENT)
    assert economics.kappa_worth(PRICE, best, EXPONENT, 0.9) == pytest.approx(saved, rel=1e-6)
    assert economics.kappa_worth(PRICE, best, EXPONENT, 1.0) == 0


def test_kappa_is_the_mean_factor() -> None:
    chance = np.random.default_rng(0)
    shift = np.where(chance.random(400_000) < 0.6, chance.normal(0.2, 0.3, 400_000), 0.0)
    assert economics.kappa(0.6, 0.2, 0.3) == pytest.approx(np.exp(-shift).mean(), abs=2e-3)
    assert economics.kappa(0.6, 0.2) != pytest.approx(np.exp(-shift).mean(), abs=2e-3)  # the spread is part of it
    assert economics.kappa(0.0, 5.0) == 1.0


def test_present_value_is_the_integral() -> None:
    found, _ = integrate.quad(lambda t: np.exp(-0.1 * t), 2.0, 7.0)
    assert economics.present_value(2.0, 7.0, 0.1) == pytest.approx(found, rel=1e-12)
    assert economics.present_value(2.0, 7.0, 0.0) == 5.0
    assert economics.present_value(2.0, 7.0, 1e-12) == pytest.approx(5.0)
    assert economics.present_value(8.0, 7.0, 0.1) == economics.present_value(8.0, 7.0, 0.0) == 0.0


def test_what_is_left_of_the_value() -> None:
    rate = np.log1p(0.08) / 12
    for start in (0.0, 5.0, 24.0, 30.0):
        expected = economics.present_value(start, 24.0, rate) / economics.present_value(0.0, 24.0, rate)
        assert economics.remaining(start, 24.0, 0.08) == pytest.approx(expected, abs=1e-12)
    assert economics.remaining(6.0, 24.0, 0.0) == 0.75
    assert economics.remaining(12.0, np.inf, 0.08) == pytest.approx(1 / 1.08)
    assert economics.remaining(12.0, np.inf, 0.0) == 1.0
    assert np.array_equal(economics.remaining(np.array([0.0, 12.0, 99.0]), 24.0, 0.0), [1.0, 0.5, 0.0])


N = np.array([1000.0, 2000.0, 4000.0])
LOSS, BETTER = np.array([0.30, 0.20, 0.16]), np.array([0.20, 0.12, 0.10])


def test_costs_at_once_are_error_and_money() -> None:
    terms = Terms(1e4, 0.1, 1000.0, months=6, wage=50)
    assert economics.costs_of_labels(terms, N, LOSS) == pytest.approx([3000, 2100, 1900])
    assert economics.costs_with_engineers(terms, N, LOSS, BETTER) == pytest.approx([2300, 1600, 1600])
    many = economics.costs_of_labels(terms, N, np.stack([LOSS, BETTER]))
    assert many[0] == pytest.approx([3000, 2100, 1900]) and many.shape == (2, 3)


def test_costs_in_time_weigh_each_loss_by_the_months_that_it_lasts() -> None:
    terms = Terms(1e4, 0.1, 1000.0, months=6, wage=50, deadline=24, speed=1000)
    # labels for 2000 are there after 1 month, for 4000 after 3; engineers after 6
    lasts = [0.30, (0.30 * 1 + 0.20 * 23) / 24, (0.30 * 3 + 0.16 * 21) / 24]
    assert economics.costs_of_labels(terms, N, LOSS) == pytest.approx(1e4 * np.array(lasts) + [0, 100, 300])
    lasts = [(0.30 * 6 + 0.20 * 18) / 24, (0.30 + 0.20 * 5 + 0.12 * 18) / 24, (0.30 * 3 + 0.16 * 3 + 0.10 * 18) / 24]
    both = economics.costs_with_engineers(terms, N, LOSS, BETTER)
    assert both == pytest.approx(1e4 * np.array(lasts) + [300, 400, 600])
    slow = Terms(1e4, 0.1, 1000.0, months=6, wage=50, deadline=24, speed=100)  # 10 and 30 months: engineers come first
    assert economics.costs_with_engineers(slow, N, LOSS, BETTER)[1] == pytest.approx(
        1e4 * (0.30 * 6 + 0.20 * 4 + 0.12 * 14) / 24 + 400
    )


def test_break_evens_are_where_two_costs_are_equal() -> None:
    terms = Terms(1e4, 0.1, 1000.0, months=6, wage=50, deadline=24, discount=0.08, speed=2000)
    stops = economics.price_that_stops(terms, N, LOSS)
    for price, pays in ((0.999 * stops, True), (1.001 * stops, False)):
        found = economics.costs_of_labels(Terms(1e4, price, 1000.0, deadline=24, discount=0.08, speed=2000), N, LOSS)
        assert (found.argmin() > 0) == pays
    starts = economics.value_that_starts(terms, N, LOSS)
    for value, pays in ((1.001 * starts, True), (0.999 * starts, False)):
        found = economics.costs_of_labels(Terms(value, 0.1, 1000.0, deadline=24, discount=0.08, speed=2000), N, LOSS)
        assert (found.argmin() > 0) == pays
    assert economics.price_that_stops(terms, N, LOSS[::-1]) == 0
    assert economics.value_that_starts(terms, N, LOSS[::-1]) == np.inf


def test_engineers_break_even() -> None:
    terms = Terms(1e4, 0.1, 1000.0, months=6, wage=50, deadline=24, discount=0.08)
    cut = economics.cut_that_pays(terms, 0.30, 0.10, cost=2500.0, months=6)
    improved = 0.30 - cut * 0.20
    flat = np.array([0.30]), np.array([improved])
    assert economics.costs_with_engineers(terms, np.array([1000.0]), *flat) == pytest.approx([2500.0])
    assert economics.months_that_pay(terms, 0.30, improved, cost=2500.0) == pytest.approx(6.0)
    assert economics.cut_that_pays(terms, 0.30, 0.29, cost=2500.0, months=6) == np.inf
    assert economics.cut_that_pays(terms, 0.30, 0.10, cost=4000.0, months=6) == 0.0
    assert economics.months_that_pay(terms, 0.30, 0.29, cost=2500.0) == 0.0
    assert economics.months_that_pay(Terms(1e4, 0.1, 1e3), 0.30, 0.20, cost=2500.0) == np.inf


@pytest.mark.parametrize("named", ["value", "price", "amplitude", "exponent"])
def test_what_is_not_positive_is_named(named) -> None:
    given = {"value": VALUE, "price": PRICE, "amplitude": AMPLITUDE, "exponent": EXPONENT} | {named: -1.0}
    with pytest.raises(KleiberError, match=f"^{named} is"):
        economics.optimal_n(**given)


def test_no_probability_is_refused() -> None:
    with pytest.raises(KleiberError, match="success is"):
        economics.kappa(1.2, 0.1)
