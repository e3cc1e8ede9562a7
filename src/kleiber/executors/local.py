"""Processes on this machine, by Pebble: survives a worker that is killed, and kills one at its time limit.

Workers are spawned afresh, so they share no state with the driver, and each computes on one thread.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from pebble import ProcessExpired, ProcessPool

from kleiber.errors import KleiberError
from kleiber.executors import WorkerLost

WORKER = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    # A worker sees nets of many widths: without a limit, what oneDNN and glibc keep of each adds up.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    "MALLOC_ARENA_MAX": "1",
}


class _Handed(Future[Any]):
    """Work that a process has; cancelled while it runs, the process is killed and replaced."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self._inner = inner

    def cancel(self) -> bool:
        return bool(self._inner.cancel())


class _Local(Executor):
    def __init__(self, pool: ProcessPool, timeout: float | None) -> None:
        self._pool, self._timeout = pool, timeout

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            inner = self._pool.schedule(fn, args=args, kwargs=kwargs, timeout=self._timeout)
        except RuntimeError as error:
            raise _not_started(error) from error
        outer = _Handed(inner)
        inner.add_done_callback(lambda done: _settle(done, outer))
        return outer


@contextmanager
def start(workers: int, *, timeout: float | None = None) -> Iterator[Executor]:
    """Give an executor of `workers` processes; work that takes longer than `timeout` seconds is killed."""
    before = {name: os.environ.get(name) for name in WORKER}
    os.environ.update(WORKER)
    pool = ProcessPool(
        max_workers=workers,
        context=multiprocessing.get_context("spawn"),
        initializer=_die_with,
        initargs=(os.getpid(),),
    )
    try:
        yield _Local(pool, timeout)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _die_with(driver: int) -> None:
    """Let a worker end itself within a second of its driver's death, so that no orphan computes on."""

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _not_started(error: Exception) -> KleiberError:
    return KleiberError(f"the workers do not start ({error}); what they wrote above says why")


def _settle(done: Any, outer: Future[Any]) -> None:
    if done.cancelled():
        Future.cancel(outer)
        outer.set_running_or_notify_cancel()
        return
    error = done.exception()
    if isinstance(error, ProcessExpired):
        outer.set_exception(WorkerLost("killed", f"the worker died (exit code {error.exitcode})"))
    elif isinstance(error, FutureTimeout | TimeoutError):
        outer.set_exception(WorkerLost("timeout", "the trial was killed at its time limit"))
    elif isinstance(error, BrokenProcessPool):
        outer.set_exception(_not_started(error))
    elif error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(done.result())
