"""Reading a tar archive in one pass and in memory: nothing is unpacked onto the disk, nothing in it is trusted."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from kleiber.errors import KleiberError

_LARGEST_MEMBER = 512 << 20  # bytes
_LARGEST_TOTAL = 8 << 30  # bytes, unpacked


def members(
    archive: Path, *, largest_member: int = _LARGEST_MEMBER, largest_total: int = _LARGEST_TOTAL
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Give the path and the content of each file of a tar archive (plain, gzip, bzip2 or xz), in its order.

    Hidden files, such as those that a desktop adds, are passed over. Raises `KleiberError` for a member that is
    absolute, climbs by `..`, is a link or a device, or is too large, and for a damaged or truncated archive.
    """
    try:
        with closing(_Counted(archive, largest_total)) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:  # type: ignore[call-overload]
                for member in tar:
                    place = _checked(member, archive)
                    if member.size > min(largest_member, largest_total):
                        raise KleiberError(_too_large(archive, f"its {member.name} is {member.size:,} bytes"))
                    if member.isfile() and not any(part.startswith(".") for part in place.parts):
                        yield place, tar.extractfile(member).read()
                    tar.members.clear()
            # tarfile takes the end of the data for the end of the archive; only reading on tells a truncated one.
            while stream.read(1 << 20):
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise KleiberError(f"{archive}: {error}; it is damaged or no tar archive, fetch it again") from error


class _Counted:
    """An archive's bytes, uncompressed, up to a limit: what unpacks to more is refused before it fills the memory."""

    def __init__(self, archive: Path, limit: int) -> None:
        self._archive = archive
        self._left = limit + tarfile.RECORDSIZE
        self._stream = _uncompressed(archive)

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise KleiberError(_too_large(self._archive, "it goes on and on"))
        return content

    def close(self) -> None:
        self._stream.close()


def _uncompressed(archive: Path) -> IO[bytes]:
    with archive.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(archive)  # type: ignore[return-value]
    if magic.startswith(b"BZh"):
        return bz2.open(archive)
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(archive)
    return archive.open("rb")


def _checked(member: tarfile.TarInfo, archive: Path) -> PurePosixPath:
    place = PurePosixPath(member.name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or PureWindowsPath(member.name).drive:
        raise KleiberError(f"{archive}: member {member.name!r} points out of the archive; nothing of it is read")
    if not (member.isfile() or member.isdir()):
        raise KleiberError(f"{archive}: member {member.name!r} is a link or a device; nothing of it is read")
    return place


def _too_large(archive: Path, what: str) -> str:
    return f"{archive}: {what}, more than is read from an archive; unpack it into a folder and name that"
