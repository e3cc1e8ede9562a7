"""Trials that hang: told once, by what others of their kind took."""

import time

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber.records import Purpose, Rung, Trial
from kleiber.study.budget import Out
from kleiber.study.overdue import Overdue
from kleiber.study.times import Times, kind_of


def trial(n, number=0):
    return Trial("c", Purpose.SEARCH, Rung(n, 0, "s"), {}, 1, number)


def out(*trials, seconds):
    return Out(trials, time.monotonic() - seconds)


def test_a_trial_is_told_once_when_it_takes_ten_times_what_others_took():
    times = Times(lambda kind: 1.0)
    overdue = Overdue(times)
    assert overdue.new([out(trial(10), seconds=600)]) == []  # nothing is known yet
    times.add(kind_of(trial(10)), 20.0)
    assert overdue.new([out(trial(10), seconds=150)]) == []
    ((told, seconds, expected),) = overdue.new([out(trial(10), seconds=250)])
    assert told == trial(10) and 250 <= seconds < 260 and expected == 20.0
    assert overdue.new([out(trial(10), seconds=900)]) == []


def test_short_trials_are_given_a_minute_and_larger_sizes_more():
    times = Times(lambda kind: 1.0)
    times.add(kind_of(trial(10)), 0.01)
    assert Overdue(times).new([out(trial(10), seconds=59)]) == []
    assert len(Overdue(times).new([out(trial(10), seconds=61)])) == 1
    times = Times(lambda kind: 1.0)
    times.add(kind_of(trial(10)), 60.0)
    assert Overdue(times).new([out(trial(1000), seconds=700)]) == []


def test_before_anything_is_known_half_an_hour_is_told():
    ((_, _, expected),) = Overdue(Times(lambda kind: 1.0)).new([out(trial(10), seconds=1900)])
    assert expected is None


def test_a_pack_may_take_as_long_as_its_trials_together():
    times = Times(lambda kind: 1.0)
    times.add(kind_of(trial(10)), 20.0)
    both = trial(10, 1), trial(10, 2)
    assert Overdue(times).new([out(*both, seconds=300)]) == []
    assert len(Overdue(times).new([out(*both, seconds=450)])) == 1
