"""The exponent is continuous in the data, and is one number wherever it stands."""

import re

import numpy as np
import pytest

from kleiber import analyse, compare, forecast
from kleiber.curves.curve import make_curve
from kleiber.forecasting.exponents import FINER, exponents, finer

N = np.repeat(100.0 * 2.0 ** np.arange(7), 3)
LUCK = np.random.default_rng(4).normal(size=len(N))


def loss(exponent: float, floor: float = 0.1) -> np.ndarray:
    return ((N / 100) ** -exponent + floor) * (1 + 0.01 * LUCK)


def test_a_little_more_of_an_exponent_moves_it_a_little() -> None:
    middles = np.array([forecast(N, loss(b, 0.0)).exponent.median for b in np.linspace(0.3, 0.4, 21)])
    steps = np.diff(middles)
    assert np.all(steps > 0.0005) and np.all(steps < 0.015)


def test_its_distribution_rises_and_has_the_interval() -> None:
    fc = forecast(N, loss(0.4))
    found = exponents(fc.posterior)
    assert np.all(np.diff(found.at) > 0) and np.all(np.diff(found.below) >= 0)
    assert found.below[0] == 0.0 and found.below[-1] == pytest.approx(1.0) and found.at[0] >= 0.0
    assert [*found.quantile(np.array([0.05, 0.5, 0.95]))] == [fc.exponent.low, fc.exponent.median, fc.exponent.high]


def test_more_exponents_have_the_same_prior() -> None:
    grid = forecast(N, loss(0.4)).posterior.grid.base
    fine = finer(grid)
    assert [law.name for law in fine.laws] == [law.name for law in grid.laws]
    for one, other in zip(*(np.bincount(g.family, np.exp(g.log_prior)) for g in (grid, fine)), strict=True):
        assert other == pytest.approx(one)
    (name, axis), (_, finely) = ((g.laws[i].name, g.axes[i][0]) for g in (grid, fine) for i in [_place(g, "power")])
    assert name == "power" and len(finely) == FINER * (len(axis) - 1) + 1 and finely[::FINER] == pytest.approx(axis)


def _place(grid, name: str) -> int:
    return next(i for i, law in enumerate(grid.laws) if law.name == name)


def test_a_curve_without_a_fall_has_the_exponent_zero() -> None:
    fc = forecast(N, 1 + 0.01 * LUCK, laws=["constant"])
    assert fc.exponent.median == pytest.approx(0.0, abs=1e-5)


def test_sentence_table_and_difference_have_one_number() -> None:
    curves = {name: make_curve(N, loss(b), model=name) for name, b in (("a", 0.3), ("b", 0.45))}
    found = analyse(list(curves.values()))
    tabled = [curve["forecast"]["exponent"]["median"] for curve in found.to_dict()["curves"]]
    (comparison,) = found.to_dict()["comparisons"]
    assert [one["median"] for one in comparison["exponents"]["separate"]] == tabled
    assert comparison["exponents"]["pairs"][0]["difference"]["median"] == pytest.approx(tabled[0] - tabled[1])
    assert compare(curves).exponents.pairs[0].difference.median == pytest.approx(tabled[0] - tabled[1])
    doublings = [re.search(r"^(\w): Each doubling of the data removes (\d+) %", s) for s in found.sentences]
    gains = [int(one[2]) for one in doublings if one]
    assert gains == [round(100 * (1 - 2.0**-b)) for b in tabled]
