"""What a trial prints: it goes to a file beside the ledger, so that it disturbs neither results nor progress.

A line of it has the trial's size, purpose and number before it. What is more than `MOST` characters of one trial, or comes
after the file has `FULL` bytes, is dropped, and a line says so.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from kleiber.records import Trial

MOST = 20_000
FULL = 10_000_000


class _Kept(io.TextIOBase):
    """A text file that appends whole lines to another."""

    def __init__(self, path: Path, head: str) -> None:
        self._path, self._head, self._line, self._left = path, head, "", MOST

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, self._line = (self._line + text).replace("\r", "\n").split("\n")
        if len(self._line) > MOST:
            lines, self._line = [*lines, self._line], ""
        for line in filter(str.strip, lines):
            self._append(line)
        return len(text)

    def close(self) -> None:
        if not self.closed and self._line.strip():
            self._append(self._line)
        super().close()

    def _append(self, line: str) -> None:
        if self._left <= 0:
            return
        shown = line[: self._left]
        self._left -= len(line)
        rest = [] if self._left > 0 else ["(what it prints further is not kept)"]
        try:
            if self._path.is_file() and self._path.stat().st_size > FULL:
                self._left = 0
                return
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.writelines(f"{self._head}{each}\n" for each in [shown, *rest])
        except OSError:  # a full disk, or a machine that does not see the folder: no reason to lose the trial
            self._left = 0


@contextmanager
def kept(path: str | None, trial: Trial) -> Iterator[None]:
    """Keep what is printed meanwhile, on either stream, in a file; with None nothing is changed."""
    if path is None:
        yield
        return
    head = f"n={trial.rung.n} {trial.purpose} {trial.rung.replicate}.{trial.number}: "
    with _Kept(Path(path), head) as file, redirect_stdout(file), redirect_stderr(file):
        yield
