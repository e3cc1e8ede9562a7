"""Reading a tar archive in one pass and in memory: nothing is unpacked onto the disk, nothing in it is trusted."""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from kleiber.errors import KleiberError

_LARGEST_MEMBER = 512 << 20  # bytes
_LARGEST_TOTAL = 8 << 30  # bytes, unpacked


def members(
    archive: Path, *, largest_member: int = _LARGEST_MEMBER, largest_total: int = _LARGEST_TOTAL
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Give the path and the content of each file of a tar archive (plain, gzip, bzip2 or xz), in its order.

    Hidden files, such as those that a desktop adds, are passed over. Raises `KleiberError` for a member that is
    absolute, climbs by `..`, is a link or a device, or is too large, and for a damaged archive.
    """
    total = 0
    try:
        # A larger bufsize than the default is slower: tarfile copies the rest of its buffer at each read.
        with tarfile.open(archive, "r|*") as tar:
            for member in tar:
                place = _checked(member, archive)
                total += member.size
                if member.size > largest_member or total > largest_total:
                    raise KleiberError(
                        f"{archive}: {member.name} is {member.size:,} bytes, {total:,} with those before it, more "
                        "than is read from an archive; unpack it into a folder and name that"
                    )
                if member.isdir() or any(part.startswith(".") for part in place.parts):
                    continue
                file = tar.extractfile(member)
                assert file is not None
                yield place, file.read()
                tar.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise KleiberError(f"{archive}: {error}; it is damaged or no tar archive, fetch it again") from error


def _checked(member: tarfile.TarInfo, archive: Path) -> PurePosixPath:
    place = PurePosixPath(member.name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or PureWindowsPath(member.name).drive:
        raise KleiberError(f"{archive}: member {member.name!r} points out of the archive; nothing of it is read")
    if not (member.isfile() or member.isdir()):
        raise KleiberError(f"{archive}: member {member.name!r} is a link or a device; nothing of it is read")
    return place
