import numpy as np
import pytest

from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError
from kleiber.records import Measurement, Purpose, State
from kleiber.study.affordable import affordable
from kleiber.study.cost import cost
from kleiber.study.schedule import ready, schedule, score_trials, search_trials, winner
from kleiber.study.study import Study

SPACE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}


@pytest.fixture
def plan_of(recorded):
    def make(**changes):
        search = {"trials": 6, "space": SPACE, "generation": 2, **changes.pop("search", {})}
        fields = {"data": {"source": "blank", "examples": 500}, "trainer": "replay", "sizes": [20, 40], "replicates": 2}
        study = Study(**{**fields, "training": {"table": str(recorded([20, 40]))}, "search": search, **changes})
        return schedule(study, load_dataset("blank", seed=0, options={"examples": 500}))

    return make


def ok(loss):
    return Measurement(State.OK, {"loss": loss}, epochs=10, examples=100, seconds=2.0)


def measured(plan, trials):
    return {t.id: ok(abs(np.log10(t.params["lr"]) + 1)) for t in trials}


def test_random_trials_are_all_ready_at_once_and_scores_wait_for_the_search(plan_of):
    plan = plan_of()
    first = ready(plan, {})
    assert [t.rung.n for t in first] == [20] * 6 + [40] * 6
    assert {t.purpose for t in first} == {Purpose.SEARCH}
    done = measured(plan, first[:5])
    assert all(t.purpose is Purpose.SEARCH for t in ready(plan, done))
    done = measured(plan, first[:6])
    scores = [t for t in ready(plan, done) if t.purpose is Purpose.SCORE]
    assert [(t.rung.n, t.rung.replicate) for t in scores] == [(20, 1), (20, 2)]


def test_the_winner_has_the_smallest_validation_loss_and_is_scored_on_fresh_subsets_and_seeds(plan_of):
    plan = plan_of()
    trials, _ = search_trials(plan, 20, {})
    done = measured(plan, trials)
    best = winner(plan, 20, done)
    assert done[best.id].validation["loss"] == min(m.validation["loss"] for m in done.values())
    scores = score_trials(plan, 20, done)
    assert len({t.rung.subset for t in scores} | {trials[0].rung.subset}) == 3
    assert len({t.seed for t in [*scores, *trials]}) == 8
    assert {t.parent for t in scores} == {best.id}
    assert all(t.params == best.params for t in scores)


def test_a_diverged_or_failed_trial_never_wins(plan_of):
    plan = plan_of()
    trials, _ = search_trials(plan, 20, {})
    done = measured(plan, trials)
    best = winner(plan, 20, done)
    done[best.id] = Measurement(State.DIVERGED, {"loss": -1.0})
    assert winner(plan, 20, done).id != best.id
    assert winner(plan, 20, {t.id: Measurement(State.FAILED) for t in trials}) is None
    assert score_trials(plan, 20, {t.id: Measurement(State.FAILED) for t in trials}) == []


def test_more_trials_keep_those_that_there_were(plan_of):
    few = search_trials(plan_of(), 20, {})[0]
    many = search_trials(plan_of(search={"trials": 9}), 20, {})[0]
    assert [t.id for t in many[:6]] == [t.id for t in few]
    assert len(many) == 9


def test_tpe_waits_for_each_generation_and_does_not_depend_on_who_came_first(plan_of):
    plan = plan_of(search={"sampler": "tpe"}, sizes=[20])
    done, history = {}, []
    while waiting := ready(plan, done):
        history.append([t.id for t in waiting])
        done |= dict(
            reversed(list(measured(plan, waiting).items()))
            if waiting[0].purpose is Purpose.SEARCH
            else [(t.id, ok(1.0)) for t in waiting]
        )
    assert [len(generation) for generation in history] == [2, 2, 2, 2]
    assert len(search_trials(plan, 20, done)[0]) == 6


