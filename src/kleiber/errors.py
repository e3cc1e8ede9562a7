"""What can go wrong, in three kinds.

A mistake of the user raises `KleiberError` at the border, naming the item and the remedy; a fault of the machine raises
`MachineError`; a forecast that the data cannot carry is data, and raises `Refused` only when a number is asked of it.
"""

import errno
import os
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class KleiberError(Exception):
    """A mistake in the input: names the item, its place and the remedy. The command exits with 2."""


class MachineError(Exception):
    """The machine stopped the work (disk full, no permission, ledger damaged or locked). The command exits with 4."""


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not a defect)
    """A number was asked of a forecast that the data cannot carry: says why, and what would help."""


def unwritable(path: str | os.PathLike[str], error: OSError) -> MachineError:
    """Give the error of a file that can't be written; where its disk is full, with the free bytes and the remedy."""
    said = f"cannot write {os.fspath(path)}: {error.strerror or error}"
    if error.errno not in FULL:
        return MachineError(f"{said}; is the folder there, and may you write to it?")
    near = next((each for each in (Path(path), *Path(path).absolute().parents) if each.is_dir()), Path.cwd())
    free = shutil.disk_usage(near).free
    return MachineError(f"{said} ({free:,} bytes free there). Free some space and run the same line again")
