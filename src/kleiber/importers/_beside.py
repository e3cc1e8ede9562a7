"""The columns beside those that are measured: each row's value as a text, read leniently, and the groups that they make.

Nothing here is an error: a column that is free text, or whose cells are no values, is not looked at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows, _roles
from kleiber.importers._cells import Cells
from kleiber.importers._kept import is_status

Array = NDArray[np.float64]
Codes = NDArray[np.int32]
Groups = NDArray[np.int64]
Index = NDArray[np.intp]

LONGEST = 200  # characters of a value; longer ones are prose
MANY = 2000  # values of a column that is no progress and names no run
COLUMNS = 200  # columns whose names say nothing that are looked at
COUNT = re.compile(r"(\d{1,15})(?:/|\.[A-Za-z]+)?$", re.ASCII)  # of checkpoint-500/, epoch=3-step=500.ckpt
COUNTING = (_roles.PROGRESS, _roles.SEED, _roles.REPLICATE, _roles.RUN, _roles.CHOOSER)


@dataclass(frozen=True, slots=True)
class Beside:
    """A column that is none of ours: its name, its role, and each row's value."""

    name: str
    role: str
    values: Labels

    def take(self, index: Index) -> "Beside":
        """Give the values of some rows."""
        return Beside(self.name, self.role, self.values.take(index))

    @property
    def codes(self) -> Codes:
        """Give a number for each row's value, `(m,)`."""
        return self.values.codes

    @property
    def count(self) -> int:
        """Give how many values the rows have."""
        return len(np.unique(self.codes))

    def numbers(self) -> Array:
        """Give each row's value as a number, `(m,)`, NaN where it is none; a checkpoint's is the last in its name."""
        read = _counted if self.role == _roles.PROGRESS else _number
        return np.array([read(text) for text in self.values.names] or [np.nan])[self.codes]

    def complete(self) -> bool:
        """Say whether every row has a value."""
        return not any(self.values.names[code] in ("", "nan", "None", "<NA>") for code in np.unique(self.codes))


def read(cells: Cells, taken: Sequence[int], entry: Codes, asked: Sequence[str], chooser: str) -> list[Beside]:
    """Give the columns that are not taken and may say what a row is; those that are asked for are settings.

    `entry (m,)` are the rows that are wanted, in order.
    """
    free = {i: name for i, name in enumerate(cells.names) if i not in set(taken)}
    given = {**dict.fromkeys(asked, _roles.SETTING), **dict.fromkeys([chooser] if chooser else [], _roles.CHOOSER)}
    roles = {i: given.get(name) or _roles.role_of(name) for i, name in free.items()}
    others = [i for i, role in roles.items() if role == _roles.OTHER][:COLUMNS]
    wanted = [i for i, role in roles.items() if role not in (_roles.OTHER, _roles.ASIDE)][:COLUMNS] + others
    wanted = sorted(wanted)
    found = _together(cells, taken[0], wanted, roles)
    if found is None:
        alone = ((i, _together(cells, taken[0], [i], roles)) for i in wanted)
        found = [column for _, columns in alone if columns for column in columns]
    there = [column.beside(entry) for column in found if column.open and column.length > int(entry.max(initial=-1))]
    return [_as_it_is(column) for column in there if column.role != _roles.STATUS or not is_status(column.values.names)]


def _as_it_is(column: Beside) -> Beside:
    """Give a column whose values are not what its name says as any other: a state such as CA, a checkpoint called best."""
    unlike = column.role == _roles.STATUS or (column.role == _roles.PROGRESS and not np.isfinite(column.numbers()).all())
    return replace(column, role=_roles.OTHER) if unlike else column


def _together(cells: Cells, first: int, wanted: Sequence[int], roles: dict[int, str]) -> list["_Column"] | None:
    """Read columns in one pass, None where they cannot be; `first` says which rows there are."""
    columns = [_Column(cells.names[i], roles[i]) for i in wanted]
    if not wanted:
        return columns
    try:
        for block in cells.blocks([first, *wanted]):
            for column, given in zip(columns, block.columns[1:], strict=True):
                column.add(given)
    except KleiberError:
        return None
    return columns


class _Column:
    """The values of one column as they come; closed once they are prose, too many, or no values."""

    def __init__(self, name: str, role: str) -> None:
        self.name, self.role, self.open, self.length = name, role, True, 0
        self._names: dict[str, int] = {}
        self._known: dict[Any, int] = {}
        self._parts: list[Codes] = []

    def add(self, cells: Sequence[Any]) -> None:
        """Take in the cells of a block."""
        if self.open and not self._taken_in(cells):
            self.open = False
            self._parts, self._known, self._names = [], {}, {}

    def _taken_in(self, cells: Sequence[Any]) -> bool:
        """Take in cells, and say whether the column may still be looked at."""
        try:
            for cell in dict.fromkeys(cells):
                if cell not in self._known:
                    text = _text(cell)
                    if len(text) > LONGEST:
                        return False
                    self._known[cell] = self._names.setdefault(text, len(self._names))
        except (TypeError, ValueError):  # cells that are no values: lists, whole numbers of thousands of digits
            return False
        if len(self._names) > MANY and self.role not in COUNTING:
            return False
        codes = np.fromiter(map(self._known.__getitem__, cells), np.int32, len(cells))
        self._parts.append(codes)
        self.length += len(codes)
        return True

    def beside(self, entry: Codes) -> Beside:
        """Give the values of the rows that are wanted."""
        codes = np.concatenate(self._parts) if self._parts else np.empty(0, dtype=np.int32)
        return Beside(self.name, self.role, Labels(codes[entry], tuple(self._names)))


def grouped(*keys: NDArray[Any]) -> Groups:
    """Give a number for each row, `(m,)`: the same where all keys are, rising with them from the first to the last."""
    found = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        if key.dtype.kind != "i":
            key = np.unique(key, return_inverse=True)[1].reshape(-1)
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        if low == high:
            continue
        found = found * (high - low + 1) + (key.astype(np.int64) - low)
        found = np.unique(found, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return found


def cells_of(rows: Rows) -> Groups:
    """Give a number for each row's model, metric and size, `(m,)`."""
    return grouped(rows.model.codes, rows.metric.codes, rows.n)


def sizes_of(groups: Groups) -> NDArray[np.int64]:
    """Give how many rows are in each row's group, `(m,)`."""
    found: NDArray[np.int64] = np.bincount(groups)[groups]
    return found


def values_in(groups: Groups, codes: Codes) -> NDArray[np.int64]:
    """Give how many different values the rows of each row's group have, `(m,)`."""
    both = grouped(groups, codes)
    _, first = np.unique(both, return_index=True)
    found: NDArray[np.int64] = np.bincount(groups[first], minlength=int(groups.max(initial=-1)) + 1)[groups]
    return found


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def _counted(text: str) -> float:
    found = _number(text)
    last = COUNT.search(text) if np.isnan(found) else None
    return float(last[1]) if last else found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
