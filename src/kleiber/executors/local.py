"""Processes on this machine, one for each worker: one that dies, in whatever way, is replaced, and its work is lost alone.

Written by hand, since the pools at hand lose work: Pebble 5.2 waits for ever for a worker that ends with exit code 0, ends
the pool where one dies before it has work, and measures time limits by the wall clock; the standard library's pool and loky
end all work where one worker dies. Workers are spawned afresh, so they share no state with the driver, and each computes on
one thread.
"""

import multiprocessing
import os
import queue
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from kleiber.errors import MachineError
from kleiber.executors import LISTENER, Listener, WorkerLost
from kleiber.executors._voice import TOLD, Voice

WORKER = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    # A worker sees nets of many widths: without a limit, what oneDNN and glibc keep of each adds up.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    "MALLOC_ARENA_MAX": "1",
}
LOOK = 1.0  # seconds between two looks whether a process lives, whose children may hold what would tell its end
BEAT = 0.5  # seconds after which a worker sends what its work has told, and looks whether the driver lives
STARTS, AGAIN = 3, 20  # times in a row that a worker may die while it starts; the second once one has started in this run
SPAWN = multiprocessing.get_context("spawn")


class _Work(Future[Any]):
    """Work that is handed out; cancelled while a process does it, that process is killed and replaced."""

    def __init__(self, call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]) -> None:
        super().__init__()
        self.call = call
        self._guard = threading.Lock()
        self._process: _Process | None = None
        self.stopped = False

    def begin(self, process: "_Process") -> bool:
        """Say which process does the work; False where it was cancelled before."""
        with self._guard:
            self._process = process
            return not self.stopped

    def end(self) -> None:
        """Say that the process has done with it, so that a late `cancel` cannot kill what comes after."""
        with self._guard:
            self._process = None

    def cancel(self) -> bool:
        with self._guard:
            if self.done():
                return False
            self.stopped = True
            if self._process is not None:
                self._process.kill()
        return True


class _Process:
    """A worker's process, and the connection to it."""

    def __init__(self, memory_gb: float | None) -> None:
        self._ours, theirs = SPAWN.Pipe()
        self._inner = SPAWN.Process(target=_serve, args=(theirs, os.getpid(), memory_gb), name="kleiber worker")
        self._inner.start()
        theirs.close()

    def starts(self) -> bool:
        """Wait until the process has started; False where it died instead."""
        self._speaks(None)
        started = self._take() == (True, None)
        if not started:
            self._inner.join()
        return started

    def does(self, call: tuple[Any, ...], timeout: float | None, listener: Listener) -> tuple[bool, Any]:
        """Give whether the call went well, with what it gave or raised; raises `WorkerLost` where the process is lost.

        listener: takes what it tells meanwhile.
        """
        end = None if timeout is None else time.monotonic() + timeout
        try:
            self._ours.send(call)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it died while it had nothing to do; how is told below
        except Exception as error:  # what cannot be sent is no fault of the worker's
            return False, error
        while self._speaks(end):
            found = self._take()
            if found is None:
                self._inner.join()
                raise WorkerLost("killed", f"the worker died (exit code {self._inner.exitcode})")
            kind, what = found
            if kind != TOLD:
                return bool(kind), what
            listener(what)
        self.kill()
        raise WorkerLost("timeout", "the trial was killed at its time limit")

    def kill(self) -> None:
        """End the process at once, and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._inner.pid or 0, signal.SIGKILL)
        self._inner.kill()
        self._inner.join()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._inner.is_alive()

    @property
    def exitcode(self) -> int | None:
        """How the process ended."""
        return self._inner.exitcode

    def _speaks(self, end: float | None) -> bool:
        """Wait for a word or the process's end; False where neither came before the end, on a monotonic clock."""
        while not wait([self._ours, self._inner.sentinel], LOOK if end is None else min(LOOK, end - time.monotonic())):
            if not self._inner.is_alive():
                return True
            if end is not None and time.monotonic() >= end:
                return False
        return True

    def _take(self) -> tuple[bool | str, Any] | None:
        try:
            return self._ours.recv() if self._ours.poll() else None
        except (EOFError, OSError):  # it died before it had written all of it
            return None
        except Exception as error:  # what it raised cannot be built again here
            return False, RuntimeError(f"the result cannot be read here: {type(error).__name__}: {error}")


