"""Any estimator as a study's model: measured as scikit-learn measures it, afresh in each trial, and leaving no trace."""

import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

import kleiber
from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError
from kleiber.ladder import order
from kleiber.records import part_of
from kleiber.study.study import Study
from kleiber.trainers._predictions import Classes, measure_classes

HERE = Path(__file__).parent / "estimators.py"
SIZES = [20, 40, 80]


def study(module, **fields):
    return Study(**{"data": "digits", "sizes": SIZES, "replicates": 2, "trainer": "sklearn", "module": module, **fields})


def scores(path, module, workers=1, **fields):
    ledger = kleiber.run_study(study(module, **fields), path / "k.db", workers=workers)
    return [row for row in ledger.export(fields.get("name", "study")) if row["purpose"] == "score"]


def test_a_study_of_an_estimator_measures_what_scikit_learn_does(tmp_path):
    rows = scores(tmp_path, LogisticRegression(C=0.3))
    data = load_dataset("digits", seed=0)
    x, test = (part.x.reshape(len(part), -1).astype(np.float32) / 255 for part in (data.train, data.test))
    for row in rows:
        chosen = order(data.train.y, stratified=True, seed=0, replicate=row["replicate"])[: row["n"]]
        model = LogisticRegression(C=0.3).fit(x[chosen], data.train.y[chosen])
        expected = log_loss(data.test.y, model.predict_proba(test), labels=np.arange(10))
        assert row["test"]["loss"] == pytest.approx(expected, rel=1e-6)  # computed in 32 bits there
        assert row["test"]["error"] == pytest.approx(1 - model.score(test, data.test.y), abs=1e-12)
    assert len(rows) == 6 and rows[0]["versions"]["scikit-learn"]


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (PCA(), r"PCA has no predict\(X\)"),
        (KMeans(2), "KMeans is for clustering, but the data are for classification"),
        (make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression()), "can't be sent to workers .*lambda"),
        (f"{HERE}:BelowZero", "BelowZero.predict_proba gives -0.*, which is no probability"),
    ],
)
def test_what_says_nothing_of_classes_is_refused_before_anything_runs(tmp_path, module, said):
    with pytest.raises(KleiberError, match=said):
        scores(tmp_path, module)
    assert not (tmp_path / "k.db").exists()


@pytest.mark.parametrize(
    "module", [LogisticRegression, make_pipeline(StandardScaler(), LogisticRegression()), f"{HERE}:make_model"]
)
def test_a_class_an_instance_and_a_function_are_taken(tmp_path, module):
    assert {row["state"] for row in scores(tmp_path, module)} == {"ok"}


def test_an_estimator_alone_says_which_trainer_it_needs():
    assert Study(data="digits", module=LogisticRegression()).trainer == "sklearn"
    with pytest.raises(KleiberError, match="another name of net"):
        Study(data="digits", module=LogisticRegression(), net="mlp")


def test_a_toml_names_the_module_from_its_own_folder_and_the_space_sets_its_parameters(tmp_path):
    (tmp_path / "mine.py").write_text(HERE.read_text())
    file = tmp_path / "study.toml"
    file.write_text(
        'data = "digits"\ntrainer = "sklearn"\nmodule = "mine.py:make_model"\nsizes = [20, 40, 80]\n[search]\ntrials = 3\n'
        "[search.space]\nlogisticregression__C = { low = 0.01, high = 10, log = true }\npower = [0, 1]\n"
    )
    ledger = kleiber.run_study(Study.from_toml(file), tmp_path / "k.db")
    rows = ledger.export("study")
    assert {row["state"] for row in rows} == {"ok"} and len(rows) == 18
    assert len({row["params"]["logisticregression__C"] for row in rows if row["purpose"] == "search"}) > 3
    changed = Study.from_toml(file)
    before = changed.context("x")["net"]
    (tmp_path / "mine.py").write_text(HERE.read_text().replace("10.0**power", "9.0**power"))
    assert Study.from_toml(file).context("x")["net"] != before  # changed code is another model


@pytest.mark.slow
def test_twice_and_with_two_workers_the_numbers_are_the_same(tmp_path):
    module = make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss"))
    found = []
    for name, workers in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        rows = scores(tmp_path / name, module, workers=workers)
        found.append(sorted((row["n"], row["replicate"], row["test"]["loss"]) for row in rows))
    assert found[0] == found[1] == found[2]


def test_passes_by_partial_fit_keep_the_best_one(tmp_path):
    rows = scores(tmp_path, SGDClassifier(loss="log_loss", alpha=0.01), training={"epochs": 12, "patience": 3, "batch": 16})
    for row in rows:
        assert row["validation"]["loss"] == pytest.approx(min(row["history"]), rel=1e-12)
        assert 1 <= row["epochs"] <= 12 and row["examples"] == row["epochs"] * row["n"]
    with pytest.raises(KleiberError, match="SVC has no partial_fit"):
        scores(tmp_path / "other", SVC(), training={"epochs": 5}, name="other")


