"""What a worker's process says to its driver: the answer at once, and now and then what its work has told meanwhile."""

import threading
from multiprocessing.connection import Connection
from typing import Any

TOLD = "told"  # what stands where an answer says whether the work went well
MOST = 500  # things told that are sent in one piece, so that a pipe takes it whole


class Voice:
    """The worker's end of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self._told: list[Any] = []

    def tell(self, what: Any) -> None:
        """Keep what is told until the next beat, from any thread."""
        self._told.append(what)

    def beat(self) -> None:
        """Send what was told since the last one."""
        with self._lock:
            while told := self._told[:MOST]:
                del self._told[: len(told)]
                self._connection.send((TOLD, told))

    def answer(self, answer: tuple[bool, Any]) -> None:
        """Send what came of the work, in which all is that it has told."""
        with self._lock:
            self._told.clear()
            self._connection.send(answer)
