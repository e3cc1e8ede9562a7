"""A budget is a limit: the study stops within it, says so, and goes on when it is given more."""

import os
import re
import subprocess
import sys
import time

import pytest

from kleiber import importers
from kleiber.command.before_run import fewer, within
from kleiber.errors import KleiberError
from kleiber.records import State
from kleiber.study.budget import GRACE
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

CODE = """
import time
import kleiber

@kleiber.trainer
def train(task):
    time.sleep({seconds})
    loss = 2 * task.n ** -0.3 + abs(task.params["lr"] - 0.1)
    return {{"loss": loss}} if task.test is None else {{"loss": loss, "test_loss": loss}}

study = kleiber.Study(name="s", data={{"source": "blank", "examples": 900}}, trainer=train, sizes=[50, 100, 200, 400],
    replicates=2, search={{"trials": 4, "space": {{"lr": {{"low": 0.01, "high": 1.0, "log": True}}}}}})
"""
WHOLE = 4 * (4 + 2)


@pytest.fixture
def study_of(tmp_path):
    def make(seconds, **changes):
        file = tmp_path / "code.py"
        file.write_text(CODE.format(seconds=seconds))
        space = {"lr": {"low": 0.01, "high": 1.0, "log": True}}
        fields = {"name": "s", "data": {"source": "blank", "examples": 900}, "trainer": f"{file}:train"}
        fields |= {"sizes": [50, 100, 200, 400], "replicates": 2, "search": {"trials": 4, "space": space}}
        return Study(**{**fields, **changes})

    return make


class Kept:
    """A watch that keeps how the run ended."""

    def began(self, plan, done):
        self.before = len(done)

    def started(self, trial):
        pass

    def settled(self, trial, measurement, done):
        pass

    def ended(self, summary):
        self.summary = summary


def run(study, path, seconds, **how):
    watch = Kept()
    ledger = run_study(study, path, budget_hours=seconds / 3600, watch=watch, **how)
    with ledger:
        return watch, ledger.used(study.name), ledger.export(study.name)


@pytest.mark.parametrize("how", [{"executor": "serial"}, {}, {"workers": 2}])
def test_a_study_stops_within_its_budget_and_goes_on_when_given_more(study_of, tmp_path, how):
    study, path = study_of("0.05"), tmp_path / "k.db"
    watch, used, rows = run(study, path, 0.8, **how)
    over = 0.5 if how.get("executor") == "serial" else 0.05  # one trial that cannot be stopped; the time to stop others
    assert 0.5 < used <= 0.8 * (1 + GRACE) + over
    assert watch.summary.short and "budget of 0.8 s" in watch.summary.stopped
    assert not watch.summary.complete and watch.summary.missing and not watch.summary.failed
    assert watch.summary.left.low < watch.summary.left.seconds < watch.summary.left.high
    first = [row["trial"] for row in rows if row["state"] == "ok"]
    assert 0 < len(first) < WHOLE
    assert all((row["state"], row["reason"]) in (("ok", ""), ("lost", "budget")) for row in rows)

    watch, used, rows = run(study, path, 30, **how)
    assert watch.before == len(first) and not watch.summary.short and watch.summary.complete
    settled = [row["trial"] for row in rows if row["state"] == "ok"]
    assert settled[: len(first)] == first and len(set(settled)) == len(settled) == WHOLE
    assert used > WHOLE * 0.05
    assert len(importers.read(path).rows) == 8


def test_what_was_used_before_counts_so_that_the_same_budget_again_runs_nothing(study_of, tmp_path):
    study, path = study_of("0.05"), tmp_path / "k.db"
    _, used, rows = run(study, path, 0.6)
    watch, again, same = run(study, path, 0.6)
    assert (len(same), again) == (len(rows), used)
    assert watch.summary.short and watch.summary.missing


def test_a_trial_that_takes_five_times_what_was_foreseen_is_stopped_and_starts_anew_later(study_of, tmp_path):
    study, path = study_of("0.05 if task.n < 100 else 2.0"), tmp_path / "k.db"
    started = time.monotonic()
    watch, used, rows = run(study, path, 1.5)
    assert used <= 1.5 * (1 + GRACE) + 0.6  # what it takes to end a process, on a busy machine
    assert time.monotonic() - started < 15
    stopped = rows[-1]
    assert (stopped["state"], stopped["reason"], stopped["n"]) == ("lost", "budget", 100)
    assert watch.summary.short and not watch.summary.failed
    assert "is used up" in watch.summary.stopped

    watch, _, rows = run(study, path, 3.9)  # its kind takes as long as it did at least, which is not paid for once more
    assert sum(row["n"] == 100 for row in rows) == 2 and watch.summary.short
    assert [row["state"] for row in rows if row["trial"] == stopped["trial"]] == ["lost", "ok"]


def test_an_executor_that_cannot_stop_a_trial_lets_it_end_and_starts_no_other(study_of, tmp_path):
    watch, used, rows = run(study_of("0 if task.n < 100 else 1.5"), tmp_path / "k.db", 1.2, executor="serial")
    assert sum(row["n"] > 50 for row in rows) == 1 and used < 1.2 + 1.5
    assert watch.summary.short


def test_a_rehearsal_that_takes_too_long_is_stopped_and_counts(study_of, tmp_path):
    started = time.monotonic()
    watch, used, rows = run(study_of("60"), tmp_path / "k.db", 0.3)
    assert time.monotonic() - started < 20
    assert not rows and used >= 0.3 and watch.summary.short


