"""Several files that are one table: those that a pattern such as `parts/*.csv` finds, or those of a folder."""

from collections.abc import Sequence
from pathlib import Path

from kleiber.errors import KleiberError

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")


def is_pattern(path: Path) -> bool:
    """Say whether a path stands for several files, and at least one is there."""
    return "*" in path.name and bool(_found(path))


def holds_tables(folder: Path) -> bool:
    """Say whether a folder holds tables and nothing else."""
    names = [each.name.lower() for each in folder.iterdir() if not each.name.startswith(".")]
    return bool(names) and all(name.endswith(TABLES) for name in names)


def files_of(path: Path) -> list[Path]:
    """Give the files that a path stands for, by name: itself, those of a pattern, or the tables of a folder."""
    if "*" in path.name:
        found = _found(path)
    elif path.is_dir():
        found = [each for each in sorted(path.iterdir()) if each.name.lower().endswith(TABLES)]
    else:
        found = [path]
    if not found or not all(each.is_file() for each in found):
        raise KleiberError(f"there is no file {path}")
    return found


def called(path: Path, suffixes: Sequence[str]) -> str:
    """Give what results call the data of a path: the file's name without suffix, or that of the files' folder."""
    if "*" in path.name:
        return path.parent.resolve().name
    name = path.name
    for suffix in sorted(suffixes, key=len, reverse=True):
        name = name.removesuffix(suffix)
    return name


def _found(path: Path) -> list[Path]:
    return sorted(path.parent.glob(path.name)) if path.parent.is_dir() else []
