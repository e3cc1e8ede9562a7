"""Where trials are done: each file of this folder opens a `concurrent.futures.Executor`.

An executor's file has `start(workers, *, timeout, memory_gb, ...)`, a context manager that gives an object with
`submit(function, *args) -> concurrent.futures.Future`; what else it takes are the keys of a study's `[executor]` table.
A future raises `WorkerLost` where the process that did the work died or was killed at its time limit; what the function
itself raises comes through as it is. `cancel` of work that runs kills it where that can be done, and the future is
cancelled; elsewhere it does nothing.

Where workers may be on other machines, the object has `share(folder)` too, which says where the prepared data of the work
to come lie; both sides then see only what is sent and what comes back. Workers that end after one piece of work say so by
`lasts = False`.

Work may tell things while it runs, by what `teller()` gives. An executor that is `Telling` passes them on; elsewhere, and
in the last moment before the result, they are dropped: the result has to hold all that counts.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

Listener = Callable[[Sequence[Any]], None]

LISTENER: ContextVar[Callable[[Any], None]] = ContextVar("kleiber_listener", default=lambda told: None)
"""What takes what is told, in whatever runs the work: an executor sets it."""


def teller() -> Callable[[Any], None]:
    """Give what passes a thing that can be pickled on to the driver; asked in the thread that was given the work."""
    return LISTENER.get()


@runtime_checkable
class Telling(Protocol):
    """An executor that passes on what work tells while it runs."""

    def hear(self, listener: Listener) -> None:
        """Let a listener take what is told from now on, some things at a time and in order, in any thread."""


class WorkerLost(Exception):  # noqa: N818  (what became of a worker, not a defect of ours)
    """The process that did the work is gone.

    `reason`: "killed" (it died itself), "timeout", "oom", or "preempted": its worker or machine is gone, by no fault of the
    work.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
