"""What a law declares is measured: its floor, its Jacobian, its basis, its units, and that a fit finds it again."""

import numpy as np
import pytest

from kleiber import plugins
from kleiber.fit import fit
from kleiber.laws import law

N = 100.0 * 2.0 ** np.arange(10)
NAMES = plugins.names("laws")


def example(name):
    found = law(name)
    return found, np.array([found.example[p.name] for p in found.parameters])


@pytest.mark.parametrize("name", NAMES)
def test_law_is_named_by_its_file_and_explained(name) -> None:
    found, theta = example(name)
    assert found.name == name and found.formula and found.source
    assert all(p.meaning and p.low <= value <= p.high for p, value in zip(found.parameters, theta, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_floor_is_the_limit(name) -> None:
    found, theta = example(name)
    values = found.value(10.0 ** np.arange(2, 200, 20), theta)
    assert np.all(np.diff(values) <= 0) and values[-1] == pytest.approx(found.floor(theta), abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_jacobian_is_the_derivative(name) -> None:
    found, theta = example(name)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = 1e-6 * max(abs(theta[i]), 1e-3)
        slope = (found.value(N, theta + step) - found.value(N, theta - step)) / (2 * step[i])
        assert found.jacobian(N, theta)[:, i] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_basis_times_linear_parameters_is_the_value(name) -> None:
    found, theta = example(name)
    linear = np.array([p.linear for p in found.parameters])
    assert found.basis(N, theta[~linear]) @ theta[linear] == pytest.approx(found.value(N, theta), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_units_change_nothing(name) -> None:
    found, theta = example(name)
    scaled = found.rescale(theta, 1000.0, 0.01)
    assert found.value(N / 1000.0, scaled) * 0.01 == pytest.approx(found.value(N, theta), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("n_unit", "loss_unit"), [(1.0, 1.0), (1e-6, 1e9), (1e9, 1e-6)])
def test_a_fit_finds_the_truth_again(name, n_unit, loss_unit) -> None:
    found, theta = example(name)
    result = fit(found, N * n_unit, found.value(N, theta) * loss_unit)
    assert result.converged, result.status
    assert result.theta == pytest.approx(found.rescale(theta, 1 / n_unit, 1 / loss_unit), rel=1e-6)
