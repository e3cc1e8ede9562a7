"""What running trials tell of their epochs: written into the book as it comes, now and then, by the driver alone.

It is a courtesy to who looks on: the measurement holds it all, and only of an attempt that is lost is it what stays. So a
ledger that cannot be written is left for the next measurement to say.
"""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue

from kleiber.errors import MachineError
from kleiber.records import Measurement, Trial
from kleiber.study.book import Book
from kleiber.trainers import Epoch

BEAT = 1.0  # seconds between two writings at least
REST = 50.0  # and as many times what the last one took, so that it has 2 % of the driver's time at most


@dataclass(slots=True)
class _Story:
    attempt: int
    history: list[float | None] = field(default_factory=list)
    training: list[float | None] = field(default_factory=list)


class Hearing:
    """The losses of the trials that are out, by trial, as far as they were told."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._queue: SimpleQueue[Sequence[Epoch]] = SimpleQueue()
        self._stories: dict[str, _Story] = {}
        self._new: set[str] = set()
        self._owner = self._where()
        self._due = time.monotonic() + BEAT

    def begin(self, trial: Trial, attempt: int) -> None:
        """Listen to a trial that is handed out."""
        self._stories[trial.id] = _Story(attempt)

    def hear(self, told: Sequence[Epoch]) -> None:
        """Take what trials tell, in any thread; in the driver's own, where a trial may run too, write it when it is due."""
        self._queue.put(told)
        if self._where() == self._owner:
            self.write()

    def write(self) -> None:
        """Write what is new, where it is due."""
        if time.monotonic() < self._due:
            return
        self._listen()
        began = time.monotonic()
        if self._new:
            stories = [self._stories[trial] for trial in self._new]
            with suppress(MachineError):
                self._book.tell({one.attempt: (one.history, one.training) for one in stories})
            self._new.clear()
        self._due = time.monotonic() + max(BEAT, REST * (time.monotonic() - began))

    def ended(self, trial: Trial, measurement: Measurement) -> Measurement:
        """Let a trial go; one that is lost keeps what it had told."""
        self._listen()
        self._new.discard(trial.id)
        story = self._stories.pop(trial.id)
        if measurement.history:
            return measurement
        return replace(measurement, history=tuple(story.history), training=tuple(story.training))

    def _listen(self) -> None:
        with suppress(Empty):
            while True:
                for one in self._queue.get_nowait():
                    self._take(one)

    def _take(self, one: Epoch) -> None:
        story = self._stories.get(one.trial)
        if story is not None:
            del story.history[one.place :], story.training[one.place :]  # it was begun anew, alone
            story.history.append(one.loss)
            story.training.append(one.training)
            self._new.add(one.trial)

    @staticmethod
    def _where() -> tuple[int, int]:
        """Tell the driver's thread from any other, and from one of a process that it was forked into."""
        return os.getpid(), threading.get_ident()
