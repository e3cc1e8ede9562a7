"""A cluster in virtual time: workers that take as long as trials do, and the driver's own time on the same clock.

The driver is the real one, its ledger included; only its `wait` is another, which lets virtual time pass.
"""

import heapq
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

from kleiber.records import Measurement, State
from kleiber.trainers import Job, perform_together


class Cluster(Executor):
    """Workers in virtual time: `took` gives the seconds of a job, `clock` the time that the driver itself uses."""

    def __init__(self, workers: int, took: Callable[[Job], float], clock: Callable[[], float]) -> None:
        self._workers, self._took, self._clock = workers, took, clock
        self.now = 0.0
        self._mark = clock()
        self._out: list[tuple[float, int, Future[Any], list[Measurement]]] = []
        self._order = count()
        self._ready: list[tuple[Future[Any], list[Measurement]]] = []
        self.busy = 0.0  # worker seconds of all trials
        self.area = 0.0  # worker seconds so far
        self._running, self._last = 0, 0.0
        self._full: tuple[float, float] | None = None
        self.full_time = self.full_area = 0.0  # of the spans in which there was work for every worker
        self.began: float | None = None
        self.driver = 0.0  # seconds that the driver used
        self.trials = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Begin a trial now, in virtual time; what prepares a study is passed over."""
        future: Future[Any] = Future()
        if fn is not perform_together:
            future.set_result(None)
            return future
        if self.began is None:
            self._mark, self.began = self._clock(), self.now
        self._pass()
        jobs: list[Job] = args[0]
        found = [_measured(job, self._took(job)) for job in jobs]
        seconds = sum(each.seconds for each in found)
        heapq.heappush(self._out, (self.now + seconds, next(self._order), future, found))
        self._running += 1
        self.trials += len(jobs)
        self.busy += seconds
        return future

    def wait(self, out: Collection[Future[Any]], timeout: float | None = None, return_when: str = "") -> Any:
        """Let time pass until something comes in; what came meanwhile comes at once."""
        self._pass()
        whole = len(out) >= self._workers
        if self._full and whole:
            self.full_time += self.now - self._full[0]
            self.full_area += self.area - self._full[1]
        self._full = (self.now, self.area) if whole else None
        if not self._ready:
            self._until(self._out[0][0])
        done = {future for future, _ in self._ready}
        for future, found in self._ready:
            future.set_result(found)
        self._ready = []
        self._mark = self._clock()
        return SimpleNamespace(done=done)

    def _pass(self) -> None:
        """Let pass what the driver has used since it was looked at last."""
        now = self._clock()
        used, self._mark = now - self._mark, now
        self.driver += used
        self._until(self.now + used)

    def _until(self, when: float) -> None:
        while self._out and self._out[0][0] <= when:
            finish, _, future, found = heapq.heappop(self._out)
            self._advance(finish)
            self._running -= 1
            self._ready.append((future, found))
        self._advance(when)
        self.now = when

    def _advance(self, when: float) -> None:
        self.area += self._running * (when - self._last)
        self._last = when


current: list[Cluster] = []  # the one that the next study runs on


class CLUSTER:
    """The executor, as `--executor benchmarks.protocol.simulated:CLUSTER` would name it."""

    @staticmethod
    @contextmanager
    def start(workers: int, *, timeout: float | None = None, memory_gb: float | None = None) -> Iterator[Executor]:
        """Give the cluster that was made for the study."""
        yield current[-1]


def _measured(job: Job, seconds: float) -> Measurement:
    trial = job.trial
    loss = 2.0 * trial.rung.n**-0.3 + 0.1 + (abs(trial.params.get("lr", 0.1) - 0.01) + trial.seed % 997 / 1e5)
    values = {"loss": loss, "error": loss / 3}
    test = values if trial.purpose == "score" else None
    epochs = 6 if trial.until is None else trial.until
    return Measurement(State.OK, values, test, epochs, int(epochs * trial.rung.n), seconds, history=(loss,) * int(epochs))


def processor_time() -> float:
    """The driver's processor time, its waits for the disk left out."""
    return time.process_time()
