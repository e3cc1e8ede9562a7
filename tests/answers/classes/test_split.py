"""Labels go to the classes that gain from them where the runs' mixes tell; else the answer is refused, with what would."""

import json
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

import kleiber
from kleiber import label_split
from kleiber.answers.classes.split import Model, _least
from kleiber.errors import KleiberError, Refused


def mixes(k, base=400, repeats=3):
    thinned = np.where(np.eye(k, dtype=bool), base // 2, base)
    return np.repeat(
        np.concatenate([np.full((1, k), base), thinned, *(np.full((1, k), base // part) for part in (2, 4))]),
        repeats,
        axis=0,
    ).astype(float)


def table(model, n, noise=0.02, seed=0):
    loss = model.loss(n) * np.exp(noise * np.random.default_rng(seed).normal(size=len(n)))
    return {**{f"n{i}": column.tolist() for i, column in enumerate(n.T)}, "loss": loss.tolist()}


APART = Model(0.2, np.array([4.0, 1.0, 0.5]) * 10, 0.5)
ALIKE = Model(0.2, np.ones(3) * 10, 0.5)
COUNTS = {"cat": "n0", "dog": "n1", "cow": "n2"}


def test_the_least_loss_is_that_of_a_general_solver():
    owned = np.array([400.0, 300.0, 900.0])
    for model, labels in ((APART, 1000.0), (APART, 20.0), (Model(0.0, np.array([1.0, 0.0, 2.0]), 0.3), 500.0)):
        found = _least(model, owned, labels)
        assert found.sum() == pytest.approx(labels) and (found >= 0).all()
        free = minimize(
            lambda m, model=model: float(model.loss((owned + m)[None])[0]),
            np.full(3, labels / 3),
            bounds=[(0, labels)] * 3,
            constraints={"type": "eq", "fun": lambda m, labels=labels: m.sum() - labels},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        assert model.loss((owned + found)[None])[0] <= free.fun * (1 + 1e-9)


def test_the_class_that_gains_gets_most_and_its_saving_is_in_the_interval():
    n, held, right = mixes(3), [], []
    for seed in range(8):
        found = label_split(table(APART, n, seed=seed), labels=1000, counts=COUNTS)
        each = np.array([one.median for one in found.to_each.values()])
        assert each.sum() == pytest.approx(1000) and list(found.to_each) == list(COUNTS)
        better, even = APART.loss(np.stack([n[0] + each, n[0] + 1000 / 3]))
        held.append(found.saving.low <= 1 - better / even <= found.saving.high)
        right.append(better < even and found.to_each["cat"].median == each.max())
        assert all(one.low <= one.median <= one.high for one in found.to_each.values())
    assert sum(held) >= 6 and all(right)
    assert found.sentences[0].startswith("Of the next 1,000 labels, give ")
    assert all(len(re.sub(r"(\d) %", r"\1%", text).split()) <= 25 for text in found.sentences)
    json.dumps(found.to_dict(), allow_nan=False)


def test_where_the_classes_gain_alike_no_split_is_told():
    told = 0
    for seed in range(20):
        try:
            label_split(table(ALIKE, mixes(3), seed=seed), labels=1000, counts=COUNTS)
            told += 1
        except Refused as refusal:
            assert "Train on all, on subsets with one class after the other halved" in str(refusal)
    assert told <= 2


def test_mixes_that_grow_together_are_refused_and_so_are_few():
    together = np.repeat(np.outer([1, 2, 4, 8, 16, 32], [100.0, 100.0, 100.0]), 3, axis=0)
    with pytest.raises(Refused, match="Class 'cat' has 33 to 33 % of the examples in every run"):
        label_split(table(APART, together), labels=1000, counts=COUNTS)
    with pytest.raises(Refused, match="There are 2 mixes of 3 classes, and 6 are the least"):
        label_split(table(APART, mixes(3)[:6]), labels=1000, counts=COUNTS)


@pytest.mark.parametrize(
    ("change", "asked", "said"),
    [
        ({}, {"counts": ["n0"]}, "fewer than two classes"),
        ({}, {"labels": 0}, "above 0"),
        ({}, {"counts": ["n0", "n7"]}, "has no column 'n7'"),
        ({"n1": ["many"] * 18}, {}, "row 0, column 'n1': 'many' is no number of examples above 0"),
        ({"loss": [-1.0] * 18}, {}, "row 0, column 'loss': -1.0 is no loss above 0"),
        ({}, {"have": {"cat": 1, "dog": 2}}, "have lacks 'cow'"),
        ({}, {"have": {"cat": 1, "dog": 2, "cow": 0}}, "have: 'cow' has 0 examples"),
    ],
)
def test_what_is_no_such_table_is_named(change, asked, said):
    with pytest.raises(KleiberError, match=said):
        label_split({**table(APART, mixes(3)), **change}, **{"labels": 1000, "counts": COUNTS, **asked})


def test_a_ledger_is_refused_with_what_would_tell_and_the_command_agrees(tmp_path, run_half):
    pytest.importorskip("sklearn")
    study = kleiber.Study(
        data="digits", trainer="sklearn", module="sklearn.naive_bayes:GaussianNB", sizes=[50, 100], replicates=1
    )
    kleiber.run_study(study, tmp_path / "k.db").close()
    line = [sys.executable, "-m", "kleiber", "split", "--labels", "1000", "--counts", "n0,n1,n2"]
    refused = subprocess.run([*line, str(tmp_path / "k.db")], capture_output=True, text=True, check=True)
    assert "keeps the classes' shares" in refused.stdout
    pl.DataFrame(table(APART, mixes(3))).write_csv(tmp_path / "mixes.csv")
    done = subprocess.run([*line, str(tmp_path / "mixes.csv"), "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["status"] == "ok"
