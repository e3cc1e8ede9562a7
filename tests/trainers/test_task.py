"""The seed of a task fits the libraries that take 32 bits, and what took 63 takes them still."""

import numpy as np
import pytest

from kleiber.trainers import Task


def task_of(seed64):
    return Task(None, None, None, 10, 1, seed64, "score", {}, "classification", (), {}, "", (), "cpu", lambda *_: None)


@pytest.mark.parametrize("seed64", [0, 7, 2**31, 2**32 - 1, 2**32, 2**63 - 1])
def test_the_seed_is_taken_by_numpys_old_generators_and_by_scikit_learn(seed64):
    task = task_of(seed64)
    assert 0 <= task.seed < 2**32
    np.random.RandomState(task.seed)
    assert task.seed64 == seed64
    if seed64 < 2**32:
        assert task.seed == seed64


def test_scikit_learn_takes_it_as_a_random_state():
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    x = np.random.default_rng(0).normal(size=(40, 2))
    y = np.repeat([0, 1], 20)
    model = linear.SGDClassifier(random_state=task_of(2**63 - 1).seed, max_iter=5, tol=None)
    assert model.fit(x, y).score(x, y) >= 0
