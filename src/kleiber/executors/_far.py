"""What executors on other machines have in common: work on its way, prepared data by need, and who looks after both.

An engine (Ray, Dask, Slurm) carries orders and answers, which are small; a worker that lacks the prepared data says so, and
has the order again with the data. One thread of the driver does all that concerns the engine.
"""

import logging
import pickle
import queue
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kleiber.errors import MachineError, masked
from kleiber.executors import WorkerLost
from kleiber.executors._node import Answer, Order, Parcel

LOOK = 1.0
log = logging.getLogger("kleiber.run")


class Sent(Future[Any]):
    """Work that an engine has; cancelled, it is stopped there. What comes of it is taken once: a late answer is nothing."""

    def __init__(self, order: Order, stop: Callable[["Sent"], None]) -> None:
        super().__init__()
        self.order, self.stopped = order, False
        self._stop = stop
        self._taken = False

    def cancel(self) -> bool:
        """Have it stopped; it is cancelled when the engine has done so."""
        if self.done():
            return False
        self.stopped = True
        self._stop(self)
        return True

    def take(self, answer: Answer) -> None:
        """Settle it by an answer, the first that comes."""
        if self._taken:
            return
        self._taken = True
        if answer.kind == "value":
            self._settle(answer.value)
        elif self.stopped:
            Future.cancel(self)
            self.set_running_or_notify_cancel()
        elif answer.kind == "raised":
            self.set_exception(answer.value)
        else:
            self.set_exception(WorkerLost(answer.value, answer.message))

    def _settle(self, value: bytes) -> None:
        try:
            self.set_result(pickle.loads(value))
        except Exception as error:  # such as a class that is not there
            self.set_exception(RuntimeError(f"the result cannot be read here: {type(error).__name__}: {error}"))


class Far(Executor):
    """An executor whose workers may be on other machines: `share` says which folder of prepared data work needs.

    An engine's own class has `give`, which sends an order off, `halt`, which stops one, and `look`, called each second;
    all of them are called by the one thread. `lasts`: whether workers outlive an order.
    """

    lasts = True
    pace = LOOK  # seconds between two looks

    def __init__(self, timeout: float | None, memory_gb: float | None) -> None:
        self._limits = (timeout, memory_gb)
        self._folder: str | None = None
        self._out: dict[str, Sent] = {}
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._broken: MachineError | None = None
        self._thread = threading.Thread(target=self._serve, name="kleiber engine", daemon=True)

    def share(self, folder: Path) -> None:
        """Say where the prepared data of the work to come lie."""
        self._folder = str(folder)

    def parcel(self) -> Parcel:
        """Give the prepared data as what travels."""
        assert self._folder is not None, "an order that names no data lacks none"
        return {file.name: file.read_bytes() for file in sorted(Path(self._folder).iterdir())}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            call = pickle.dumps((fn, args, kwargs))
        except Exception as error:  # what cannot be sent
            refused: Future[Any] = Future()
            refused.set_exception(error)
            return refused
        places = tuple(place for place in sys.path if place)
        order = Order(uuid.uuid4().hex, call, self._folder, *self._limits, version("kleiber"), places)
        work = Sent(order, self._halt)
        self.soon(lambda: self._begin(work))
        return work

    def soon(self, event: Callable[[], None]) -> None:
        """Have the engine's thread do something."""
        self._events.put(event)

    def came(self, key: str, answer: Answer) -> None:
        """Take in what came of an order; of one that is settled nothing is wanted any more."""
        work = self._out.pop(key, None)
        if work is not None:
            work.take(answer)

    def broke(self, error: Exception, engine: str) -> None:
        """Give up: the engine is gone, with all that it had."""
        self.give_up(MachineError(f"{engine} does not answer any more: {short(error)}"))

    def give_up(self, error: MachineError) -> None:
        """Raise this for all that is out, and all that comes."""
        self._broken = error
        for key in list(self._out):
            self.came(key, Answer("raised", error))

    def give(self, work: Sent) -> None:
        """Send an order off."""
        raise NotImplementedError

    def halt(self, work: Sent) -> None:
        """Stop an order that is out, so that an answer comes."""
        raise NotImplementedError

    def look(self) -> None:
        """Look after what no event tells."""

    def leave(self) -> None:
        """Let go of the engine: the last thing that the one thread does."""

    def open(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """Do no more."""
        self._events.put(None)
        self._thread.join(LOOK)

    def _begin(self, work: Sent) -> None:
        if self._broken is not None:
            work.take(Answer("raised", self._broken))
            return
        self._out[work.order.key] = work
        if work.stopped:
            self.came(work.order.key, Answer("lost", "killed", "stopped"))
        else:
            self.give(work)

    def _halt(self, work: Sent) -> None:
        self.soon(lambda: self.halt(work) if work.order.key in self._out else None)

    def _serve(self) -> None:
        # What the engine starts from here inherits this: a Ctrl-C is the driver's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        seen = time.monotonic()
        while True:
            try:
                event: Callable[[], None] | None = self._events.get(timeout=max(seen + self.pace - time.monotonic(), 0.0))
            except queue.Empty:
                event, seen = self.look, time.monotonic()
            if event is None:
                self.leave()
                return
            try:
                event()
            except Exception as error:  # nothing may end the one thread that all work waits for
                log.exception("the engine")
                self.broke(error, "the engine")


def short(error: BaseException) -> str:
    """Give what an engine says, which may be many lines, as the beginning of one."""
    return masked(" ".join(str(error).split()))[:300] or type(error).__name__
