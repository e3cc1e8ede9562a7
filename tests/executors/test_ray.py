"""How a Ray starts: beside the driver, which learns from its work that there is none, and without what nobody needs."""

import os
import threading

import pytest

pytest.importorskip("ray", reason="Ray is not installed")
from ray._private import parameter

from kleiber.errors import MachineError
from kleiber.executors import ray as engine


def test_the_driver_goes_on_while_ray_starts_and_its_work_says_that_it_cannot(monkeypatch):
    read = threading.Event()

    def connect(*_):
        assert read.wait(60), "the start of Ray was waited for"
        raise ConnectionError("no route")

    monkeypatch.setattr(engine, "_connect", connect)
    with engine.start(2) as pool:
        waiting = pool.submit(os.getpid)
        read.set()
        for work in (waiting, pool.submit(os.getpid)):
            with pytest.raises(MachineError, match="Ray cannot be reached or started: no route"):
                work.result(60)


def test_a_ray_that_is_started_here_has_no_autoscaler_and_no_reader_of_logs():
    with engine._lean():
        here = parameter.RayParams(num_cpus=2)
    assert (here.no_monitor, here.include_log_monitor, here.num_cpus) == (True, False, 2)
    assert not parameter.RayParams().no_monitor
