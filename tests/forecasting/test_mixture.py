"""A mixture with sides of different width, drawn in above a ceiling, is still one distribution and keeps its promises."""

import numpy as np
import pytest

from kleiber import forecast
from kleiber.forecasting.ceiling import NOISES, RISES, SLOW, Ceiling
from kleiber.forecasting.mixture import Mixture
from kleiber.forecasting.stretch import LEAN, Stretch

Q = np.array([0.001, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999])
PLACE = np.array([[-0.3, -0.5], [-0.1, -0.2], [0.0, 0.1]])
SCALE = np.array([[0.05, 0.1], [0.4, 0.8], [0.02, 0.05]])
WEIGHT = np.array([0.5, 0.3, 0.2])
NOISE = np.log(0.01)
DISTANCE = np.array([0.0, np.log(8.0)])


def mixture(*, stretched: bool, below: bool) -> Mixture:
    of, middle, factor = np.array([True, True, False]), np.array([-0.2, -0.3]), np.array([1.3, 0.8])
    stretch = Stretch.of_straying(of, middle, factor, DISTANCE) if stretched else None
    ceiling = Ceiling.of(np.full(2, NOISE), DISTANCE > 0) if below else None
    return Mixture(PLACE, SCALE, WEIGHT, np.array([6.0, 4.0, 12.0]), stretch=stretch, ceiling=ceiling)


@pytest.mark.parametrize("stretched", [False, True])
@pytest.mark.parametrize("below", [False, True])
def test_distribution_density_and_quantiles_agree(stretched: bool, below: bool) -> None:
    one = mixture(stretched=stretched, below=below)
    loss = one.quantile(Q)
    assert one.cdf(loss) == pytest.approx(np.tile(Q, (2, 1)), abs=1e-9)
    assert np.all(np.diff(loss, axis=1) > 0)
    at = np.exp(np.linspace(-12, 8, 100_001))
    for size in (0, 1):
        density = np.exp(repeated(one, size, len(at)).logpdf(at))
        assert np.trapezoid(density, at) == pytest.approx(1.0, abs=2e-3)
        inside = (at > loss[size, 1]) & (at < loss[size, 5])
        assert np.trapezoid(density[inside], at[inside]) == pytest.approx(0.9, abs=2e-3)


def repeated(one: Mixture, size: int, count: int) -> Mixture:
    """Give a mixture at one of its sizes, so many times."""
    at = np.full(count, size)
    stretch, ceiling = one.stretch, one.ceiling
    if stretch is not None:
        stretch = Stretch(stretch.of, stretch.middle[at], stretch.below[at], stretch.above[at])
    if ceiling is not None:
        ceiling = Ceiling(ceiling.at[at])
    return Mixture(one.place[:, at], one.scale[:, at], one.weight, one.dof, stretch=stretch, ceiling=ceiling)


def test_each_side_of_what_is_stretched_is_as_many_times_as_wide() -> None:
    place, scale, weight, dof = np.full((1, 2), -0.2), np.full((1, 2), 0.1), np.ones(1), np.array([6.0])
    stretch = Stretch.of_straying(np.ones(1, bool), place[0], np.array([1.5, 1.5]), DISTANCE)
    alone = np.log(Mixture(place, scale, weight, dof).quantile(Q)) + 0.2
    wide = np.log(Mixture(place, scale, weight, dof, stretch=stretch).quantile(Q)) + 0.2
    lean = LEAN * np.log(8.0)
    assert wide[0] == pytest.approx(1.5 * alone[0], abs=1e-9)  # at the largest size both sides are alike
    assert wide[1, :3] == pytest.approx(1.5 * np.exp(lean) * alone[1, :3])
    assert wide[1, 4:] == pytest.approx(1.5 * np.exp(-lean) * alone[1, 4:])
    assert wide[1, 3] == pytest.approx(0.0, abs=1e-9)


def test_above_the_ceiling_distances_count_as_their_logarithm_and_below_it_nothing_changes() -> None:
    free, drawn = (np.log(mixture(stretched=True, below=below).quantile(Q)) for below in (False, True))
    end = RISES + NOISES * np.exp(NOISE)
    assert drawn[0] == pytest.approx(free[0])  # a size among the measured ones
    above = free[1] > end
    assert 0 < above.sum() < len(Q)
    assert drawn[1][~above] == pytest.approx(free[1][~above])
    assert drawn[1][above] == pytest.approx(end + SLOW * np.log1p((free[1][above] - end) / SLOW))


def test_a_curve_that_has_not_begun_to_fall_is_not_said_to_rise_far() -> None:
    n = 100.0 * 2.0 ** np.arange(7)
    loss = 2.3 * (1.0 + 0.01 * np.array([1, -1, 1, 0, -1, 1, -1.5]))
    found = forecast(n, loss)
    low, middle, high = found.posterior.quantile(n[-1:] * 16, np.array([0.05, 0.5, 0.95]), 1.0)[0]
    assert high < 2.3 * 1.35 and middle <= 2.3 * 1.02
    assert np.log(middle / low) > np.log(high / middle)  # it may still fall
