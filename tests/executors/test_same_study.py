"""The same study on every executor: the same plan, subsets, seeds and measurements, and what paused is gone on with."""

import sqlite3

import pytest
from tests.study.test_drive import contents

from kleiber import plugins
from kleiber.study.drive import run_study
from kleiber.study.study import Study

HERE = "serial"


def study_on(executor, folder):
    options = {"cluster": "local", "folder": str(folder / "jobs")} if executor == "slurm" else {}
    return Study(
        name="s",
        data="digits",
        net="mlp",
        sizes=[60],
        replicates=1,
        search={"trials": 2, "stages": [1], "keep": 0.4, "space": {"lr": {"low": 1e-3, "high": 0.3, "log": True}}},
        training={"epochs": 3},
        keep_weights=True,
        executor={"name": executor, **options},
    )


def seen(ledger):
    """What each trial took, by trial: less where it went on than where it began anew."""
    with sqlite3.connect(ledger) as db:
        found = db.execute("SELECT trial, state, epochs, examples FROM attempts ORDER BY trial").fetchall()
    db.close()
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Give a folder with the study's ledger, run in one process."""
    folder = tmp_path_factory.mktemp("alone")
    run_study(study_on(HERE, folder), folder / "k.db")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in plugins.names("executors") if name != HERE])
def test_the_same_study_on_each_executor(name, alone, tmp_path):
    run_study(study_on(name, tmp_path), tmp_path / "k.db", workers=2)
    assert contents(tmp_path / "k.db") == contents(alone / "k.db")
    assert seen(tmp_path / "k.db") == seen(alone / "k.db")
    kept = [{file.name: file.read_bytes() for file in (folder / "k.db.weights").iterdir()} for folder in (tmp_path, alone)]
    assert len(kept[0]) == 1 and kept[0] == kept[1]
    assert not (tmp_path / "k.db.stages").exists()
