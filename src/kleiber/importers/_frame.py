"""Data frames of pandas and polars, and dicts of columns; rows count from 0."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers._cells import ROWS, Block, Cells, listed, plain, shown


def read(source: Any) -> Cells:
    """Give the cells of a frame; raises `KleiberError` for two columns of one name, and for columns of unequal length."""
    if hasattr(source, "collect"):
        raise KleiberError(f"a {type(source).__name__} holds no rows yet: give frame.collect()")
    if not isinstance(source, Mapping) and not (hasattr(source, "columns") and hasattr(source, "__getitem__")):
        raise KleiberError(
            f"cannot read runs from a {type(source).__name__}: give a path, a data frame, a dict of columns "
            f"or a list of dicts"
        )
    given = list(source) if isinstance(source, Mapping) else list(source.columns)
    names = tuple(plain(name) for name in given)
    if len(set(names)) < len(names):
        raise KleiberError(f"the table has two columns of one name: {listed(names)}")

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        columns = {names[i]: _column(source[given[i]], names[i]) for i in wanted}
        if len({len(column) for column in columns.values()}) > 1:
            lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
            raise KleiberError(f"the columns have different lengths: {lengths}")
        cells = [columns[names[i]] for i in wanted]
        for start in range(0, len(cells[0]), ROWS):
            part = [column[start : start + ROWS] for column in cells]
            yield Block(range(start, start + len(part[0])), part)

    return Cells("table", names, blocks, "row")


def _column(values: Any, name: str) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__"):
        raise KleiberError(f"the column {name!r} is {shown(values)}: give a sequence, one entry for each run")
    try:
        return list(values)
    except TypeError as error:
        raise KleiberError(f"the column {name!r} is {shown(values)}: give a sequence, one entry for each run") from error