def test_a_warm_start_tries_the_smaller_neighbours_winner_first(plan_of):
    plan = plan_of(search={"warm_start": True})
    first = ready(plan, {})
    assert {t.rung.n for t in first} == {20}
    done = measured(plan, first)
    after = [t for t in ready(plan, done) if t.rung.n == 40]
    assert after[0].params == winner(plan, 20, done).params


def test_without_a_space_only_scores_are_run(plan_of):
    plan = plan_of(search={"space": {}}, params={"lr": 0.1}, seeds_per_subset=2)
    trials = ready(plan, {})
    assert len(trials) == plan.total == 8
    assert {t.purpose for t in trials} == {Purpose.SCORE}
    assert len({t.rung.subset for t in trials if t.rung.n == 20}) == 2


def test_the_cost_is_unknown_before_and_measured_after(plan_of):
    plan = plan_of()
    before = cost(plan, {})
    assert before.seconds is None
    assert before.trials == {20: 8, 40: 8}
    assert before.examples == 8 * 15 * (20 + 40)
    trials = search_trials(plan, 20, {})[0]
    after = cost(
        plan,
        {t.id: Measurement(State.OK, {"loss": 1.0}, epochs=10, examples=200, seconds=2.0) for t in trials},
    )
    assert after.trials == {20: 2, 40: 8}
    assert 2 * 2.0 + 8 * 1.9 < after.seconds < 2 * 2.0 + 8 * 4.1


@pytest.fixture
def staged():
    study = Study(
        data="digits",
        net="mlp",
        sizes=[100, 200],
        replicates=2,
        search={"trials": 9, "space": SPACE, "stages": [1, 4], "keep": 0.3},
        training={"epochs": 10},
    )
    return schedule(study, load_dataset("digits", seed=0, options={}))


def test_a_stage_waits_for_all_before_it_and_the_best_share_goes_on(staged):
    first = [t for t in ready(staged, {}) if t.rung.n == 100]
    assert [t.until for t in first] == [1] * 9
    done = measured(staged, first[:8])
    assert [t.number for t in ready(staged, done) if t.rung.n == 100] == [8]
    done = measured(staged, first)
    second = [t for t in ready(staged, done) if t.rung.n == 100]
    ranks = sorted(first, key=lambda t: done[t.id].validation["loss"])
    assert {t.number for t in second} == {t.number for t in ranks[:3]}
    assert [t.until for t in second] == [4] * 3
    assert {t.parent for t in second} == {t.id for t in ranks[:3]}
    assert {t.seed for t in second} == {t.seed for t in ranks[:3]}
    done |= measured(staged, second)
    last = [t for t in ready(staged, done) if t.rung.n == 100]
    assert [(t.number, t.until) for t in last] == [(ranks[0].number, None)]
    assert len({t.id for t in first + second + last}) == 13
    assert staged.survivors == [9, 3, 1]
    assert staged.count(100) == 9 + 3 + 1 + 2


def test_who_goes_on_does_not_depend_on_the_order_of_arrival_and_a_failure_never_does(staged):
    first = [t for t in ready(staged, {}) if t.rung.n == 100]
    done = measured(staged, first)
    best = min(first, key=lambda t: done[t.id].validation["loss"])
    done[best.id] = Measurement(State.DIVERGED, {"loss": 0.0})
    forward, backward = (ready(staged, dict(order)) for order in (list(done.items()), list(done.items())[::-1]))
    assert [t.id for t in forward] == [t.id for t in backward]
    assert best.number not in {t.number for t in forward if t.rung.n == 100}


def test_the_winner_is_of_the_last_stage_that_has_a_result(staged):
    first = [t for t in ready(staged, {}) if t.rung.n == 100]
    done = measured(staged, first)
    done |= {t.id: ok(5.0 + t.number) for t in ready(staged, done) if t.rung.n == 100}
    last = [t for t in ready(staged, done) if t.rung.n == 100]
    assert winner(staged, 100, done).until == 4
    done |= {t.id: Measurement(State.DIVERGED) for t in last}
    assert winner(staged, 100, done).until == 4
    assert winner(staged, 100, done).number != last[0].number


