"""Workers that die, hang, print or raise what they like: the work is lost alone, and the others go on."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, wait
from contextlib import suppress

import pytest

from kleiber.errors import MachineError
from kleiber.executors import WorkerLost, local, teller


def pid():
    return os.getpid()


def leave(code):
    os._exit(code)


def fail_to_start(*_):
    os._exit(7)


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()


def ask(kind):
    raise kind("of its own")


def unsendable():
    return lambda: None


def child(seconds):
    return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"]).pid, time.sleep(seconds)


def square(x):
    return x * x


@pytest.mark.parametrize("code", [0, 1, 9])
def test_a_worker_that_leaves_with_any_code_is_lost_and_replaced(code):
    with local.start(1) as pool:
        lost = pool.submit(leave, code)
        with pytest.raises(WorkerLost, match=rf"exit code {code}") as caught:
            lost.result(30)
        assert caught.value.reason == "killed"
        assert pool.submit(square, 3).result(30) == 9


def test_a_worker_killed_at_any_moment_costs_its_own_work_alone():
    with local.start(2) as pool:
        for delay in (0.0, 0.05, 0.15, 0.3):
            first = pool.submit(pid).result(30)
            futures = [pool.submit(nap, 0.2) for _ in range(4)]
            time.sleep(delay)
            os.kill(first, signal.SIGKILL)
            wait(futures, 30)
            lost = [f for f in futures if isinstance(f.exception(), WorkerLost)]
            assert len(lost) <= 1
            assert all(f.exception() is None for f in futures if f not in lost)


def test_a_worker_killed_while_it_starts_is_replaced():
    with local.start(1) as pool:
        future = pool.submit(pid)
        while not pool._processes:
            time.sleep(0.001)
        os.kill(pool._processes[0]._inner.pid, signal.SIGKILL)
        assert future.result(30) > 0


def test_once_a_worker_has_started_more_deaths_in_a_start_are_outlived_than_before_the_first():
    with local.start(1) as pool:
        os.kill(pool.submit(pid).result(30), signal.SIGKILL)
        future, killed = pool.submit(pid), set()
        while len(killed) < local.STARTS + 1 and not future.done():
            process = pool._processes[0]._inner
            if process.pid not in killed and process.is_alive():
                with suppress(ProcessLookupError):  # it has ended, and was cleared away, since it was looked at
                    os.kill(process.pid, signal.SIGKILL)
                killed.add(process.pid)
        found = future.exception(30) or future.result()
        assert isinstance(found, int | WorkerLost)  # the last kill may have met the work itself, never a MachineError


def test_workers_that_never_start_end_the_run(monkeypatch):
    monkeypatch.setattr(local, "_serve", fail_to_start)
    with local.start(1) as pool, pytest.raises(MachineError, match=r"the workers do not start \(exit code 7\)"):
        pool.submit(pid).result(60)


def test_a_time_limit_is_of_monotonic_time_and_kills_what_the_work_has_started(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)  # the wall clock stands still
    with local.start(1, timeout=1.0) as pool:
        began = time.monotonic()
        with pytest.raises(WorkerLost, match="time limit") as caught:
            pool.submit(child, 60).result(30)
        assert caught.value.reason == "timeout"
        assert time.monotonic() - began < 10
        assert pool.submit(square, 4).result(30) == 16


def test_cancelled_work_is_stopped_and_the_rest_goes_on():
    with local.start(1) as pool:
        pool.submit(pid).result(30)
        running, waiting, last = pool.submit(nap, 60), pool.submit(nap, 60), pool.submit(square, 5)
        time.sleep(0.3)
        assert running.cancel() and waiting.cancel()
        assert last.result(30) == 25
        for future in (running, waiting):
            with pytest.raises(CancelledError):
                future.result(5)
        assert not last.cancel()


def chatter():
    told = teller()
    while True:
        told("x" * 1000)
        time.sleep(0.0005)


def tell_what_cannot_be_sent():
    teller()(lambda: None)
    time.sleep(2 * local.BEAT)
    return 8


def test_a_worker_that_talks_without_end_is_stopped_at_its_limit_and_loses_nothing_else():
    heard = []
    with local.start(1, timeout=2.0) as pool:
        pool.hear(heard.extend)
        with pytest.raises(WorkerLost, match="time limit"):
            pool.submit(chatter).result(60)
        assert set(heard) == {"x" * 1000}
        assert pool.submit(square, 8).result(60) == 64


def test_what_cannot_be_told_costs_the_work_nothing():
    with local.start(1) as pool:
        pool.hear(lambda told: pytest.fail("nothing could be sent"))
        assert pool.submit(tell_what_cannot_be_sent).result(60) == 8


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_is_an_exception_of_the_work(kind):
    with local.start(1) as pool:
        found = pool.submit(ask, kind).exception(30)
        assert isinstance(found, RuntimeError) and kind.__name__ in str(found)
        assert pool.submit(square, 6).result(30) == 36


def test_what_cannot_be_sent_is_told_both_ways():
    with local.start(1) as pool:
        assert pool.submit(lambda: None).exception(30) is not None
        assert pool.submit(unsendable).exception(30) is not None
        assert pool.submit(square, 7).result(30) == 49
