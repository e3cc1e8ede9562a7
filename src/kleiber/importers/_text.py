"""Text of files that anybody sent: UTF-8 or UTF-16 by its mark, gzipped or not; read some lines at a time, within bounds.

A byte that is no text has its line named: it is never replaced, and no other encoding is guessed.
"""

import gzip
import io
import itertools
import re
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from kleiber.errors import KleiberError

LONGEST_LINE = 2**22
BLOCK = 2**18
UNPACKED = 2**30
MOST_LINES = 4_000_000  # blank ones too, of which a small archive may hold any number
GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BAD_BYTE = re.compile("[\udc80-\udcff]")


def head(path: Path) -> bytes:
    """Give the first bytes of a file, by which its kind is known."""
    try:
        with path.open("rb") as file:
            return file.read(8)
    except (OSError, ValueError) as error:
        raise KleiberError(f"cannot read {path}: {error}") from error


def lines(path: Path) -> Iterator[str]:
    """Give the lines of a text file as `blocks` does, one at a time."""
    return itertools.chain.from_iterable(blocks(path))


def blocks(path: Path) -> Iterator[list[str]]:
    """Give the lines of a text file with their ends as they stand (LF, CRLF, lone CR), some hundred thousand characters
    at a time.

    Raises `KleiberError` with the line of a byte that is no text, for a line of more than 4 million characters, beyond
    4 million lines, and for a gzipped file of more than 2**30 characters unpacked; the lines before it are given first.
    """
    number = size = 0
    packed = head(path).startswith(GZIP)
    with closing(_many(path)) as pieces:
        for block in pieces:
            text = "".join(block)
            total = size + len(text)
            plain = "\0" not in text and (text.isascii() or not _BAD_BYTE.search(text))
            if plain and len(text) <= LONGEST_LINE and not (packed and total > UNPACKED):
                yield block
            else:
                yield from ([line] for line in _checked(block, path, number, size if packed else 0))
            number, size = number + len(block), total
            if number > MOST_LINES:
                raise KleiberError(f"{path}: more than {MOST_LINES:,} lines: a table has one row for each finished run")


def _checked(block: Sequence[str], path: Path, number: int, size: int) -> Iterator[str]:
    """Give lines up to the first that cannot stand; `number` lines with `size` unpacked characters came before."""
    for line in block:
        number += 1
        size += len(line)
        if len(line) > LONGEST_LINE:
            raise KleiberError(f"{path}, line {number}: longer than {LONGEST_LINE:,} characters: this is no table")
        if size > UNPACKED and head(path).startswith(GZIP):
            raise KleiberError(f"{path}: unpacks to more than {UNPACKED:,} characters: unpack it yourself")
        _require_text(line, path, number)
        yield line


def whole(path: Path, limit: int) -> str:
    """Give a text file in one piece; raises `KleiberError` where it is longer than `limit` characters."""
    with closing(_pieces(path, None, limit + 1)) as pieces:
        text = next(pieces, "")
    if len(text) > limit:
        raise KleiberError(f"{path}: more than {limit:,} characters in one piece: save it as JSON lines (.jsonl) or CSV")
    if _BAD_BYTE.search(text):
        for number, line in enumerate(io.StringIO(text, newline=""), 1):
            _require_text(line, path, number)
    return text


def _many(path: Path) -> Generator[list[str], None, None]:
    """Give lines, some at a time; where a file breaks off or is no text, one at a time up to that place."""
    number = 0
    try:
        with _decoded(path) as text:
            while piece := text.read(BLOCK):
                piece += "" if piece.endswith("\n") else text.readline(LONGEST_LINE + 1)
                block = list(io.StringIO(piece, newline=""))
                number += len(block)
                yield block
    except (OSError, EOFError, zlib.error, ValueError):
        with closing(_pieces(path, LONGEST_LINE + 1)) as pieces:
            yield from ([line] for line in itertools.islice(pieces, number, None))


def _pieces(path: Path, line: int | None, most: int | None = None) -> Generator[str, None, None]:
    """Give lines of at most `line` characters, or the first `most` characters of all."""
    number = 0
    try:
        with _decoded(path) as text:
            while piece := (text.readline(line) if line is not None else text.read(most)):
                number += 1
                yield piece
    except UnicodeDecodeError as error:
        raise KleiberError(f"{path}, after line {number}: not UTF-16: save it as UTF-8") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise KleiberError(f"cannot read {path}: {error}") from error


@contextmanager
def _decoded(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open a file as text; bytes that are not UTF-8 come as lone surrogates, so that their line can be told."""
    packed = path.suffix.lower() == ".gz" or head(path).startswith(GZIP)
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        wide = file.read(2) in UTF_16
        file.seek(0)
        encoding, errors = ("utf-16", "strict") if wide else ("utf-8-sig", "surrogateescape")
        yield io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")


def _require_text(line: str, path: Path, number: int) -> None:
    if "\0" in line:
        raise KleiberError(f"{path}, line {number}: a NUL character, as in UTF-16 without its mark: save it as UTF-8")
    if not line.isascii() and (bad := _BAD_BYTE.search(line)):
        byte = bytes([ord(bad.group()) - 0xDC00])
        raise KleiberError(f"{path}, line {number}: byte {byte!r} is not UTF-8; save it as UTF-8")
