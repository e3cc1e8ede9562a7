"""What a person sees of a long answer: nothing in its first second, then how far it is."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from kleiber.command.terminal import say

PATIENCE = 1.0  # seconds before anything is shown
PAUSE = 10.0  # seconds between two lines where there is no terminal


class Waiting:
    """Called with what is being worked out, how many are done, and of how many: a bar on a terminal, now and then a line
    elsewhere.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + PATIENCE
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far it is."""
        if self._bar is not None:
            self._bar.update(self._task, description=what, completed=done, total=total)
        elif time.monotonic() < self._next:
            return
        elif sys.stderr.isatty():
            self._start(what, done, total)
        else:
            say(f"{what}: {done:,} of {total:,}")
            self._next = time.monotonic() + PAUSE

    def _start(self, what: str, done: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:>10}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(what, completed=done, total=total)
        self._bar.start()
