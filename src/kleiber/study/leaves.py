"""The rows in the leaves of an SQLite file, page by page, whatever the pages above them say: for a file that is damaged.

A leaf says itself which rows it has, so that one whose way from the root is gone can be read all the same. Formats: the
file's, the record's and the log's of https://www.sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.
"""

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

Value = int | float | str | bytes | None
Row = tuple[int, tuple[Value, ...]]  # its number, and its values
Pages = dict[int, memoryview]  # by number, from 1

HEADER = 100  # bytes of the file before the first page's own
USUAL = 4096  # bytes of a page, where the header is gone
FRAME = 24  # bytes before a page in the log
LEAF = 0x0D  # the kind of a table's leaf
FIXED = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes of whole numbers, by serial type


def leaf_rows(path: Path) -> Iterator[Row]:
    """Give every row of every leaf of a table, in the order of the pages; a row that is torn is left out.

    Pages that nothing uses are passed over, as they hold what was removed. The log counts up to its last commit.
    """
    with ExitStack() as stack:
        data = _mapped(path, stack)
        size, spare = _sizes(data)
        pages = {number + 1: data[at : at + size] for number, at in enumerate(range(0, len(data) - size + 1, size))}
        log = Path(f"{path}-wal")
        if log.is_file() and log.stat().st_size > 32:
            pages |= _logged(_mapped(log, stack), size)
        unused = _unused(pages, size - spare)
        for number in sorted(pages.keys() - unused):
            yield from _rows_of(number, pages, size - spare)
        pages.clear()


def _mapped(path: Path, stack: ExitStack) -> memoryview:
    """Map a file to read; an empty one has no bytes."""
    file = stack.enter_context(path.open("rb"))
    if not path.stat().st_size:
        return memoryview(b"")
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _sizes(data: memoryview) -> tuple[int, int]:
    """Give the bytes of a page, and how many of them SQLite leaves alone; the usual ones where the header is gone."""
    if len(data) < HEADER or bytes(data[:15]) != b"SQLite format 3":
        return USUAL, 0
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    return (size, data[20]) if size >= 512 and size & (size - 1) == 0 else (USUAL, 0)


def _logged(log: memoryview, size: int) -> Pages:
    """Give the pages as the log's last commit has them."""
    found: Pages = {}
    waiting: Pages = {}
    salts = log[16:24]
    for at in range(32, len(log) - FRAME - size + 1, FRAME + size):
        number, commit = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != salts or not number:
            break
        waiting[number] = log[at + FRAME : at + FRAME + size]
        if commit:
            found |= waiting
            waiting.clear()
    return found


def _unused(pages: Pages, usable: int) -> set[int]:
    """Give the numbers of the pages that nothing uses, as far as the list of them is whole."""
    found: set[int] = set()
    trunk = int.from_bytes(pages[1][32:36], "big") if 1 in pages else 0
    while trunk in pages and trunk not in found:
        following, count = struct.unpack(">II", pages[trunk][:8])
        if count > usable // 4 - 2:
            break
        leaves = struct.unpack(f">{count}I", pages[trunk][8 : 8 + 4 * count])
        if not all(leaf in pages for leaf in leaves):
            break
        found |= {trunk, *leaves}
        trunk = following
    return found


def _rows_of(number: int, pages: Pages, usable: int) -> Iterator[Row]:
    page, head = pages[number], HEADER if number == 1 else 0
    if page[head] != LEAF:
        return
    count = int.from_bytes(page[head + 3 : head + 5], "big")
    for at in range(head + 8, min(head + 8 + 2 * count, usable - 1), 2):
        try:
            row = _row(page, int.from_bytes(page[at : at + 2], "big"), pages, usable)
        except (IndexError, KeyError, struct.error, UnicodeDecodeError, ValueError):
            continue
        yield row


def _row(page: memoryview, at: int, pages: Pages, usable: int) -> Row:
    length, at = _varint(page, at)
    number, at = _varint(page, at)
    payload = bytearray(page[at : at + _local(length, usable)])
    if len(payload) < length:
        at += len(payload)
        following = int.from_bytes(page[at : at + 4], "big")
        while len(payload) < length:
            more = pages[following]
            payload += more[4 : 4 + min(usable - 4, length - len(payload))]
            following = int.from_bytes(more[:4], "big")
    return number, tuple(_values(memoryview(payload)))


def _local(length: int, usable: int) -> int:
    """Give how many bytes of a row lie on its leaf; the rest is on pages of its own."""
    if length <= usable - 35:
        return length
    least = (usable - 12) * 32 // 255 - 23
    some = least + (length - least) % (usable - 4)
    return some if some <= usable - 35 else least


def _values(payload: memoryview) -> Iterator[Value]:
    end, at = _varint(payload, 0)
    kinds, place = [], end
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    for kind in kinds:
        size = _size_of(kind)
        raw = payload[place : place + size]
        if len(raw) < size:
            raise ValueError("it is cut off")
        place += size
        yield _value(kind, raw)


def _size_of(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else FIXED.get(kind, 0)


def _value(kind: int, raw: memoryview) -> Value:
    if kind >= 12:
        return bytes(raw).decode() if kind % 2 else bytes(raw)
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    if kind in FIXED:
        return int.from_bytes(raw, "big", signed=True)
    return {0: None, 8: 0, 9: 1}[kind]


def _varint(raw: Sequence[int], at: int) -> tuple[int, int]:
    """Give the number that begins at a place, and where it ends; as SQLite writes them, of 1 to 9 bytes."""
    value = 0
    for end in range(at, at + 8):
        value = value << 7 | raw[end] & 0x7F
        if raw[end] < 0x80:
            return value, end + 1
    value = value << 8 | raw[at + 8]
    return value - (1 << 64) * (value >> 63), at + 9
