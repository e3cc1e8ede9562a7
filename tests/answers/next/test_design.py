"""The next run: what it says, the plain rule beside it, what it costs, and what cannot be asked."""

import json

import numpy as np
import pytest

import kleiber
from kleiber.answers.next.budget import MOST_RUNS
from kleiber.answers.next.design import next_run
from kleiber.curves.curve import make_curve
from kleiber.errors import KleiberError, Refused
from kleiber.importers import Row, Table

N = 100.0 * 2.0 ** np.arange(6)


def losses(seed=1, *, noise=0.01, floor=0.5, n=N):
    chance = np.random.default_rng(seed)
    return (floor + 6.0 * n**-0.35) * (1 + noise * chance.normal(size=len(n)))


def question_of(found):
    (said,) = (sentence for sentence in found.sentences if sentence.startswith("The question is "))
    return said


@pytest.fixture(scope="module")
def fc():
    return kleiber.forecast(np.repeat(N, 2), np.repeat(losses(), 2) * np.tile([0.995, 1.005], 6), laws=["power_floor"])


def test_far_ahead_it_is_the_largest_affordable_size_and_within_the_data_it_is_not(fc):
    far = next_run(fc, budget=12_800, question="loss", at=102_400)
    assert far.run.n == far.plain.n == 12_800 and far.run.runs == 1
    beyond = next_run(fc, budget=12_800, question="loss", at=204_800)
    assert (far.grade, beyond.grade) == ("firm", "guess") and far.where == 32 * N[-1]
    assert f"The answer now is {beyond.median:.2f} (guess; 90 % interval {beyond.low:.2f} to " in question_of(beyond)
    near = next_run(fc, budget=12_800, question="loss", at=200)
    assert near.rule == "design" and near.run.n <= 1_600
    assert near.plan_cut > near.plain.cut


def test_it_says_all_that_was_asked(fc):
    found = next_run(fc, budget=6400, question="loss", at=6400)
    assert found.run.cost == 6400 and found.replicates == ("2",) and found.trials is None
    assert found.run.low <= found.run.cut <= found.run.high
    assert found.low < found.median < found.high and found.grade == "firm"
    text = " ".join(found.sentences)
    assert "80 %" not in text and "90 % interval" in text and "largest affordable size" in text
    assert "We expect it to cut the variance" in text and "new seed" in text and found.draws == 2000
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
    assert found.run.runs <= MOST_RUNS and found.run.cost <= 1e15
    assert max(map(len, found.sentences)) < 1000


def test_a_target_in_accuracy_is_the_error_that_it_is(fc):
    curve = make_curve(fc.curve.n, 0.3 * fc.curve.loss / fc.curve.loss.max(), metric="error")
    accuracy = next_run(curve, budget=12_800, question="target", target=0.9, metric="accuracy")
    error = next_run(curve, budget=12_800, question="target", target=0.1)
    assert accuracy.asked == error.asked.replace("error of model reaches 0.1", "accuracy of model reaches 0.9")
    assert accuracy.median == pytest.approx(error.median) and accuracy.run == error.run
    with pytest.raises(KleiberError, match=r"write 0\.1, or 10%"):
        next_run(curve, budget=12_800, question="target", target=10.0)
    with pytest.raises(KleiberError, match="no 'error' is as good as that"):
        next_run(curve, budget=12_800, question="target", target=0.0)


def test_what_is_asked_and_answered_is_in_the_metric_that_was_measured(fc):
    accuracy = 100 - 30 * fc.curve.loss / fc.curve.loss.max()
    table = {"n": fc.curve.n, "accuracy": accuracy}
    found = next_run(table, budget=6400, question="loss", at=3200)
    assert found.asked == "accuracy of model at n = 3,200" or found.asked.startswith("accuracy of ")
    assert "The answer now is 8" in question_of(found) and " %)" in question_of(found)
    (precise,) = (stop.message for stop in found.stop if stop.code == "precise")
    assert precise.endswith(" %, is within a ratio of 1.13 of what it lacks to 100.")
    for target in (89, "89%"):
        asked = next_run(table, budget=6400, question="target", target=target).asked
        assert "whether accuracy of " in asked and " reaches 89 % with " in asked


def test_a_size_that_was_not_asked_for_never_lies_beyond_the_horizon(fc):
    for target in (0.4, 0.62, 0.68, 0.75):
        found = next_run(fc, budget=6400, question="target", target=target)
        assert found.grade != "guess" and found.where <= found.horizon
        assert found.unit == "n" or found.note in found.sentences
    never = next_run(fc, budget=6400, question="target", target=0.4)
    assert never.note.startswith("Up to ") and never.note.endswith(" Beyond that any forecast is a guess.")
    assert "stable" not in {stop.code for stop in never.stop}
    asked = next_run(fc, budget=6400, question="target", target=0.62, at=1e7)
    assert asked.grade == "guess" and "whether loss of model reaches 0.62 with 10,000,000 examples" in question_of(asked)
    assert "(guess; Monte Carlo interval " in question_of(asked)


def test_below_the_smallest_size_an_answer_is_a_guess(fc):
    for question in ({"question": "loss"}, {"question": "target", "target": 2.0}):
        found = next_run(fc, budget=6400, at=50, **question)
        assert found.grade == "guess" and "(guess; " in question_of(found) and not found.stop
