"""One loss that several columns tell, such as error and accuracy: each run is taken once, or there is an error."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows
from kleiber.wording import counted

Runs = NDArray[np.int64]

DECIMALS = 10  # to which a rounding is looked for


def once(name: str, read_from: Mapping[str, Rows], notes: list[str]) -> Rows:
    """Give the rows of a loss that metrics tell: each run once, of the metric of that name, or of the first.

    Adds to the notes what was kept. Raises `KleiberError` where two metrics disagree on a run by more than both were
    rounded.
    """
    first = name if name in read_from else next(iter(read_from))
    kept = read_from[first]
    for other, rows in read_from.items():
        if other == first:
            continue
        if (kept.loss > 1).any():
            kept = replace(kept, loss=kept.loss / 100, se=None if kept.se is None else kept.se / 100)
            notes[:] = [note for note in notes if not note.startswith(f"{first!r} has values above 1")]
            notes.append(f"{first!r} was read in percent, as {other!r} beside it shows; losses are fractions of 1.")
        both = appended([kept, rows])
        runs = _runs(both)
        mine, theirs = runs[: len(kept)], runs[len(kept) :]
        _require_same(name, (first, kept, mine), (other, rows, theirs))
        kept = _with_errors(kept, mine, rows, theirs)
        new = np.flatnonzero(~np.isin(theirs, mine))
        notes.append(f"{first!r} and {other!r} agree on {counted(len(rows) - len(new), 'run')}: {first!r} was kept.")
        kept = appended([kept, rows]).take(np.append(np.arange(len(kept)), new + len(kept)))
    return kept


def _with_errors(kept: Rows, mine: Runs, rows: Rows, theirs: Runs) -> Rows:
    """Give the standard errors of the other metric to rows that have none, where it has each of their runs once."""
    if rows.se is None or (kept.se is not None and not np.isnan(kept.se).all()):
        return kept
    runs, place, count = np.unique(theirs, return_index=True, return_counts=True)
    at = np.minimum(np.searchsorted(runs, mine), len(runs) - 1)
    if not ((runs[at] == mine) & (count[at] == 1)).all():
        return kept
    return replace(kept, se=rows.se[place[at]])


def appended(parts: Sequence[Rows]) -> Rows:
    """Give the rows of all parts, whose labels have the same names; the metric is that of the first."""
    first, count = parts[0], sum(map(len, parts))

    def labels(column: str) -> Labels:
        given: list[Labels] = [getattr(part, column) for part in parts]
        return Labels(np.concatenate([each.codes for each in given]), given[0].names)

    errors = [np.full(len(part), np.nan) if part.se is None else part.se for part in parts]
    return Rows(
        model=labels("model"),
        metric=Labels.same(first.metric.names[0], count),
        n=np.concatenate([part.n for part in parts]),
        loss=np.concatenate([part.loss for part in parts]),
        replicate=labels("replicate"),
        seed=labels("seed"),
        se=None if all(part.se is None for part in parts) else np.concatenate(errors),
    )


def _runs(rows: Rows) -> Runs:
    """Give a number for each run, `(m,)`: the same where model, size, replicate and seed are."""
    keys = (rows.seed.codes, rows.replicate.codes, rows.n, rows.model.codes)
    order = np.lexsort(keys)
    new = np.zeros(len(rows), dtype=bool)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    runs = np.empty(len(rows), dtype=np.int64)
    runs[order] = np.cumsum(new)
    return runs


def _require_same(name: str, one: tuple[str, Rows, Runs], two: tuple[str, Rows, Runs]) -> None:
    """Raise `KleiberError` where two columns disagree on a run by more than both were rounded."""
    slack = 1e-6 + _rounding(one[1]) + _rounding(two[1])
    end = int(max(one[2].max(), two[2].max())) + 1
    counts, others = (np.bincount(runs, minlength=end) for _, _, runs in (one, two))
    differ = (counts != others) & (counts > 0) & (others > 0)
    alike = (counts == others) & (counts > 0)
    left, right = (_in_order(rows, runs, alike) for _, rows, runs in (one, two))
    off = ~(np.abs(left[0] - right[0]) <= slack)
    differ[left[1][off]] = True
    if not differ.any():
        return
    place = int(np.argmax(differ[one[2]]))  # the first row whose run they disagree on
    run, row = one[2][place], one[1][place]
    shown, told = (
        ", ".join(f"{v:.6g}" for v in np.sort(rows.loss[runs == run])[:3].tolist()) for _, rows, runs in (one, two)
    )
    raise KleiberError(
        f"{one[0]!r} and {two[0]!r} disagree on {row.model!r} at n = {row.n:g}: as {name!r} they are {shown} and {told}. "
        f"Leave one of the columns out"
    )


def _in_order(rows: Rows, runs: Runs, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.float64], Runs]:
    """Give the losses of the wanted runs, run by run and smallest first, and the run of each."""
    order = np.lexsort((rows.loss, runs))
    order = order[wanted[runs[order]]]
    return rows.loss[order], runs[order]


def _rounding(rows: Rows) -> float:
    """Give half a unit of the last decimal to which a column's losses are written."""
    most = 0
    for loss in np.unique(rows.loss).tolist():
        most = max(most, len(f"{loss:.{DECIMALS}f}".rstrip("0").partition(".")[2]))
        if most == DECIMALS:
            break
    return 0.5 * 10.0**-most
