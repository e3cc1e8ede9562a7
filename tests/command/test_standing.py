"""`kleiber status`: how far a study is and how good so far; what nobody runs any more is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study to look at")
from kleiber.command.standing import print_standing, standing
from kleiber.command.terminal import made_of
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

SIZES = [20, 40, 80]
STUDY = """
trainer = "replay"
sizes = [20, 40, 80]
data = {{ source = "blank", examples = 200 }}
[search]
trials = 4
[search.space]
lr = {{ low = 1e-3, high = 1.0, log = true }}
[training]
table = "{table}"
seconds = 0.3
"""


def look(path, name="s"):
    with Ledger(path) as ledger:
        return standing(ledger, name)


@pytest.fixture
def study(recorded):
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    return Study(
        name="s",
        data={"source": "blank", "examples": 200},
        trainer="replay",
        sizes=SIZES,
        replicates=2,
        training={"table": str(recorded(SIZES))},
        search={"trials": 3, "space": space},
    )


def test_a_complete_study_has_its_results_and_nothing_left(study, tmp_path, capsys):
    run_study(study, tmp_path / "k.db").close()
    found = look(tmp_path / "k.db")
    assert (found["state"], found["trials"], found["left"]) == ("complete", 15, 0)
    assert [entry["n"] for entry in found["sizes"]] == SIZES
    assert all(entry["search"] == {"measured": 3, "planned": 3} for entry in found["sizes"])
    losses = [entry["best_validation"] for entry in found["sizes"]]
    assert losses == sorted(losses, reverse=True) and all(
        entry["test"] > entry["best_validation"] for entry in found["sizes"]
    )
    print_standing(found)
    said = capsys.readouterr().out
    assert said.startswith("s: complete, 15 of 15 trials\n3 sizes x (3 search trials + 2 scores) = 15 trials\n")
    assert "best validation loss  test loss" in said and "besides" not in said and "left" not in said
    json.dumps(found, allow_nan=False)


def test_scores_of_a_winner_that_was_beaten_do_not_count(study, tmp_path):
    run_study(study, tmp_path / "k.db").close()
    with Ledger(tmp_path / "k.db") as ledger:
        book, other = ledger.book("s"), ledger.export("s")
        worse = next(row for row in other if row["purpose"] == "search" and row["n"] == 80 and row["params"]["lr"] < 0.02)
        book.write_winner(80, 99, worse["trial"], [])
    found = look(tmp_path / "k.db")
    assert found["sizes"][2]["score"] == {"measured": 0, "planned": 2} and found["state"] == "not finished"


def test_what_is_left_is_foreseen(study, tmp_path, capsys):
    small = study.changed(max_n=40)
    run_study(small, tmp_path / "k.db").close()
    run_study(study, tmp_path / "k.db", budget_hours=1e-9).close()
    found = look(tmp_path / "k.db")
    assert (found["state"], found["left"]) == ("not finished", 5)
    assert found["seconds_left"]["low"] < found["seconds_left"]["seconds"] < found["seconds_left"]["high"]
    print_standing(found)
    said = capsys.readouterr().out
    assert "not finished, 10 of 15 trials; the same line continues" in said
    assert "left: about " in said and "90 % interval" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_a_dead_process_had_out_is_interrupted_and_never_running(recorded, tmp_path, number):
    (tmp_path / "s.toml").write_text(STUDY.format(table=recorded(SIZES)))
    line = [sys.executable, "-m", "kleiber", "run", "s.toml", "--ledger", "k.db", "--workers", "2", "--out", "out"]
    child = subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = tmp_path / "k.db.1.log"
    while not log.exists() or log.read_text().count("loss=") < 2:
        assert child.poll() is None
        time.sleep(0.05)
    found = look(tmp_path / "k.db")
    while not any("running" in entry["unsettled"] for entry in found["sizes"]):
        time.sleep(0.02)
        found = look(tmp_path / "k.db")
    assert found["state"] == "running" and f"process {child.pid}" in found["holder"]
    os.kill(child.pid, number)
    child.wait(30)
    found = look(tmp_path / "k.db")
    assert found["state"] == "interrupted" and found["holder"] == ""
    states = {state for entry in found["sizes"] for state in entry["unsettled"]}
    assert states == {"interrupted"} and "running" not in json.dumps(found)


def test_failures_are_counted_by_size_until_the_size_is_made_up(study, tmp_path):
    run_study(study, tmp_path / "k.db").close()
    with Ledger(tmp_path / "k.db") as ledger, ledger._store.writing():
        ledger._store.do(
            "UPDATE attempts SET state = 'failed', checksum = NULL WHERE seq ="
            " (SELECT MAX(seq) FROM attempts a JOIN trials t ON t.id = a.trial WHERE t.n = 80)"
        )
    unsettled = [entry["unsettled"] for entry in look(tmp_path / "k.db")["sizes"]]
    assert unsettled == [{}, {}, {"failed": 1}]
    with Ledger(tmp_path / "k.db") as ledger:
        (again,) = (row for row in ledger.export("s") if row["state"] == "failed")
        assert again["n"] == 80
    run_study(study, tmp_path / "k.db").close()
    assert all(not entry["unsettled"] for entry in look(tmp_path / "k.db")["sizes"])


def test_the_number_of_trials_is_explained():
    assert made_of(4, [6], [], 2) == "4 sizes x (6 search trials + 2 scores) = 32 trials"
    assert made_of(1, [], [], 3) == "1 size x 3 scores = 3 trials"
    assert made_of(3, [6, 2, 1], [1, 4], 3) == (
        "3 sizes x (6 + 2 + 1 search trials + 3 scores) = 36 trials: of 6 settings tried up to epoch 1, the best go on, "
        "2 to epoch 4 and 1 to the end, and count again"
    )


def test_a_study_without_a_search_and_one_without_results(study, tmp_path):
    plain = study.changed(search={}, params={"lr": 0.1})
    run_study(plain, tmp_path / "k.db", budget_hours=1e-9).close()
    found = look(tmp_path / "k.db")
    assert (found["state"], found["trials"], found["left"], found["seconds_left"]) == ("not finished", 6, 6, None)
