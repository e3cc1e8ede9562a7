"""The records of an event file of TensorBoard, and the scalars and hyper-parameters in them.

A record is an 8-byte length, a 4-byte check, data, a 4-byte check. Event: 2 step, 5 summary, 7 session log. A value of a
summary: 1 tag, 2 number, 8 tensor (4 bytes, or 5 numbers), 9 metadata. Two records that differ in time, step and value
alone are alike byte for byte elsewhere: so the second of a tag is read without taking it apart.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _wire
from kleiber.importers._run import Run, Series

LONGEST = 2**26  # bytes of a record; a longer one is no scalar, and is passed over
CHUNK = 2**20
LENGTH, FLOAT, DOUBLE = struct.Struct("<Q"), struct.Struct("<f"), struct.Struct("<d")
HPARAMS = "_hparams_/session_start_info"
TIME_TAG, STEP_TAG, NUMBER_TAG = 0x09, 0x10, 0x15
START = 1


class Events:
    """Reads event files into a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._scalars: set[str] = set()
        self._alike: dict[bytes, Series] = {}

    def file(self, path: Path) -> None:
        """Add what a file holds; one that ends within a record, or is damaged, is read up to there."""
        try:
            for data in _records(path):
                if not self._plain(data):
                    self._any(data)
        except KleiberError:
            self.run.marks.append("cut")

    def _plain(self, data: bytes) -> bool:
        """Take in a record that is like one before in all but time, step and value, and say whether it is."""
        step, at = _step(data)
        series = self._alike.get(data[at:-4])
        if series is None:
            return False
        series.step.append(step)
        series.value.append(FLOAT.unpack_from(data, len(data) - 4)[0])
        return True

    def _any(self, data: bytes) -> None:
        """Take a record apart."""
        key = data[_step(data)[1] : -4]
        step, summary, session = 0, b"", b""
        for field, value in _wire.fields(data):
            if field == 2:
                step = _wire.whole(value)
            elif field == 5:
                summary = _wire.inner(value)
            elif field == 7:
                session = _wire.inner(value)
        if session and any(field == 1 and value == START for field, value in _wire.fields(session)):
            self._restart(step)
        values = [_wire.inner(value) for field, value in _wire.fields(summary) if field == 1]
        for value in values:
            tag, number, plain = self._value(value)
            if number is not None:
                self.run.add(tag, step, number)
                if plain and len(values) == 1 and data.endswith(value) and key[-1:] == bytes([NUMBER_TAG]):
                    self._alike[key] = self.run.series[tag]

    def _value(self, data: bytes) -> tuple[str, float | None, bool]:
        """Give a value's tag, its number where it is a scalar, and whether this is written as a plain number at the end."""
        tag, number, tensor, metadata, last = "", None, b"", b"", 0
        for field, value in _wire.fields(data):
            last = field
            if field == 1:
                tag = _wire.words(value)[:500]
            elif field == 2:
                number = _wire.real(value)
            elif field == 8:
                tensor = _wire.inner(value)
            elif field == 9:
                metadata = _wire.inner(value)
        plugin, content = _plugin(metadata) if metadata else ("", b"")
        if plugin == "scalars":
            self._scalars.add(tag)
        if tag == HPARAMS:
            self.run.params |= _parameters(content)
            return tag, None, False
        if number is None and tensor and tag in self._scalars:
            return tag, _of_tensor(tensor), False
        return tag, None if tag.startswith("_hparams_/") else number, last == 2

    def _restart(self, step: int) -> None:
        """Drop what is at or after the step at which a session starts anew."""
        for series in self.run.series.values():
            while series.step and series.step[-1] >= step:
                series.step.pop()
                series.value.pop()


def _step(data: bytes) -> tuple[int, int]:
    """Give the step of a record that begins with a time and a step, as most do, and the place of what comes then."""
    if len(data) < 21 or data[0] != TIME_TAG or data[9] != STEP_TAG:
        return 0, 9
    if data[10] < 0x80:
        return data[10], 11
    if data[11] < 0x80:
        return data[10] & 0x7F | data[11] << 7, 12
    step, at = _wire.varint(data, 10)
    return _wire.whole(step), at


def _records(path: Path) -> Iterator[bytes]:
    """Give the data of each record; raises `KleiberError` where a length goes beyond the file's end."""
    left = path.stat().st_size
    with path.open("rb", CHUNK) as file:
        head = file.read(12)
        while left >= 16:
            (length,) = LENGTH.unpack(head[:8])
            left -= 16 + length
            if left < 0:
                raise KleiberError(f"{path} ends within a record")
            if length > LONGEST:
                file.seek(length + 4, 1)
                head = file.read(12)
                continue
            block = file.read(length + 16)  # with the check after it, and the head of the next
            head = block[length + 4 :]
            yield block[:length]
    if left:
        raise KleiberError(f"{path} ends within a record")


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    """Give the name of the plug-in that a value is for, and what it is given."""
    name, content = "", b""
    for field, value in _wire.fields(metadata):
        for key, part in _wire.fields(_wire.inner(value)) if field == 1 else ():
            if key == 1:
                name = _wire.words(part)
            elif key == 2:
                content = _wire.inner(part)
    return name, content


def _of_tensor(data: bytes) -> float | None:
    """Give the number of a tensor that holds one, as bytes (4) or as a list of numbers (5, 6)."""
    for field, value in _wire.fields(data):
        if field in (4, 5, 6) and isinstance(value, bytes) and len(value) in (4, 8):
            return _wire.real(value)
    return None


def _parameters(content: bytes) -> dict[str, float | str | bool]:
    """Give the hyper-parameters of a session: 3 start {1 entries {1 key, 2 value {2 number, 3 text, 4 yes or no}}}."""
    found: dict[str, float | str | bool] = {}
    starts = [_wire.inner(value) for field, value in _wire.fields(content) if field == 3]
    entries = [_wire.inner(value) for start in starts for field, value in _wire.fields(start) if field == 1]
    for entry in entries[:2000]:
        parts = dict(_wire.fields(entry))
        key = _wire.words(parts.get(1, b""))
        for field, value in _wire.fields(_wire.inner(parts.get(2, b""))):
            if field == 2:
                found[key] = _wire.real(value)
            elif field == 3:
                found[key] = _wire.words(value)[:1000]
            elif field == 4:
                found[key] = bool(value)
    return found
