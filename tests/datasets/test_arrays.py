"""Data in memory are the same data in whatever form they come, and what cannot be used is said without printing it."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from kleiber.datasets import given, in_memory, load_dataset
from kleiber.errors import KleiberError

RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 4))
Y = (X[:, 0] > 0).astype(int)
NAMES = list("abcd")
IMAGES = RNG.integers(0, 256, (60, 9, 7, 3), dtype=np.uint8)
KINDS = np.arange(60) % 2


def loaded(value, **options):
    found = given(value)
    return load_dataset(found.raw, seed=0, options={**found.options, **options})


@pytest.mark.parametrize(
    "value",
    [
        (X.tolist(), Y.tolist()),
        [X.astype(np.float32), Y[:, None]],
        (pd.DataFrame(X, columns=NAMES), pd.Series(Y)),
        (pl.DataFrame(X, schema=NAMES), pl.Series(Y)),
        (torch.tensor(X), torch.tensor(Y)),
        torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)),
        {"train": (X, Y), "task": "classification"},
        {"train": (X, Y.astype(float)), "task": "classification"},
        (X, Y > 0),
    ],
)
def test_every_form_of_the_same_table_is_the_same_data(value):
    assert in_memory(value)
    assert loaded(value).fingerprint == loaded((X, Y)).fingerprint


@pytest.mark.parametrize(
    "value",
    [
        (np.moveaxis(IMAGES, -1, 1), KINDS),
        (IMAGES / 255, KINDS),
        (IMAGES.astype(float), KINDS),
        (torch.tensor(np.moveaxis(IMAGES, -1, 1)).float() / 255, torch.tensor(KINDS)),
        torch.utils.data.TensorDataset(torch.tensor(np.moveaxis(IMAGES, -1, 1)).float() / 255, torch.tensor(KINDS)),
    ],
)
def test_images_are_bytes_with_channels_last_whatever_they_were(value):
    data = loaded(value)
    assert data.train.x.dtype == np.uint8 and data.train.x.shape[1:] == (9, 7, 3)
    assert data.fingerprint == loaded((IMAGES, KINDS)).fingerprint


def test_grey_images_get_their_channel():
    assert loaded((IMAGES[..., 0], KINDS)).train.x.shape[1:] == (9, 7, 1)


def test_one_number_makes_it_other_data():
    other = X.copy()
    other[17, 2] += 1e-3
    assert loaded((other, Y)).fingerprint != loaded((X, Y)).fingerprint


def test_three_parts_are_kept_and_shares_split_off():
    data = loaded(((X[:200], Y[:200]), (X[200:240], Y[200:240]), (X[240:], Y[240:])))
    assert [len(part) for part in (data.train, data.validation, data.test)] == [200, 40, 60]
    data = loaded({"train": (X[:200], Y[:200]), "test": (X[200:], Y[200:]), "validation": 0.1, "name": "mine"})
    assert [len(part) for part in (data.train, data.validation, data.test)] == [180, 20, 100]
    assert data.name == "mine"


def test_what_y_holds_says_the_task():
    assert loaded((X, X[:, 1])).task == "regression"
    assert loaded((X, np.array(["no", "yes"])[Y])).classes == ("no", "yes")
    assert loaded((X, pd.Categorical(np.array(["no", "yes"])[Y]))).classes == ("no", "yes")
    assert loaded((X, Y)).notes == ("y holds whole numbers, taken as 2 classes",)
    assert loaded({"train": (X, Y), "task": "regression"}).task == "regression"


def test_groups_stay_on_one_side():
    groups = np.arange(300) // 10
    data = loaded({"train": (X, Y), "groups": groups})
    sides = [set(groups[part.rows]) for part in (data.train, data.validation, data.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (X, r"an array of shape \(300, 4\) without targets. Give data=\(X, y\)"),
        (pd.DataFrame(X), r"pandas data of shape \(300, 4\) without targets"),
        ((X, Y, 3), r"3 things are given \(ndarray, ndarray, int\). Give data=\(X, y\)"),
        (((X, Y), (X, Y)), "two parts, the second of which may be validation or test"),
        ((X, Y[:5]), "X of train has 300 examples, but y has 5 targets"),
        ((X[:, 0], Y), r"X of train has shape \(300,\).*X.reshape\(-1, 1\)"),
        ((X, np.eye(2)[Y]), r"y of train has shape \(300, 2\).*y.argmax\(axis=1\)"),
        ((X, Y.astype(float)), r'2 whole numbers, .*Write  data=\{"train": \(X, y\), "task": "classification"\} or'),
        ((X, np.arange(300)), "300 whole numbers, which could be classes or amounts"),
        (
            (np.where(X > 2, np.inf, X), Y),
            "X of train is infinite, or too large for 32 bits, in .* rows, the first of them row",
        ),
        ((X, np.where(Y, np.nan, 1.5)), "missing targets, the first at"),
        ((pd.DataFrame({"a": X[:, 0], "city": "x"}), Y), "no numbers in city; encode these columns, or drop them"),
        ((IMAGES * 0.01 - 1, KINDS), "normalised"),
        ((IMAGES[:, :, :, :2], KINDS), r"last axis is no channels"),
        (([[1, 2], [3], [4]], [0, 1, 2]), "rows have unlike lengths"),
        ({"train": (X, Y), "lable": 3}, "unknown key 'lable'; there are train, validation, test, name, task, groups"),
        ({"train": X}, r"train is a ndarray; it must be a pair \(X, y\)"),
    ],
)
def test_what_is_no_data_is_said_without_an_array(value, said):
    with pytest.raises(KleiberError, match=said) as caught:
        given(value)
    assert len(str(caught.value)) < 300
