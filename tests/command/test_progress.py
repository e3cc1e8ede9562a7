"""What is seen of a study before its first trial: a line in plain output, a note beside the bar on a terminal."""

import io
import re

import pytest
from rich.console import Console

pytest.importorskip("optuna", reason="the extra run is not installed, so no study is watched")
from kleiber.command import progress
from kleiber.command.progress import Screen
from kleiber.datasets import load_dataset
from kleiber.records import Measurement, State
from kleiber.study.cost import cost
from kleiber.study.schedule import ready, schedule
from kleiber.study.study import Study
from kleiber.study.watch import Informed, Waiting, summarise


@pytest.fixture(autouse=True)
def at_each_trial(monkeypatch):
    """The trials of these tests take no time, so that without this the rest would seldom be worked out."""
    monkeypatch.setattr(progress, "REST", 0.0)


@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_study_waits_for_is_seen_at_once(terminal):
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=terminal, width=120)
    with Screen(console, workers=2) as screen:
        assert isinstance(screen, Waiting)
        screen.waits("2 workers are starting: they import PyTorch")
        screen._progress.refresh()
        assert "2 workers are starting: they import PyTorch" in seen.getvalue()
        before = seen.getvalue()
        screen.waits("")
        screen._progress.refresh()
        assert "PyTorch" not in seen.getvalue()[len(before) :]


@pytest.fixture
def plan():
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    study = Study(
        data={"source": "blank", "examples": 400},
        trainer="torch",
        net="linear",
        sizes=[50, 100, 200],
        replicates=2,
        metric="error",
        search={"trials": 4, "stages": [3], "space": space},
    )
    return schedule(study, load_dataset("blank", seed=0, options={"examples": 400}))


def watched(plan, *, terminal, seconds=1.0, until=None, before=0, **how):
    """Run a schedule of which each trial takes so many seconds, and give the screen and what was printed."""
    seen = io.StringIO()
    done, count = {}, 0
    while before and (waiting := ready(plan, done))[:before]:
        trial = waiting[0]
        done[trial.id] = measured(trial, seconds)
        before -= 1
    with Screen(Console(file=seen, force_terminal=terminal, width=120), workers=2, **how) as screen:
        screen.waits("loading the data")
        screen.waits("")
        screen.began(plan, dict(done))
        while (waiting := ready(plan, done)) and (until is None or count < until):
            for trial in waiting[:2]:
                screen.started(trial)
            screen._progress.refresh()
            for trial in waiting[:2]:
                done[trial.id] = measured(trial, seconds)
                screen.settled(trial, done[trial.id], done)
                count += 1
        screen._progress.refresh()
        screen.ended(summarise(plan, done, {}))
    return screen, seen.getvalue()


def measured(trial, seconds):
    error = 0.9 * trial.rung.n**-0.3
    return Measurement(State.OK, {"error": error}, {"error": error + 0.01}, epochs=3, seconds=seconds)


def test_plain_output_is_a_few_lines_that_say_each_number_once(plan):
    screen, said = watched(plan, terminal=False)
    lines = said.splitlines()
    assert lines[0] == "loading the data"
    assert lines[1] == (
        "3 sizes x (4 + 2 search trials + 2 scores) = 24 trials: of 4 settings tried up to epoch 3, the best go on, 2 to "
        "the end, and count again"
    )
    assert re.fullmatch(
        r"n = 50: test error 28.8 % \(2 scores\); 8 of 24 trials(, now n = [\d, and]+)?; left: .+ and .+|"
        r"n = 50: test error 28.8 % \(2 scores\); 8 of 24 trials(, now n = [\d, and]+)?; left: about .+ interval .+",
        lines[2],
    )
    assert lines[-1] == "n = 200: test error 19.4 % (2 scores); 24 of 24 trials"
    assert len(lines) == 2 + 3
    assert screen.summary.complete


def test_a_terminal_says_what_happens_now_how_good_it_is_and_how_long_it_takes(plan):
    _, said = watched(plan, terminal=True)
    assert "starting" in said and "0/100" not in said
    assert "now n = 50" in said and "best validation error 27.8 %" in said
    assert "left: not known before the first trials" in said and re.search(r"left: about [\d.]+ s \(90 % interval", said)


def test_what_was_measured_before_is_said_and_is_no_news(plan):
    _, said = watched(plan, terminal=False, before=8)
    assert re.search(r"^8 of them are measured already; left: ", said, re.M)
    assert "n = 50: " not in said and "n = 100: " in said


def test_now_and_then_plain_output_says_how_far_it_is(plan, monkeypatch):
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    _, said = watched(plan, terminal=False, until=4)
    assert re.search(r"^1 of 24 trials, now n = 50; left: ", said, re.M)


def test_a_budget_that_will_not_do_is_said_once_and_early(plan):
    _, said = watched(plan, terminal=False, until=8, budget=3.0)
    assert said.count("the budget of 3 s stops it before. Fewer --trials, a smaller --max-n or a larger budget") == 1
    _, said = watched(plan, terminal=False, budget=1e6)
    assert "stops it before" not in said


@pytest.mark.parametrize("terminal", [False, True])
def test_the_data_and_what_was_done_to_them_stay_on_the_screen(terminal):
    seen = io.StringIO()
    with Screen(Console(file=seen, force_terminal=terminal, width=120), workers=2) as screen:
        assert isinstance(screen, Informed)
        data = {"name": "photos", "train": 1200, "validation": 400, "test": 400, "shape": [48, 64, 3], "notes": ["resized"]}
        screen.informed(data)
    assert "photos: 1,200 in the pool, 400 validation, 400 test, 48x64 RGB images" in seen.getvalue()
    assert "note: resized" in seen.getvalue()


def test_many_short_trials_do_not_have_the_rest_worked_out_after_each(plan, monkeypatch):
    asked = []
    monkeypatch.setattr(progress, "cost", lambda *of: asked.append(of) or cost(*of))
    monkeypatch.setattr(progress, "REST", 1e6)
    _, said = watched(plan, terminal=False)
    assert len(asked) <= 1 + 3 + 1  # at the beginning, as each size is done, at the end
    assert said.splitlines()[-1] == "n = 200: test error 19.4 % (2 scores); 24 of 24 trials"
