"""What each file of executors/ promises, new ones included: work is done elsewhere, and what it raises comes through.

A real Ray and a real Dask cluster are started; for Slurm stands submitit's local mode.
"""

import os
import shutil
import time
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from kleiber import plugins
from kleiber.datasets._cache import at_hand
from kleiber.errors import KleiberError
from kleiber.executors import Telling, WorkerLost, teller

NAMES = plugins.names("executors")
ALONE = [name for name in NAMES if name != "serial"]  # whose workers are processes of their own
LONG = 120  # seconds that a loaded machine may take


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Give what opens an executor by its name; its workers find this file's functions."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH")))))

    def start(name, workers=2, **limits):
        options = {"cluster": "local", "folder": str(tmp_path / "jobs")} if name == "slurm" else {}
        return plugins.load("executors", name).start(workers, **limits, **options)

    return start


def square(x):
    return x * x


def fail():
    raise ValueError("from the worker")


def leave():
    os._exit(3)


def nap(seconds):
    time.sleep(seconds)
    return seconds


def found(folder):
    return (at_hand(folder) / "train-x.npy").read_bytes()


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


def test_serial_gives_results_and_exceptions_back(opened):
    with opened("serial") as pool:
        assert [pool.submit(square, i).result() for i in range(5)] == [0, 1, 4, 9, 16]
        assert isinstance(pool.submit(fail).exception(), ValueError)


@pytest.mark.parametrize("name", ALONE)
def test_results_exceptions_losses_and_data_come(name, opened, tmp_path):
    with opened(name, timeout=10.0) as pool:
        futures = [pool.submit(square, i) for i in range(4)]
        broken, lost, limited = pool.submit(fail), pool.submit(leave), pool.submit(threads)
        wait([*futures, broken, lost, limited], LONG)
        assert [future.result(0) for future in futures] == [0, 1, 4, 9]
        assert isinstance(broken.exception(0), ValueError) and "from the worker" in str(broken.exception(0))
        assert isinstance(lost.exception(0), WorkerLost) and lost.exception(0).reason == "killed"
        assert "exit code 3" in str(lost.exception(0))
        assert limited.result(0) == "1"
        assert pool.submit(lambda: None).exception(LONG) is not None
        late, stopped, last = pool.submit(nap, 600), pool.submit(nap, 700), pool.submit(square, 5)
        assert stopped.cancel()
        assert last.result(LONG) == 25
        with pytest.raises(CancelledError):
            stopped.result(LONG)
        assert late.exception(LONG).reason == "timeout"
        _data_come_by_need_and_once(pool, tmp_path / "v1-0123456789")


def _data_come_by_need_and_once(pool, folder):
    if not hasattr(pool, "share"):
        return
    folder.mkdir()
    for file in ("dataset.json", "train-x.npy"):
        (folder / file).write_bytes(b"1234")
    pool.share(folder)
    parcel, sent = pool.parcel(), []
    pool.parcel = lambda: sent.append(1) or parcel
    shutil.rmtree(folder)  # as on another machine
    for _ in range(3):
        assert pool.submit(found, str(folder)).result(LONG) == b"1234"
    assert len(sent) <= 1


@pytest.mark.parametrize("name", ["serial", "local"])  # those that pass it on; elsewhere it comes with the result
def test_what_work_tells_while_it_runs_is_passed_on_in_order(name, opened, tmp_path):
    heard = []

    def listen(told):
        heard.extend(told)
        if heard == [0, 1, 2]:
            (tmp_path / "heard").touch()

    with opened(name, 1) as pool:
        assert isinstance(pool, Telling)
        assert pool.submit(tell, tmp_path, False).result() == "done"  # nobody listens
        pool.hear(listen)
        assert pool.submit(tell, tmp_path, True).result() == "done"
    assert heard == [0, 1, 2]


def test_local_workers_compute_on_one_thread_and_leave_the_driver_as_it_was(opened, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with opened("local", 1) as pool:
        assert pool.submit(threads).result() == "1"
    assert "OMP_NUM_THREADS" not in os.environ


def test_serial_refuses_limits(opened):
    with pytest.raises(KleiberError, match="timeout needs processes that can be killed"):
        opened("serial", timeout=1.0).__enter__()