def test_the_next_best_goes_on_in_place_of_one_that_diverged(staged):
    done = measured(staged, [t for t in ready(staged, {}) if t.rung.n == 100])
    ranks = sorted(
        (t for t in search_trials(staged, 100, done)[0] if t.until == 1), key=lambda t: done[t.id].validation["loss"]
    )
    second = [t for t in ready(staged, done) if t.rung.n == 100]
    lost = next(t for t in second if t.number == ranks[0].number)
    done |= measured(staged, second) | {lost.id: Measurement(State.DIVERGED)}
    after = [t for t in ready(staged, done) if t.rung.n == 100]
    assert [(t.number, t.until) for t in after] == [(ranks[3].number, 4)]
    done |= measured(staged, after)
    last = [t for t in ready(staged, done) if t.rung.n == 100]
    assert [t.until for t in last] == [None] and last[0].number != lost.number
    done |= {t.id: Measurement(State.DIVERGED) for t in last}
    tried = {last[0].number}
    for _ in range(2):  # the two that are left of the second stage take its place in turn
        (following,) = (t for t in ready(staged, done) if t.rung.n == 100)
        assert following.number not in tried
        tried.add(following.number)
        done |= {following.id: Measurement(State.DIVERGED)}
    assert search_trials(staged, 100, done)[1]
    assert winner(staged, 100, done).number not in tried | {lost.number}


def test_the_cost_of_stages_counts_the_epochs_of_each(staged):
    before = cost(staged, {})
    epochs = 9 * 1 + 3 * 3 + 1 * 6 + 2 * 10
    assert before.examples == epochs * (100 + 200)
    first = [t for t in ready(staged, {}) if t.rung.n == 100]
    half = {t.id: Measurement(State.OK, {"loss": 1.0}, epochs=1, examples=50, seconds=1.0) for t in first}
    assert cost(staged, half).examples == (epochs - 9) * 50 + epochs * 100


@pytest.mark.parametrize(
    ("search", "trainer", "said"),
    [
        ({"stages": [4, 2]}, "torch", "each stage must come after the one before: stages=.2, 4."),
        ({"stages": [2]}, "replay", "can't pause a trial; remove this line"),
        ({"stages": [5, 15]}, "torch", "a trial has 15 epochs, so it can't pause after 15; the last stage is at most 14"),
        ({"stages": [0]}, "torch", "stages: must be above 0, not 0"),
        ({"stages": [0.5, 1.5]}, "torch", "a trial can pause within its first epoch alone, so 1.5 must be a whole number"),
        ({"keep": 1.0}, "torch", "keep: must be below 1, not 1.0"),
    ],
)
def test_stages_that_cannot_be_are_refused(search, trainer, said):
    with pytest.raises(KleiberError, match=said):
        Study(data="digits", trainer=trainer, search=search, training={"table": "t.csv"} if trainer == "replay" else {})


def test_a_stage_within_the_first_epoch_counts_its_share_and_a_whole_number_is_one():
    search = {"trials": 10, "space": SPACE, "stages": [0.5, 1.0], "keep": 0.3}
    study = Study(data="digits", sizes=[100], search=search, training={"epochs": 4, "length": "epochs"})
    assert [str(stage) for stage in study.search.stages] == ["0.5", "1"]
    plan = schedule(study, load_dataset("digits", seed=0, options={}))
    drawn = search_trials(plan, 100, {})[0]
    assert {trial.until for trial in drawn} == {0.5}
    assert cost(plan, {}).epochs == {100: 10 * 0.5 + 3 * 0.5 + 1 * 3 + 3 * 4}
    seen = {t.id: Measurement(State.OK, {"loss": float(t.number)}, examples=50, seconds=1.0) for t in drawn}
    assert [(t.number, t.until) for t in search_trials(plan, 100, seen)[0][10:]] == [(0, 1), (1, 1), (2, 1)]


