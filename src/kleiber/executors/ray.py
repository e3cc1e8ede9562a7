"""Workers on a Ray cluster, or on a Ray that is started here: each an actor with its share of CPUs and GPUs.

An actor that dies, with its process or its node, is replaced, and what it had is lost alone. All end with the driver.
"""

import logging
import math
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
from ray.exceptions import ActorDiedError, ActorUnschedulableError, RayActorError, RayError

from kleiber.errors import KleiberError, MachineError
from kleiber.executors._far import Far, Sent, short
from kleiber.executors._node import Answer, Order, Parcel, carry_out

STARTS = 3  # times in a row that an actor may die while it starts
PATIENCE = 60.0  # seconds without any worker after which the log says what is waited for
STORE = 256 * 2**20  # bytes of the object store of a Ray that is started here: what it carries is small

log = logging.getLogger("kleiber.run")


class _Worker:
    """The actor: it has its share of a node and does one order at a time."""

    def ready(self) -> None:
        """Answer once it has started."""

    def do(self, order: Order, parcel: Parcel | None) -> Answer:
        return carry_out(order, parcel)


class _Ray(Far):
    def __init__(self, workers: int, share: dict[str, Any], timeout: float | None, memory_gb: float | None) -> None:
        super().__init__(timeout, memory_gb)
        self._hired = ray.remote(_Worker).options(max_restarts=0, max_task_retries=0, **share)
        self._idle: deque[Any] = deque()
        self._waiting: deque[Sent] = deque()
        self._at: dict[str, Any] = {}  # the actor that has an order, by its key
        self._starting: dict[Any, int] = {}  # actors that start, with how many have died before them in a row
        self._parcel: Any = None
        self._looks = 0
        self._workers = workers
        for _ in range(workers):
            self.soon(self._hire)

    def give(self, work: Sent) -> None:
        self._waiting.append(work)
        self._pair()

    def halt(self, work: Sent) -> None:
        if work in self._waiting:
            self._waiting.remove(work)
            self.came(work.order.key, Answer("lost", "killed", "stopped"))
        elif (actor := self._at.get(work.order.key)) is not None:
            ray.kill(actor)  # its end is told as that of any other

    def look(self) -> None:
        if len(self._starting) < self._workers or not self._waiting:
            self._looks = 0
            return
        self._looks += 1
        if self._looks == int(PATIENCE):
            log.warning("no worker has started yet; the Ray cluster has %s", _said(ray.cluster_resources()))

    def _hire(self, deaths: int = 0) -> None:
        actor = self._hired.remote()
        self._starting[actor] = deaths
        self._when(actor.ready.remote(), lambda future: self._started(actor, future))

    def _started(self, actor: Any, future: Future[Any]) -> None:
        deaths = self._starting.pop(actor)
        error = future.exception()
        if error is None:
            self._idle.append(actor)
            self._pair()
        elif not isinstance(error, RayActorError) or isinstance(error, ActorUnschedulableError) or deaths + 1 >= STARTS:
            self.broke(RuntimeError(f"its workers do not start: {error}"), "the Ray cluster")
        else:
            self._hire(deaths + 1)

    def _pair(self) -> None:
        while self._waiting and self._idle:
            self._hand(self._idle.popleft(), self._waiting.popleft(), None)

    def _hand(self, actor: Any, work: Sent, parcel: Any) -> None:
        self._at[work.order.key] = actor
        self._when(actor.do.remote(work.order, parcel), lambda future: self._answered(actor, work, future))

    def _answered(self, actor: Any, work: Sent, future: Future[Answer]) -> None:
        self._at.pop(work.order.key, None)
        try:
            answer = future.result()
        except RayError as error:
            self._gone(actor, work, error)
            return
        if answer.kind == "missing":
            self._parcel = self._parcel if self._parcel is not None else ray.put(self.parcel())
            self._hand(actor, work, self._parcel)
            return
        self.came(work.order.key, answer)
        self._idle.append(actor)
        self._pair()

    def _gone(self, actor: Any, work: Sent, error: RayError) -> None:
        if not isinstance(error, RayActorError):
            self.came(work.order.key, Answer("lost", "preempted", f"Ray lost the trial: {short(error)}"))
            self._idle.append(actor)
            return
        if not isinstance(error, ActorDiedError):  # it may live on behind a broken line: it is to do no more
            with suppress(RayError):
                ray.kill(actor)
        self.came(work.order.key, Answer("lost", "preempted", f"Ray lost the worker: {short(error)}"))
        self._hire()

    def _when(self, ref: Any, event: Callable[[Future[Any]], None]) -> None:
        """Have the engine's thread called with what came of a call to an actor."""
        ref.future().add_done_callback(lambda future: self.soon(lambda: event(future)))


@contextmanager
def start(
    workers: int,
    *,
    timeout: float | None = None,
    memory_gb: float | None = None,
    address: str = "",
    cpus: float = 1.0,
    gpus: float = 0.0,
    resources: dict[str, float] | None = None,
) -> Iterator[Executor]:
    """Give an executor of `workers` Ray actors.

    `address`: the cluster's, such as "auto" on one of its nodes; empty: what the variable RAY_ADDRESS says, or a Ray that
    is started here. `cpus`: CPUs that a worker takes. `gpus`: GPUs that a worker takes; 0.25 lets four share one.
    `resources`: what else a worker takes, by the names that the cluster's nodes give it.
    """
    share = {"num_cpus": cpus, "num_gpus": gpus, "resources": resources}
    if ray.is_initialized():
        raise KleiberError("Ray runs in this process already; call ray.shutdown() before the study, which starts its own")
    try:
        _connect(address or os.environ.get("RAY_ADDRESS") or "local", workers, cpus)
    except (ConnectionError, RuntimeError, ValueError, RayError) as error:
        raise MachineError(f"Ray cannot be reached or started: {short(error)}") from None  # it may quote a password
    pool = _Ray(workers, share, timeout, memory_gb)
    pool.open()
    try:
        yield pool
    finally:
        pool.close()
        ray.shutdown()  # with it all actors end


def _connect(address: str, workers: int, cpus: float) -> None:
    here = {"num_cpus": max(math.ceil(workers * cpus), 1), "include_dashboard": False, "object_store_memory": STORE}
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # "local" is said, since without any address Ray joins a cluster that runs here already.
    how = here if address == "local" else {}
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **how)
    if threading.current_thread() is threading.main_thread():
        for number, handler in kept.items():  # Ray sets one of its own, by which a polite kill would not be ours
            signal.signal(number, handler)


def _said(resources: dict[str, float]) -> str:
    return ", ".join(f"{resources.get(name, 0):g} {name}s" for name in ("CPU", "GPU"))
