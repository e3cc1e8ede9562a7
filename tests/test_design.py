"""The next run: the design's formulas, its optimum, what it promises, the plain rule beside it, and each reason to stop."""

import json
from dataclasses import replace

import numpy as np
import pytest

import kleiber
from kleiber import design
from kleiber.curve import make_curve
from kleiber.design import Costs, View, next_run
from kleiber.errors import KleiberError, Refused
from kleiber.importers import Row, Table

N = 100.0 * 2.0 ** np.arange(6)


def losses(seed=1, *, noise=0.01, floor=0.5, n=N):
    chance = np.random.default_rng(seed)
    return (floor + 6.0 * n**-0.35) * (1 + noise * chance.normal(size=len(n)))


@pytest.fixture(scope="module")
def fc():
    return kleiber.forecast(np.repeat(N, 2), np.repeat(losses(), 2) * np.tile([0.995, 1.005], 6), laws=["power_floor"])


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
    removed, slope = design._removed(seen, runs)
    assert removed == pytest.approx(direct)
    for i in range(5):
        step = 1e-5 * np.eye(5)[i]
        rise = design._removed(seen, runs + step)[0] - design._removed(seen, runs - step)[0]
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
    plan, cut = design.plan_budget(seen, costs, budget, range(5))
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
        plan, _ = design.plan_budget(seen, costs, budget, affordable)
        assert plan and sum(costs.of(seen.sizes[i], r) for i, r in plan) <= budget * (1 + 1e-9)


@pytest.mark.parametrize("margin", [0.01, 0.02])
def test_beyond_reach_the_plan_has_to_be_clearly_better_and_within_it_only_better(monkeypatch, margin):
    seen, costs = view(), Costs(1.0, 0.0, 1e9)
    _, cut, within = design.proposed(replace(seen, where=50.0), costs, 65.0)
    left = (1 - cut) / (1 - seen.cut(np.eye(5)[4]))
    assert within and left < 1
    for clearly in (left - margin, left + margin):
        monkeypatch.setattr(design, "CLEARLY", clearly)
        assert design.proposed(replace(seen, where=1e6), costs, 65.0)[2] == (left < clearly)
        assert design.proposed(replace(seen, where=50.0), costs, 65.0)[2]


def test_candidates_double_by_half_steps_and_end_with_the_largest_affordable():
    found = design.candidates(100.0, 800.0, 3200.0, 1500.0, Costs(1.0, 0.0, 100.0))
    assert found.tolist() == [100, 200, 282, 400, 565, 800, 1131, 1500, 1600, 2262, 3200]
    bought = design.candidates(100.0, 800.0, 3200.0, 1500.0, Costs(1.0, 2.0, 300.0))
    assert 700.0 in bought and Costs(1.0, 2.0, 300.0).of(700.0, 1) == 1500.0


def test_far_ahead_it_is_the_largest_affordable_size_and_within_the_data_it_is_not(fc):
    far = next_run(fc, budget=12_800, question="loss", at=102_400)
    assert far.run.n == far.plain.n == 12_800 and far.run.runs == 1
    beyond = next_run(fc, budget=12_800, question="loss", at=204_800)
    assert beyond.withheld and "beyond the horizon" in beyond.sentences[0] and not far.withheld
    assert f"{beyond.median:.3g}" not in beyond.sentences[0]
    near = next_run(fc, budget=12_800, question="loss", at=200)
    assert near.rule == "design" and near.run.n <= 1_600
    assert near.plan_cut > near.plain.cut


def test_it_says_all_that_was_asked(fc):
    found = next_run(fc, budget=6400, question="loss", at=6400)
    assert found.run.cost == 6400 and found.replicates == ("2",) and found.trials is None
    assert found.run.low <= found.run.cut <= found.run.high
    assert found.low < found.median < found.high and not found.withheld
    text = " ".join(found.sentences)
    assert "80 % band" in text and "90 % interval" in text and "largest affordable size" in text
    assert "2000 draws" in text and "new seed" in text
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["run"]["n"] == 6400 and told["sentences"] == list(found.sentences)
    assert next_run(fc, budget=6400, question="loss", at=6400).to_dict() == found.to_dict()


def test_the_price_of_examples_is_paid_only_beyond_those_owned(fc):
    free = next_run(fc, budget=6400, price_per_example=1.0, owned=1e6)
    priced = next_run(fc, budget=6400, price_per_example=1.0)
    assert free.plain.n == 6400
    assert priced.plain.n == 4800 and priced.plain.cost == 4800 + 1600


