"""What waits: at each moment the same as a fresh look at the whole schedule, for any order of arrival."""

import random

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber.datasets import load_dataset
from kleiber.records import Measurement, Purpose, State
from kleiber.study.agenda import Agenda
from kleiber.study.schedule import ready, schedule, search_trials
from kleiber.study.study import Study

SEARCHES = {
    "random": {"sampler": "random", "trials": 7},
    "generations": {"sampler": "tpe", "trials": 7, "generation": 3},
    "stages": {"sampler": "random", "trials": 8, "stages": [1, 2], "keep": 0.5},
    "pilot": {"sampler": "quasi-random", "trials": 5, "pilot": 9, "stages": [1, 2], "keep": 0.5},
    "warm": {"sampler": "random", "trials": 4, "warm_start": True},
}


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", seed=0, options={})


def measured(chance, trial):
    state = chance.choices([State.OK, State.DIVERGED, State.FAILED], [8, 1, 1])[0]
    return Measurement(state, validation={"loss": chance.random()} if state is State.OK else {})


@pytest.mark.parametrize(("search", "times"), [*((name, 1) for name in SEARCHES), *((name, 2) for name in SEARCHES)])
@pytest.mark.parametrize("seed", range(5))
def test_what_waits_is_what_a_fresh_look_finds(search, times, seed, digits):
    chance = random.Random(seed)
    space = {"lr": {"low": 0.01, "high": 1.0}}
    study = Study(
        data="digits", sizes=[50, 100, 200], replicates=2, searches=times, search={"space": space, **SEARCHES[search]}
    )
    plan, done, out = schedule(study, digits), {}, {}
    agenda, completed = Agenda(plan, done), []
    while True:
        completed += agenda.completed()
        waiting = {t.id for n in plan.sizes for t in agenda.waiting(n).values()}
        assert waiting == {t.id for t in ready(plan, done)} - set(out)
        assert completed == sorted(completed) or search != "warm"
        assert set(completed) == {n for n in plan.sizes if search_trials(plan, n, done)[1]}
        if waiting and (not out or chance.random() < 0.6):
            n = chance.choice(list(agenda.sizes()))
            trial = chance.choice(list(agenda.waiting(n).values()))
            agenda.hand_out([trial])
            out[trial.id] = trial
        elif out:
            trial = out.pop(chance.choice(sorted(out)))
            if chance.random() < 0.1:  # its worker was killed
                agenda.take_back(trial, done, out)
                continue
            done[trial.id] = measured(chance, trial)
            agenda.settle(trial, done[trial.id], done, out)
        else:
            break
    assert len(completed) == 3
    assert not ready(plan, done)


def test_sizes_go_up_or_down_and_pass_over_what_is_hopeless(digits):
    plan = schedule(Study(data="digits", sizes=[50, 100, 200], replicates=1), digits)
    agenda = Agenda(plan, {})
    assert list(agenda.sizes()) == [50, 100, 200]
    assert list(agenda.sizes(far=True)) == [200, 100, 50]
    assert list(agenda.sizes({(100, Purpose.SCORE)})) == [50, 200]
