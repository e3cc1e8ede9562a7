"""Lightning, Hugging Face and Keras as trainers, where they are installed (`make frameworks`): same numbers, no trace."""

import os
import signal
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.trainers.process import state

import kleiber
from kleiber.errors import KleiberError
from kleiber.study.study import Study

HERE = Path(__file__).parent / "net_models.py"
NEEDS = {"lightning": "pytorch_lightning", "huggingface": "transformers", "keras": "keras"}
RATE = {"lightning": "lr", "huggingface": "learning_rate", "keras": "learning_rate"}

BATCH = {"lightning": "batch_size", "huggingface": "per_device_train_batch_size", "keras": "batch_size"}


@pytest.fixture(params=NEEDS)
def trainer(request, monkeypatch, tmp_path):
    import importlib.util

    if importlib.util.find_spec(NEEDS[request.param]) is None:
        pytest.skip(f"{request.param} is not installed here")
    monkeypatch.setenv("HOME", str(tmp_path))
    return request.param


def scores(folder, trainer, name=None, workers=1, **fields):
    folder.mkdir(exist_ok=True)
    given = {"data": "digits", "sizes": [20, 60], "replicates": 2, "training": {"epochs": 4, "patience": 2}, **fields}
    study = Study(trainer=trainer, module=f"{HERE}:{name or trainer}", **given)
    rows = kleiber.run_study(study, folder / "k.db", workers=workers).export("study")
    return sorted((row for row in rows if row["purpose"] == "score"), key=lambda row: (row["n"], row["replicate"]))


@pytest.mark.slow
def test_a_study_leaves_no_file_but_its_ledger_says_nothing_asks_nobody_and_changes_nothing(
    trainer, tmp_path, monkeypatch, capfd
):
    def refused(*args, **kwargs):
        raise AssertionError("a study asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    import sklearn.datasets  # noqa: F401  (the loader of digits imports it, and it sets two variables for good)

    from kleiber.trainers import get_ready

    environment = dict(os.environ)
    get_ready(trainer)
    assert dict(os.environ) == environment
    before, threads = state(), threading.active_count()
    rows = scores(work / "a", trainer, params={"fault": "leaves"})
    assert {row["state"] for row in rows} == {"ok"}
    assert state() == before and threading.active_count() == threads
    assert capfd.readouterr() == ("", "")
    assert sorted(file.name for file in work.iterdir()) == ["a"]
    assert {file.name.partition(".")[0] for file in (work / "a").iterdir()} == {"k"}
    config = {str(file.relative_to(tmp_path)) for file in (tmp_path / ".config").rglob("*")}
    assert config <= {".config/matplotlib"}  # matplotlib makes that folder, whoever imports it
    assert not {file.name for file in tmp_path.iterdir()} - {"work", ".cache", ".config"}


@pytest.mark.slow
def test_twice_and_with_two_workers_the_numbers_are_the_same_and_those_of_the_best_epoch(trainer, tmp_path):
    found = []
    for name, workers in (("a", 1), ("b", 1), ("c", 2)):
        rows = scores(tmp_path / name, trainer, workers=workers, params={"width": 24})
        found.append([(row["n"], row["replicate"], row["validation"], row["test"]) for row in rows])
        assert all(row["validation"]["loss"] == pytest.approx(min(row["history"]), rel=1e-6) for row in rows)
        assert all(row["epochs"] == len(row["history"]) <= 4 for row in rows)
        assert all(row["examples"] == row["epochs"] * row["n"] for row in rows)
    assert found[0] == found[1] == found[2]
    assert len({row[3]["loss"] for row in found[0]}) == 4
    assert NEEDS[trainer].replace("_", "-") in rows[0]["versions"]


@pytest.mark.slow
def test_the_space_sets_the_parameters_and_a_small_subset_is_told(trainer, tmp_path):
    search = {"trials": 2, "generation": 2, "space": {RATE[trainer]: [0.003, 0.03]}}
    training = {"epochs": 3} if trainer == "huggingface" else {"epochs": 3, "batch": 32}
    params = {"per_device_train_batch_size": 32} if trainer == "huggingface" else {}
    rows = scores(tmp_path / "a", trainer, search=search, training=training, params=params, sizes=[20, 60], replicates=1)
    assert "a batch is 32 examples, more than the 20" in rows[0]["message"]
    assert "a batch is" not in rows[1]["message"]
    assert {row["params"][RATE[trainer]] for row in rows} <= {0.003, 0.03}


def test_a_model_whose_outputs_are_no_numbers_is_diverged(trainer, tmp_path):
    rows = scores(tmp_path / "a", trainer, params={"fault": "nan"}, sizes=[20], replicates=1)
    assert [(row["state"], row["epochs"]) for row in rows] == [("diverged", 1)]
    assert "the validation loss is nan after epoch 1; try a lower learning rate" in rows[0]["message"]


def test_what_cannot_be_trained_is_refused_before_anything_runs(trainer, tmp_path):
    for name, params, said in (
        (
            trainer,
            {"fault": "constructor"},
            r"can't be made with .*ValueError: no such file weights.bin \(net_models.py, line",
        ),
        (trainer, {"fault": "forward"}, r"can't answer 2 examples of the shape \(8, 8, 1\): ValueError: "),
        (trainer, {BATCH[trainer]: 16.5}, r"\[params\] batch_size: 16.5 is no number|positive integer value, but got"),
        (trainer, {RATE[trainer]: 0.0}, "training changed no weight of .*its learning rate"),
        (trainer, {"depth": 3}, rf"\[params\] depth: {trainer} takes width, .*; remove or rename it"),
        (f"same_{trainer}", {}, "gives the same model each time"),
        (f"no_{trainer}", {}, "no LightningModule|return a model, or|is not compiled; call model.compile"),
        ("HERE", {}, "has no 'HERE'"),
        ("_ONE", {}, "a dict that is made already.*Name its class, or a function"),
    ):
        with pytest.raises(KleiberError, match=said):
            scores(tmp_path / "a", trainer, name, params=params)
    with pytest.raises(KleiberError, match=r"metric: 'accuracy' is not measured.*error"):
        scores(tmp_path / "a", trainer, metric="accuracy")
    argument = {"lightning": "logger", "huggingface": "report_to", "keras": "verbose"}[trainer]
    with pytest.raises(KleiberError, match=rf"\[training.arguments\] {argument}: kleiber sets it"):
        scores(tmp_path / "a", trainer, training={"arguments": {argument: 1}})
    with pytest.raises(KleiberError, match=r"\[training.arguments\] nonsense: .* has no such"):
        scores(tmp_path / "a", trainer, training={"arguments": {"nonsense": 1}})
    with pytest.raises(KleiberError, match="all examples are of one class, '0'"):
        scores(tmp_path / "a", trainer, data=(np.arange(400.0).reshape(200, 2), np.zeros(200, int)))
    with pytest.raises(KleiberError, match="is no place of a model"):
        kleiber.run_study(Study(data="digits", trainer=trainer, sizes=[20]), tmp_path / "a" / "k.db")
    assert not (tmp_path / "a" / "k.db").exists()


def test_outputs_of_another_number_than_the_classes_are_refused(tmp_path):
    pytest.importorskip("pytorch_lightning")
    with pytest.raises(KleiberError, match=r"gives the shape \(2, 3\).*one number for each of the 10 classes"):
        scores(tmp_path / "a", "lightning", "few_lightning")


def test_a_signal_to_end_that_lightning_takes_for_itself_arrives(tmp_path):
    pytest.importorskip("pytorch_lightning")
    arrived = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: arrived.append(number))
    try:
        with pytest.raises(KleiberError, match="SIGTERMException"):
            scores(tmp_path / "a", "lightning", params={"fault": "terminated"})
    finally:
        assert signal.signal(signal.SIGTERM, before) is not None
    assert len(arrived) >= 2  # once while it trained, once after it