@pytest.mark.parametrize("question", ["largest", "exponent"])
def test_a_larger_budget_promises_more(fc, question):
    small, large = (next_run(fc, budget=budget, question=question).plain.cut for budget in (800, 12_800))
    assert small + 0.1 < large


def test_a_target_is_asked_as_a_size_or_where_some_draws_never_reach_it_as_a_probability(fc):
    reached = next_run(fc, budget=6400, question="target", target=float(losses()[-1]) * 1.03)
    assert reached.unit == "n" and reached.low <= reached.median <= reached.high
    open_ = next_run(fc, budget=6400, question="target", target=0.62)
    assert open_.unit == "probability" and 0.2 < open_.median < 0.8
    at = next_run(fc, budget=6400, question="target", target=0.75, at=12_800)
    assert at.unit == "probability" and "12,800 examples" in at.asked


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
    assert "not-worth" in codes(next_run(fc, budget=101, question="loss", at=1e5))
    assert "not-worth" not in codes(next_run(fc, budget=6400))


def test_a_budget_below_the_cheapest_informative_run_is_said_with_its_cost(fc):
    found = next_run(fc, budget=50)
    assert found.run is None and found.plain is None and "budget-too-small" in codes(found)
    assert "is below the cheapest run that tells something" in " ".join(found.sentences)
    json.dumps(found.to_dict(), allow_nan=False)
    assert "budget-too-small" not in codes(next_run(fc, budget=6400))


def test_misfit_where_the_last_two_sizes_lay_outside_and_not_else():
    good = losses(noise=0.003)
    bad = good * np.array([1, 1, 1, 1, 1.35, 1.0]) - np.array([0, 0, 0, 0, 0, 0.35])
    assert "misfit" in codes(next_run(make_curve(N, bad, se=0.005 * good), budget=6400))
    clean = [make_curve(N, losses(s, noise=0.005), se=0.005 * good) for s in range(12)]
    assert sum(bool(design._misfit(fc)) for fc in kleiber.forecast_many(clean)) <= 1


def rows(trials):
    table = [Row("lenet", "loss", n, loss, "1", "1.0") for n, loss in zip(N, losses(), strict=True)]
    winners = [{"n": n, "trials": k} for n, k in zip(N, trials, strict=True)]
    return Table(tuple(table), study={"winners": winners})


def test_the_trials_of_a_study_are_kept_and_unequal_ones_warned_of():
    equal = next_run(rows([8] * 6), budget=3200)
    assert equal.trials == 8 and equal.replicates == ("2",)
    assert "8 search trials" in " ".join(equal.sentences)
    assert "unequal-trials" not in {c.code for c in equal.cautions}
    unequal = next_run(rows([16, 8, 8, 8, 4, 4]), budget=3200)
    assert unequal.trials == 4 and "unequal-trials" in {c.code for c in unequal.cautions}


def test_what_cannot_be_asked_is_named(fc):
    for wrong, match in (
        ({"budget": 0}, "budget is 0"),
        ({"budget": 10, "question": "all"}, "question is 'all'"),
        ({"budget": 10, "question": "loss"}, "needs at="),
        ({"budget": 10, "question": "target"}, "needs target="),
        ({"budget": 10, "cost_per_example": 0.0}, "cost_per_example is 0"),
        ({"budget": 10, "question": "loss", "at": -1}, "at is -1"),
    ):
        with pytest.raises(KleiberError, match=match):
            next_run(fc, **wrong)
    with pytest.raises(Refused, match="more size"):
        next_run(make_curve([100, 200], [1.0, 0.9]), budget=1000)


def test_a_budget_without_end_ends(fc):
    found = next_run(fc, budget=1e15, question="loss", at=6400)
    assert found.run.runs <= design.MOST_RUNS and found.run.cost <= 1e15
    assert len(found.sentences[1]) < 1000


def test_a_target_in_accuracy_is_the_error_that_it_is(fc):
    curve = make_curve(fc.curve.n, 0.3 * fc.curve.loss / fc.curve.loss.max(), metric="error")
    accuracy = next_run(curve, budget=12_800, question="target", target=0.9, metric="accuracy")
    error = next_run(curve, budget=12_800, question="target", target=0.1)
    assert accuracy.asked == error.asked and accuracy.median == pytest.approx(error.median)
    with pytest.raises(KleiberError, match=r"write 0\.1"):
        next_run(curve, budget=12_800, question="target", target=10.0)
