"""Where trials are done: each file of this folder opens a `concurrent.futures.Executor`.

An executor's file has `start(workers, *, timeout, memory_gb, ...)`, a context manager that gives an object with
`submit(function, *args) -> concurrent.futures.Future`; what else it takes are the keys of a study's `[executor]` table.
A future raises `WorkerLost` where the process that did the work died or was killed at its time limit; what the function
itself raises comes through as it is. `cancel` of work that runs kills it where that can be done, and the future is
cancelled; elsewhere it does nothing.

Where workers may be on other machines, the object has `share(folder)` too, which says where the prepared data of the work
to come lie; both sides then see only what is sent and what comes back. Workers that end after one piece of work say so by
`lasts = False`.
"""

__all__ = ["WorkerLost"]


class WorkerLost(Exception):  # noqa: N818  (what became of a worker, not a defect of ours)
    """The process that did the work is gone.

    `reason`: "killed" (it died itself), "timeout", "oom", or "preempted": its worker or machine is gone, by no fault of the
    work.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
