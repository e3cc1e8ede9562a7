"""Clean curves and others side by side, and how far intervals hold the truth of simulated studies, setting by setting."""

import numpy as np
import pytest

from benchmarks import settings
from benchmarks.settings import studies, told
from kleiber import forecast
from kleiber.forecasting import calibration
from kleiber.forecasting.calibration import FEATURES
from kleiber.forecasting.posterior import Posterior

COUNT = 150
BY_NAME = {setting.name: setting for setting in (*settings.CLEAN, *settings.FINE, *settings.STRAYING)}


def open_to_both(laws: list[str] | None = None) -> Posterior:
    """Forecast a power law with a table that leaves the kind of curve to the evidence alone."""
    n = 100.0 * 2.0 ** np.arange(6)
    table = calibration.shipped().to_dict() | {"clean": [0.0] * (FEATURES + 2)}
    return forecast(n, (n / 100) ** -0.3 + 0.1, laws=laws, calibration=table).posterior


def test_laws_that_are_no_power_law_leave_no_clean_curve() -> None:
    known = open_to_both(["mmf", "constant"])
    assert known.clean == 0.0 and [law.name for law, _ in known.laws] == ["mmf", "constant"]


def test_the_weights_of_both_kinds_sum_to_one() -> None:
    known = open_to_both()
    assert known.weight.sum() == pytest.approx(1.0)
    assert 0 < known.clean < 1 and len(known.width) == len(known.group) - 1
    assert sum(weight for _, weight in known.laws) == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", [setting.name for setting in settings.CLEAN])
def test_clean_settings_are_covered(name: str) -> None:
    found = told(studies(BY_NAME[name], COUNT))
    assert np.all(found.covered() >= 0.82)  # a standard error is .025
    halved = np.abs(found.curve[..., 1] - found.truth) <= (found.curve[..., 2] - found.curve[..., 0]) / 4
    assert np.all(halved.mean(axis=0) < found.covered())  # the negative control


@pytest.mark.slow
@pytest.mark.parametrize("name", [setting.name for setting in settings.FINE])
def test_little_noise_is_not_taken_for_more(name: str) -> None:
    """A loss may repeat to a thousandth: its error is near that of least squares, its interval at most seven times that."""
    found = told(studies(BY_NAME[name], COUNT))
    best = np.minimum(settings.rms(found.least_squares), settings.rms(found.line))
    assert np.all(found.covered() >= 0.82)
    assert np.all(found.error() <= 1.5 * settings.rms(found.least_squares))
    assert np.all(found.width() <= 7.0 * np.maximum(found.error(), best))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("shared luck", 0.82),
        ("heavy tails", 0.82),
        ("small-data bend", 0.74),
        ("break within", 0.45),
        ("break beyond", 0.55),
    ],
)
def test_each_kind_that_strays_is_covered_as_far_as_it_shows(kind: str, least: float) -> None:
    """Bends and breaks of six sizes are covered less than is said: docs/benchmarks.md has how often."""
    found = told(studies(BY_NAME[f"{kind}, 6 x 3, 2%"], COUNT))
    assert np.all(found.covered() >= least)
