"""What each file of executors/ promises, new ones included: work is done elsewhere, and what it raises comes through."""

import os
import time
from concurrent.futures import wait

import pytest

from kleiber import plugins
from kleiber.executors import Telling, teller


def square(x):
    return x * x


def fail():
    raise ValueError("from the worker")


def tell(folder, waits):
    """Tell three things, and go on once they were heard."""
    told = teller()
    for number in range(3):
        told(number)
    while waits and not (folder / "heard").exists():
        time.sleep(0.01)
    return "done"


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


@pytest.mark.parametrize("name", plugins.names("executors"))
def test_what_work_tells_while_it_runs_is_passed_on_in_order_or_dropped(name, tmp_path):
    heard = []

    def listen(told):
        heard.extend(told)
        if heard == [0, 1, 2]:
            (tmp_path / "heard").touch()

    with plugins.load("executors", name).start(1, timeout=None) as pool:
        assert pool.submit(tell, tmp_path, False).result() == "done"  # nobody listens
        if isinstance(pool, Telling):
            pool.hear(listen)
        assert pool.submit(tell, tmp_path, isinstance(pool, Telling)).result() == "done"
    assert heard == ([0, 1, 2] if isinstance(pool, Telling) else [])


def test_local_workers_compute_on_one_thread_and_leave_the_driver_as_it_was(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with plugins.load("executors", "local").start(1) as pool:
        assert pool.submit(threads).result() == "1"
    assert "OMP_NUM_THREADS" not in os.environ