def test_a_module_of_the_package_of_the_other_name_is_trained_by_it(tmp_path, monkeypatch):
    pytest.importorskip("lightning")
    monkeypatch.chdir(tmp_path)
    one = scores(tmp_path / "one", "lightning", sizes=[20], params={"fault": "leaves"})
    other = scores(tmp_path / "other", "lightning", "lightning_of_the_other_name", sizes=[20])
    assert [row["test"] for row in one] == [row["test"] for row in other]
    assert {file.name for file in tmp_path.iterdir()} <= {"one", "other", ".config"}


@pytest.mark.parametrize(
    ("listener", "epochs"),
    [("", 4), ("callback", 2), ("scheduler", 4), ("hook", 4), ("reads", 4), ("keeps", 4)],
)
def test_a_validation_step_runs_only_where_something_listens_to_it(listener, epochs, tmp_path):
    pytest.importorskip("pytorch_lightning")
    from kleiber import plugins

    looks = plugins.load_attribute(f"{HERE}:LOOKS")
    looks.clear()
    training = {"epochs": 4, "patience": 4}
    (row,) = scores(
        tmp_path / "a", "lightning", "listened_lightning", params={"listener": listener} if listener else {},
        sizes=[60], replicates=1, training=training,
    )  # fmt: skip
    assert len(row["history"]) == epochs
    assert bool(looks) is bool(listener)
    assert (len(set(row["history"])) == 1) is (listener == "scheduler")  # its rate is 0 after the first look


def test_batches_that_leave_nothing_are_a_failure_that_says_so(tmp_path):
    pytest.importorskip("transformers")
    arguments = {"dataloader_drop_last": True, "per_device_train_batch_size": 32}
    with pytest.raises(KleiberError, match="leaves nothing of 20 examples in batches of 32; remove it"):
        scores(tmp_path / "a", "huggingface", training={"arguments": arguments})


@pytest.mark.slow
@pytest.mark.parametrize("trainer", NEEDS)
def test_its_example_runs(trainer, tmp_path, monkeypatch):
    pytest.importorskip(NEEDS[trainer])
    from kleiber import plugins

    study = plugins.load_attribute(f"{HERE.parents[2] / 'examples' / f'own_{trainer}.py'}:study")
    monkeypatch.chdir(tmp_path)
    rows = kleiber.run_study(study.changed(sizes=study.sizes[:2]), tmp_path / "k.db").export(study.name)
    assert {row["state"] for row in rows} == {"ok"}
