"""Protocol buffers as they are written: the fields of one message, without the library that wrote it.

Source: the encoding of protocol buffers (protobuf.dev, "Encoding"). An absent field is 0 there; the callers know.
"""

import struct
from collections.abc import Iterator

from kleiber.errors import KleiberError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LITTLE = struct.Struct("<d"), struct.Struct("<f")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Give the number at a place, and the place after it; raises `KleiberError` where it does not end."""
    found = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found, at
            shift += 7
            if shift > 63:
                raise KleiberError("a number of a record is longer than 64 bits")
    except IndexError:
        raise KleiberError("a record ends within a number") from None


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the number of each field and its value: whole numbers as such, all else as bytes."""
    at, end = 0, len(data)
    while at < end:
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
            yield tag >> 3, value
            continue
        if kind == BYTES:
            size, at = varint(data, at)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(kind, -1)
        if size < 0 or at + size > end:
            raise KleiberError("a record has a field that is none, or goes beyond its end")
        yield tag >> 3, data[at : at + size]
        at += size


def whole(value: int | bytes) -> int:
    """Give a whole number, negative ones as they were written."""
    if isinstance(value, bytes):
        return int.from_bytes(value, "little")
    return value - 2**64 if value >= 2**63 else value


def real(value: int | bytes) -> float:
    """Give a number of eight or four bytes."""
    if isinstance(value, int):
        return float(value)
    if len(value) not in (4, 8):
        raise KleiberError("a record has a number of neither four nor eight bytes")
    return float(_LITTLE[len(value) == 4].unpack(value)[0])


def words(value: int | bytes) -> str:
    """Give a field's text; bytes that are none are replaced."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def inner(value: int | bytes) -> bytes:
    """Give the bytes of a message within a message."""
    return value if isinstance(value, bytes) else b""
