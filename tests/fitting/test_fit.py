"""Least squares: truth found again, bounds, and what the status says."""

import numpy as np
import pytest

from kleiber.errors import KleiberError
from kleiber.fitting.fit import fit
from kleiber.laws import law

N = np.array([200, 400, 800, 1600, 3200, 6400, 12800, 25600, 40000.0])  # the origin's sizes


@pytest.mark.parametrize(("a", "b", "c"), [(4.0, 0.12, 0.6), (9.0, 0.35, 0.02), (30.0, 0.9, 1.4), (3.0, 0.45, 0.05)])
def test_synthetic_truths_to_six_digits(a, b, c) -> None:
    found = fit(law("power_floor"), N, a * N**-b + c)
    assert found.converged and found.theta == pytest.approx([a, b, c], rel=1e-6)


def test_a_floor_at_its_bound_is_said_and_has_no_standard_error() -> None:
    y = 3 * N**-0.3 - 0.01
    found = fit(law("power_floor"), N, y)
    assert found.theta[2] == 0 and found.se is None and found.predict_se(1e5) is None
    assert found.status.startswith("Converged; c at its bound")
    free = fit(law("power_floor"), N, y, bounded=False)
    assert free.theta[2] == pytest.approx(-0.01, rel=1e-6)


def test_standard_errors_shrink_with_the_noise() -> None:
    noise = np.random.default_rng(1).normal(size=len(N))
    found = [fit(law("power_floor"), N, (3 * N**-0.3 + 0.1) * (1 + s * noise)) for s in (0.01, 0.001)]
    assert all(f.se is not None for f in found)
    assert found[1].se == pytest.approx(found[0].se / 10, rel=0.2)


def test_wrong_input_is_named() -> None:
    with pytest.raises(KleiberError, match="2 different sizes"):
        fit(law("power_floor"), [1, 2], [2.0, 1.0])
    with pytest.raises(KleiberError, match="finite"):
        fit(law("power"), [1, 2, 3], [2.0, np.nan, 1.0])


NOISY = np.random.default_rng(3).normal(size=50)
MANY = np.geomspace(100, 50_000, 50)


def curve(name, noise=0.005):
    found = law(name)
    theta = np.array([found.example[p] for p in found.names])
    return found, theta, found.value(MANY, theta) * (1 + noise * NOISY)


@pytest.mark.parametrize("name", ["shifted_power", "mmf", "m4", "broken_power"])
def test_laws_of_several_shape_parameters_are_found_within_their_errors(name) -> None:
    found, theta, y = curve(name)
    result = fit(found, MANY, y)
    assert result.converged and result.dof == 50 - len(theta), result.status
    assert np.all(np.abs(result.theta - theta) < 4 * result.se)
    assert result.rss < np.sum((y - found.value(MANY, theta)) ** 2)


@pytest.mark.parametrize("name", ["power_floor", "mmf", "m4"])
@pytest.mark.parametrize(("n_unit", "loss_unit"), [(1e-6, 1e9), (1e9, 1e-6), (1.0, 100.0)])
def test_units_change_nothing(name, n_unit, loss_unit) -> None:
    found, _, y = curve(name)
    one, other = fit(found, MANY, y), fit(found, MANY * n_unit, y * loss_unit)
    assert other.status == one.status
    assert other.theta == pytest.approx(found.rescale(one.theta, 1 / n_unit, 1 / loss_unit), rel=1e-8)
    assert other.predict_se(1e6 * n_unit) == pytest.approx(one.predict_se(1e6) * loss_unit, rel=1e-6)


def test_the_gradient_vanishes_and_every_step_aside_is_worse() -> None:
    found, _, y = curve("mmf")
    result = fit(found, MANY, y)
    jacobian, residual = found.jacobian(MANY, result.theta), y - result.predict(MANY)
    cosine = jacobian.T @ residual / np.linalg.norm(jacobian, axis=0) / np.linalg.norm(residual)
    assert np.max(np.abs(cosine)) < 1e-8
    for aside in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3 * result.se:
        assert np.sum((y - found.value(MANY, result.theta + aside)) ** 2) > result.rss


