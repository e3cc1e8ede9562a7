"""XGBoost, LightGBM and skorch through the trainer sklearn, where they are installed: `make frameworks`."""

import os
from pathlib import Path

import pytest

import kleiber
from kleiber.errors import KleiberError
from kleiber.study.study import Study

HERE = Path(__file__).parent / "framework_models.py"


def scores(folder, name, capfd=None):
    folder.mkdir(exist_ok=True)
    study = Study(data="digits", trainer="sklearn", module=f"{HERE}:{name}", sizes=[40, 80, 160], replicates=2)
    rows = kleiber.run_study(study, folder / "k.db").export("study")
    return [(row["n"], row["replicate"], row["test"], row["versions"], row["state"]) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "skorch"])
def test_the_same_study_twice_gives_the_same_numbers_and_leaves_nothing(name, tmp_path, monkeypatch, capfd):
    pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    first = scores(tmp_path / "a", name)
    said = capfd.readouterr()
    assert {row[4] for row in first} == {"ok"} and name in first[0][3]
    assert max(row[2]["error"] for row in first if row[0] == 160) < 0.35
    assert [row[:3] for row in scores(tmp_path / "b", name)] == [row[:3] for row in first]
    assert len({row[2]["loss"] for row in first}) == len(first)
    assert said.out == "" and dict(os.environ) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b"]


def test_a_skorch_net_that_keeps_examples_for_itself_says_so(tmp_path):
    pytest.importorskip("skorch")
    study = Study(data="digits", trainer="sklearn", module=f"{HERE}:split_skorch", sizes=[60], replicates=1)
    (row,) = kleiber.run_study(study, tmp_path / "k.db").export("study")
    assert "train_split: some of the 60 examples are its own validation set" in row["message"]


def test_a_skorch_net_around_a_module_that_is_made_is_refused(tmp_path):
    pytest.importorskip("skorch")
    with pytest.raises(KleiberError, match="whose weights every trial would go on from"):
        scores(tmp_path / "a", "trained_skorch")