def test_a_decision_function_gets_a_loss_and_labels_alone_none(tmp_path):
    rows = scores(tmp_path, LinearSVC())
    assert all(0 < row["test"]["loss"] < 2.4 for row in rows) and "scaled to probabilities" in rows[0]["message"]
    with pytest.raises(KleiberError, match=r'neither predict_proba nor decision_function.*metric = "error"'):
        scores(tmp_path, f"{HERE}:NoProbability", name="other")
    alone = scores(tmp_path, f"{HERE}:NoProbability", metric="error", name="alone")
    assert {name for name in alone[0]["test"] if not part_of(name)} == {"error"}
    assert "same class for every" in alone[0]["message"]


def test_a_regressor_is_measured_by_squares(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    rows = scores(tmp_path, Ridge(), data=(x, x @ [1.0, 2.0, 3.0, 4.0] + rng.normal(size=300)), metrics=["mae"])
    assert rows[-1]["test"]["loss"] == pytest.approx(rows[-1]["test"]["rmse"] ** 2) and 0.5 < rows[-1]["test"]["loss"] < 2
    with pytest.raises(KleiberError, match="Ridge is for regression, but the data are for classification"):
        scores(tmp_path, Ridge(), name="other")


def test_a_class_that_the_examples_lack_has_its_own_column_and_laplaces_share():
    model = KNeighborsClassifier(1).fit([[0.0], [2.0]], [0, 2])
    y = np.array([0, 1, 2])
    found, told = measure_classes(model, [np.array([[0.0], [1.0], [2.0]])], [y], Classes.of(np.array([0, 2]), 3), ["loss"])
    share = 1 / 5
    expected = -(2 * np.log(1 - share) + np.log(share)) / 3
    assert found[0]["loss"] == pytest.approx(expected)
    assert told[0] == "1 of 3 classes have no example among the 2"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "raises can't be made: ValueError: no such file weights.bin"),
        ("a_string", "gives a str, which has no fit"),
        ("nowhere", "has no 'nowhere'"),
    ],
)
def test_a_module_that_cannot_be_made_is_refused_before_anything_runs(tmp_path, name, said):
    with pytest.raises(KleiberError, match=said):
        scores(tmp_path, f"{HERE}:{name}")


def test_a_parameter_that_there_is_not_is_named_with_the_one_that_was_meant(tmp_path):
    with pytest.raises(KleiberError, match="Pipeline has no such parameter; did you mean 'logisticregression__C'"):
        scores(tmp_path, f"{HERE}:make_model", params={"logisticregression_C": 1.0})
    with pytest.raises(KleiberError, match=r'module = "mine.py:make_model"'):
        kleiber.run_study(Study(data="digits", trainer="sklearn", sizes=SIZES), tmp_path / "k.db")


def test_probabilities_that_do_not_add_up_to_1_are_scaled_and_it_is_said(tmp_path):
    (tmp_path / "b").mkdir()
    doubled, plain = scores(tmp_path, f"{HERE}:SumsToTwo"), scores(tmp_path / "b", f"{HERE}:Frequencies")
    assert all("validation examples do not add up to 1, so they were scaled" in row["message"] for row in doubled)
    assert [row["test"]["loss"] for row in doubled] == pytest.approx([row["test"]["loss"] for row in plain])


def test_probabilities_that_are_no_numbers_are_diverged(tmp_path):
    rows = scores(tmp_path, f"{HERE}:SaysNothing")
    assert {row["state"] for row in rows} == {"diverged"} and "not finite" in rows[0]["message"]


def test_a_fit_that_fails_says_on_how_many_examples_and_of_which_class(tmp_path):
    with pytest.raises(
        KleiberError, match=r"KNeighborsClassifier failed to predict.* 20 examples: .*[Cc]lass '\d' has \d of them"
    ):
        scores(tmp_path, KNeighborsClassifier(n_neighbors=30, algorithm="auto"))


def test_a_study_leaves_the_process_as_it_was(tmp_path, monkeypatch):
    import torch

    monkeypatch.setenv("KLEIBER_TEST_THERE", "yes")
    monkeypatch.chdir(tmp_path)
    before = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002
    threads, dtype, environment = torch.get_num_threads(), torch.get_default_dtype(), dict(os.environ)
    scores(tmp_path, f"{HERE}:Leaves")
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before  # noqa: NPY002
    assert (torch.get_num_threads(), torch.get_default_dtype(), dict(os.environ)) == (threads, dtype, environment)
    assert {file.name.partition(".")[0] for file in tmp_path.iterdir()} == {"k"}


def test_chance_that_an_estimator_takes_for_itself_is_the_trials(tmp_path):
    (tmp_path / "b").mkdir()
    first, again = scores(tmp_path, f"{HERE}:Draws"), scores(tmp_path / "b", f"{HERE}:Draws")
    assert [row["test"] for row in first] == [row["test"] for row in again]
    assert len({row["test"]["loss"] for row in first}) == len(first)


def test_what_the_trainer_adds_to_a_fit_is_little():
    from kleiber.trainers._estimator import make

    x, y = load_digits(return_X_y=True)
    started = time.process_time()
    for _ in range(20):
        make("sklearn.linear_model:LogisticRegression", {"C": 1.0}, 3)
        measured = KNeighborsClassifier().fit(x[:100], y[:100])
    assert measured is not None and (time.process_time() - started) / 20 < 0.05
