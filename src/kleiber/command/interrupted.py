"""Ctrl-C, a polite kill and a terminal that is closed: the command stops and says so; a second signal stops it at once."""

import os
import signal
from contextlib import suppress
from typing import Any

from kleiber.command.terminal import say

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
KEPT = "; what was measured is kept: the same line continues"


class Interrupted(BaseException):
    """A signal asked the command to stop; `code` is what it exits with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def listen(besides: str = "") -> None:
    """From now on raise `Interrupted` where a signal asks to stop; `besides` is said with it."""

    def stop(number: int, _: Any) -> None:
        for each in SIGNALS:
            signal.signal(each, lambda *_: os._exit(128 + number))
        with suppress(OSError):  # the terminal is gone
            say(f"kleiber: interrupted{besides}")
        raise Interrupted(128 + number)

    for number in SIGNALS:
        signal.signal(number, stop)
