"""What a worker of an engine does, on whatever machine it is: each trial in a process of its own, with its limits.

So a trial that crashes, or takes too long or too much memory, ends its own process and no worker of the engine's; a worker
that is gone is never the trial's fault.
"""

import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import util
from pathlib import Path
from typing import Any, Literal

from kleiber.datasets._cache import at_hand, copy_of
from kleiber.errors import KleiberError, MachineError
from kleiber.executors import WorkerLost, local

Parcel = Mapping[str, bytes]  # the files of a folder of prepared data, by name


@dataclass(frozen=True, slots=True)
class Order:
    """Work on its way to a worker: `call` is the pickled call, `data` the folder of prepared data that it opens.

    `version`: kleiber's, of who sent it. `path`: where its modules lie, for workers that see the same files.
    """

    key: str
    call: bytes
    data: str | None
    timeout: float | None
    memory_gb: float | None
    version: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an order: its value, pickled, or what it raised, or why it was lost, or that it lacks data."""

    kind: Literal["value", "raised", "lost", "missing"]
    value: Any = None
    message: str = ""


_seats: dict[int, tuple[tuple[float | None, float | None], Any, Executor]] = {}  # by thread of this worker
_at_work: dict[str, Future[Any]] = {}  # by key of the order
_unwanted: set[str] = set()  # keys of orders that were stopped before they came
_guard = threading.Lock()


def carry_out(order: Order, parcel: Parcel | None = None) -> Answer:
    """Do an order, and give what came of it; nothing is raised. Without the data that it needs, it is not begun."""
    here = version("kleiber")
    if order.version != here:
        said = f"a worker on {os.uname().nodename} has kleiber {here}, and this is {order.version}: install the same there"
        return Answer("raised", KleiberError(said))
    try:
        if order.data is not None and at_hand(order.data) is None:
            if parcel is None:
                return Answer("missing")
            unpack(parcel, copy_of(order.data))
        future = _seat(order).submit(_call, order.call, order.path)
        _at_work[order.key] = future
        if order.key in _unwanted:
            future.cancel()
        return Answer("value", future.result())
    except WorkerLost as error:
        return Answer("lost", error.reason, str(error))
    except CancelledError:
        return Answer("lost", "killed", "stopped")
    except Exception as error:
        return Answer("raised", error)
    finally:
        _at_work.pop(order.key, None)


def stop(keys: Sequence[str]) -> None:
    """Kill the processes that do these orders, where this worker has them or gets them yet; each is answered as lost."""
    _unwanted.update(keys)
    for key in keys:
        if future := _at_work.get(key):
            future.cancel()


def unpack(parcel: Parcel, folder: Path) -> None:
    """Write prepared data to a folder, which appears whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, content in parcel.items():
                (draft / Path(name).name).write_bytes(content)
            with suppress(OSError):  # another worker of this machine was first
                draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise MachineError(f"{os.uname().nodename} cannot keep the data in {folder}: {error}") from error


def _seat(order: Order) -> Executor:
    """Give the pool of one process that this thread of the worker has; other limits are another pool's."""
    limits, thread = (order.timeout, order.memory_gb), threading.get_ident()
    with _guard:
        if thread in _seats and _seats[thread][0] != limits:
            _seats.pop(thread)[1].__exit__(None, None, None)
        if thread not in _seats:
            if not _seats:
                util.Finalize(None, _leave, exitpriority=100)
            # A Dask worker is a daemon of its nanny's, and Python lets no daemon start a process.
            multiprocessing.current_process().daemon = False
            opened = local.start(1, timeout=order.timeout, memory_gb=order.memory_gb)
            _seats[thread] = (limits, opened, opened.__enter__())
        return _seats[thread][2]


def _leave() -> None:
    """End all processes, before the worker's own end waits for them."""
    while _seats:
        with suppress(KeyError):
            _seats.popitem()[1][1].__exit__(None, None, None)


def _call(call: bytes, path: Sequence[str]) -> bytes:
    sys.path.extend(place for place in path if place not in sys.path and Path(place).is_dir())
    fn, args, kwargs = pickle.loads(call)
    return pickle.dumps(fn(*args, **kwargs))