def test_a_budget_that_is_enough_changes_nothing(study_of, tmp_path):
    watch, _, rows = run(study_of("0"), tmp_path / "k.db", 60)
    assert watch.summary.complete and not watch.summary.short and len(rows) == WHOLE


def test_what_a_driver_that_was_killed_had_out_counts(study_of, tmp_path):
    run(study_of("0.05"), tmp_path / "k.db", 0.5)
    with Ledger(tmp_path / "k.db") as ledger:
        before, rows = ledger.used("s"), ledger.export("s")
        with ledger._store.writing():  # as a kill leaves it: running since the first trial began
            ledger._store.do(
                "UPDATE attempts SET state = 'running', finished = NULL, seconds = NULL, checksum = NULL WHERE seq = ?",
                rows[0]["seq"],
            )
    _, after, _ = run(study_of("0.05"), tmp_path / "k.db", 0.3)
    assert after > before + 0.1


@pytest.mark.parametrize("hours", [0, -1, float("nan")])
def test_a_budget_of_nothing_is_refused(study_of, tmp_path, hours):
    with pytest.raises(KleiberError, match="budget_hours"):
        run_study(study_of("0"), tmp_path / "k.db", budget_hours=hours)
    assert not (tmp_path / "k.db").exists()


def command(folder, *options):
    line = [sys.executable, "-m", "kleiber", "run", "code.py", "--ledger", "k.db", "--out", "out", *options]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def test_the_command_says_what_there_is_what_is_missing_and_how_to_go_on(study_of, tmp_path):
    study_of("0.05")
    short = command(tmp_path, "--budget-money", "0.8", "--price-per-hour", "3600")
    assert short.returncode == 3
    assert "stopped: " in short.stderr and "the budget of 0.8 s" in short.stderr
    assert "all scores: n = 50" in short.stderr and "n = 400: 0 of 2 scores" in short.stderr.partition("missing: ")[2]
    assert re.search(r"The rest takes about [\d.]+ m?s? \(90 % interval", short.stderr)
    more = command(tmp_path, "--budget-hours", "1")
    assert more.returncode == 0 and "stopped" not in more.stderr


def test_trials_and_hours_go_together_and_epochs_choose_the_trials_alone(study_of, tmp_path):
    study = study_of("0")
    assert within(study, tmp_path / "k.db", 4, None, 0.1, "cpu") is study
    assert within(study, tmp_path / "k.db", None, None, 0.1, "cpu") is study  # nobody knows its pace
    for trials, hours in ((4, None), (None, 0.1)):
        with pytest.raises(KleiberError, match="leave out --trials, --budget-hours and --budget-money"):
            within(study, tmp_path / "k.db", trials, 100.0, hours, "cpu")


def test_a_study_that_has_begun_goes_on_with_its_trials(study_of, tmp_path, capsys):
    run(study_of("0"), tmp_path / "k.db", 60)
    other = study_of("0").changed(search={**study_of("0").search.model_dump(), "trials": 9})
    assert within(other, tmp_path / "k.db", None, None, 0.1, "cpu").search.trials == 4
    assert "began with 4 trials at each size and keeps that number; --trials changes it" in capsys.readouterr().err


def test_a_pace_that_was_far_too_fast_buys_too_many_trials_and_the_limit_holds(tmp_path, monkeypatch):
    from kleiber.study import cost

    monkeypatch.setattr(cost, "pace", lambda *_: 0.001)  # seconds an epoch; in truth five times as many or more
    space = {"lr": {"low": 1e-3, "high": 0.3, "log": True}}
    study = Study(
        data="digits",
        net="mlp",
        sizes=[100, 200, 400, 800],
        replicates=1,
        search={"space": space},
        training={"epochs": 10, "patience": 10},
    )
    chosen = within(study, tmp_path / "k.db", None, None, 3 / 3600, "cpu")
    assert chosen.search.trials == 74  # ten epochs of each, and of one score, at four sizes
    watch, used, _ = run(chosen, tmp_path / "k.db", 3)
    assert used <= 3 * (1 + GRACE) + 0.3
    assert watch.summary.short and watch.summary.missing


def test_fewer_trials_than_are_measured_say_what_follows(study_of, tmp_path, capsys):
    run(study_of("0"), tmp_path / "k.db", 60)
    search = study_of("0").search.model_dump()
    for trials, told in ((3, True), (4, False), (9, False)):
        fewer(study_of("0").changed(search={**search, "trials": trials}), tmp_path / "k.db")
        assert (
            "fewer than the 4 trials at each size that are measured: the best of the first 3" in capsys.readouterr().err
        ) == told
    fewer(study_of("0"), tmp_path / "none.db")


def test_a_trial_that_was_put_off_and_run_after_all_leaves_nothing_short(study_of, tmp_path):
    """Where others end sooner than was foreseen, what waited for them is paid for after all."""
    study = study_of("0.6 if task.seed % 2 else 0.05", sizes=[50], replicates=6, search={}, params={"lr": 0.1})
    watch, used, _ = run(study, tmp_path / "k.db", 60)
    assert watch.summary.complete and not watch.summary.short and not watch.summary.stopped
    enough = used / (1 + GRACE / 2)
    for path in (tmp_path / "a.db", tmp_path / "b.db"):
        watch, used, _ = run(study, path, enough, workers=2)
        assert watch.summary.complete != watch.summary.short
        assert bool(watch.summary.stopped) == watch.summary.short


def test_what_was_stopped_is_no_result(study_of, tmp_path):
    run(study_of("0.05 if task.n < 100 else 2.0"), tmp_path / "k.db", 1.0)
    with Ledger(tmp_path / "k.db") as ledger:
        assert {m.state for m in ledger.book("s").done().values()} == {State.OK}
