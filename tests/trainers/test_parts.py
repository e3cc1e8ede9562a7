"""Each class is measured alone beside the whole test set: the classes' means, weighted by their counts, are the whole's."""

from dataclasses import replace

import numpy as np
import pytest

import kleiber
from kleiber import importers
from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.records import part_name, part_of
from kleiber.study.study import Study
from kleiber.trainers import Task
from kleiber.trainers._function import call, trainer
from kleiber.trainers._parts import MOST, of_each, of_logits

FIELDS = {"data": "digits", "sizes": [40, 80], "replicates": 1}
Y = np.array([0, 1, 1, 2], dtype=np.int64)
PART = Part(np.zeros((4, 2), np.float32), Y)
TASK = Task(PART, PART, PART, 4, 1, 0, "score", {}, "classification", ("a", "b", "c"), {}, "", (), "cpu", lambda *_: None)


def parts(test):
    found = [(part_of(name), value) for name, value in test.items()]
    return {named[1:]: value for named, value in found if named} and {
        metric: {named[2]: value for named, value in found if named and named[0] == metric}
        for metric in ("loss", "loss_sd", "error", "count")
    }


@pytest.mark.parametrize("trainer", ["torch", "sklearn", "kernel"])
def test_the_classes_make_up_the_whole(tmp_path, trainer):
    pytest.importorskip("torch" if trainer == "torch" else "sklearn")
    own = {
        "sklearn": {"module": "sklearn.linear_model:LogisticRegression"},
        "torch": {"net": "mlp", "training": {"epochs": 1}},
    }
    study = Study(trainer=trainer, **FIELDS, **own.get(trainer, {}))
    rows = kleiber.run_study(study, tmp_path / "k.db").export("study")
    scores = [row for row in rows if row["purpose"] == "score"]
    assert len(scores) == 2 and not any(part_of(name) for row in rows for name in row["validation"])
    for row in scores:
        found = parts(row["test"])
        counts = found["count"]
        assert len(counts) == 10
        for metric in ("loss", "error"):
            mean = np.average([found[metric][name] for name in counts], weights=list(counts.values()))
            assert mean == pytest.approx(row["test"][metric], rel=1e-5)
    table = importers.read(tmp_path / "k.db")
    assert {row.metric for row in table.rows} == {"loss", "error"}  # none of them is a curve of its own
    assert len(table.parts) == 2 * 40
    left = importers.read(tmp_path / "k.db", leave_out="n=40")
    assert len(left.parts) == 40 and {row.n for row in left.parts} == {80}


def test_an_estimator_that_names_classes_alone_has_their_errors(tmp_path):
    pytest.importorskip("sklearn")
    study = Study(trainer="sklearn", module="sklearn.linear_model:RidgeClassifier", metric="error", **FIELDS)
    test = kleiber.run_study(study, tmp_path / "k.db").export("study")[0]["test"]
    assert {"error", "count"} <= set(parts(test)) and test[part_name("count", "class", "3")] > 1


def test_names_of_parts_are_read_back_whatever_the_class_is_called():
    for name in ("cat", "a=b", "x[1]", "ü\n", "]"):
        assert part_of(part_name("loss", "class", name)) == ("loss", "class", name)
    assert part_of("loss") is None and part_of("top5_error") is None


def test_many_classes_or_one_are_not_measured_alone():
    names = [str(i) for i in range(MOST + 1)]
    assert of_each(Y, names, wrong=np.zeros(4, bool)) == {} == of_logits(np.zeros((4, 1)), Y * 0, ["one"])


def test_a_function_may_return_probabilities_or_each_parts_own_values():
    p = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]])
    whole = {"loss": 0.5, "test_loss": 0.5}
    test = call(trainer(lambda task: {**whole, "test_probabilities": p}), TASK).test
    assert test["loss[class=b]"] == pytest.approx(-np.log([0.7, 0.4]).mean()) and test["error[class=b]"] == 0.5
    assert test["count[class=b]"] == 2 and test["loss"] == 0.5
    given = call(trainer(lambda task: {**whole, "test_accuracy[source=web]": 0.75, "test_count[source=web]": 8}), TASK).test
    assert given == {"loss": 0.5, "error[source=web]": 0.25, "count[source=web]": 8.0}


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ({"test_probabilities": np.ones((4, 2)) / 2}, r"the shape \(4, 2\)"),
        ({"test_probabilities": np.full((4, 3), 0.9)}, "no probabilities"),
        ({"loss[class=a]": 0.1}, r"return 'test_loss\[class=a\]'"),
        ({"test_f1[class=a]": 0.1}, "more is better"),
    ],
)
def test_a_function_that_returns_parts_wrongly_is_told(returned, said):
    with pytest.raises(KleiberError, match=said):
        call(trainer(lambda task: {"loss": 0.5, "test_loss": 0.5, **returned}), TASK)


def test_a_search_trial_has_no_probabilities_of_the_test_set():
    with pytest.raises(KleiberError, match="test_probabilities for a search trial"):
        call(trainer(lambda task: {"loss": 0.5, "test_probabilities": np.ones((4, 3)) / 3}), replace(TASK, test=None))
