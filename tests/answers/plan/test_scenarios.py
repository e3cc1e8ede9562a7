"""What may come: the draws of the floor, which no data reach."""

import numpy as np
import pytest

from kleiber.answers.plan import scenarios
from kleiber.forecasting.forecasts import forecast

N = np.repeat(100.0 * 2.0 ** np.arange(10), 3)
MONEY = {"owned": None, "available": None, "gain": None, "random_state": 0}


def drawn(loss, noise):
    chance = np.random.default_rng(0)
    return scenarios.scenarios(forecast(N, loss * (1 + noise * chance.normal(size=len(N)))), MONEY)


def test_a_share_of_the_draws_has_no_floor_and_the_rest_that_of_the_forecast() -> None:
    found = drawn(0.2 + 0.3 * (N / 100) ** -0.9, 0.003)
    none = found.floor == 0
    assert np.mean(none) == pytest.approx(scenarios.NO_FLOOR)
    assert np.median(found.floor[~none]) == pytest.approx(0.2, rel=0.03)
    assert np.all(found.floor <= found.loss.min(axis=1))
    high = found.loss[:, -1] > np.median(found.loss[:, -1])
    assert np.mean(none[high]) == pytest.approx(scenarios.NO_FLOOR, abs=0.05)  # whatever the curve is


def test_a_flat_curve_may_have_any_floor() -> None:
    found = drawn(np.full(len(N), 2.0), 0.01)
    share = (found.floor / found.loss.min(axis=1))[found.floor > 0]
    assert np.quantile(share, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