class _Local(Executor):
    def __init__(self, workers: int, timeout: float | None, memory_gb: float | None) -> None:
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._timeout, self._memory_gb = timeout, memory_gb
        self._closing = self._started = False
        self._listener: Listener = lambda told: None
        self._processes: dict[int, _Process] = {}
        self._threads = [threading.Thread(target=self._keep, args=(place,), daemon=True) for place in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        work = _Work((fn, args, kwargs))
        self._queue.put(work)
        return work

    def hear(self, listener: Listener) -> None:
        self._listener = listener

    def close(self) -> None:
        """End all processes, whatever they do."""
        self._closing = True
        for _ in self._threads:
            self._queue.put(None)
        while any(thread.is_alive() for thread in self._threads):
            for process in list(self._processes.values()):
                process.kill()
            for thread in self._threads:
                thread.join(0.05)

    def _keep(self, place: int) -> None:
        """Keep one worker: give it what is to be done, one after the other, and replace it where it dies."""
        # Its processes inherit this: a Ctrl-C while they import is the driver's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while (work := self._queue.get()) is not None:
            if work.stopped:
                _cancelled(work)
                continue
            try:
                process = self._process(place)
                went, found = (
                    process.does(work.call, self._timeout, self._listener) if work.begin(process) else (False, None)
                )
            except Exception as error:
                went, found = False, error
            work.end()
            if work.stopped and not went:
                _cancelled(work)
            elif went:
                work.set_result(found)
            else:
                work.set_exception(found)

    def _process(self, place: int) -> _Process:
        """Give the worker's process, a new one where there is none alive."""
        known = self._processes.get(place)
        if known is not None and known.alive:
            return known
        for _ in range(AGAIN if self._started else STARTS):
            if self._closing:
                raise WorkerLost("killed", "the workers are stopped")
            self._processes[place] = process = _Process(self._memory_gb)
            if process.starts():
                self._started = True
                return process
            process.kill()
        before = "" if self._started else "; what they wrote above says why"
        raise MachineError(f"the workers do not start (exit code {process.exitcode}){before}")


@contextmanager
def start(workers: int, *, timeout: float | None = None, memory_gb: float | None = None) -> Iterator[Executor]:
    """Give an executor of `workers` processes; work that takes longer than `timeout` seconds is killed.

    What a process has of its own, its data and its stack apart from files that are mapped, is at most `memory_gb`; to ask
    for more raises `MemoryError` in it.
    """
    before = {name: os.environ.get(name) for name in WORKER}
    os.environ.update(WORKER)
    pool = _Local(workers, timeout, memory_gb)
    try:
        yield pool
    finally:
        pool.close()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _cancelled(work: _Work) -> None:
    Future.cancel(work)
    work.set_running_or_notify_cancel()


def _serve(connection: Connection, driver: int, memory_gb: float | None) -> None:
    """Do what the driver sends, until it is gone; what a worker prints goes to standard error, which is no result."""
    os.setpgid(0, 0)  # so that it ends with all that it has started
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if memory_gb is not None:
        limit = int(memory_gb * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError, ValueError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    voice = Voice(connection)
    LISTENER.set(voice.tell)
    threading.Thread(target=_beside, args=(driver, voice), daemon=True).start()
    voice.answer((True, None))
    while True:
        try:
            fn, args, kwargs = connection.recv()
        except EOFError:
            return
        except Exception as error:  # such as a module that is not there
            voice.answer((False, RuntimeError(f"{type(error).__name__}: {error}")))
            continue
        try:
            answer = True, fn(*args, **kwargs)
        except BaseException as error:  # whatever anybody's code raises, an exit and a Ctrl-C of its own included
            answer = False, error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__}: {error}")
        try:
            voice.answer(answer)
        except Exception as error:  # what cannot be sent
            voice.answer((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _beside(driver: int, voice: Voice) -> None:
    """Pass on what is told, and end within a second of the driver's death, so that no orphan computes on."""
    while os.getppid() == driver:
        time.sleep(BEAT)
        with suppress(Exception):  # what cannot be sent, and a driver that has just died
            voice.beat()
    os.killpg(0, signal.SIGKILL)
