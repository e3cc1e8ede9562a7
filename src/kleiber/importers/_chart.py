"""A chart's export, with one column a run: each filled cell becomes a row, and the column's head names its run.

Trackers write the heads as "run - metric", and beside them the edges of bands, which are left out.
"""

from collections.abc import Iterator, Mapping, Sequence

from kleiber.importers._cells import Block, Cells, empty
from kleiber.importers._reading import LOSSES
from kleiber.importers._wanted import MEASURED, loss_of

BETWEEN = " - "
BANDS = ("__MIN", "__MAX")
RUN = "model_name"


def opened(cells: Cells, mapping: Mapping[str, str]) -> tuple[Cells, Mapping[str, str], list[str]]:
    """Give a chart's export as rows, with the mapping of its columns and what to say of it; any other table as it is."""
    size = next((i for i, name in enumerate(cells.names) if name == mapping.get("n", "n")), None)
    runs = {i: name.rpartition(BETWEEN) for i, name in enumerate(cells.names) if BETWEEN in name}
    shown = {i: what for i, (run, _, what) in runs.items() if run and not what.endswith(BANDS) and MEASURED.search(what)}
    metrics = set(shown.values())
    if size is None or len(metrics) != 1 or not set(mapping) <= {"n", *LOSSES} or _has_loss(cells, mapping):
        return cells, mapping, []
    (metric,) = metrics
    note = f"{len(shown)} columns of {metric!r}, one for each run, were read as rows."
    return as_rows(cells, size, metric, list(shown)), {"n": cells.names[size], loss_of(metric): metric}, [note]


def _has_loss(cells: Cells, mapping: Mapping[str, str]) -> bool:
    named = {mapping.get(loss, loss) for loss in LOSSES}
    return any(name in named or name.casefold() in LOSSES for name in cells.names)


def as_rows(cells: Cells, size: int, metric: str, runs: Sequence[int]) -> Cells:
    """Give the table with a row for each filled cell of the runs' columns: size, run and value."""
    names = (cells.names[size], RUN, metric)
    called = {i: cells.names[i].rpartition(BETWEEN)[0] for i in runs}

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        for block in cells.blocks([size, *runs]):
            n, values = block.columns[0], dict(zip(runs, block.columns[1:], strict=True))
            filled = [(row, i) for row in range(len(n)) for i in runs if not empty(values[i][row])]
            columns = (
                [n[row] for row, _ in filled],
                [called[i] for _, i in filled],
                [values[i][row] for row, i in filled],
            )
            yield Block([block.numbers[row] for row, _ in filled], [columns[i] for i in wanted])

    return Cells(cells.place, names, blocks, cells.word, cells.separator)
