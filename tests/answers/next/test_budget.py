"""How a budget is spent: the formula of the cut, the plan's optimum, and the sizes to choose from."""

from dataclasses import replace

import numpy as np
import pytest

from kleiber.answers.next import budget as budgets
from kleiber.answers.next.budget import Costs
from kleiber.answers.next.question import View, variance_removed


def view(seed=0, count=4000):
    """Give a line in log n with some misfit, asked for its value at log n = 6."""
    chance = np.random.default_rng(seed)
    x = np.linspace(0.0, 4.0, 5)
    level, slope = chance.normal(size=(2, count, 1))
    lines = level + slope * x + 0.1 * chance.normal(size=(count, 5))
    q = (level + 6.0 * slope)[:, 0]
    both = np.cov(np.column_stack([lines, q]), rowvar=False)
    noise = np.full(5, 0.5)
    return View(np.exp(x), both[:-1, :-1], both[:-1, -1], both[-1, -1], noise, lines, q, "q", "loss", (0.0, -1.0, 1.0), 6.0)


def test_the_cut_is_the_formula_and_its_slope_is_the_difference():
    seen, runs = view(), np.array([1.0, 0.5, 2.0, 0.3, 1.5])
    direct = seen.cross @ np.linalg.solve(seen.between + np.diag(seen.noise / runs), seen.cross)
    removed, slope = variance_removed(seen, runs)
    assert removed == pytest.approx(direct)
    for i in range(5):
        step = 1e-5 * np.eye(5)[i]
        rise = variance_removed(seen, runs + step)[0] - variance_removed(seen, runs - step)[0]
        assert slope[i] == pytest.approx(rise / 2e-5, rel=1e-4)


def test_what_is_promised_is_what_a_run_removes():
    """Regress the question on simulated runs: what is left is as the formula says, with half the runs it is not."""
    seen, chance = view(count=20_000), np.random.default_rng(1)
    runs = np.array([1.0, 0.0, 0.0, 0.0, 2.0])
    measured = seen.log_loss[:, [0, 4]] + np.sqrt(0.5 / runs[[0, 4]]) * chance.normal(size=(20_000, 2))
    known = np.column_stack([measured, np.ones(20_000)])
    rest = seen.quantity - known @ np.linalg.lstsq(known, seen.quantity, rcond=None)[0]
    assert 1 - np.var(rest) / seen.variance == pytest.approx(seen.cut(runs), abs=0.01)
    assert 1 - np.var(rest) / seen.variance != pytest.approx(seen.cut(runs / 2), abs=0.01)


def test_no_design_of_the_same_cost_is_better_than_the_plan():
    """With costs alike, the plan of a straight line is runs at both ends, and beats 2,000 random designs."""
    seen, costs, budget = view(), Costs(1.0, 0.0, 1e9), 4000.0
    plan, cut = budgets.plan_budget(seen, costs, budget, range(5))
    assert sum(costs.of(seen.sizes[i], r) for i, r in plan) <= budget
    shares = np.random.default_rng(2).dirichlet(np.full(5, 0.5), size=2000)
    left = 1 - np.array([seen.cut(share * budget / seen.sizes) for share in shares])
    assert 1 - cut < 1.02 * left.min()
    assert 1 - cut < 0.8 * (1 - seen.cut(np.full(5, 0.2) * budget / seen.sizes))  # the control: equal shares
    assert {plan[0][0], plan[-1][0]} == {4, 0}


def test_a_plan_never_spends_more_than_the_budget():
    seen = view()
    for budget in (3.0, 20.0, 60.0, 333.0):
        costs = Costs(1.0, 0.5, 10.0)
        affordable = [i for i in range(5) if costs.of(seen.sizes[i], 1) <= budget]
        plan, _ = budgets.plan_budget(seen, costs, budget, affordable)
        assert plan and sum(costs.of(seen.sizes[i], r) for i, r in plan) <= budget * (1 + 1e-9)


@pytest.mark.parametrize("margin", [0.01, 0.02])
def test_beyond_reach_the_plan_has_to_be_clearly_better_and_within_it_only_better(monkeypatch, margin):
    seen, costs = view(), Costs(1.0, 0.0, 1e9)
    _, cut, within = budgets.proposed(replace(seen, where=50.0), costs, 65.0)
    left = (1 - cut) / (1 - seen.cut(np.eye(5)[4]))
    assert within and left < 1
    for clearly in (left - margin, left + margin):
        monkeypatch.setattr(budgets, "CLEARLY", clearly)
        assert budgets.proposed(replace(seen, where=1e6), costs, 65.0)[2] == (left < clearly)
        assert budgets.proposed(replace(seen, where=50.0), costs, 65.0)[2]


def test_candidates_double_by_half_steps_and_end_with_the_largest_affordable():
    found = budgets.candidates(100.0, 800.0, 3200.0, 1500.0, Costs(1.0, 0.0, 100.0))
    assert found.tolist() == [100, 200, 282, 400, 565, 800, 1131, 1500, 1600, 2262, 3200]
    bought = budgets.candidates(100.0, 800.0, 3200.0, 1500.0, Costs(1.0, 2.0, 300.0))
    owned = budgets.candidates(100.0, 800.0, 3200.0, 1500.0, Costs(1.0, 1000.0, 800.0))
    assert owned[-1] == 3200.0 and 800.0 in owned and 801.0 not in owned  # no purchase of a single example
    assert 700.0 in bought and Costs(1.0, 2.0, 300.0).of(700.0, 1) == 1500.0