def test_weights_are_as_so_many_repeated_rows() -> None:
    y = (3 * N**-0.4 + 0.1) * (1 + 0.02 * np.sin(np.arange(9)))
    times = np.array([4, 1, 1, 9, 1, 4, 1, 1, 16])
    weighted = fit(law("power_floor"), N, y, se=0.03 / np.sqrt(times))
    repeated = fit(law("power_floor"), np.repeat(N, times), np.repeat(y, times))
    assert weighted.theta == pytest.approx(repeated.theta, rel=1e-9)
    assert weighted.rss * 0.03**2 == pytest.approx(repeated.rss, rel=1e-9)
    assert weighted.dof == 6 and repeated.dof == 35
    assert weighted.se == pytest.approx(repeated.se * np.sqrt(35 / 6), rel=1e-6)
    assert fit(law("power_floor"), N, y, se=np.full(9, 7.0)).theta == pytest.approx(fit(law("power_floor"), N, y).theta)


@pytest.mark.parametrize("iterations", [0, 1, 2, 5])
@pytest.mark.parametrize("name", ["power_floor", "mmf", "m4", "broken_power"])
def test_few_iterations_end_right_or_not_converged(name, iterations) -> None:
    found, _, y = curve(name, noise=0.02)
    whole, cut = fit(found, MANY, y), fit(found, MANY, y, iterations=iterations)
    assert whole.converged
    assert not cut.converged or cut.theta == pytest.approx(whole.theta, rel=1e-4)
    assert cut.converged or (cut.se is None and cut.status.startswith("Not converged"))


def test_what_the_data_do_not_determine_is_named() -> None:
    flat = fit(law("power_floor"), N, np.full(9, 0.7))
    assert not flat.converged and "b" in flat.status and flat.predict(1e6) == pytest.approx(0.7)
    nested = fit(law("shifted_power"), N, 3 * N**-0.3)
    assert not nested.converged and "k" in nested.status and nested.predict(1e6) == pytest.approx(3 * 1e6**-0.3, rel=1e-4)


def test_rising_curves_are_named_or_fitted_without_bounds() -> None:
    rising = 0.2 * N**0.3
    assert not fit(law("power"), N, rising).converged
    free = fit(law("power"), N, rising, bounded=False)
    assert free.converged and free.theta == pytest.approx([0.2, -0.3], rel=1e-9)


def test_zeros_constants_and_extreme_units_end_in_words() -> None:
    zero = fit(law("constant"), N, np.zeros(9))
    assert zero.converged and zero.theta == [0.0] and "c at its bound" in zero.status
    assert fit(law("constant"), N, [1.0, 3.0] * 4 + [2.0]).theta == pytest.approx([2.0])
    assert not fit(law("power_floor"), N, np.zeros(9)).converged
    for unit in (1e-90, 1e90):
        huge = fit(law("power_floor"), N, (3 * N**-0.45 + 0.05) * unit)
        assert huge.converged and huge.theta == pytest.approx([3 * unit, 0.45, 0.05 * unit], rel=1e-6)


def test_numbers_whose_squares_are_none_are_refused() -> None:
    for n, y in ((N * 1e200, 3 * N**-0.3), (N, 3e-200 * N**-0.3), (N, 3e307 * N**-0.3)):
        with pytest.raises(KleiberError, match="another unit"):
            fit(law("power"), n, y)


def test_parameters_that_are_no_numbers_in_the_users_units_are_said() -> None:
    n = np.geomspace(1e60, 2e60, 9)
    found = fit(law("power"), n, 0.5 * (n / n[0]) ** -20.0)
    assert not found.converged and "larger ones" in found.status


def test_many_rows_are_searched_on_their_averages_and_fitted_whole() -> None:
    n = np.repeat(MANY, 20)
    y = (3 * n**-0.45 + 0.05) * (1 + 0.02 * np.random.default_rng(5).normal(size=len(n)))
    found = fit(law("power_floor"), n, y)
    assert found.converged and np.all(np.abs(found.theta - [3, 0.45, 0.05]) < 4 * found.se)


def test_wrong_standard_errors_are_named() -> None:
    with pytest.raises(KleiberError, match="se must be"):
        fit(law("power"), [1, 2, 3], [3.0, 2.0, 1.0], se=[1.0, 0.0, 1.0])
    with pytest.raises(KleiberError, match="one length"):
        fit(law("power"), [1, 2, 3], [3.0, 2.0, 1.0], se=[1.0, 1.0])
