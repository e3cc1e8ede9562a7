"""Where a study runs: by option, by its own table, or by default; what is wrong is said before anything starts."""

import re

import pytest

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.executors import WorkerLost
from kleiber.study import drive
from kleiber.study.place import place_of
from kleiber.study.study import Study


def study(**fields):
    return Study(data={"source": "blank", "examples": 40}, **fields)


@pytest.mark.parametrize(
    ("table", "executor", "address", "found"),
    [
        (None, None, None, {"name": "serial"}),
        ("local", None, None, {"name": "local"}),
        ({"name": "ray", "gpus": 0.25}, None, "auto", {"name": "ray", "gpus": 0.25, "address": "auto"}),
        ({"name": "ray", "gpus": 0.25}, "dask", None, {"name": "dask"}),
        ({"name": "ray", "gpus": 0.25}, "ray", None, {"name": "ray", "gpus": 0.25}),
    ],
)
def test_the_option_stands_before_the_table_and_the_table_before_the_default(table, executor, address, found):
    chosen = place_of(study(executor=table), executor, address, alone=True)
    assert {"name": chosen.name, **chosen.options} == found


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"name": "ray", "gpu": 1}, "[executor] gpu: unknown key; did you mean 'gpus'? Write  gpus=1"),
        ({"name": "ray", "gpus": "one"}, "[executor] gpus: must be a number, not 'one'"),
        ({"name": "slurm", "parameters": 3}, "[executor] parameters: must be a table, not 3"),
        ("rey", "[executor] name: unknown executor 'rey'; there are dask, local, ray, serial, slurm"),
        ({"gpus": 1}, "[executor] name: is missing"),
    ],
)
def test_a_wrong_table_is_refused_with_the_study(table, said):
    with pytest.raises(KleiberError, match=re.escape(said)):
        study(executor=table)


def test_an_address_for_an_executor_without_one_is_refused():
    with pytest.raises(KleiberError, match="address: the executor 'local' takes none"):
        place_of(study(), "local", "10.0.0.1", alone=True)


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(plugins.EXTRAS, "ray", ("no_such_package",))
    with pytest.raises(
        KleiberError,
        match=re.escape("the executor ray needs no_such_package, not installed here: pip install 'kleiber[ray]'"),
    ):
        place_of(study(), "ray", None, alone=True)


def test_where_a_study_runs_is_no_part_of_it():
    assert study(executor="ray").model_dump() == study().model_dump()
    assert study(executor={"name": "ray", "gpus": 1.0}).changed(seed=1).executor.options == {"gpus": 1.0}


@pytest.mark.parametrize(
    ("reason", "times", "state"),
    [("preempted", 20, "ok"), ("killed", 2, "ok"), ("killed", 3, "lost"), ("oom", 1, "ok"), ("oom", 2, "failed")],
)
def test_each_reason_has_its_own_budget(recorded, tmp_path, monkeypatch, reason, times, state):
    left = [times]
    submit = drive.Hand.submit

    def losing(hand, trials):
        future = submit(hand, trials)
        if left[0]:
            left[0] -= 1
            future = type(future)()
            future.set_exception(WorkerLost(reason, "gone"))
        return future

    monkeypatch.setattr(drive.Hand, "submit", losing)
    table = str(recorded([20]))
    fields = {"sizes": [20], "replicates": 1, "trainer": "replay", "training": {"table": table}, "params": {"lr": 0.1}}
    with drive.run_study(study(name="s", **fields), tmp_path / "k.db") as ledger:
        rows = ledger.export("s")
    assert [row["state"] for row in rows].count("ok") == (state == "ok")
    assert rows[-1]["state"] == state and len(rows) == times + (state == "ok")
