"""The log in which W&B and SwanLab write records: blocks of 32,768 bytes, each with whole records or parts of one.

Source: LevelDB's log format, with the plain CRC32 (zlib) of type and data. A record that was cut off ends the log.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

from kleiber.errors import KleiberError

BLOCK = 32_768
HEADER = 7
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
LONGEST = 2**24  # bytes of a record


def records(path: Path, magic: bytes) -> Iterator[bytes]:
    """Give the records of a log that begins with `magic` (7 bytes); what was cut or damaged ends it.

    Raises `KleiberError` for another file, and for a record of more than 16 MiB.
    """
    if path.is_symlink():
        raise KleiberError(f"{path} is a link, which is not followed: name the file that it leads to")
    parts: list[bytes] = []
    with path.open("rb") as file:
        block = file.read(BLOCK)
        if block and not block.startswith(magic[: len(block)]):
            raise KleiberError(f"{path} does not begin as such a log does")
        at = HEADER
        while block:
            while len(block) - at >= HEADER:
                size, kind = int.from_bytes(block[at + 4 : at + 6], "little"), block[at + 6]
                data = block[at + HEADER : at + HEADER + size]
                check = zlib.crc32(block[at + 6 : at + HEADER + size])
                if kind not in (WHOLE, FIRST, MIDDLE, LAST) or len(data) < size:
                    return
                if check != int.from_bytes(block[at : at + 4], "little"):
                    return
                at += HEADER + size
                if kind in (WHOLE, FIRST):
                    parts = []
                parts.append(data)
                if sum(map(len, parts)) > LONGEST:
                    raise KleiberError(f"{path} has a record of more than {LONGEST // 2**20} MiB")
                if kind in (WHOLE, LAST):
                    yield parts[0] if len(parts) == 1 else b"".join(parts)
                    parts = []
            block, at = file.read(BLOCK), 0
