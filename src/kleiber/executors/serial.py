"""One trial after the other, in the driver's own process: for debugging, and where one worker is enough."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from kleiber.errors import KleiberError
from kleiber.executors import LISTENER, Listener


class _Serial(Executor):
    def __init__(self) -> None:
        self._listener: Listener = lambda told: None

    def hear(self, listener: Listener) -> None:
        self._listener = listener

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        before = LISTENER.set(lambda told: self._listener([told]))
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        finally:
            LISTENER.reset(before)
        return future


@contextmanager
def start(workers: int, *, timeout: float | None = None, memory_gb: float | None = None) -> Iterator[Executor]:
    """Give an executor that does the work when it is submitted; it has one worker and no limits."""
    for name, limit in (("timeout", timeout), ("memory_gb", memory_gb)):
        if limit is not None:
            raise KleiberError(f"{name} needs processes that can be killed: --executor local")
    yield _Serial()
