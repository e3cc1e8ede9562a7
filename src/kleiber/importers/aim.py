"""Aim: a folder `.aim` is known and refused, for its runs stand in RocksDB, which only Aim reads: export them as CSV."""

from collections.abc import Iterator
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run

TITLE = "Aim"


def places(tree: _safe.Tree) -> list[Path]:
    """Give the repositories of Aim."""
    return [folder for folder, names in tree.items() if "run_metadata.sqlite" in names]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Raise `KleiberError` that says how to take the runs out."""
    raise KleiberError(
        f"{path}: Aim keeps its runs in RocksDB, which only Aim reads. In Python write "
        f"aim.Repo('{path.parent}').query_metrics('True'), and save each run's last value and parameters as CSV"
    )
    yield Run("")


read = reader("aim")
