"""fastai's CSVLogger: `history.csv` with epoch, train_loss, valid_loss, metrics and a time such as 00:07.

Each fit overwrites the file; with append=True a second header stands in the middle, and the last fit counts.
"""

from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run

TITLE = "fastai"


def places(tree: _safe.Tree) -> list[Path]:
    """Give the CSV files with the columns that fastai writes."""
    files = [folder / name for folder, names in tree.items() for name in names if name.endswith(".csv")]
    return [path for path in files if _is_log(_csv.header(path))]


def _is_log(names: list[str]) -> bool:
    return names[:1] == ["epoch"] and names[-1:] == ["time"] and {"train_loss", "valid_loss"} <= set(names)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a log."""
    run = _csv.run_of(path, aside=("time",))
    run.validation = frozenset(name for name in run.series if not name.startswith("train"))
    yield run


read = reader("fastai")
