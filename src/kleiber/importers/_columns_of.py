"""Columns of any table as they stand, for what is no table of runs: labels of several people, mixes of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers._cells import listed
from kleiber.importers.table import cells_of

MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells by column; `where` names a row as an error does, such as "rows.csv, line 3"."""

    names: tuple[str, ...]
    cells: dict[str, list[Any]]
    where: list[str]


def columns_of(source: Any, names: Sequence[str] | None = None) -> Columns:
    """Give the cells of some columns, or of all; raises `KleiberError` for one that is not there, and for no rows."""
    table = cells_of(source)
    wanted = list(table.names) if names is None else list(names)
    for name in wanted:
        if name not in table.names:
            raise KleiberError(f"{table.place} has no column {name!r}; it has {listed(table.names)}")
    found: dict[str, list[Any]] = {name: [] for name in wanted}
    where: list[str] = []
    for block in table.blocks([table.names.index(name) for name in wanted]):
        for name, cells in zip(wanted, block.columns, strict=True):
            found[name].extend(cells)
        where += [f"{table.place}, {table.word} {number}" for number in block.numbers]
        if len(where) > MOST_ROWS:
            raise KleiberError(f"{table.place} has more than {MOST_ROWS:,} rows; give a sample of them")
    if not where:
        raise KleiberError(f"{table.place} has column names and no rows; give one row for each example")
    return Columns(table.names, found, where)
