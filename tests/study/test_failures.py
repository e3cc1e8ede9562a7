import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.failures import hopeless_sizes, why_stop
from kleiber.study.watch import Summary

SEARCH, SCORE = Purpose.SEARCH, Purpose.SCORE


def failed(*kinds):
    """Make failures of (n, purpose, params, message)."""
    out = {}
    for number, (n, purpose, params, message) in enumerate(kinds):
        trial = Trial("c", purpose, Rung(n, 0, "s"), {"lr": params}, number, number)
        out[trial.id] = (trial, Measurement(State.FAILED, reason="exception", message=message))
    return out


def test_the_same_failure_under_two_settings_stops_a_search_and_numbers_in_it_do_not_matter():
    same = failed((10, SEARCH, 0.1, "shape 10 is wrong at 0x7f"), (20, SEARCH, 0.2, "shape 20 is wrong at 0x8e"))
    assert why_stop(same, set()) == "the same failure came back: shape 20 is wrong at 0x8e"
    assert why_stop(failed((10, SEARCH, 0.1, "a"), (20, SEARCH, 0.2, "b")), set()) == ""


def test_one_setting_that_fails_each_time_it_is_drawn_stops_nothing():
    assert why_stop(failed((10, SEARCH, 0.1, "a"), (20, SEARCH, 0.1, "a")), set()) == ""


def test_a_score_that_fails_twice_stops_a_study_whose_searches_all_worked():
    twice = failed((10, SCORE, 0.1, "no test_loss"), (10, SCORE, 0.1, "no test_loss"))
    assert "no test_loss" in why_stop(twice, {(10, SEARCH), (20, SEARCH)})
    assert why_stop(twice, {(10, SEARCH), (20, SCORE)}) == ""


def test_a_search_of_which_some_worked_goes_on_but_not_at_the_size_where_none_does():
    both = failed((80, SEARCH, 0.1, "out of memory: 80 GB"), (80, SEARCH, 0.2, "out of memory: 81 GB"))
    assert why_stop(both, {(10, SEARCH)}) == ""
    assert hopeless_sizes(both, {(10, SEARCH)}) == {(80, SEARCH): "out of memory: 81 GB"}
    assert hopeless_sizes(both, {(80, SEARCH)}) == {}


def test_unlike_failures_without_a_success_stop_it_too_and_lost_workers_are_no_repetition():
    five = failed(*((10, SEARCH, 0.1 * i, chr(97 + i)) for i in range(5)))
    assert why_stop(five, set()) == "5 trials failed and none has succeeded"
    assert why_stop(five, {(10, SEARCH)}) == ""
    lost = {k: (t, Measurement(State.LOST, reason="killed", message="died")) for k, (t, _) in list(five.items())[:2]}
    assert why_stop(lost, set()) == ""


def test_why_trials_have_no_result_is_said_in_words_the_most_frequent_reason_first():
    def ended(reason):
        trial = Trial("c", Purpose.SEARCH, Rung(10, 0, "s"), {}, 0, 0)
        return trial, Measurement(State.LOST if reason in ("killed", "preempted") else State.FAILED, reason=reason)

    reasons = ("oom", "exception", "oom", "timeout", "killed", "preempted", "something new")
    summary = Summary(0, 0, tuple(map(ended, reasons)), (), ())
    assert summary.reasons == (
        "2 ran out of memory, 1 raised an error, 1 took longer than the time limit, 1 lost its process, "
        "1 lost its worker or machine, 1 something new"
    )
