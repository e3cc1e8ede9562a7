from pathlib import Path

import pytest

from kleiber.errors import KleiberError
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

HERE = Path(__file__).parent / "troubles.py"


class Watch:
    def began(self, plan, done): ...
    def started(self, trial): ...
    def settled(self, trial, measurement, done): ...
    def ended(self, summary):
        self.summary = summary


def run(tmp_path, name, *, modes=None, workers=1, timeout=None, **fields):
    search = {"trials": 8, "space": {"mode": modes}} if modes else {}
    study = Study(
        data=fields.pop("data", {"source": "blank", "examples": 100}),
        trainer=f"{HERE}:{name}",
        sizes=[10, 20, 40],
        replicates=2,
        search=search,
        timeout=timeout,
        **fields,
    )
    watch = Watch()
    run_study(study, tmp_path / "k.db", workers=workers, watch=watch)
    with Ledger(tmp_path / "k.db") as ledger:
        return watch.summary, ledger.export("study")


@pytest.mark.parametrize(
    ("mode", "state", "reason", "said"),
    [
        ("raises", "failed", "exception", "ValueError: something is wrong (.*troubles.py:"),
        ("memory", "failed", "oom", "MemoryError"),
        ("leaves", "failed", "exception", "SystemExit: 0"),
        ("its own", "failed", "exception", "_OfItsOwn: an ending"),
        ("surrogate", "failed", "exception", r"ValueError: a file named \udcff"),
        ("nan", "diverged", "", "loss not finite"),
        ("inf", "diverged", "", "loss not finite"),
        ("none", "failed", "exception", "'loss' = None, which is not a number"),
        ("complex", "failed", "exception", "which is not a number"),
        ("text", "failed", "exception", "which is not a number"),
    ],
)
def test_what_goes_wrong_in_a_trial_is_kept_with_its_reason(tmp_path, mode, state, reason, said):
    summary, rows = run(tmp_path, "by_mode", modes=["fine", mode])
    wrong = [row for row in rows if row["state"] != "ok"]
    assert {(row["state"], row["reason"]) for row in wrong} == {(state, reason)}
    assert all(said.split(" (")[0] in row["message"] for row in wrong)
    assert all(row["params"] == {"mode": mode} for row in wrong)
    assert not any("NaN" in str(row["validation"]) for row in rows)
    assert summary.missing == ()
    assert summary.complete == (state == "diverged")
    assert sum(row["purpose"] == "score" for row in rows) == 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "state", "reason", "attempts"),
    [
        ("exits", "lost", "killed", 3),
        ("exits with 0", "lost", "killed", 3),
        ("segfaults", "lost", "killed", 3),
        ("sleeps", "failed", "timeout", 1),
    ],
)
def test_a_lost_worker_is_noticed_and_the_study_goes_on(tmp_path, mode, state, reason, attempts):
    summary, rows = run(
        tmp_path, "by_mode", modes=["fine"] * 5 + [mode], workers=2, timeout=6.0 if mode == "sleeps" else None
    )
    wrong = [row for row in rows if row["state"] != "ok"]
    assert wrong
    assert {(row["state"], row["reason"]) for row in wrong} == {(state, reason)}
    assert len(wrong) == attempts * len({row["trial"] for row in wrong})
    assert not summary.complete
    assert summary.missing == ()


def test_a_finite_loss_far_above_guessing_is_diverged_by_a_stated_rule_that_can_be_switched_off(tmp_path):
    summary, rows = run(tmp_path, "by_mode", modes=["fine", "huge"], data="digits")
    huge = [row for row in rows if row["params"]["mode"] == "huge"]
    assert {row["state"] for row in huge} == {"diverged"}
    assert "1e+30 is above 100 times that of guessing" in huge[0]["message"]
    assert summary.complete
    (tmp_path / "free").mkdir()
    _, rows = run(tmp_path / "free", "by_mode", modes=["fine", "huge"], data="digits", diverged_above=None)
    assert {row["state"] for row in rows} == {"ok"}


def test_a_score_without_its_test_metric_is_a_failure_that_says_what_to_return(tmp_path):
    said = r"the first trial failed \(n = 10\).*must return 'test_loss' too, measured on task.test"
    with pytest.raises(KleiberError, match=said):
        run(tmp_path, "forgets_the_test_set")
    assert not (tmp_path / "k.db").exists()


def test_a_search_trial_that_measures_a_test_set_is_refused(tmp_path):
    summary, rows = run(tmp_path, "reads_the_test_set_in_a_search", modes=["a", "b"])
    assert all("for a search trial" in row["message"] for row in rows)
    assert "the same failure came back" in summary.stopped
    assert len({row["params"]["mode"] for row in rows}) == 2
    assert len(rows) < 8  # two settings failed in the same words, so the rest is not tried


def test_accuracy_becomes_error_and_counts_are_kept(tmp_path):
    summary, rows = run(tmp_path, "peeks", modes=["a"])
    assert summary.complete
    assert {row["validation"]["error"] for row in rows} == {0.25}
    assert {row["test"]["error"] for row in rows if row["purpose"] == "score"} == {0.5}
    assert all(row["test"] is None for row in rows if row["purpose"] == "search")
    assert {row["epochs"] for row in rows} == {3}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_trial_prints_goes_to_a_file_of_its_own_and_no_further_than_a_limit(tmp_path, workers, capfd):
    summary, rows = run(tmp_path, "prints", workers=workers)
    assert summary.complete
    shown = capfd.readouterr()
    assert "an epoch" not in shown.out and "xxx" not in shown.out + shown.err
    kept = (tmp_path / "k.db.printed.log").read_text().splitlines()
    assert "n=10 score 1.0: an epoch went by 10" in kept and "n=40 score 2.0: beware" in kept
    assert sum("is not kept" in line for line in kept) >= len(rows)
    assert max(map(len, kept)) < 21_000


def test_a_metric_besides_that_is_no_number_is_left_out_and_said(tmp_path):
    summary, rows = run(tmp_path, "lacks_a_metric")
    assert summary.complete
    lacking = [row for row in rows if row["n"] == 20]
    assert {row["state"] for row in rows} == {"ok"}
    assert all("calibration, test_calibration not finite, and left out" in row["message"] for row in lacking)
    assert all(set(row["test"]) == {"loss"} for row in lacking)
    assert all(set(row["test"]) == {"loss", "calibration"} for row in rows if row["n"] != 20)


@pytest.mark.slow
def test_a_trial_above_its_memory_fails_alone(tmp_path):
    summary, rows = run(tmp_path, "by_mode", modes=["fine"] * 5 + ["asks for memory"], memory_gb=1.5)
    wrong = [row for row in rows if row["state"] != "ok"]
    assert wrong and {(row["state"], row["reason"]) for row in wrong} == {("failed", "oom")}
    assert summary.missing == ()
