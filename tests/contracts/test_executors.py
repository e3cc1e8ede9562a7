"""What each file of executors/ promises, new ones included: work is done elsewhere, and what it raises comes through."""

import os
from concurrent.futures import wait

import pytest

from kleiber import plugins


def square(x):
    return x * x


def fail():
    raise ValueError("from the worker")


def threads():
    return os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("name", plugins.names("executors"))
def test_results_and_exceptions_come_back(name):
    with plugins.load("executors", name).start(2, timeout=None) as pool:
        futures = [pool.submit(square, i) for i in range(5)]
        broken = pool.submit(fail)
        wait([*futures, broken])
        assert [future.result() for future in futures] == [0, 1, 4, 9, 16]
        assert isinstance(broken.exception(), ValueError)
        assert "from the worker" in str(broken.exception())


def test_local_workers_compute_on_one_thread_and_leave_the_driver_as_it_was(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with plugins.load("executors", "local").start(1) as pool:
        assert pool.submit(threads).result() == "1"
    assert "OMP_NUM_THREADS" not in os.environ
