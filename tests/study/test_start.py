"""How a run starts: what driver and workers import, what is said from the first second, and that a bad net ends it."""

import subprocess
import sys

import pytest

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.study.drive import run_study
from kleiber.study.study import Study
from kleiber.trainers import get_ready, imports

HEAVY = ("torch", "optuna", "sqlalchemy", "scipy.stats", "scipy.optimize", "matplotlib", "jinja2", "typer", "rich")


class Looker:
    """A watch that keeps what it is told, in its order."""

    def __init__(self):
        self.told = []

    def waits(self, said):
        self.told.append(said)

    def began(self, plan, done):
        self.told.append("began")

    def started(self, trial):
        self.told.append("started")

    def settled(self, trial, measurement, done):
        self.told.append("settled")

    def ended(self, summary):
        self.told.append("ended")


def short(**changes):
    fields = {"data": "digits", "net": "mlp", "sizes": [50, 100], "replicates": 1, "training": {"epochs": 1}}
    return Study(**{**fields, **changes})


def imported(folder, script):
    """Run a script in a process of its own, and give what it prints."""
    (folder / "script.py").write_text(script)
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_driver_of_a_pytorch_study_never_has_pytorch(tmp_path):
    found = imported(
        tmp_path,
        "import sys, kleiber\n"
        "if __name__ == '__main__':\n"
        "    study = kleiber.Study(data='digits', net='mlp', sizes=[50, 100], replicates=1, training={'epochs': 1})\n"
        "    ledger = kleiber.run_study(study, 'k.db', workers=2)\n"
        "    print(*{row['state'] for row in ledger.export('study')}, 'torch' in sys.modules)\n",
    )
    assert found == ["ok", "False"]


@pytest.mark.parametrize(("trainer", "brought"), [("replay", set()), ("torch", {"torch"})])
def test_a_worker_has_what_its_trainer_needs_and_no_more(trainer, brought, tmp_path):
    found = imported(
        tmp_path,
        "import sys\n"
        "def look():\n"
        f"    return [name for name in {HEAVY} if name in sys.modules]\n"
        "if __name__ == '__main__':\n"
        "    from kleiber import plugins\n"
        "    from kleiber.trainers import get_ready\n"
        "    with plugins.load('executors', 'local').start(1) as pool:\n"
        f"        pool.submit(get_ready, {trainer!r}).result()\n"
        "        print(*pool.submit(look).result())\n",
    )
    assert set(found) == brought


@pytest.mark.parametrize(
    ("workers", "first"),
    [
        (1, "loading the data digits; importing PyTorch"),
        (2, "loading the data digits; starting 2 workers, which import PyTorch"),
    ],
)
def test_what_a_study_waits_for_is_said_first_and_ends_before_the_first_trial(workers, first, tmp_path):
    looker = Looker()
    run_study(short(), tmp_path / "k.db", workers=workers, watch=looker).close()
    told = looker.told
    assert told[0] == first
    assert told.index("") < told.index("began") < told.index("started")
    assert all(said.startswith("the data are loaded; starting 2 workers") for said in told[1 : told.index("")])
    assert told.count("settled") == 2 and told[-1] == "ended"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("wrong", "said"), [({"params": {"hidden": -3}}, "net 'mlp' with .*hidden"), ({"metric": "auc"}, "metric: 'auc'")]
)
def test_a_net_that_cannot_be_trained_is_refused_in_a_worker_as_in_the_driver(workers, wrong, said, tmp_path):
    with pytest.raises(KleiberError, match=said):
        run_study(short(**wrong), tmp_path / "k.db", workers=workers)
    assert not (tmp_path / "k.db").exists()


def test_a_time_limit_for_trials_is_none_for_the_first_look_at_the_net(tmp_path):
    with run_study(short(sizes=[50], timeout=0.01), tmp_path / "k.db", workers=2) as ledger:
        assert {(row["state"], row["reason"]) for row in ledger.export("study")} == {("failed", "timeout")}


def test_a_trainer_of_ones_own_is_imported_before_the_first_trial_and_named_by_its_file(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("import kleiber\n@kleiber.trainer\ndef train(task):\n    return {'loss': 1.0}\n")
    assert imports(f"{file}:train") == "own.py"
    assert imports("replay") == ""
    get_ready(f"{file}:train")
    assert any(name.startswith("kleiber_user_own_") for name in sys.modules)


def started_executors(monkeypatch, study, path, **how):
    """Run a study, and give the executors that were started for it."""
    started, load = [], plugins.load

    def watching(kind, name, *rest):
        started.extend([name] if kind == "executors" else [])
        return load(kind, name, *rest)

    monkeypatch.setattr(plugins, "load", watching)
    looker = Looker()
    run_study(study, path, watch=looker, **how).close()
    monkeypatch.undo()
    return started, looker.told


def test_a_study_that_is_complete_starts_no_workers(monkeypatch, tmp_path):
    study, path = short(), tmp_path / "k.db"
    assert started_executors(monkeypatch, study, path, workers=2)[0] == ["local"]
    for how in ({"workers": 2}, {"executor": "local"}, {"workers": 2, "budget_hours": 1.0}):
        assert started_executors(monkeypatch, study, path, **how) == (["serial"], ["", "began", "ended"])


@pytest.mark.parametrize("change", [{"replicates": 2}, {"sizes": [50, 100, 200]}, {"sizes": [50, 200]}])
def test_a_study_that_asks_for_more_starts_workers_again(monkeypatch, tmp_path, change):
    run_study(short(), tmp_path / "k.db").close()
    started, told = started_executors(monkeypatch, short(**change), tmp_path / "k.db", workers=2)
    assert started == ["local"] and "settled" in told


def test_a_smaller_study_than_the_one_that_is_complete_starts_no_trial(monkeypatch, tmp_path):
    run_study(short(), tmp_path / "k.db").close()
    assert "settled" not in started_executors(monkeypatch, short(sizes=[50]), tmp_path / "k.db", workers=2)[1]


def test_a_complete_study_whose_code_changed_is_refused_as_ever(tmp_path):
    run_study(short(), tmp_path / "k.db").close()
    with pytest.raises(KleiberError, match="--accept-changes"):
        run_study(short(params={"lr": 0.5}), tmp_path / "k.db", workers=2)
