"""Ctrl-C and a polite kill: the command stops and says so; a second signal stops it at once."""

import os
import signal
from typing import Any

from kleiber.command.terminal import say

KEPT = "; what was measured is kept: the same line continues"


class Interrupted(BaseException):
    """A signal asked the command to stop; `code` is what it exits with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def listen(besides: str = "") -> None:
    """From now on raise `Interrupted` where a signal asks to stop; `besides` is said with it."""

    def stop(number: int, _: Any) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: os._exit(128 + number))
        say(f"kleiber: interrupted{besides}")
        raise Interrupted(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
