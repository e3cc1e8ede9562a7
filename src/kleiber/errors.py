"""What can go wrong, in three kinds.

A mistake of the user raises `KleiberError` at the border, naming the item and the remedy; a fault of the machine raises
`MachineError`; a forecast that the data cannot carry is data, and raises `Refused` only when a number is asked of it.
"""

import errno
import os
import re
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


SECRETS = (  # a password in an address, with or without its scheme, and a token in its query
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*:/{1,2})[^\s/@'\"]+@"), r"\1***@"),
    (re.compile(r"\b[\w.+-]+:[^\s/:@'\"]+@(?=[\w\[])"), "***@"),
    (re.compile(r"(?i)([?&][\w-]*(?:token|passw|secret|api_?key|signature)[\w-]*=)[^&\s'\"]+"), r"\1***"),
)


def masked(text: str) -> str:
    """Give a text without the passwords and tokens of the addresses in it, which stars stand for."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


class _Masked(Exception):  # noqa: N818
    """An error whose text may be shown and kept: no password of an address is in it."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(masked(each) if isinstance(each, str) else each for each in args))


class KleiberError(_Masked):
    """A mistake in the input: names the item, its place and the remedy. The command exits with 2."""


class MachineError(_Masked):
    """The machine stopped the work (disk full, no permission, ledger damaged or locked). The command exits with 4."""


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not a defect)
    """A number was asked of a forecast that the data cannot carry: says why, and what would help."""


def unwritable(path: str | os.PathLike[str], error: OSError) -> MachineError:
    """Give the error of a file that can't be written; where its disk is full, with the free bytes and the remedy."""
    said = f"cannot write {os.fspath(path)}: {error.strerror or error}"
    if error.errno not in FULL:
        return MachineError(f"{said}; is the folder there, and may you write to it?")
    return MachineError(f"{said} ({free_bytes(path):,} bytes free there). Free some space and run the same line again")


def free_bytes(path: str | os.PathLike[str]) -> int:
    """Give the free bytes of the disk that a path lies on, or would lie on."""
    near = next((each for each in (Path(path), *Path(path).absolute().parents) if each.is_dir()), Path.cwd())
    return shutil.disk_usage(near).free
