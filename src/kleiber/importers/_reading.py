"""One pass over a table's cells: what each row measured, by columns.

A block whose cells are plain numbers and names is read column by column. One in which anything asks for a look of its
own (a blank, a number that is none, a new mark) is read again row by row, which gives the same rows and knows the place.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows
from kleiber.importers._cells import Block, Cells, Where, empty, shown
from kleiber.importers._names import Names
from kleiber.importers._numbers import Numbers
from kleiber.importers._plus_minus import split
from kleiber.importers._sizes import suffixed
from kleiber.wording import of_all

Array = NDArray[np.float64]
Codes = NDArray[np.int32]

LOSSES = ("loss", "error", "accuracy")
RATES = ("error", "accuracy")
LABELS = ("model", "replicate", "seed", "metric")


class _Part(NamedTuple):
    """What r rows say: sizes `(r,)`, losses of K columns `(r, K)` and their metrics' codes, which of them are told,
    standard errors `(r,)`, NaN where there is none, and a code for each label `(r,)`."""

    n: Array
    loss: Array
    metric: Codes
    told: NDArray[np.bool_]
    se: Array
    labels: Mapping[str, Codes]


class Reading:
    """Reads the wanted columns of a table: `names` are ours, and `most` is the most rows that it may have.

    `rows` counts what was read, `diverged` the rows with a loss that is not finite, which are left out, `suffixed` the
    sizes such as 1k, `percents` those such as 10%; of `values` rates, `in_percent` are such as 84.8%; `numbers` tells how
    decimals are written; `inside` are the losses whose cells hold a spread beside the value, such as 84.1 ± 0.3.
    """

    def __init__(self, cells: Cells, names: Sequence[str], most: int) -> None:
        self.cells, self.names, self.most = cells, names, most
        self.losses = tuple(name for name in LOSSES if name in names)
        self.numbers = Numbers(cells.separator)
        self.labels = {name: Names(name) for name in LABELS if name in names}
        self.metrics: dict[str, int] = {}
        self.rows = self.diverged = self.suffixed = self.percents = self.values = self.in_percent = 0
        self.inside: set[str] = set()
        self._entries: list[Codes] = []
        self._columns: list[Codes] = []

    def all(self, wanted: Sequence[int]) -> Rows:
        """Give every row with a finite loss; raises `KleiberError` for the first cell that cannot be read."""
        found = []
        for block in self.cells.blocks(wanted):
            left = self.most - self.rows
            kept = Block(block.numbers[:left], [column[:left] for column in block.columns])
            if kept.numbers:
                found.append(self._finite(self._by_column(kept) or self._by_row(kept)))
            self.rows += len(kept.numbers)
            if len(block.numbers) > left:
                raise KleiberError(
                    f"{self.cells.place}, {self.cells.word} {block.numbers[left]}: more than {self.most:,} rows: a table "
                    f"has one row for each finished run; leave out the steps on the way"
                )
        self.numbers.finish()
        if 0 < self.percents < self.rows:
            told = f"{of_all(self.percents, self.rows, 'size')} in percent"
            raise KleiberError(f"{self.cells.place}: {told}: write all in percent, or all as numbers")
        if 0 < self.in_percent < self.values:
            told = f"{of_all(self.in_percent, self.values, 'value', 'has')} a % sign"
            raise KleiberError(f"{self.cells.place}: {told}: write it at all, or leave it out and say unit='percent'")
        return self._joined(found)

    def entries(self) -> Codes:
        """Give the place in the table of each row that was given, `(m,)`."""
        return np.concatenate(self._entries) if self._entries else np.empty(0, dtype=np.int32)

    def columns(self) -> Codes:
        """Give the place in `losses` of the column from which each row was read, `(m,)`."""
        return np.concatenate(self._columns) if self._columns else np.empty(0, dtype=np.int32)

    def _where(self, block: Block, row: int, name: str) -> Where:
        return Where(self.cells.place, self.cells.word, block.numbers[row], name)

    def _by_column(self, block: Block) -> _Part | None:
        """Read a block column by column; None where a cell needs a look of its own."""
        given = dict(zip(self.names, block.columns, strict=True))
        place = partial(self._where, block)
        n = self.numbers.column(given["n"])
        if n is None or not bool((np.isfinite(n) & (n > 0)).all()):
            return None
        read = [self._known(given[name], blank=len(self.losses) > 1) for name in self.losses]
        error = self._known(given["se"], blank=True) if "se" in given else _nothing(len(n))
        labels = {name: names.column_of(given[name], place) for name, names in self.labels.items()}
        losses = [one for one in read if one is not None]
        codes = {name: each for name, each in labels.items() if each is not None}
        if len(losses) < len(read) or error is None or len(codes) < len(labels):
            return None
        told = np.stack([known for _, known in losses], axis=1)
        se, known = error
        metric = self._metrics_of(told, codes.get("metric"), place)
        if metric is None or not told.any(axis=1).all() or not bool((np.isfinite(se) & (se > 0))[known].all()):
            return None
        written = [(name, given[name]) for name in ("n", self.losses[0], "se", *self.losses[1:]) if name in given]
        if not self.numbers.mark(written, place):
            return None
        self.values += sum(int(known.sum()) for name, (_, known) in zip(self.losses, losses, strict=True) if name in RATES)
        return _Part(n, np.stack([loss for loss, _ in losses], axis=1), metric, told, se, codes)

    def _known(self, cells: Sequence[Any], *, blank: bool) -> tuple[Array, NDArray[np.bool_]] | None:
        """Give a column's numbers and where there are any, `(r,)` both; None where a cell needs a look of its own."""
        found = self.numbers.column(cells)
        if found is not None or not blank:
            return None if found is None else (found, np.ones(len(cells), dtype=bool))
        known = np.array([not empty(cell) for cell in cells])
        found = self.numbers.column([cell for cell, there in zip(cells, known.tolist(), strict=True) if there])
        if found is None:
            return None
        spread = np.full(len(cells), np.nan)
        spread[known] = found
        return spread, known

    def _metrics_of(self, told: NDArray[np.bool_], named: Codes | None, place: Callable[[int, str], Where]) -> Codes | None:
        """Give the code of each loss's metric, `(r, K)`; None where a name and a column contradict each other."""
        found = np.full(told.shape, -1, dtype=np.int32)
        for k, column in enumerate(self.losses):
            if named is None:
                found[:, k] = self._metric_code(column, "", place(0, column))
                continue
            for code in np.unique(named[told[:, k]]).tolist():
                try:
                    metric = self._metric_code(column, self.labels["metric"].names[code], place(0, "metric"))
                except KleiberError:
                    return None
                found[named == code, k] = metric
        return found

    def _metric_code(self, column: str, named: str, where: Where) -> int:
        return self.metrics.setdefault(_metric(column, named, where), len(self.metrics))

    def _by_row(self, block: Block) -> _Part:
        """Read a block row by row; raises `KleiberError` for the first cell that is none of ours."""
        count, width = len(block.numbers), len(self.losses)
        n, se, loss = np.empty(count), np.full(count, np.nan), np.full((count, width), np.nan)
        metric = np.full((count, width), -1, dtype=np.int32)
        labels = {name: np.empty(count, dtype=np.int32) for name in self.labels}
        for row, values in enumerate(zip(*block.columns, strict=True)):
            given = dict(zip(self.names, values, strict=True))
            where = partial(self._where, block, row)
            for name, names in self.labels.items():
                labels[name][row] = names.cell(given[name], where(name))
            named = self.labels["metric"].names[labels["metric"][row]] if "metric" in labels else ""
            n[row] = self._size(given["n"], where("n"))
            for name in [name for name in self.losses if not empty(given[name])] or self.losses[:1]:
                k = self.losses.index(name)
                metric[row, k] = self._metric_code(name, named, where("metric"))
                loss[row, k] = self._value(given[name], where(name))
                se[row] = math.nan if empty(given.get("se")) else self._error(given["se"], where("se"))
        return _Part(n, loss, metric, metric >= 0, se, labels)

    def _size(self, value: Any, where: Where) -> float:
        told = suffixed(value)
        self.suffixed += told is not None
        self.percents += told is not None and str(value).strip().endswith("%")
        n = self.numbers.read(value, where) if told is None else told
        if not (math.isfinite(n) and n > 0):
            raise KleiberError(f"{where}: {shown(value)} is not a number of training examples")
        return n

    def _value(self, value: Any, where: Where) -> float:
        """Give a metric's value; that of a rate may have a % sign, and any a spread after it."""
        alone, _ = split(value)
        if alone:
            self.inside.add(where.column)
            value = alone
        rate = where.column in RATES
        marked = rate and isinstance(value, str) and value.strip().endswith("%")
        self.values += rate
        self.in_percent += marked
        return self.numbers.read(value.strip().removesuffix("%").rstrip() if marked else value, where)

    def _error(self, value: Any, where: Where) -> float:
        se = self.numbers.read(value, where)
        if not (math.isfinite(se) and se > 0):
            raise KleiberError(
                f"{where}: {shown(value)} is no standard error: it is positive; leave it empty where unknown"
            )
        return se

    def _finite(self, part: _Part) -> _Part:
        """Give an entry for each finite loss, `(m,)` and `(m, 1)`, row by row, and count the rows that diverged."""
        finite = np.isfinite(part.loss)
        self.diverged += int((part.told & ~finite).any(axis=1).sum())
        kept = part.told & finite
        if kept.all() and len(self.losses) == 1:
            self._entries.append(np.arange(self.rows, self.rows + len(kept), dtype=np.int32))
            self._columns.append(np.zeros(len(kept), dtype=np.int32))
            return part
        row, column = np.nonzero(kept)
        self._columns.append(column.astype(np.int32))
        self._entries.append((row + self.rows).astype(np.int32))
        labels = {name: codes[row] for name, codes in part.labels.items()}
        loss, metric = part.loss[kept][:, None], part.metric[kept][:, None]
        return _Part(part.n[row], loss, metric, part.told[kept][:, None], part.se[row], labels)

    def _joined(self, parts: Sequence[_Part]) -> Rows:
        """Put the entries of all blocks together."""
        n = np.concatenate([part.n for part in parts]) if parts else np.empty(0)

        def labels(name: str, blank: str | None) -> Labels:
            if name not in self.labels or not parts:
                return Labels.same(blank, len(n))
            return self.labels[name].labels(np.concatenate([part.labels[name] for part in parts]), blank)

        def column(name: str) -> Any:
            return np.concatenate([getattr(part, name)[:, 0] for part in parts]) if parts else np.empty(0)

        return Rows(
            model=labels("model", "model"),
            metric=Labels(column("metric").astype(np.int32), tuple(self.metrics)),
            n=n,
            loss=column("loss"),
            replicate=labels("replicate", None),
            seed=labels("seed", None),
            se=np.concatenate([part.se for part in parts]) if parts and "se" in self.names else None,
        )


def _nothing(count: int) -> tuple[Array, NDArray[np.bool_]]:
    return np.broadcast_to(np.nan, (count,)), np.broadcast_to(np.False_, (count,))


def _metric(column: str, named: str, where: Where) -> str:
    """Give a value's metric: that of its column, with what the `metric` column says of it, such as top5_error."""
    if not named or column == "loss":
        return named or column
    simple = named.lower().replace(" ", "_").replace("-", "_")
    if simple in (column, column[:3]) or simple.endswith((f"_{column}", f"_{column}_rate")):
        return column if simple == column[:3] else named
    if simple in (*LOSSES, "acc") or simple.endswith(("error", "accuracy", "loss", "entropy", "_rate")):
        raise KleiberError(
            f"{where}: {named!r} stands beside the column {column!r}, which is another metric. Name the column loss, or "
            f"leave the metric out"
        )
    return f"{named}_{column}"
