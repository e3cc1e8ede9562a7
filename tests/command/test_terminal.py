"""What the commands print of findings: whose a warning is, and how long a study's own trainer is said to train."""

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so no study is told of")
from kleiber.command.before_run import dry_run
from kleiber.command.terminal import print_edited
from kleiber.study.study import Study

OWN = """
import kleiber

@kleiber.trainer
def train(task):
    return kleiber.Outcome(validation={"loss": 1.0}, test={"loss": 1.0})
"""


def warning(model, metric, message="Measured once.", *, shown=True):
    return {"code": "noise-unknown", "message": message, "model": model, "metric": metric, "shown": shown}


def said(capsys, curves, warnings):
    print_edited([], warnings, full=False, curves=[{"model": model, "metric": metric} for model, metric in curves])
    return capsys.readouterr().err.splitlines()


def test_a_warning_says_by_model_or_metric_whose_it_is_and_is_printed_once(capsys) -> None:
    both = [("net", "loss"), ("net", "error")]
    shown = [warning("net", "loss"), warning("net", "error", shown=False)]
    assert said(capsys, both, shown) == ["noise-unknown: loss and error: Measured once."]
    assert said(capsys, both, shown[:1]) == ["noise-unknown: loss: Measured once."]
    models = [("a", "loss"), ("b", "loss"), ("c", "loss")]
    assert said(capsys, models, [warning("b", "loss")]) == ["noise-unknown: b: Measured once."]
    assert said(capsys, models, [warning(m, "loss") for m in "abc"]) == ["noise-unknown: all curves: Measured once."]
    mixed = [("a", "loss"), ("b", "error"), ("b", "loss")]
    assert said(capsys, mixed, [warning("b", "error")]) == ["noise-unknown: b, error: Measured once."]
    assert said(capsys, both[:1], shown[:1]) == ["noise-unknown: Measured once."]
    of_table = [warning(None, None), warning("net", "loss", "Other.", shown=False)]
    assert said(capsys, both, of_table) == ["noise-unknown: Measured once.", "(--full prints 1 more warning)"]


def test_a_dry_run_of_a_trainer_of_ones_own_says_nothing_of_epochs(tmp_path, capsys) -> None:
    (tmp_path / "own.py").write_text(OWN)
    study = Study(
        name="s", data={"source": "blank", "examples": 200}, sizes=[20, 40, 80], trainer=f"{tmp_path / 'own.py'}:train"
    )
    dry_run(study, tmp_path / "none.db", 1, "cpu", as_json=False)
    out = capsys.readouterr().out
    assert "epoch" not in out and f"trials left; how long each trains is up to {tmp_path / 'own.py'}:train" in out
