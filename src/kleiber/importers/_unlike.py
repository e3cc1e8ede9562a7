"""Columns that split the rows of one size into unlike curves: data sets, studies, sizes of model, and whatever else does.

A column whose name says it needs no proof. Any other must come back at most sizes, as a design does and a measurement does
not, and its values must differ in the loss by more than the noise.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows, _models, _roles
from kleiber.importers._beside import Array, Beside, Codes, cells_of, grouped, values_in
from kleiber.importers._cells import shown, typed

SURE, DESIGNED, CONFLICT = 0.001, 0.02, 0.05  # p-values: of any column, of a full design in words, of rows in conflict
FILLED = 0.5  # of the sizes, at which a value comes back
OWN = 3  # rows of a value, at least, that has a curve of its own
COVERED = 0.5  # of the range of sizes, by each of these curves
FEW = 50  # numbers that a design has, at most
ROUNDS = 4  # columns, one after another, that may split the curves


def apart(rows: Rows, beside: Sequence[Beside], place: str, roles: Sequence[str], named: bool) -> tuple[Rows, list[str]]:
    """Make curves of their own of rows that a column splits, where models are named; else ask.

    Raises `KleiberError` that names the column and each way out.
    """
    notes = []
    for _ in range(ROUNDS):
        found = [(column, split) for column in beside if column.role in roles and len(split := _splits(rows, column))]
        if not found:
            break
        column, split = max(found, key=lambda one: _explained(rows, one[0]))
        if not named:
            raise KleiberError(f"{place}: {_question(rows, column)}")
        rows, models = _renamed(rows, column, split)
        value = column.values.names[int(column.codes[0])]
        notes.append(
            f"{column.name!r} splits the rows of {models}: each value was read as a curve of its own. Write "
            f"{typed('--where', f'{column.name}={value}')} for one."
        )
    return rows, notes


def _splits(rows: Rows, column: Beside) -> Codes:
    """Give the models whose rows a column's values split into unlike curves, none where it splits none."""
    if column.count < 2:
        return np.empty(0, dtype=np.int32)
    varied = values_in(cells_of(rows), column.codes) > 1
    if _at_sizes(rows.take(np.flatnonzero(varied)), column.take(np.flatnonzero(varied))):
        return np.unique(rows.model.codes[varied])
    return np.array([code for code in rows.model.firsts() if _between_sizes(rows, column, code)], dtype=np.int32)


def _at_sizes(rows: Rows, column: Beside) -> bool:
    """Say whether a column's values come back at most sizes, each of which has several, and make unlike curves."""
    if not len(rows):
        return False
    filled = _filled(rows, column)
    if column.role == _roles.UNLIKE:
        return filled >= FILLED
    words = not np.isfinite(column.numbers()).any()
    if filled < FILLED or (column.count > FEW and not words):
        return False
    return _p_value(rows, column) < _level(rows, designed=words and filled == 1.0)


def _between_sizes(rows: Rows, column: Beside, model: int) -> bool:
    """Say whether a column that names data sets, or the like, has curves of its own over one range of sizes.

    Each value has several sizes, and these lie between those of the others: what changes with the size does not.
    """
    if column.role != _roles.UNLIKE:
        return False
    of = np.flatnonzero(rows.model.codes == model)
    x, values = np.log(rows.n[of]), np.unique(column.codes[of], return_inverse=True)[1].reshape(-1)
    count = int(values.max()) + 1
    if count < 2 or (np.bincount(values) < OWN).any():
        return False
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, values, x)
    np.maximum.at(high, values, x)
    return bool((high - low).min() > 0 and (high - low).min() >= COVERED * (high.max() - low.min()))


def _filled(rows: Rows, column: Beside) -> float:
    """Give the share of sizes at which a value comes back, on average over the rows."""
    curve = grouped(rows.model.codes, rows.metric.codes)
    size = grouped(curve, rows.n).astype(np.int32)
    at = values_in(grouped(curve, column.codes), size)
    return float(np.mean(np.where(at > 1, at / values_in(curve, size), 0.0)))


def _level(rows: Rows, *, designed: bool) -> float:
    if rows.seed.codes.min() >= 0 or rows.replicate.codes.min() >= 0:
        run = grouped(cells_of(rows), rows.seed.codes, rows.replicate.codes)
        if len(np.unique(run)) < len(rows):
            return CONFLICT
    return DESIGNED if designed else SURE


def _centred(rows: Rows) -> tuple[Array, int]:
    """Give each row's loss, as a log where all are positive, without the mean of its curve and size; and how many means."""
    y = np.log(rows.loss) if (rows.loss > 0).all() else rows.loss
    groups = np.unique(cells_of(rows), return_inverse=True)[1]
    return y - (np.bincount(groups, y) / np.bincount(groups))[groups], int(groups.max()) + 1


def _explained(rows: Rows, column: Beside) -> float:
    """Give the share of the scatter within sizes that a column's values explain."""
    y, _ = _centred(rows)
    values = np.unique(column.codes, return_inverse=True)[1]
    means = np.bincount(values, y) / np.bincount(values)
    total = float(y @ y)
    return float(means[values] @ means[values]) / total if total > 0 else 0.0


def _p_value(rows: Rows, column: Beside) -> float:
    """Give the p-value of an analysis of variance: no value is better than another, but for noise."""
    _, means = _centred(rows)
    explained, values = _explained(rows, column), column.count
    within = len(rows) - means - (values - 1)
    if within < 1:
        return 1.0
    if explained >= 1:
        return 0.0
    return float(plugins.heavy("importers._variance").p_value(explained, values - 1, within))


def _question(rows: Rows, column: Beside) -> str:
    """Name the column that splits rows, and the options that say what it is."""
    codes = list(dict.fromkeys(column.codes.tolist()))
    names = [column.values.names[code] for code in codes]
    listed = ", ".join(shown(name) for name in names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    name = column.name
    free = next((label for label in ("replicate", "seed") if getattr(rows, label).codes.min() < 0), None)
    ways = [
        f"{typed('--column', f'model={name}')} for a curve of each",
        f"{typed('--where', f'{name}={names[0]}')} for one of them",
        *([f"{typed('--best-of', name)} for the best of each size"] if column.role == _roles.OTHER else []),
        *([f"{typed('--column', f'{free}={name}')} if they are repeats"] if free and column.role == _roles.OTHER else []),
    ]
    return f"the rows differ by {column.name!r} ({listed}), which makes unlike curves. Write " + ", or ".join(ways)


def _renamed(rows: Rows, column: Beside, split: Codes) -> tuple[Rows, str]:
    """Give each value of a column a model of its own, in the models `split`; and the names of these."""
    texts = list(rows.model)
    inside = np.isin(rows.model.codes, split)
    values = list(replace(column.values, names=_models.written(column.values.names)))
    names = [f"{m}, {column.name}={v}" if within else m for m, v, within in zip(texts, values, inside, strict=True)]
    told = ", ".join(repr(rows.model.names[code]) for code in split[:3]) + (" and others" if len(split) > 3 else "")
    return replace(rows, model=Labels.of(names)), told
