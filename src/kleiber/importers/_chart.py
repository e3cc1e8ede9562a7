"""Tables with one column a run: each filled cell becomes a row, and the column's head names its run.

Trackers write the heads of a chart's export as "run - metric", and beside them the edges of bands, which are left out.
People write a column for each repeat: seed 0, seed 1, or acc_fold1, acc_fold2.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from kleiber.importers._cells import Block, Cells, empty
from kleiber.importers._reading import LOSSES
from kleiber.importers._wanted import MEASURED, loss_of
from kleiber.wording import agreed, counted

BETWEEN = " - "
BANDS = ("__MIN", "__MAX")
RUN = "model_name"
REPEAT = re.compile(
    r"(?<![A-Za-z])(?:seed|run|rep|replicate|repeat|trial|fold|split|try)[\s_#-]*(\d{1,4})(?!\d)", re.IGNORECASE
)
REPLICATE = "replicate"


def opened(cells: Cells, mapping: Mapping[str, str]) -> tuple[Cells, Mapping[str, str], list[str]]:
    """Give a chart's export as rows, with the mapping of its columns and what to say of it; any other table as it is."""
    if family := _family(cells, mapping):
        return _repeats(cells, mapping, family)
    size = next((i for i, name in enumerate(cells.names) if name == mapping.get("n", "n")), None)
    runs = {i: name.rpartition(BETWEEN) for i, name in enumerate(cells.names) if BETWEEN in name}
    shown = {i: what for i, (run, _, what) in runs.items() if run and not what.endswith(BANDS) and MEASURED.search(what)}
    metrics = set(shown.values())
    if size is None or len(metrics) != 1 or not set(mapping) <= {"n", *LOSSES} or _has_loss(cells, mapping):
        return cells, mapping, []
    (metric,) = metrics
    were = agreed("was", one=len(shown) == 1)
    note = f"{counted(len(shown), 'column')} of {metric!r}, one for each run, {were} read as rows."
    return as_rows(cells, size, metric, list(shown)), {"n": cells.names[size], loss_of(metric): metric}, [note]


def _family(cells: Cells, mapping: Mapping[str, str]) -> list[int]:
    """Give the columns of the repeats of which the one that is mapped as a loss is one, none where it is no such."""
    mapped = [name for ours, name in mapping.items() if ours in LOSSES and REPEAT.search(name)]
    if len(mapped) != 1 or REPLICATE in cells.names or REPLICATE in mapping:
        return []
    form = REPEAT.sub("#", mapped[0])
    family = [i for i, name in enumerate(cells.names) if REPEAT.search(name) and REPEAT.sub("#", name) == form]
    return family if len(family) > 1 else []


def _repeats(cells: Cells, mapping: Mapping[str, str], family: Sequence[int]) -> tuple[Cells, Mapping[str, str], list[str]]:
    """Give a table with a column for each repeat as rows, which keep the other columns."""
    ours, theirs = next((ours, name) for ours, name in mapping.items() if ours in LOSSES)
    metric = re.sub(r"[\s_./-]+$|^[\s_./-]+", "", REPEAT.sub("", theirs)) or ours
    others = [i for i in range(len(cells.names)) if i not in family]
    if metric in {cells.names[i] for i in others}:
        metric = f"{metric} of {theirs}"
    names = (*(cells.names[i] for i in others), REPLICATE, metric)
    number = {i: found[1] for i in family if (found := REPEAT.search(cells.names[i]))}

    def blocks(wanted: Sequence[int]) -> Iterator[Block]:
        kept = [others[i] for i in wanted if i < len(others)]
        for block in cells.blocks([*kept, *family]):
            columns = dict(zip([*kept, *family], block.columns, strict=True))
            filled = [(row, i) for row in range(len(block.numbers)) for i in family if not empty(columns[i][row])]
            made = [[number[i] for _, i in filled], [columns[i][row] for row, i in filled]]
            cut = {i: [columns[i][row] for row, _ in filled] for i in kept}
            given = [cut[others[i]] if i < len(others) else made[i - len(others)] for i in wanted]
            yield Block([block.numbers[row] for row, _ in filled], given)

    told = f"{len(family)} columns such as {theirs!r}, one for each repeat, were read as rows."
    return Cells(cells.place, names, blocks, cells.word, cells.separator), {**mapping, ours: metric}, [told]


def _has_loss(cells: Cells, mapping: Mapping[str, str]) -> bool:
    named = {mapping.get(loss, loss) for loss in LOSSES}
    return any(name in named or name.casefold() in LOSSES for name in cells.names)


def as_rows(cells: Cells, size: int, metric: str, runs: Sequence[int]) -> Cells:
    """Give the table with a row for each filled cell of the runs' columns: size, run and value."""
    called = {i: cells.names[i].rpartition(BETWEEN)[0] for i in runs}
    names = (cells.names[size], REPLICATE if all(map(REPEAT.fullmatch, called.values())) else RUN, metric)

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
