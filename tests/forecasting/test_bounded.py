"""Curves that guessing bounds: solved as their law says, seen where they are, and out of the way where they are not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from kleiber import Forecast, forecast_many
from kleiber.curves.curve import make_curve, sizes
from kleiber.forecasting.bounded import NOISE, OFF, regress_bounded, shapes
from kleiber.forecasting.observations import observe
from kleiber.forecasting.regression import judged
from kleiber.laws import law

N = 200.0 * 2.0 ** np.arange(6)
GUESS, AHEAD, COUNT = np.log(10.0), np.array([2.0, 8.0]), 60

Array = NDArray[np.float64]


def bending(n: Array, b: float, k: float) -> Array:
    return GUESS * law("m4").value(n, [1.0, 0.5, b, k, 0.0])


def drawn(seed: int) -> tuple[Array, Array]:
    """Draw the losses of three runs a size, and the curve ahead: it has fallen by a third where measuring ends."""
    chance = np.random.default_rng(seed)
    b, k = chance.uniform(0.3, 0.6), N[-1] * np.exp(chance.uniform(0.0, 1.5))
    return bending(np.repeat(N, 3), b, k) * (1 + 0.015 * chance.normal(size=18)), bending(N[-1] * AHEAD, b, k)


def asked(losses: list[Array], guess: float | None) -> list[Forecast]:
    each = {"n": np.repeat(N, 3), "replicate": np.tile(np.arange(3), 6)} | ({} if guess is None else {"chance": guess})
    return forecast_many([each | {"loss": loss} for loss in losses])


def test_a_bounded_curve_is_its_law_through_the_sizes_and_guessing_by_least_squares() -> None:
    loss = bending(N, 0.4, 5000.0) * (1 + 0.01 * np.random.default_rng(0).normal(size=6))
    data, grid = observe([sizes(make_curve(N, loss))], [GUESS]), shapes()
    unit, seen = data.loss_unit[0], []

    def judge(rss: Array, parameters: Array) -> tuple[Array, Array]:
        seen.append(rss[0, 0])
        assert not parameters.any()
        return judged(data, np.ones(1), np.full(1, 1e-4), rss, parameters)

    found = regress_bounded(data, grid, np.ones((1, 1, 6)), judge)
    (alphas, exponents, places), first = grid.axes[0], np.log(N[0] / N[-1])
    wide = OFF / NOISE * GUESS / unit  # of guessing, where a size is known to within 1
    for shape in (0, 500, len(grid.family) - 1):
        i, j, k = np.unravel_index(shape, (len(alphas), len(exponents), len(places)))
        fall = law("m4").value(N, [1.0, alphas[i], exponents[j], N[-1] * np.exp(first * (1 - places[k])), 0.0])
        x, y = np.append(fall, 1 / wide), np.append(loss / unit, GUESS / unit / wide)
        height = (x @ y) / (x @ x)
        assert seen[0][shape] == pytest.approx(np.sum((y - height * x) ** 2))
        assert found.solution.a[0, 0, shape] * found.falls[0, shape] == pytest.approx(height * fall)
        assert found.solution.var_a[0, 0, shape] == pytest.approx(fall[0] ** 2 / (x @ x))


def test_where_guessing_is_known_a_bending_curve_is_covered_and_nearer() -> None:
    pairs = [drawn(seed) for seed in range(COUNT)]
    truth = np.array([ahead for _, ahead in pairs])
    covered, error = {}, {}
    for guess in (None, GUESS):
        found = asked([loss for loss, _ in pairs], guess)
        low, middle, high = np.stack(
            [fc.posterior.quantile(N[-1] * AHEAD, np.array([0.05, 0.5, 0.95]), None) for fc in found]
        ).transpose(2, 0, 1)
        covered[guess] = np.mean((low <= truth) & (truth <= high), axis=0)
        error[guess] = np.sqrt(np.mean(np.log(middle / truth) ** 2, axis=0))
    assert np.all(covered[GUESS] >= 0.75) and covered[None][1] < covered[GUESS][1] - 0.3
    assert np.all(error[GUESS] < 0.6 * error[None])


def test_far_below_guessing_nothing_changes() -> None:
    chance = np.random.default_rng(1)
    losses = [1.2 * (np.repeat(N, 3) / 200) ** -0.3 * (1 + 0.02 * chance.normal(size=18)) for _ in range(12)]
    ends = [
        [fc.posterior.quantile(N[-1] * AHEAD, np.array([0.05, 0.5, 0.95]), None) for fc in asked(losses, guess)]
        for guess in (None, 400.0)
    ]
    assert np.log(ends[0]) == pytest.approx(np.log(ends[1]), abs=0.01)


def test_a_curve_of_unknown_guessing_is_as_it_is_alone_beside_one_where_it_is_known() -> None:
    loss, other = drawn(0)[0], drawn(1)[0]
    each = {"n": np.repeat(N, 3), "replicate": np.tile(np.arange(3), 6)}
    beside, _ = forecast_many([each | {"loss": loss}, each | {"loss": other, "chance": GUESS}])
    (alone,) = asked([loss], None)
    q = np.array([0.05, 0.5, 0.95])
    assert beside.posterior.quantile(N[-1] * AHEAD, q, None) == pytest.approx(
        alone.posterior.quantile(N[-1] * AHEAD, q, None), rel=1e-9
    )
