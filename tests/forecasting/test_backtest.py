"""The back-test sees only the smaller sizes."""

import numpy as np

from kleiber.curves.curve import make_curve
from kleiber.forecasting.backtest import backtest, nearest
from kleiber.forecasting.forecasts import forecast

N = np.repeat([100.0, 200, 400, 800, 1600], 2)
LOSS = (N**-0.3 + 0.05) * (1 + 0.02 * np.random.default_rng(0).normal(size=10))


def test_every_cut_forecasts_every_hidden_size() -> None:
    rows = backtest(make_curve(N, LOSS))
    assert [(row.used_up_to, row.n) for row in rows] == [(400, 800), (400, 1600), (800, 1600)]
    for row in rows:
        assert row.low < row.predicted < row.high
        assert row.inside == (row.low <= row.measured <= row.high)
        assert row.relative_error == row.predicted / row.measured - 1
    assert sum(row.inside for row in rows) >= 2


def test_what_is_hidden_does_not_enter() -> None:
    other = LOSS.copy()
    other[-2:] *= 0.5
    one, two = backtest(make_curve(N, LOSS)), backtest(make_curve(N, other))
    assert [row.predicted for row in one] == [row.predicted for row in two]
    alone = forecast(N[:8], LOSS[:8]).median(1600)
    assert abs(one[-1].predicted / alone - 1) < 0.01  # the mean of two runs against one run


def test_the_nearest_check_of_each_cut() -> None:
    assert [(row.used_up_to, row.n) for row in nearest(backtest(make_curve(N, LOSS)))] == [(400, 800), (800, 1600)]


def test_a_test_set_shared_by_all_points_widens_nothing() -> None:
    assert backtest(make_curve(N, LOSS, metric="error", n_test=50)) == backtest(make_curve(N, LOSS, metric="error"))


def test_too_few_sizes_and_unusable_values_give_none() -> None:
    assert backtest(make_curve(N[:6], LOSS[:6])) == ()
    assert backtest(make_curve([1, 2, 3, 4], [1.0, np.nan, 0.5, 0.4])) == ()
