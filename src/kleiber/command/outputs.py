"""Where a command may write: in a folder that is there, and never over what it reads."""

from pathlib import Path

from kleiber.errors import KleiberError


def in_a_folder(target: Path) -> None:
    """Raise `KleiberError` where the folder of a file to write is missing."""
    if not target.absolute().parent.is_dir():
        raise KleiberError(f"there is no folder {target.parent}: make it first, or name another place")


def apart_from(source: Path, output: Path) -> None:
    """Raise `KleiberError` where a file to write is the one that is read, by whatever name, or a folder."""
    if output.is_dir():
        raise KleiberError(f"--output: {output} is a folder; name a file in it")
    if output.exists() and source.exists() and output.samefile(source):
        raise KleiberError(f"--output: {output} is the file with your runs; name another, so that it stays as it is")
