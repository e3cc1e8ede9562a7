"""The sizes at which pairs meet: those that a pair has alone, and rungs that all pairs share."""

import numpy as np
import pytest

from kleiber import forecast
from kleiber.answers.compare.ground import STEP, Question, grounds, ladder
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import HORIZON


def test_a_pair_alone_has_eight_steps_to_the_common_size_and_twenty_three_beyond_it():
    alone = np.unique(np.concatenate([np.geomspace(100, 1600, 9), np.geomspace(1600, HORIZON * 1600, 24)]))
    assert ladder([(100.0, 1600.0)]) == pytest.approx(alone, rel=1e-12)
    assert ladder([(100.0, 1600.0)] * 3) == pytest.approx(alone, rel=1e-12)
    assert len(ladder([(100.0, 100.0)])) == 24
    assert len(ladder([])) == 0


def test_pairs_of_other_sizes_share_rungs_that_are_as_fine_as_each_has_alone():
    spans = [(10.0, 400.0), (300.0, 6400.0), (100.0, 300.0)]
    steps = np.diff(np.log(ladder(spans)))
    assert steps.max() <= np.log(STEP) * (1 + 1e-9)  # the last span alone has finer ones
    assert len(steps) < 80


def test_rungs_stay_few_where_a_model_has_one_size_in_common():
    assert len(ladder([(1.0, 1e6), (1e6, 1e6)])) <= 1 + np.ceil(np.log(1e6) / np.log(STEP)) + 23


def measured(first: float, b: float) -> Forecast:
    n = first * 2.0 ** np.arange(6)
    return forecast(n, 5 * n**-b + 0.1 + 0.002 * np.cos(7 * np.arange(6)))


def test_the_grid_of_a_pair_holds_every_size_of_which_something_is_said():
    found = {"a": measured(100, 0.3), "b": measured(100, 0.5), "c": measured(150, 0.4)}
    places = grounds(found, [("a", "b"), ("a", "c"), ("b", "c")], Question(np.array([5000.0, 1e7]), None, 0))
    for (a, b), place in places.items():
        start = max(found[a].curve.n[0], found[b].curve.n[0])
        assert np.isin([start, place.largest_common, place.horizon, place.top, 5000.0, 1e7], place.grid).all()
        assert place.horizon == min(found[a].horizon, found[b].horizon, HORIZON * place.largest_common)
        assert np.all(np.diff(np.log(place.grid[place.grid <= place.top])) > 1e-9)
        assert place.grid[0] == start
