"""The test set: no search sees what was measured on it, each scored trial looks once, and a second look needs a flag."""

from collections import Counter

import pytest

import kleiber
from kleiber.errors import KleiberError
from kleiber.records import Measurement, State
from kleiber.study import drive, schedule
from kleiber.study.blind import Blind
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

OWN = """
import kleiber

@kleiber.trainer
def own(task):
    with open(__file__ + ".looks", "a") as file:
        file.write(f"{task.purpose} {task.n} {task.test is not None}\\n")
    loss = 2.0 * task.n ** -0.4 + abs(task.params["lr"] - 0.1)
    return {"loss": loss} | ({"test_loss": loss + 0.01} if task.test is not None else {})
"""


def study(tmp_path, trials=3):
    (tmp_path / "own.py").write_text(OWN)
    return Study(
        name="s",
        data={"source": "blank", "examples": 200},
        trainer=f"{tmp_path}/own.py:own",
        sizes=[20, 40, 80],
        replicates=2,
        search={"trials": trials, "space": {"lr": {"low": 1e-3, "high": 1.0, "log": True}}},
    )


def test_what_is_chosen_by_has_no_test_results():
    found = {"a": Measurement(State.OK, {"loss": 1.0}, {"loss": 2.0}), "b": Measurement(State.OK, {"loss": 3.0})}
    blind = Blind(found)
    assert [blind[trial].test for trial in blind] == [None, None] and blind["a"].validation == {"loss": 1.0}
    assert len(blind) == 2 and "a" in blind and "c" not in blind
    found["c"] = Measurement(State.OK, {"loss": 1.0}, {"loss": 2.0})
    assert blind["c"].test is None


def test_selection_code_that_asks_for_test_results_finds_none(tmp_path, monkeypatch):
    honest, seen = drive.winner, []

    def greedy(plan, n, done, search=0):
        seen.extend(measurement.test for measurement in done.values())
        return min(
            (trial for trial in schedule.trials_of(plan, n, done, search)[0]),
            key=lambda trial: (done[trial.id].test or {}).get("loss", done[trial.id].validation["loss"]),
        )

    monkeypatch.setattr(drive, "winner", greedy)
    with run_study(study(tmp_path), tmp_path / "greedy.db") as ledger:
        greedily = [row["params"] for row in ledger.export("s") if row["purpose"] == "score"]
    monkeypatch.setattr(drive, "winner", honest)
    with run_study(study(tmp_path), tmp_path / "honest.db") as ledger:
        assert [row["params"] for row in ledger.export("s") if row["purpose"] == "score"] == greedily
    assert seen and set(seen) == {None}


def test_each_scored_trial_looks_at_the_test_set_once_and_no_search_does(tmp_path):
    run_study(study(tmp_path), tmp_path / "k.db").close()
    run_study(study(tmp_path), tmp_path / "k.db").close()
    looks = Counter((tmp_path / "own.py.looks").read_text().splitlines())
    # The rehearsal is one more at the smallest size, whose result nobody sees.
    assert looks == {f"{p} {n} {p == 'score'}": {"search": 3, "score": 2}[p] + (p == "score" and n == 20) for n in (20, 40, 80) for p in ("search", "score")}  # fmt: skip  # noqa: E501


def test_a_second_look_is_refused_without_the_flag_and_shown_with_it(tmp_path):
    path = tmp_path / "k.db"
    run_study(study(tmp_path), path).close()
    assert "looked at again" not in str(kleiber.analyse(path).to_dict())
    for trials in (2, 12):
        with pytest.raises(KleiberError, match=r"test results at n = 20, 40, 80 are known.*--allow-test-reuse"):
            run_study(study(tmp_path, trials), path)
    with Ledger(path) as ledger:
        before = len(ledger.export("s"))
    run_study(study(tmp_path, 12), path, allow_test_reuse=True).close()
    with Ledger(path) as ledger:
        rows = ledger.export("s")
        assert len(rows) > before
        winners = {
            n: {str(row["params"]) for row in rows if row["purpose"] == "score" and row["n"] == n} for n in (20, 40, 80)
        }
    again = [n for n, params in winners.items() if len(params) > 1]
    assert again, "the longer search found nothing new, so that this test tests nothing"
    said = str(kleiber.analyse(path).to_dict())
    assert f"winners scored on it, {', '.join(f'2 at n = {n}' for n in again)}." in said
    run_study(study(tmp_path, 12), path).close()  # what was allowed once is the study now


def test_a_failed_search_trial_that_is_tried_again_is_no_second_look(tmp_path):
    (tmp_path / "once").touch()
    path, own = tmp_path / "k.db", study(tmp_path)
    with run_study(own, path) as ledger:
        first = next(row for row in ledger.export("s") if row["purpose"] == "search")
        with ledger._store.writing():
            ledger._store.do("UPDATE attempts SET state = 'failed', checksum = NULL WHERE seq = ?", first["seq"])
    run_study(own, path).close()
