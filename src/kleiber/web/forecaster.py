"""The other process, which works forecasts out (`telling.py`), so that neither a reader nor a study waits for one.

It has a session of its own, so that Ctrl-C in a terminal ends it by its input alone.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Forecaster:
    """The other process, started when it is first asked; `ask` is called from one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, path: Path, studies: Collection[str], ended: bool) -> dict[str, Any]:
        """Give what `telling.told` gives, or {"error": ...} where it cannot; waits for it."""
        with self._lock:
            if self._closed:
                return {"error": "the server ends"}
            if self._process is None or self._process.poll() is not None:
                self._process = _start()
            process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps([str(path), list(studies), ended]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (OSError, ValueError):
            answer = ""
        found: dict[str, Any] = json.loads(answer) if answer else {"error": "the process that forecasts has ended"}
        return found

    def close(self) -> None:
        """End the process, also while it is asked."""
        with self._lock:
            self._closed = True
            if self._process is None:
                return
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError, ValueError):
                    assert stream is not None
                    stream.close()


def _start() -> "subprocess.Popen[str]":
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "kleiber.web.telling"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=environment,
        start_new_session=True,
    )
