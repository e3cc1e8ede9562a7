"""A grid laid out again about the exponents that a curve tells apart from their neighbours."""

import numpy as np
import pytest

from kleiber import forecast, forecast_many
from kleiber.forecasting.clean import grids
from kleiber.forecasting.closer import closer
from kleiber.forecasting.grid import chosen

OWN = grids(chosen(["power", "power_floor", "mmf"], ())).own
N = 100.0 * 2.0 ** np.arange(12)


def evidence_about(exponent, spread):
    """Give evidence `(2, S)` that is normal about an exponent, on the log, for each law and place."""
    kinds = [[shape.kind for shape in law.shape].index("exponent") for law in OWN.laws]
    each = [np.meshgrid(*axes, indexing="ij")[k].ravel() for axes, k in zip(OWN.axes, kinds, strict=True)]
    found = -0.5 * (np.log(np.concatenate(each) / exponent) / spread) ** 2
    return np.stack([found, found - 1.0])


def by_exponent(grid, law, at):
    """Give the prior weight of each exponent of a law, which lie along axis `at`."""
    weight = np.exp(grid.log_prior[grid.family == law]).reshape([len(axis) for axis in grid.axes[law]])
    return np.moveaxis(weight, at, -1).reshape(-1, weight.shape[at]).sum(axis=0)


def test_exponents_that_matter_in_plenty_stay() -> None:
    assert closer(OWN, evidence_about(0.3, 0.5)) is None


def test_exponents_lie_closer_about_the_likeliest() -> None:
    fine = closer(OWN, evidence_about(0.3, 0.001))
    assert fine is not None and fine.laws == OWN.laws and len(fine.log_prior) == len(OWN.log_prior)
    for law, before, now in zip(OWN.laws, OWN.axes, fine.axes, strict=True):
        at = [shape.kind for shape in law.shape].index("exponent")
        step = np.log(before[at][1] / before[at][0])
        assert now[at][0] < 0.3 < now[at][-1] and len(now[at]) == len(before[at])
        assert np.log(now[at][-1] / now[at][0]) <= 4.01 * step
        assert all(np.array_equal(a, b) for k, (a, b) in enumerate(zip(before, now, strict=True)) if k != at)


def test_the_prior_of_what_is_laid_out_again_is_what_it_was() -> None:
    fine = closer(OWN, evidence_about(0.3, 0.001))
    assert fine is not None
    for k, (before, now) in enumerate(zip(OWN.axes, fine.axes, strict=True)):
        at = [shape.kind for shape in OWN.laws[k].shape].index("exponent")
        prior, finer = (by_exponent(grid, k, at) for grid in (OWN, fine))
        within = (before[at] > now[at][0] * 1.001) & (before[at] < now[at][-1] * 0.999)
        ends = np.isclose(before[at], now[at][0]) | np.isclose(before[at], now[at][-1])
        assert finer.sum() == pytest.approx(prior[within].sum() + prior[ends].sum() / 2, rel=0.05)  # the ends count in full


@pytest.mark.parametrize("exponent", [0.2311, 0.3037, 0.5021])
def test_a_smooth_power_law_between_two_exponents_has_no_floor(exponent: float) -> None:
    chance = np.random.default_rng(3)
    loss = (N / 100) ** -exponent * (1 + 0.001 * chance.normal(size=len(N)))
    fc = forecast(N, loss)
    low, middle, high = fc.posterior.quantile(np.array([16 * N[-1]]), np.array([0.05, 0.5, 0.95]), None)[0]
    truth = (16 * N[-1] / 100) ** -exponent
    assert low < truth < high and middle == pytest.approx(truth, rel=0.005)


def test_a_curve_is_forecast_alike_alone_and_among_others() -> None:
    smooth, rough = (N / 100) ** -0.3037, (N / 100) ** -0.3 * (1 + 0.05 * np.sin(7 * N))
    alone = forecast(N, smooth).quantile(8 * N[-1], [0.05, 0.5, 0.95])
    among = forecast_many([(N, rough), (N, smooth), (N[:7], rough[:7])])[1].quantile(8 * N[-1], [0.05, 0.5, 0.95])
    assert among == pytest.approx(alone, rel=1e-9)
