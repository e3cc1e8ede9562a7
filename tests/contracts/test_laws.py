"""What a law declares is measured: falling part, floor, Jacobian, units, grid, and that a fit finds it again.

Each promise is a function that complains; every law of the folder has to pass it, and a law broken on purpose must not.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kleiber import plugins
from kleiber.fitting.fit import fit
from kleiber.laws import law
from kleiber.laws.broken_power import broken_power

N = 100.0 * 2.0 ** np.arange(12)
NAMES = plugins.names("laws")
WRONG = {"constant": "power", "power_floor": "power", "broken_power": "power_floor"}  # of others: the constant
NOISE = 0.005


def example(found):
    return np.array([found.example[name] for name in found.names])


def shapes(found):
    """Shapes over all of the grid and a little beyond, as `fall` takes them, and their slopes' names."""
    axes = [np.log(N[0]) + np.log(N[-1] / N[0]) * np.array(s.grid) if s.kind == "size" else s.grid for s in found.shape]
    axes = [[axis[0], axis[len(axis) // 2], axis[-1]] for axis in axes]
    return [grid.reshape(-1, 1) for grid in np.meshgrid(*axes, indexing="ij")] if axes else []


def explained(found) -> None:
    assert found.formula and found.source and found.amplitude != "" and found.floor != ""
    assert set(found.example) == set(found.names)
    for s in found.shape:
        assert s.meaning and s.low < s.high and len(s.grid) == len(s.prior) > 0 and min(s.prior) > 0
        assert np.all(np.diff(s.grid) > 0) or len(s.grid) == 1
        if s.kind != "size":
            assert s.low <= s.grid[0] and s.grid[-1] <= s.high
    assert math.prod(len(s.grid) for s in found.shape) <= 300


def falls(found) -> None:
    """Positive, finite and never rising, from the smallest to the largest numbers that one may meet."""
    if found.amplitude is None:
        return
    values = found.fall(np.linspace(-500, 500, 401), *shapes(found))
    assert np.all(np.isfinite(values)) and np.all(values > 0)
    assert np.all(np.diff(values) <= 1e-14 * values[..., 1:])
    assert np.all(values[..., 0] > values[..., -1])
    assert all(np.all(np.isfinite(s)) for s in found.slopes(np.linspace(-500, 500, 401), *shapes(found)))


def ends_at_its_floor(found) -> None:
    theta = example(found)
    values = found.value(np.geomspace(1.0, 1e200, 50), theta)
    assert np.all(np.diff(values) <= 1e-15) and np.all(values >= found.limit(theta))
    if found.amplitude is not None:  # however slowly: at ln n = 1e9 nothing is left of it
        assert found.fall(np.array([1e9]), *found.to_fall(theta))[0] < 1e-8


def jacobian_is_the_derivative(found) -> None:
    theta = example(found)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = 1e-5 * abs(theta[i])
        slope = (found.value(N, theta + step) - found.value(N, theta - step)) / (2 * step[i])
        assert found.jacobian(N, theta)[:, i] == pytest.approx(slope, rel=1e-6, abs=1e-8 * np.abs(slope).max())


def slopes_are_derivatives(found) -> None:
    shape, t = shapes(found), np.log(N)
    for i, slope in enumerate(found.slopes(t, *shape)):
        ahead, behind = ([*shape[:i], shape[i] + h, *shape[i + 1 :]] for h in (1e-6, -1e-6))
        measured = (found.fall(t, *ahead) - found.fall(t, *behind)) / 2e-6
        whole = found.fall(t, *shape)
        assert np.all(np.abs(slope - measured) <= 1e-6 * np.abs(measured) + 1e-8 * whole + 1e-100)


def units_change_nothing(found) -> None:
    theta = example(found)
    for n_unit, loss_unit in ((1000.0, 0.01), (1e-6, 1e9), (1e9, 1e-6)):
        scaled = found.rescale(theta, n_unit, loss_unit)
        assert found.value(N / n_unit, scaled) * loss_unit == pytest.approx(found.value(N, theta), rel=1e-12)
        assert found.rescale(scaled, 1 / n_unit, 1 / loss_unit) == pytest.approx(theta, rel=1e-12)


def basis_and_linear_parameters_make_the_value(found) -> None:
    theta = example(found)
    values = found.basis(np.log(N), *found.to_fall(theta)) @ theta[found.linear]
    assert values == pytest.approx(found.value(N, theta), rel=1e-12)
    both = np.stack([1.1 * theta, theta])
    assert found.value(N, both) == pytest.approx(np.stack([found.value(N, both[0]), values]), rel=1e-12)


def finds_its_truth_again(found) -> None:
    theta = example(found)
    for n_unit, loss_unit in ((1.0, 1.0), (1e-6, 1e9), (1e9, 1e-6)):
        result = fit(found, N * n_unit, found.value(N, theta) * loss_unit)
        assert result.converged, result.status
        assert result.theta == pytest.approx(found.rescale(theta, 1 / n_unit, 1 / loss_unit), rel=1e-6)


def aic(found, n, loss) -> float:
    """Akaike's criterion with the correction for few points (Hurvich & Tsai 1989)."""
    result, k = fit(found, n, loss), len(found.names) + 1
    return len(n) * math.log(result.rss / len(n)) + 2 * k + 2 * k * (k + 1) / (len(n) - k - 1)


def scores_better_than(found, wrong) -> None:
    n = np.geomspace(N[0], N[-1], 48)
    noise = np.random.default_rng(7).normal(size=len(n))
    loss = found.value(n, example(found)) * (1 + NOISE * noise)
    assert aic(found, n, loss) < aic(wrong, n, loss) - 2


PROMISES = [
    explained, falls, ends_at_its_floor, jacobian_is_the_derivative, slopes_are_derivatives, units_change_nothing,
    basis_and_linear_parameters_make_the_value, finds_its_truth_again,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_law_keeps_its_promise(promise, name) -> None:
    promise(law(name))


@pytest.mark.parametrize("name", NAMES)
def test_law_is_named_by_its_file(name) -> None:
    assert law(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_law_scores_worse(name) -> None:
    scores_better_than(law(name), law(WRONG.get(name, "constant")))
    if name not in ("constant", "power", "power_floor", "inverse_log"):
        scores_better_than(law(name), law("power"))


def test_a_law_of_two_breaks_keeps_the_promises_of_its_mathematics() -> None:
    for promise in PROMISES[:-1]:
        promise(broken_power(2))


def test_the_law_of_the_examples_keeps_all_promises() -> None:
    mine = law(str(Path(__file__).parents[2] / "examples" / "own_law.py"))
    for promise in PROMISES:
        promise(mine)


POWER = law("power_floor")
BROKEN = {
    explained: replace(POWER, example={"a": 1.0, "b": 0.3}),
    falls: replace(POWER, fall=lambda t, b: np.exp(0.001 * b * t)),
    ends_at_its_floor: replace(POWER, fall=lambda t, b: POWER.fall(t, b) + 0.1),
    jacobian_is_the_derivative: replace(POWER, slopes=lambda t, b: (1.001 * POWER.slopes(t, b)[0],)),
    slopes_are_derivatives: replace(POWER, slopes=lambda t, b: (1.001 * POWER.slopes(t, b)[0],)),
    units_change_nothing: replace(POWER, fall=lambda t, b: 1 / (1 + POWER.fall(-t, b))),  # a size that is not declared
    basis_and_linear_parameters_make_the_value: replace(POWER, fall=lambda t, b: POWER.fall(t, np.ravel(b)[0])),
    finds_its_truth_again: replace(POWER, slopes=lambda t, b: (-0.05 * POWER.slopes(t, b)[0],)),
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_each_promise_can_be_broken(promise) -> None:
    with pytest.raises((AssertionError, ValueError, KeyError)):
        promise(BROKEN[promise])


@pytest.mark.parametrize("name", NAMES)
def test_the_true_law_in_the_place_of_a_wrong_one_is_not_told_apart(name) -> None:
    with pytest.raises(AssertionError):
        scores_better_than(law(name), law(name))
