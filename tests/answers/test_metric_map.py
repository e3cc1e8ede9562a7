"""A map from one metric to another: found again, and both uncertainties carried."""

import json

import numpy as np
import pytest

import kleiber
from kleiber.answers import metric_map
from kleiber.errors import KleiberError, Refused


def error_of(loss):
    """Give the errors of a map with the size of Gadre et al.'s parameters."""
    return 0.857 - 2.2065 * np.exp(-0.7146 * np.asarray(loss))


def pairs(chance, runs):
    loss = chance.uniform(2.2, 4.0, runs)
    return loss, error_of(loss) + 0.008 * chance.normal(size=runs)


def test_a_map_without_noise_is_found_to_three_digits():
    loss = np.linspace(2.2, 4.0, 12)
    found = metric_map.fit_metric_map(loss, error_of(loss))
    low, middle, high = found.gamma
    assert low < 0.7146 < high and middle == pytest.approx(0.7146, abs=0.05)
    assert np.median(found.errors(np.full((2000, 1), 3.0))) == pytest.approx(error_of(3.0), abs=1e-3)


def test_the_map_covers_below_the_losses_it_has_seen_and_a_quarter_of_its_interval_does_not():
    chance = np.random.default_rng(5)
    truth = float(error_of(2.0))
    inside, narrow = [], []
    for r in range(150):
        found = metric_map.fit_metric_map(*pairs(chance, 12), random_state=r)
        errors = found.errors(np.full((2000, 1), 2.0))
        low, middle, high = np.quantile(errors, [0.1, 0.5, 0.9], method="inverted_cdf")
        inside.append(low <= truth <= high)
        narrow.append(abs(middle - truth) <= (high - low) / 8)
    assert 0.70 <= np.mean(inside) <= 0.92
    assert np.mean(narrow) < 0.5


def test_an_error_of_a_run_is_wider_than_the_map():
    found = metric_map.fit_metric_map(*pairs(np.random.default_rng(6), 30))
    loss = np.full((4000, 1), 3.0)
    assert np.std(found.errors(loss, of_run=True)) > 1.5 * np.std(found.errors(loss))


@pytest.fixture(scope="module")
def loss_forecast():
    n = 100.0 * 2.0 ** np.arange(8)
    noise = np.random.default_rng(2).normal(size=8)
    return kleiber.forecast(n, (1.8 + 8 * n**-0.3) * (1 + 0.01 * noise))


def test_both_uncertainties_are_carried(loss_forecast):
    found = metric_map.fit_metric_map(*pairs(np.random.default_rng(8), 8))
    told = metric_map.carry(loss_forecast, found, [25_600.0])
    draws = loss_forecast.draws([25_600.0], 4000)
    epsilon, fall, gamma, _ = np.median(found.parameters, axis=0)
    of_loss = np.ptp(np.quantile(epsilon - fall * np.exp(-gamma * (draws - found.lowest)), [0.05, 0.95]))
    of_map = np.ptp(np.quantile(found.errors(np.full((4000, 1), np.median(draws))), [0.05, 0.95]))
    width = told.high[0] - told.low[0]
    assert width > 1.03 * max(of_loss, of_map)
    assert width < 1.3 * np.hypot(of_loss, of_map)
    assert told.low[0] < told.median[0] < told.high[0]
    json.dumps(told.to_dict(), allow_nan=False)


def test_a_loss_below_all_that_the_map_has_seen_is_warned_of(loss_forecast):
    found = metric_map.fit_metric_map(*pairs(np.random.default_rng(8), 8))
    assert [c.code for c in metric_map.carry(loss_forecast, found, [25_600.0]).cautions] == ["map-extrapolated"]
    assert metric_map.carry(loss_forecast, found, [400.0]).cautions == ()


def test_sizes_beyond_what_the_forecast_carries_are_warned_of(loss_forecast):
    found = metric_map.fit_metric_map(*pairs(np.random.default_rng(8), 8))
    told = metric_map.carry(loss_forecast, found, [50.0, 400.0, 1e9]).cautions
    assert [c.code for c in told] == ["map-extrapolated", "map-extrapolated", "map-beyond"]
    assert "n = 50, 1,000,000,000 lies outside" in told[-1].message
    assert "At n = 50 the interval of the loss reaches above" in told[1].message


@pytest.mark.parametrize(("unit", "top"), [(1.0, 1.0), (100.0, 100.0)])
def test_no_error_is_more_than_all(unit, top):
    loss, error = pairs(np.random.default_rng(8), 8)
    found = metric_map.fit_metric_map(loss, unit * error)
    errors = found.errors(np.full((2000, 1), 30.0), of_run=True)
    assert found.top == top and errors.max() == top and errors.min() >= 0


def test_too_few_runs_and_unrelated_metrics_are_refused_in_words(loss_forecast):
    few = metric_map.fit_metric_map([2.0, 2.5, 3.0, 3.0], [0.3, 0.4, 0.5, 0.5])
    assert few.status == "refused" and few.refusal.code == "too-few-pairs"
    with pytest.raises(Refused, match=r"of different loss have both metrics.*3 runs have them"):
        metric_map.carry(loss_forecast, few, [1000.0])
    chance = np.random.default_rng(9)
    unrelated = metric_map.fit_metric_map(chance.uniform(2, 4, 12), chance.uniform(0.2, 0.4, 12))
    assert unrelated.refusal.code == "unrelated-metrics"
    with pytest.raises(KleiberError, match="give both for each run"):
        metric_map.fit_metric_map([1.0, 2.0], [0.1])
