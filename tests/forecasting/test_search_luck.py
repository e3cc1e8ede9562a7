"""The luck of searches in the interval of a forecast: of simulated studies, and what a table of runs keeps."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.search_luck_interval import LUCKS, SIZES, judge, simulated
from kleiber import forecast
from kleiber.curves.luck import Found
from kleiber.forecasting.shared import SHARED, explained, noise_of, share_of


@pytest.mark.parametrize("luck", LUCKS)
def test_intervals_hold_new_runs_of_new_searches_and_are_no_wider_without_luck(luck):
    found = [judge(luck, sizes, 120) for sizes in SIZES]
    assert 0.86 <= np.mean([one.covers for one in found]) <= 0.96
    if luck == 0:
        assert sum(one.width for one in found) <= sum(one.width_constant for one in found)


@pytest.mark.parametrize("luck", LUCKS)
def test_intervals_hold_new_runs_where_each_size_was_searched_twice(luck):
    found = [judge(luck, sizes, 60, searches=2) for sizes in SIZES]
    assert 0.86 <= np.mean([one.covers for one in found]) <= 0.97
    wider = 1.15 if luck else 1.05  # where there is luck, a constant's intervals hold 84 to 87 in a hundred
    assert sum(one.width for one in found) <= wider * sum(one.width_constant for one in found)


def curve(luck=0.05, seed=0):
    return simulated(np.random.default_rng(seed), luck, 6).curve


def test_a_table_of_runs_keeps_the_constant():
    fc = forecast(replace(curve(), searched=()))
    noise = noise_of(fc.measured)
    assert fc.luck is None and noise.shared == SHARED and noise.luck_dof == 0
    assert noise.variance == pytest.approx(fc.measured.own / (1 - SHARED))
    assert share_of(fc.measured) == pytest.approx(SHARED + (1 - SHARED) / 3)
    assert explained(fc.measured)[0] == fc.measured.own


def test_luck_takes_the_place_of_the_constant_and_widens_the_near_forecast():
    with_luck, without = forecast(curve()), forecast(replace(curve(), searched=()))
    assert with_luck.luck.low < 0.05 < with_luck.luck.high
    assert noise_of(with_luck.measured).shared > 0.9
    low, high = with_luck.quantile(6400, [0.05, 0.95])
    assert high / low > np.exp(2 * 1.645 * 0.8 * with_luck.luck.low)
    assert without.quantile(6400, 0.5) == pytest.approx(with_luck.quantile(6400, 0.5), rel=0.05)


def test_small_luck_shares_no_less_than_the_constant():
    quiet = replace(curve(0.0), searched=tuple(Found(float(n), 1e-8, 1.0) for n in np.unique(curve(0.0).n)))
    assert noise_of(forecast(quiet).measured).shared == pytest.approx(SHARED)


def test_new_runs_share_the_luck_of_their_search():
    known = forecast(curve()).posterior
    one, many = known.run_noise(1.0), known.run_noise(1e9)
    assert np.all(many > 0.8 * one)
