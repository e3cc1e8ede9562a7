"""What executors on other machines share, without an engine: late answers, engines that break, data by need."""

import os
import pickle
import sys
from concurrent.futures import CancelledError
from dataclasses import replace
from importlib.metadata import version

import pytest

from kleiber.datasets._cache import copy_of
from kleiber.errors import KleiberError, MachineError
from kleiber.executors import WorkerLost, _node
from kleiber.executors._far import Far
from kleiber.executors._node import Answer, Order, carry_out


class Held(Far):
    """An engine that keeps its orders until the test answers them."""

    def __init__(self):
        super().__init__(None, None)
        self.given, self.halted = [], []

    def give(self, work):
        self.given.append(work.order.key)

    def halt(self, work):
        self.halted.append(work.order.key)
        self.came(work.order.key, Answer("lost", "killed", "stopped"))

    def step(self):
        """Do what the engine's thread would do, in this one."""
        while not self._events.empty():
            self._events.get()()


@pytest.fixture
def engine():
    return Held()


def answer(value):
    return Answer("value", pickle.dumps(value))


def test_a_late_answer_of_a_zombie_is_not_a_second_one(engine):
    work = engine.submit(os.getpid)
    engine.step()
    engine.came(engine.given[0], Answer("lost", "preempted", "its node is gone"))
    again = engine.submit(os.getpid)
    engine.step()
    engine.came(engine.given[0], answer("late"))
    engine.came(engine.given[1], answer("first"))
    engine.came(engine.given[1], answer("second"))
    assert isinstance(work.exception(0), WorkerLost) and work.exception(0).reason == "preempted"
    assert again.result(0) == "first"


def test_an_engine_that_is_gone_ends_what_it_had_and_what_comes(engine):
    work = engine.submit(os.getpid)
    engine.step()
    engine.broke(ConnectionError("no route"), "the cluster")
    later = engine.submit(os.getpid)
    engine.step()
    for each in (work, later):
        with pytest.raises(MachineError, match="the cluster does not answer any more: no route"):
            each.result(0)
    assert len(engine.given) == 1


def test_work_is_cancelled_when_its_engine_has_stopped_it(engine):
    waiting, running = engine.submit(os.getpid), engine.submit(os.getpid)
    assert waiting.cancel()
    engine.step()
    assert running.cancel() and not running.done()
    engine.step()
    assert len(engine.given) == len(engine.halted) == 1
    for each in (waiting, running):
        with pytest.raises(CancelledError):
            each.result(0)
    assert not running.cancel()


def test_a_result_that_is_in_before_it_is_stopped_counts(engine):
    work = engine.submit(os.getpid)
    engine.step()
    work.cancel()
    engine.came(engine.given[0], answer(7))
    engine.step()
    assert work.result(0) == 7 and not engine.halted


def test_what_cannot_be_sent_or_read_is_told(engine):
    assert engine.submit(lambda: None).exception(0) is not None
    work = engine.submit(os.getpid)
    engine.step()
    engine.came(engine.given[0], Answer("value", b"no pickle"))
    assert "the result cannot be read here" in str(work.exception(0))


@pytest.fixture
def order(tmp_path, monkeypatch):
    """Give an order of a call that needs data which this machine lacks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    call = pickle.dumps((os.path.isdir, (str(tmp_path),), {}))
    yield Order("key", call, str(tmp_path / "gone" / "v1-abc"), None, None, version("kleiber"), tuple(sys.path))
    _node._leave()


def test_an_order_without_its_data_is_not_begun_and_with_them_done(order):
    assert carry_out(order).kind == "missing"
    found = carry_out(order, {"dataset.json": b"{}", "../train-x.npy": b"12"})
    assert found.kind == "value" and pickle.loads(found.value) is True
    assert sorted(file.name for file in copy_of(order.data).iterdir()) == ["dataset.json", "train-x.npy"]
    assert carry_out(order).kind == "value"


def test_another_version_of_kleiber_is_refused(order):
    found = carry_out(replace(order, version="0.0.1"))
    assert found.kind == "raised" and isinstance(found.value, KleiberError)
    assert "and this is 0.0.1: install the same there" in str(found.value)


def test_an_order_that_was_stopped_before_it_came_is_lost(order):
    _node.stop(["key"])
    assert carry_out(replace(order, data=None)) == Answer("lost", "killed", "stopped")
