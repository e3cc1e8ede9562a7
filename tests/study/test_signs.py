"""Losses that are negative or exactly 0: an error at the first trial, and a line that tells it (L12)."""

import io

import pytest
from rich.console import Console

import kleiber
from kleiber.command.progress import Screen
from kleiber.errors import KleiberError
from kleiber.study.drive import run_study
from kleiber.study.study import Study


def table(path, losses):
    lines = ["n,replicate,lr,loss,test_loss"]
    for n, (loss, test) in losses.items():
        lines += [f"{n},{replicate},{lr},{loss + lr - 0.1},{test}" for replicate in range(9) for lr in (0.1, 0.2)]
    path.write_text("\n".join(lines) + "\n")
    return path


def study(tmp_path, losses):
    return Study(
        name="s",
        data={"source": "blank", "examples": 400},
        trainer="replay",
        sizes=[20, 40, 80, 160],
        replicates=2,
        training={"table": str(table(tmp_path / "t.csv", losses))},
        search={"trials": 2, "space": {"lr": [0.1, 0.2]}},
    )


GOOD = {20: (0.5, 0.6), 40: (0.4, 0.5), 80: (0.3, 0.4), 160: (0.25, 0.35)}


def test_a_negative_loss_never_wins_whichever_trainer_measured_it(tmp_path):
    with run_study(study(tmp_path, {n: (-loss, -test) for n, (loss, test) in GOOD.items()}), tmp_path / "k.db") as ledger:
        rows = ledger.export("s")
    assert rows and all(row["state"] == "failed" for row in rows)
    assert all("which is negative. Is it a negated score?" in row["message"] for row in rows)


def test_a_negative_score_of_ones_own_ends_the_run_at_its_first_trial(tmp_path):
    (tmp_path / "own.py").write_text(
        "import kleiber\n@kleiber.trainer\ndef negated(task):\n    found = {'loss': -0.8}\n"
        "    return found | ({'test_loss': -0.8} if task.test is not None else {})\n"
    )
    own = Study(data={"source": "blank", "examples": 100}, trainer=f"{tmp_path}/own.py:negated", sizes=[10, 20, 40])
    with pytest.raises(KleiberError, match=r"the first trial failed .*the loss is negative. Is it a negated score"):
        run_study(own, tmp_path / "k.db")


def test_a_loss_of_exactly_0_is_told_while_it_runs_and_in_the_findings(tmp_path):
    printed = io.StringIO()
    with Screen(Console(file=printed, width=200), workers=1) as watch:
        run_study(study(tmp_path, {**GOOD, 160: (0.0, 0.3)}), tmp_path / "k.db", watch=watch).close()
    told = [line for line in printed.getvalue().splitlines() if "is exactly 0" in line]
    assert len(told) == 1 and told[0].endswith("loss is exactly 0: no error at all, or a fault of the trainer")
    said = str(kleiber.analyse(tmp_path / "k.db").to_dict())
    assert said.count("a validation loss of exactly 0 at n = 160.") == 1


def test_a_study_without_zeros_tells_none(tmp_path):
    run_study(study(tmp_path, GOOD), tmp_path / "k.db").close()
    assert "exactly 0" not in str(kleiber.analyse(tmp_path / "k.db").to_dict())
