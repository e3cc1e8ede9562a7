"""Workers of a Dask cluster, whoever started it (dask-jobqueue does on PBS, SGE or LSF), or of one that is started here.

Dask itself does what a dead worker had once more on another one, and after some such deaths gives a trial up, however
innocent it is (`distributed.scheduler.allowed-failures`). That is a lost worker here, and the trial is handed out again.
"""

import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster
from distributed.comm import get_address_host_port

from kleiber.errors import KleiberError, MachineError
from kleiber.executors._far import Far, Sent, short
from kleiber.executors._node import Answer, Parcel, carry_out, stop

FETCH = 10.0  # seconds for an answer to come from the worker that has it, before Dask is asked where it is now
PATIENCE = 60  # looks without any worker after which the log says what is waited for
END = 3.0  # seconds that stopping workers may take at the end

log = logging.getLogger("kleiber.run")


class _Dask(Far):
    def __init__(
        self, client: Client, resources: dict[str, float] | None, timeout: float | None, memory_gb: float | None
    ) -> None:
        super().__init__(timeout, memory_gb)
        self._client, self._resources = client, resources
        self._at: dict[str, Future] = {}  # of an order, by its key
        self._parcels: list[Future] = []  # the one of the prepared data, where a worker asked for them
        self._looks = 0

    def give(self, work: Sent, parcel: Any = None) -> None:
        name = f"kleiber-{work.order.key}" + ("" if parcel is None else "-with-data")
        future = self._client.submit(carry_out, work.order, parcel, key=name, pure=False, resources=self._resources)
        self._at[work.order.key] = future
        self._when_done(work, future)

    def halt(self, work: Sent) -> None:
        self._stop([work.order.key])
        if future := self._at.pop(work.order.key, None):
            future.cancel()
        self.came(work.order.key, Answer("lost", "killed", "stopped"))

    def look(self) -> None:
        if self._client.status != "running" and self._out:
            self.broke(ConnectionError(f"the scheduler at {self._client.scheduler.address} is gone"), "Dask")
        self._looks += 1
        if self._looks == PATIENCE and not self._client.scheduler_info().get("workers"):
            log.warning("no worker has joined the Dask cluster yet")

    def close(self) -> None:
        super().close()
        if self._client.status == "running" and self._out:
            self._stop(list(self._out)).join(END)

    def _stop(self, keys: list[str]) -> threading.Thread:
        """Have the processes killed that do these orders, wherever they are: Dask itself stops nothing that runs."""

        def run() -> None:
            with suppress(Exception):  # a worker or the scheduler that is gone has stopped already
                self._client.run(stop, keys, on_error="ignore")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _when_done(self, work: Sent, future: Future) -> None:
        future.add_done_callback(lambda done: self.soon(lambda: self._done(work, done)))

    def _done(self, work: Sent, future: Future) -> None:
        key = work.order.key
        current = self._at.get(key) is future
        if not current:  # it was stopped, or goes with its data
            return
        try:
            answer = future.result(timeout=FETCH)
        except TimeoutError:  # the worker that had the answer is gone, and another one does the trial again
            self._when_done(work, future)
            return
        except KilledWorker as error:
            answer = Answer("lost", "preempted", f"Dask lost the worker too often: {short(error)}")
        except Exception as error:  # the scheduler is gone, or a worker cannot read an order
            if self._client.status != "running" or future.status in ("cancelled", "lost"):
                self.broke(error, "Dask")
                return
            said = f"a worker cannot do a trial: {short(error)}; kleiber must be installed there as it is here"
            answer = Answer("raised", MachineError(said))
        if answer.kind == "missing":
            self.give(work, self._data())
            return
        del self._at[key]
        self.came(key, answer)

    def _data(self) -> Future:
        """Give the prepared data as something that workers have from each other; Dask can make it again from its graph."""
        if not self._parcels:
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
                self._parcels.append(self._client.submit(_same, self.parcel(), key=f"kleiber-data-{uuid.uuid4().hex}"))
        return self._parcels[0]


@contextmanager
def start(
    workers: int,
    *,
    timeout: float | None = None,
    memory_gb: float | None = None,
    address: str = "",
    resources: dict[str, float] | None = None,
) -> Iterator[Executor]:
    """Give an executor that has `workers` orders at a Dask cluster at a time.

    `address`: the scheduler's, such as "tcp://10.0.0.1:8786", or the path of its file; empty: a cluster of this machine is
    started, with one thread a worker. `resources`: what a trial takes, by the names that the cluster's workers give it.
    """
    for name in ("distributed", "distributed.worker", "distributed.nanny", "distributed.scheduler", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        try:
            cluster = None if address else stack.enter_context(_cluster(workers))
            client = stack.enter_context(_client(address, cluster))
        except (OSError, TimeoutError) as error:
            raise MachineError(f"Dask cannot be reached or started: {short(error)}") from error
        pool = _Dask(client, resources, timeout, memory_gb)
        pool.open()
        try:
            yield pool
        finally:
            pool.close()


def _cluster(workers: int) -> LocalCluster:
    return LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0)


def _client(address: str, cluster: LocalCluster | None) -> Client:
    if cluster is not None:
        return Client(cluster, set_as_default=False)
    if Path(address).is_file():
        return Client(scheduler_file=address, set_as_default=False, timeout=30)
    try:
        get_address_host_port(address)
    except ValueError:  # it quotes the address, in which a password may stand; a client made of it would hang
        raise KleiberError(
            "address: Dask reads no host and port in it; write tcp://HOST:PORT, without a password"
        ) from None
    return Client(address, set_as_default=False, timeout=30)


def _same(parcel: Parcel) -> Parcel:
    return parcel
