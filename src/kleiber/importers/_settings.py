"""The best setting of each size, where a column such as a learning rate was searched; and what choosing it costs."""

from collections.abc import Sequence

import numpy as np

from kleiber.importers import Rows, _roles
from kleiber.importers._beside import Array, Beside, Groups, Index, cells_of, grouped, sizes_of, values_in
from kleiber.importers._cells import typed
from kleiber.wording import agreed, counted

HELD_OUT = 10  # repeats of a setting, at most, that are held out one by one
MOST_SETTINGS = 5  # names in a sentence


def searched(rows: Rows, beside: Sequence[Beside]) -> list[Beside]:
    """Give the columns of settings of which rows of one model and size have several values."""
    return [column for column in beside if column.role == _roles.SETTING and is_searched(rows, column)]


def is_searched(rows: Rows, column: Beside) -> bool:
    """Say whether rows of one size differ in a setting; whole numbers that come back at no other size are a result."""
    groups = cells_of(rows)
    if not (values_in(groups, column.codes) > 1).any():
        return False
    numbers = column.numbers()
    whole = np.isfinite(numbers).all() and bool((numbers == np.floor(numbers)).all())
    if not whole:
        return True
    elsewhere = values_in(grouped(rows.model.codes, rows.metric.codes, column.codes), grouped(rows.n).astype(np.int32))
    return bool(np.mean(elsewhere > 1) >= 0.5)


def each_its_own(rows: Rows, columns: Sequence[Beside]) -> str:
    """Ask where each row of a size has a repeat's label and a setting of its own, as a search and tuned repeats have.

    Gives "" where the rows tell, and where both labels are taken.
    """
    labelled = [name for name in ("seed", "replicate") if getattr(rows, name).codes.min() >= 0]
    if len(labelled) != 1:
        return ""
    (label,) = labelled
    groups, setting = cells_of(rows), grouped(*(column.codes for column in columns)).astype(np.int32)
    labels, settings, count = values_in(groups, getattr(rows, label).codes), values_in(groups, setting), sizes_of(groups)
    varied = settings > 1
    if not ((labels == count) & (settings == count))[varied].all():
        return ""
    name, free = columns[0].name, "replicate" if label == "seed" else "seed"
    return (
        f"each row of a size has a {label} and a {name!r} of its own. Write {typed('--best-of', name)} if the settings "
        f"were searched, or {typed('--column', f'{free}={name}')} if each is a repeat with its own setting"
    )


def best_of_each_size(rows: Rows, columns: Sequence[Beside], lower: Array, chosen_by: str = "") -> tuple[Index, str] | None:
    """Give the rows of the best setting of each model and size, and a note that says so and what it costs.

    The first metric of a size chooses for all; a setting with repeats is judged by their mean. None where each size has
    one setting. `lower (m,)` chooses, and is `chosen_by`'s where that is not the loss itself.
    """
    setting = grouped(*(column.codes for column in columns))
    place = grouped(rows.model.codes, rows.n)
    pair = grouped(place, setting)
    chosen = np.zeros(int(pair.max()) + 1, dtype=bool)
    open_places = np.ones(int(place.max()) + 1, dtype=bool)
    for metric in rows.metric.firsts():
        of = np.flatnonzero((rows.metric.codes == metric) & open_places[place])
        if len(of):
            chosen[_best(place[of], pair[of], lower[of])] = True
            open_places[place[of]] = False
    kept = np.flatnonzero(chosen[pair])
    if len(kept) == len(rows):
        return None
    first = np.flatnonzero(rows.metric.codes == rows.metric.firsts()[0])
    counts = values_in(place[first], setting[first].astype(np.int32))
    names = [repr(column.name) for column in columns]
    told = ", ".join(names[:MOST_SETTINGS]) + (f" and {len(names) - MOST_SETTINGS} more" if names[MOST_SETTINGS:] else "")
    few, many = int(counts.min()), int(counts.max())
    tried = f"{many}" if few == many else f"{few} to {many}"
    cost = f"It was chosen by {chosen_by!r}." if chosen_by else _cost(place[first], pair[first], lower[first])
    note = (
        f"{told} {agreed('was', one=len(names) == 1)} searched: the best of {tried} "
        f"{'setting' if tried == '1' else 'settings'} of each size was kept, "
        f"{np.isin(first, kept).sum()} of {counted(len(first), 'row')}. {cost} "
        f"Write {typed('--column', f'model={columns[0].name}')} for a curve of each setting."
    )
    return kept, note


def _best(place: Groups, pair: Groups, lower: Array) -> Groups:
    """Give the pair of place and setting with the lowest mean of each place."""
    pairs, member = np.unique(pair, return_inverse=True)
    mean = np.bincount(member, lower) / np.bincount(member)
    of = np.empty(len(pairs), dtype=np.int64)
    of[member] = place
    order = np.lexsort((mean, of))
    first = np.append(True, np.diff(of[order]) != 0)
    found: Groups = pairs[order[first]]
    return found


def _cost(place: Groups, pair: Groups, lower: Array) -> str:
    """Say by how much the choice flatters the chosen: repeats are held out one by one, where there are any."""
    order = np.lexsort((np.arange(len(pair)), pair))
    start = np.append(True, np.diff(pair[order]) != 0)
    at = np.arange(len(pair))
    repeat = np.empty(len(pair), dtype=np.int64)
    repeat[order] = at - np.maximum.accumulate(np.where(start, at, 0))
    several = sizes_of(pair).min() > 1
    if not several:
        return "Each was run once, so the choice makes the losses look better by an unknown amount: repeat the best."
    ratios = []
    whole = lower[np.isin(pair, _best(place, pair, lower))].mean()
    for held in range(min(int(repeat.max()) + 1, HELD_OUT)):
        rest = repeat != held
        best = _best(place[rest], pair[rest], lower[rest])
        out = ~rest & np.isin(pair, best)
        if out.any():
            ratios.append(lower[out].mean())
    gap = float(np.mean(ratios) / whole - 1) if ratios and whole > 0 else 0.0
    gain = f"{100 * max(gap, 0.0):.1f} %"
    return f"Held-out repeats of the best are {gain} worse: the choice flatters by that much."
