"""What becomes of curves that are not curves: each has its coded outcome, and its sentences say no more than is so."""

import numpy as np
import pytest

from kleiber import Forecast, forecast
from kleiber.errors import KleiberError

N = 100 * 2.0 ** np.arange(8)
FALLING = (N / 100) ** -0.3 * np.exp(0.01 * np.random.default_rng(0).normal(size=8))
DOUBLE = np.array([0.60, 0.52, 0.45, 0.41, 0.47, 0.55, 0.40, 0.30])
U = np.array([1.0, 0.8, 0.65, 0.55, 0.5, 0.55, 0.65, 0.8])


def changed(place: int, value: float) -> np.ndarray:
    loss = FALLING.copy()
    loss[place] = value
    return loss


def codes(fc: Forecast) -> set[str]:
    return {w.code for w in fc.warnings}


@pytest.mark.parametrize(
    ("n", "loss", "code"),
    [
        ([], [], "too-few-sizes"),
        ([100], [1.0], "too-few-sizes"),
        ([100, 200], [1.0, 0.8], "too-few-sizes"),
        ([100, 100, 200, 200], [1.0, 1.1, 0.8, 0.7], "too-few-sizes"),
        (N, changed(7, 0.0), "not-positive"),
        (N, changed(7, -0.1), "not-positive"),
        (N, changed(7, np.nan), "not-finite"),
        (N, changed(0, np.inf), "not-finite"),
        (N, changed(7, 1e30), "mixed-scales"),
        (N, changed(4, 100 * FALLING[4]), "outlier"),
        (N, changed(7, FALLING[7] / 100), "outlier"),
        (N[:6], 1 / FALLING[:6], "rising"),
        (N, 1 / FALLING, "rising"),
        (N * 0, FALLING, "sizes"),
        (-N, FALLING, "sizes"),
    ],
)
def test_what_no_law_can_be_fitted_to_is_refused(n, loss, code) -> None:
    fc = forecast(n, loss)
    assert fc.status == "refused" and fc.refusal is not None and fc.refusal.code == code
    assert fc.reason.endswith(".") and fc.help.endswith(".")


def test_three_sizes_are_forecast_with_a_warning_and_a_wide_interval() -> None:
    three, eight = forecast(N[:3], FALLING[:3]), forecast(N, FALLING)
    assert "three-sizes" in codes(three)
    q = np.array([0.05, 0.95])
    widths = [np.diff(np.log(fc.posterior.quantile(8 * fc.curve.n[-1:], q, None)[0])) for fc in (three, eight)]
    assert widths[0] > widths[1]


@pytest.mark.parametrize("sizes", [3, 5, 8])
def test_equal_losses_are_flat_and_the_forecast_is_constant(sizes: int) -> None:
    fc = forecast(N[:sizes], np.ones(sizes))
    assert fc.status == "ok" and "flat" in codes(fc)
    low, middle, high = fc.posterior.quantile(fc.curve.n[-1:], np.array([0.05, 0.5, 0.95]), None)[0]
    assert low < middle < high
    assert middle == pytest.approx(1.0, abs=0.02)
    assert "exponent-range" not in codes(fc)


def test_a_loss_that_turns_up_is_named_and_no_more_is_said_of_it() -> None:
    fc = forecast(N, U)
    assert "u-shape" in codes(fc)
    assert "flat" not in codes(fc)  # a loss that halved and rose again is not without learning beyond the noise
    assert forecast(N, DOUBLE).status == "ok" and "two-branch" in codes(forecast(N, DOUBLE))


def test_a_moderate_outlier_that_is_kept_is_named_and_widens() -> None:
    fc, clean = forecast(N, changed(4, 5 * FALLING[4]), outliers="keep"), forecast(N, FALLING)
    assert "outlier" in codes(fc)
    q = np.array([0.05, 0.95])
    widths = [np.diff(np.log(one.posterior.quantile(2 * N[-1:], q, None)[0])) for one in (fc, clean)]
    assert widths[0] > 2 * widths[1]


def test_mixed_units_are_named_as_such() -> None:
    mixed = np.concatenate([0.5 * FALLING[:4], 50 * FALLING[4:]])
    with pytest.raises(KleiberError, match="percent"):
        forecast(N, np.concatenate([1 - mixed[:4], 100 - mixed[4:]]), metric="accuracy")
    fc = forecast(N, mixed, metric="error")
    assert fc.refusal is not None and fc.refusal.code == "mixed-scales"
