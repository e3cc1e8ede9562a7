"""What trials tell of their epochs while they run: in the ledger as it comes, and never counted twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")
from kleiber.errors import MachineError
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.hearing import Hearing
from kleiber.study.ledger import Ledger
from kleiber.trainers import Epoch

CODE = """
import os, pathlib, time
import kleiber

HERE = pathlib.Path(__file__).parent


@kleiber.trainer
def train(task):
    loss = 2 * task.n ** -0.3 + task.params["lr"]
    for epoch in range(1, 5):
        task.report(epoch, loss + 1 / epoch, **({"train_loss": loss} if epoch > 1 else {}))
        if epoch == 3 and task.n == 200 and task.test is not None:
            while not (HERE / "go").exists():
                time.sleep(0.02)
            if (HERE / "die").exists():
                (HERE / "die").unlink()
                os._exit(9)
    return {"loss": loss} | ({"test_loss": loss} if task.test is not None else {})


study = kleiber.Study(name="s", data={"source": "blank", "examples": 900}, trainer=train, sizes=[50, 100, 200],
    replicates=1, search={"trials": 2, "space": {"lr": [0.1, 0.2]}})
"""
RUN = """
import code_of, kleiber, sys
from kleiber.study import hearing

hearing.BEAT = hearing.REST = 0.0
if __name__ == "__main__":
    kleiber.run_study(code_of.study, "k.db", executor=sys.argv[1])
"""


def trial(number=0):
    return Trial("c", Purpose.SEARCH, Rung(10, 0, "s10"), {}, number, number)


@contextmanager
def listening(tmp_path, monkeypatch):
    monkeypatch.setattr("kleiber.study.hearing.BEAT", 0.0)
    monkeypatch.setattr("kleiber.study.hearing.REST", 0.0)
    with Ledger(tmp_path / "k.db") as ledger, ledger.hold("a", {}, {}, {}) as book:
        book.write_rungs([trial().rung])
        yield Hearing(book), book, lambda: [(row["history"], row["training"]) for row in ledger.export("a")]


def elsewhere(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


def test_the_driver_alone_writes_and_the_measurement_replaces_what_was_told(tmp_path, monkeypatch):
    with listening(tmp_path, monkeypatch) as (hearing, book, stored):
        attempt = book.start(trial())
        hearing.begin(trial(), attempt)
        elsewhere(hearing.hear, [Epoch(trial().id, 0, 0.5, None), Epoch(trial().id, 1, None, 0.25)])
        assert stored() == [(None, None)]  # a worker's thread writes nothing
        hearing.write()
        assert stored() == [([0.5, None], [None, 0.25])]
        hearing.hear([Epoch(trial().id, 2, 0.125, None)])  # a trial in the driver's own thread
        assert stored() == [([0.5, None, 0.125], [None, 0.25, None])]
        measured = Measurement(State.OK, {"loss": 0.1}, history=(0.5, 0.125))
        assert hearing.ended(trial(), measured) is measured
        book.finish(attempt, measured)
        hearing.hear([Epoch(trial().id, 3, 9.0, None)])  # too late
        assert stored() == [([0.5, 0.125], None)]


def test_a_lost_trial_keeps_what_it_had_told_and_one_that_was_begun_anew_tells_it_once(tmp_path, monkeypatch):
    with listening(tmp_path, monkeypatch) as (hearing, book, _):
        hearing.begin(trial(), book.start(trial()))
        elsewhere(hearing.hear, [Epoch(trial().id, place, float(place), None) for place in range(3)])
        elsewhere(hearing.hear, [Epoch(trial().id, 0, 7.0, 6.0)])  # what was trained in one pass is trained alone
        lost = hearing.ended(trial(), Measurement(State.LOST, reason="killed"))
        assert (lost.history, lost.training) == ((7.0,), (6.0,))


def test_a_ledger_that_cannot_be_written_does_not_disturb_the_trial(tmp_path, monkeypatch):
    with listening(tmp_path, monkeypatch) as (hearing, book, _):
        hearing.begin(trial(), book.start(trial()))

        def full(told):
            raise MachineError("the disk is full")

        monkeypatch.setattr(book, "tell", full)
        hearing.hear([Epoch(trial().id, 0, 0.5, None)])
        assert hearing.ended(trial(), Measurement(State.FAILED)).history == (0.5,)


def attempts(path, name="s"):
    with Ledger(path, read_only=True) as ledger:
        return ledger.export(name)


def told(folder, process):
    """Wait until the ledger has three epochs of the trial that waits, and give its row."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        assert process.poll() is None
        if (folder / "k.db").exists():
            with Ledger(folder / "k.db") as ledger:
                rows = ledger.export("s") if "s" in ledger.names() else []
            waits = [row for row in rows if (row["state"], row["purpose"], row["n"]) == ("running", "score", 200)]
            found = [row for row in waits if row["history"] and len(row["history"]) == 3]
            if found:
                return found[0]
        time.sleep(0.05)
    raise AssertionError("nothing was told")


@contextmanager
def running(folder, executor):
    line = [sys.executable, "-c", RUN, executor]
    process = subprocess.Popen(line, cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(folder, executor):
    with running(folder, executor) as process:
        assert process.wait(300) == 0


def results(path):
    kept = ("trial", "validation", "test", "history", "training")
    return sorted([row[name] for name in kept] for row in attempts(path) if row["state"] == "ok")


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_epochs_are_in_the_ledger_while_the_trial_runs_and_a_kill_keeps_them(tmp_path, executor):
    (tmp_path / "code_of.py").write_text(CODE)
    with running(tmp_path, executor) as process:
        row = told(tmp_path, process)
    loss = row["history"][2] - 1 / 3
    assert row["history"] == pytest.approx([loss + 1, loss + 1 / 2, loss + 1 / 3])
    assert row["training"] == [None, *[pytest.approx(loss)] * 2]
    (tmp_path / "go").touch()
    run(tmp_path, executor)
    lost = [one for one in attempts(tmp_path / "k.db") if one["state"] == "lost"]
    assert [(one["seq"], one["history"], one["training"]) for one in lost] == [
        (row["seq"], row["history"], row["training"])
    ]
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "code_of.py").write_text(CODE)
    (tmp_path / "whole" / "go").touch()
    run(tmp_path / "whole", executor)
    assert results(tmp_path / "k.db") == results(tmp_path / "whole" / "k.db")
    assert all(len(one[3]) == 4 for one in results(tmp_path / "k.db"))


def test_a_worker_that_dies_leaves_what_it_had_told_and_its_trial_is_measured_once(tmp_path):
    (tmp_path / "code_of.py").write_text(CODE)
    (tmp_path / "die").touch()
    with running(tmp_path, "local") as process:
        row = told(tmp_path, process)
        (tmp_path / "go").touch()
        assert process.wait(300) == 0
    again = [one for one in attempts(tmp_path / "k.db") if one["trial"] == row["trial"]]
    assert [(one["state"], one["reason"], len(one["history"])) for one in again] == [("lost", "killed", 3), ("ok", "", 4)]
