"""What goes wrong in a trial is a row with the same state and reason on every executor that can stop a trial."""

from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="the extra run is not installed, so there is no study")

from kleiber import plugins
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

TROUBLES = Path(__file__).parents[1] / "trainers" / "troubles.py"
EXPECTED = {  # by the trainer's mode: how each attempt ended
    "fine": {("ok", "")},
    "raises": {("failed", "exception")},
    "nan": {("diverged", "")},
    "asks for memory": {("failed", "oom")},
    "sleeps": {("failed", "timeout")},
    "exits": {("lost", "killed")},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in plugins.names("executors") if name != "serial"])
def test_failures_have_the_same_reasons_on_each_executor(name, tmp_path):
    options = {"cluster": "local", "folder": str(tmp_path / "jobs")} if name == "slurm" else {}
    study = Study(  # eight quasi-random draws hit each of six choices
        data={"source": "blank", "examples": 100},
        trainer=f"{TROUBLES}:by_mode",
        sizes=[20],
        replicates=1,
        search={"trials": 8, "sampler": "quasi-random", "space": {"mode": list(EXPECTED)}},
        timeout=12.0,
        memory_gb=1.5,
        executor={"name": name, **options},
    )
    run_study(study, tmp_path / "k.db", workers=2)
    with Ledger(tmp_path / "k.db") as ledger:
        rows = ledger.export("study")
    found = {mode: set() for mode in EXPECTED}
    for row in rows:
        found[row["params"]["mode"]].add((row["state"], row["reason"]))
    assert found == EXPECTED
    exits = [row["trial"] for row in rows if row["params"]["mode"] == "exits"]
    assert len(exits) == 3 * len(set(exits))  # each was handed out three times, and no more
    assert [row["params"]["mode"] for row in rows if row["purpose"] == "score"] == ["fine"]