def test_a_budget_buys_the_most_trials_that_it_pays_for_at_every_size(staged):
    dataset = load_dataset("digits", seed=0, options={})
    per_size = 9 * 1 + 3 * 3 + 1 * 6 + 2 * 10
    assert affordable(staged, dataset, epochs=2 * per_size) == 9
    assert affordable(staged, dataset, epochs=2 * per_size - 1) == 8
    few = affordable(staged, dataset, hours=0.02)
    assert 1 <= few <= affordable(staged, dataset, hours=0.1)
    for budget, said in (({"epochs": 3}, "are too little for one trial"), ({}, "in epochs or in hours")):
        with pytest.raises(KleiberError, match=said):
            affordable(staged, dataset, **budget)


QUASI = {"sampler": "quasi-random", "pilot": 12}


def test_sizes_wait_for_the_pilot_and_draw_from_what_it_found_promising(plan_of):
    plan = plan_of(search=QUASI)
    pilot = ready(plan, {})
    assert [t.rung.n for t in pilot] == [20] * 12 and plan.total == 12 + 2 * (6 + 2)
    done = measured(plan, pilot)
    searched = [t for t in ready(plan, done) if t.purpose is Purpose.SEARCH]
    assert [t.rung.n for t in searched] == [20] * 6 + [40] * 6
    rates = np.log10([t.params["lr"] for t in searched])
    assert np.all(np.abs(rates + 1) < 0.6), "the best rate is 0.1 of 0.001 to 1, and a fifth of that is 0.6 wide"
    assert len(set(rates)) == 12 and not {t.id for t in pilot} & {t.id for t in searched}


def test_a_pilots_trial_never_wins_and_more_trials_keep_those_that_there_were(plan_of):
    few, many = plan_of(search=QUASI), plan_of(search={**QUASI, "trials": 9})
    pilot = ready(few, {})
    done = measured(few, pilot)
    done[pilot[3].id] = ok(-5.0)
    before = [t.id for t in ready(few, done)]
    assert before[:6] == [t.id for t in ready(many, done)][:6]
    done |= measured(few, ready(few, done))
    assert winner(few, 20, done).id not in {t.id for t in pilot}


def test_a_pilot_of_which_nothing_came_leaves_the_whole_space(plan_of):
    plan = plan_of(search=QUASI)
    done = {t.id: Measurement(State.FAILED) for t in ready(plan, {})}
    rates = np.log10([t.params["lr"] for t in ready(plan, done) if t.rung.n == 20])
    assert rates.max() - rates.min() > 2


def test_what_a_pilots_diverged_trials_had_is_not_drawn_from(plan_of):
    plan = plan_of(search=QUASI)
    trials = ready(plan, {})
    lost = Measurement(State.DIVERGED, {}, epochs=1)
    done = {t.id: lost if t.params["lr"] > 0.1 else ok(1 - t.params["lr"]) for t in trials}
    assert max(t.params["lr"] for t in ready(plan, done)) < 0.2


def test_the_cost_counts_the_pilot_at_the_smallest_size(plan_of):
    training = {"epochs": 6, "length": "epochs"}
    plan = plan_of(search={**QUASI, "stages": [1, 4]}, trainer="torch", training=training, net="mlp")
    assert plan.searched(20) == [12 + 6, 4 + 2, 2 + 1] and plan.searched(40) == [6, 2, 1]
    first = cost(plan, {})
    assert first.trials == {20: 29, 40: 11}
    done = measured(plan, ready(plan, {}))
    assert cost(plan, done).trials == {20: 29 - 12, 40: 11}


def test_a_pilot_goes_with_the_quasi_random_sampler_alone(plan_of):
    with pytest.raises(KleiberError, match=r'\[search\] pilot: goes with sampler = "quasi-random"'):
        plan_of(search={"pilot": 5})
