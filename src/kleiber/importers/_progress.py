"""One row a run, where a column such as an epoch counts progress within it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kleiber import plugins
from kleiber.importers import Rows, _roles
from kleiber.importers._beside import Array, Beside, Groups, Index, grouped, sizes_of, values_in
from kleiber.wording import counted

LABELS = (_roles.RUN, _roles.SEED, _roles.REPLICATE, _roles.MODEL, _roles.SPLIT)
MAY_NAME = (_roles.SETTING, _roles.UNLIKE, _roles.OTHER)
FEW = 50  # values of a column whose name says nothing, for it to tell runs apart
TREND = 0.003  # p-value, below which the losses follow a column that may number repeats
EVEN = 0.01  # by which the steps of an even log may differ
FULL = 0.9  # of the values up to a run's last, which a log has
MOST = 0.8  # of the runs, where nothing but a column named epoch says that rows are a log


def last_of_runs(
    rows: Rows, beside: Sequence[Beside], lower: Array, keep: str, chosen_by: str = ""
) -> tuple[Index, Sequence[Beside], str] | None:
    """Give the row of each run that is kept, the columns that still say what it is, and a note; None where rows are runs.

    `lower (m,)` are the values, lower is better; `keep` is "last" or "best", `chosen_by` the column by which, where
    that is another than the loss.
    """
    named = _named(rows, beside)
    told = [(column, column.numbers()) for column in beside if column.role == _roles.PROGRESS]
    counting = [
        (column, p)
        for column, p in told
        if np.isfinite(p).all() and (values_in(named, column.codes) > 1).any() and _counts(column, p, named, lower)
    ]
    if not counting:
        return None
    column, progress = max(counting, key=lambda one: int(values_in(named, one[0].codes).sum()))
    runs = _runs(named, progress, beside)
    labelled = rows.seed.codes.min() >= 0 or rows.replicate.codes.min() >= 0 or _has_labels(beside)
    if not (sizes_of(runs) > 1).any() or not (labelled or any(_is_log(runs, p) for _, p in counting)):
        return None
    place = np.arange(len(rows))
    order = np.lexsort((place, progress, runs) if keep == "last" else (place, -progress, -lower, runs))
    ends = np.flatnonzero(np.append(np.diff(runs[order]) != 0, True))
    kept = np.sort(order[ends])
    still = [
        each for each in beside if each.role == _roles.CHOOSER or (each.role != _roles.PROGRESS and not _varies(runs, each))
    ]
    what = "last" if keep == "last" else f"best ({chosen_by})" if chosen_by else "best"
    other = "best" if keep == "last" else "last"
    first = rows.metric.codes == rows.metric.firsts()[0]
    note = (
        f"{column.name!r} counts progress within a run: the {what} row of each run was kept, {first[kept].sum()} of "
        f"{counted(int(first.sum()), 'row')}. Write --keep {other} for the {other}."
    )
    return kept, still, note


def _named(rows: Rows, beside: Sequence[Beside]) -> Groups:
    """Give a number for each row's run as far as labels name it."""
    labels = (rows.model.codes, rows.metric.codes, rows.n, rows.seed.codes, rows.replicate.codes)
    return grouped(*labels, *(column.codes for column in beside if _is_label(column)))


def _is_label(column: Beside) -> bool:
    return column.role in LABELS and column.count < len(column.codes)


def _has_labels(beside: Sequence[Beside]) -> bool:
    return any(_is_label(column) and column.role != _roles.MODEL and column.count > 1 for column in beside)


def _runs(named: Groups, progress: Array, beside: Sequence[Beside]) -> Groups:
    """Tell runs of the same labels apart: by settings and other columns, then by where their counting begins anew."""
    runs = named
    candidates = [
        column
        for role in MAY_NAME
        for column in beside
        if column.role == role and (role == _roles.SETTING or column.count <= FEW)
    ]
    for column in candidates:
        twice = _twice(runs, progress)
        if not twice:
            return runs
        finer = grouped(runs, column.codes)
        if _twice(finer, progress) <= twice / 2 and 2 * len(np.unique(finer)) <= len(finer):
            runs = finer
    return _apart(runs, progress) if _twice(runs, progress) else runs


def _twice(runs: Groups, progress: Array) -> int:
    """Give how many rows have the run and the progress of another."""
    return len(runs) - len(np.unique(grouped(runs, progress)))


def _apart(runs: Groups, progress: Array) -> Groups:
    """Split runs that reach the same progress twice: where it falls back to its start, else by the order of the rows."""
    place = np.arange(len(runs))
    order = np.lexsort((place, runs))
    group, p = runs[order], progress[order]
    other = np.append(True, group[1:] != group[:-1])
    new = other.copy()
    new[1:] |= p[1:] <= p[:-1]
    first = p[np.maximum.accumulate(np.where(other, place, 0))]
    found = np.empty(len(runs), dtype=np.int64)
    if (p[new] == first[new]).all():
        found[order] = np.cumsum(new)
        return found - 1
    order = np.lexsort((place, progress, runs))
    pair = grouped(runs, progress)[order]
    start = np.append(True, pair[1:] != pair[:-1])
    found[order] = place - np.maximum.accumulate(np.where(start, place, 0))
    return grouped(runs, found)


def _is_log(runs: Groups, progress: Array) -> bool:
    """Say whether nearly all runs are logged as logs are: evenly, or at all values up to their last that there are.

    Where each run is one row, the epoch of which is where it stopped, rows of one size are neither.
    """
    order = np.lexsort((progress, runs))
    group, p = runs[order], progress[order]
    same = group[1:] == group[:-1]
    step, inner = np.diff(p), same[1:] & same[:-1]
    uneven = inner & (np.abs(np.diff(step)) > EVEN * np.abs(step[1:]))
    count = np.bincount(group)
    even = np.bincount(group[2:][uneven], minlength=len(count))[count > 2] == 0
    grid = np.unique(p, return_inverse=True)[1].reshape(-1)
    last = np.zeros(len(count), dtype=np.int64)
    np.maximum.at(last, group, grid)
    full = count[count > 1] / (last[count > 1] + 1)
    evenly = len(even) > 1 and bool(even.mean() >= MOST)
    fully = len(full) > 1 and bool(np.mean(full > FULL) >= MOST)
    return evenly or fully


def _counts(column: Beside, progress: Array, named: Groups, lower: Array) -> bool:
    """Say whether a column counts progress: one called `iteration` may number repeats, and then no loss follows it."""
    if _roles.plain(column.name) not in _roles.AMBIGUOUS:
        return True
    loss = np.log(lower) if (lower > 0).all() else lower
    count = np.bincount(named)
    x, y = (each - (np.bincount(named, each) / np.where(count, count, 1))[named] for each in (progress, loss))
    spread, within = float((x @ x) * (y @ y)), len(x) - int(np.count_nonzero(count)) - 1
    explained = min(float(x @ y) ** 2 / spread, 1 - 1e-12) if spread > 0 else 0.0
    return within > 0 and bool(plugins.heavy("importers._variance").p_value(explained, 1, within) < TREND)


def _varies(runs: Groups, column: Beside) -> bool:
    """Say whether a column changes within runs, as a learning rate on a schedule does."""
    changes: NDArray[np.bool_] = values_in(runs, column.codes) > 1
    return bool(changes.any())
