"""Each reason to stop: that it is given where it holds, and not else."""

import json

import numpy as np
import pytest

import kleiber
from kleiber.answers.next.design import next_run
from kleiber.answers.next.stopping import misfit
from kleiber.curves.curve import make_curve

N = 100.0 * 2.0 ** np.arange(6)


def losses(seed=1, *, noise=0.01, floor=0.5, n=N):
    chance = np.random.default_rng(seed)
    return (floor + 6.0 * n**-0.35) * (1 + noise * chance.normal(size=len(n)))


@pytest.fixture(scope="module")
def fc():
    return kleiber.forecast(np.repeat(N, 2), np.repeat(losses(), 2) * np.tile([0.995, 1.005], 6), laws=["power_floor"])


def codes(found):
    return {stop.code for stop in found.stop}


def test_stable_and_unreachable(fc):
    assert "stable" in codes(next_run(fc, budget=6400, question="target", target=2.0))
    assert "stable" not in codes(next_run(fc, budget=6400, question="target", target=0.75))
    assert "stable" in codes(next_run(fc, budget=6400, decided=0.95))
    assert "stable" not in codes(next_run(fc, budget=6400, decided=0.85))
    floor = kleiber.forecast(N * 8, losses(floor=2.0, noise=0.001, n=N * 8), se=np.full(6, 0.002), laws=["power_floor"])
    assert "unreachable" in codes(next_run(floor, budget=6400, question="target", target=0.5))
    assert "unreachable" not in codes(next_run(floor, budget=6400, question="target", target=2.1))


def test_precise_by_the_tolerance(fc):
    assert "precise" in codes(next_run(fc, budget=6400, tolerance=10.0))
    assert "precise" not in codes(next_run(fc, budget=6400, tolerance=1.0001))


def test_not_worth_where_the_run_tells_too_little(fc):
    often = np.repeat(losses(), 60) * np.tile(1 + 0.01 * np.random.default_rng(2).normal(size=60), 6)
    known = kleiber.forecast(np.repeat(N, 60), often, laws=["power_floor"])
    assert "not-worth" in codes(next_run(known, budget=101, question="loss", at=6400, tolerance=1.0001))
    assert "not-worth" not in codes(next_run(fc, budget=6400))


def test_a_budget_below_the_cheapest_informative_run_is_said_with_its_cost(fc):
    found = next_run(fc, budget=50)
    assert found.run is None and found.plain is None and "budget-too-small" in codes(found)
    assert "is too small: the cheapest useful run, at n = " in " ".join(found.sentences)
    json.dumps(found.to_dict(), allow_nan=False)
    assert "budget-too-small" not in codes(next_run(fc, budget=6400))


def test_misfit_where_the_last_two_sizes_lay_outside_and_not_else():
    good = losses(noise=0.003)
    bad = good * np.array([1, 1, 1, 1, 1.35, 1.0]) - np.array([0, 0, 0, 0, 0, 0.35])
    assert "misfit" in codes(next_run(make_curve(N, bad, se=0.005 * good), budget=6400))
    clean = [make_curve(N, losses(s, noise=0.005), se=0.005 * good) for s in range(12)]
    assert sum(bool(misfit(fc)) for fc in kleiber.forecast_many(clean)) <= 1
