"""Parquet, through polars (the extra `import`); only the columns that are wanted are read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers._cells import ROWS, Block, Cells, plain

MAGIC = b"PAR1"


def read(path: Path, most: int) -> Cells:
    """Give the cells of a Parquet file, of its first `most` rows and one more; rows count from 1.

    Raises `KleiberError` where polars is not installed, naming the extra, and where the file is damaged.
    """
    try:
        import polars
    except ModuleNotFoundError as error:
        raise KleiberError(f"{path}: Parquet needs polars: pip install 'kleiber[import]'") from error
    faults = (OSError, polars.exceptions.PolarsError, polars.exceptions.PanicException)
    try:
        with path.open("rb") as file:  # an open file, since polars takes a path for a pattern or an address
            given = list(polars.read_parquet_schema(file))
    except faults as error:
        raise KleiberError(f"{path} cannot be read as Parquet: {error}") from error

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        names = list(dict.fromkeys(given[i] for i in wanted))
        try:
            with path.open("rb") as file:
                frame = polars.read_parquet(file, columns=names, n_rows=most + 1)
        except faults as error:
            raise KleiberError(f"{path} cannot be read as Parquet: {error}") from error
        places = [names.index(given[i]) for i in wanted]
        for start in range(0, frame.height, ROWS):
            part = [column.to_list() for column in frame.slice(start, ROWS).get_columns()]
            yield Block(range(start + 1, start + 1 + len(part[0])), [part[i] for i in places])

    return Cells(str(path), tuple(plain(name) for name in given), blocks, "row")
