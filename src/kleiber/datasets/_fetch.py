"""Where a named set lies: the folders of KLEIBER_DATA, then the user's cache, else its canonical address.

What is fetched is checked against the published checksum, written under another name, and renamed only when it is
right: an interrupted or false download leaves nothing behind that could be taken for the data.
"""

import hashlib
import http.client
import logging
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from kleiber.datasets._cache import cache_folder
from kleiber.errors import KleiberError, MachineError

_log = logging.getLogger("kleiber.datasets")

_CHUNK = 1 << 20  # bytes
_LARGEST = 4 << 30  # bytes: no set that is fetched here is near it
_TIMEOUT = 30.0  # seconds without an answer


@dataclass(frozen=True, slots=True)
class Remote:
    """A file at its canonical address, with the checksum that its publisher gives, in hex."""

    url: str
    algorithm: Literal["md5", "sha256"]
    digest: str

    @property
    def file_name(self) -> str:
        """Give the last part of the address."""
        return self.url.rpartition("/")[2]


def find(
    name: str,
    recognise: Callable[[Path], bool],
    remotes: Sequence[Remote],
    *,
    also: Sequence[str] = (),
) -> Path:
    """Give the folder or file that holds a named set, fetched into the cache where there is none.

    `recognise(path)` says whether an existing place holds the set. `also`: other names under which a folder of
    KLEIBER_DATA may have it. Raises `KleiberError` where it can neither be found nor fetched, with every place tried
    and the files to put there; `MachineError` where the cache cannot be written.
    """
    cache = cache_folder(name)
    spellings = dict.fromkeys([name, name.replace("_", "-"), *also])
    folders = [Path(folder).expanduser() for folder in os.environ.get("KLEIBER_DATA", "").split(os.pathsep) if folder]
    places = [*(folder / spelling for folder in folders for spelling in spellings), cache]
    for place in places:
        if place.exists() and recognise(place):
            return place
    tried = [f"{place}: {'holds none of its files' if place.exists() else 'not there'}" for place in places]
    if not folders:
        tried.insert(0, "KLEIBER_DATA is not set")
    try:
        for remote in remotes:
            fetch(remote, cache)
    except KleiberError as error:
        files = ", ".join(remote.file_name for remote in remotes)
        raise KleiberError(
            f"{name} was not found and could not be fetched. Tried:\n  "
            + "\n  ".join([*tried, str(error)])
            + f"\nPut {files} into {cache}, or into a folder {name} of a folder that KLEIBER_DATA names."
        ) from error
    return cache


def fetch(remote: Remote, folder: Path) -> Path:
    """Bring a file into a folder, verify it, and give its path; one that is there and right is not fetched again.

    Raises `KleiberError` where the address does not answer or the checksum differs, `MachineError` where the folder
    cannot be written.
    """
    target = folder / remote.file_name
    if target.is_file() and _digest(target, remote.algorithm) == remote.digest:
        return target
    draft: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, draft_name = tempfile.mkstemp(prefix=f".{remote.file_name}-", dir=folder)
        draft = Path(draft_name)
        with os.fdopen(handle, "wb") as sink:
            found = _download(remote, sink)
        if found != remote.digest:
            raise KleiberError(
                f"{remote.url} gave a file with {remote.algorithm} {found}, but {remote.digest} is published. "
                "The file was damaged on the way or replaced; try again later"
            )
        draft.replace(target)
    except OSError as error:
        raise MachineError(f"cannot write {target}: {error}") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    return target


def _download(remote: Remote, sink: IO[bytes]) -> str:
    """Copy a remote file to an open one, saying each tenth of it, and give the checksum of what came."""
    digest = hashlib.new(remote.algorithm, usedforsecurity=False)
    done, said = 0, 0
    try:
        response = urllib.request.urlopen(remote.url, timeout=_TIMEOUT)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise KleiberError(f"{remote.url}: {getattr(error, 'reason', error)}") from error
    with response:
        total = int(response.headers.get("Content-Length") or 0)
        _log.info("fetching %s (%.0f MB)", remote.url, total / 1e6)
        while True:
            try:
                chunk = response.read(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise KleiberError(f"{remote.url}: broke off after {done:,} bytes: {error}") from error
            if not chunk:
                return digest.hexdigest()
            sink.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if done > _LARGEST:
                raise KleiberError(f"{remote.url}: more than {_LARGEST:,} bytes came; this is not the file")
            if total and 10 * done // total > said:
                said = 10 * done // total
                _log.info("%s: %d %%", remote.file_name, 10 * said)


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
