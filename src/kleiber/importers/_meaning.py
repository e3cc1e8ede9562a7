"""What the rows of a table are, by the columns beside: one row a run, one curve a model and data set, repeats as repeats.

The order matters: whose rows they are (model, split, seeds), then where in a run (progress), then with which settings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows, _beside, _models, _progress, _roles, _settings, _unlike, losses_of, metric_of
from kleiber.importers._beside import Array, Beside, Codes, cells_of, grouped, values_in
from kleiber.importers._cells import Cells, listed
from kleiber.importers._metrics import Told
from kleiber.importers._wanted import Wanted
from kleiber.wording import agreed, counted

KEEP = ("last", "best")
TRIALS = ("trial", "run", "try", "attempt")  # repeats that are the trials of a search where settings vary


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody says of a table: which row of a run is kept, and settings of which the best of each size is."""

    keep: str = "last"
    best_of: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)


class Meaning:
    """Works out what rows are, step by step; `notes` say what was found, `counted` are those on which rows count."""

    def __init__(self, rows: Rows, beside: Sequence[Beside], place: str, wishes: Wishes, calls: Mapping[str, str]) -> None:
        self.rows, self.beside, self.place, self.wishes, self.calls = rows, list(beside), place, wishes, calls
        self.notes: list[str] = []
        self.counted: list[str] = []
        self.trials = False
        self.named = len(rows.model.names) > 1 or rows.model.names[:1] not in ((), ("model",))

    def found(self) -> Rows:
        """Give the rows that are runs."""
        self._models()
        self._split()
        self._repeats(_roles.SEED, "seed")
        self._repeats(_roles.REPLICATE, "replicate")
        self._progress()
        self._apart((_roles.UNLIKE, _roles.MODEL))
        self._settings()
        self._apart((_roles.OTHER, _roles.SPLIT))
        return self.rows

    def _take(self, index: Any, note: str) -> None:
        self.notes.append(note)
        self.counted.append(note)
        self.rows = self.rows.take(index)
        self.beside = [column.take(index) for column in self.beside]

    def _of(self, role: str) -> list[Beside]:
        """Give the columns of a role, those that stand first in its list first."""
        columns = [column for column in self.beside if column.role == role]
        order = _roles.of_role([column.name for column in columns], role)
        return [columns[i] for i in order]

    def _models(self) -> None:
        """Read the first column that names models, of which one at least has two sizes."""
        for column in [] if self.named else self._of(_roles.MODEL):
            sizes = values_in(column.codes.astype(np.int64), grouped(self.rows.n).astype(np.int32))
            if column.complete() and column.count > 1 and (sizes > 1).any():
                self.rows = replace(self.rows, model=column.values)
                self.beside.remove(column)
                self.named = True
                self.notes.append(f"the models are named by {column.name!r}.")
                return

    def _split(self) -> None:
        """Keep the rows of the test set, else of validation; never average them with each other or with training rows."""
        for column in self._of(_roles.SPLIT):
            parts = [_part(name) for name in column.values.names]
            there = {parts[code] for code in np.unique(column.codes)}
            if len(there) < 2 or None in there:
                continue
            part = np.array([_roles.PARTS.index(each) if each else -1 for each in parts])[column.codes]
            size = grouped(self.rows.n).astype(np.int32)
            sizes = [len(np.unique(size[part == i])) for i in range(len(_roles.PARTS))]
            best = max(range(len(sizes)), key=lambda i: (min(sizes[i], 3), -i))
            names = sorted({column.values.names[code] for code in np.unique(column.codes[part == best])})
            kept = np.flatnonzero(part == best)
            self._take(
                kept,
                f"{column.name!r}: the {counted(len(kept), 'row')} of {' and '.join(map(repr, names))} "
                f"{agreed('was', one=len(kept) == 1)} read, the other {len(part) - len(kept)} left out.",
            )

    def _repeats(self, role: str, ours: str) -> None:
        """Read a column that numbers repeats, such as a fold, as ours, where that is not there."""
        for column in [] if (getattr(self.rows, ours).codes >= 0).any() else self._of(role):
            varied = bool((values_in(cells_of(self.rows), column.codes) > 1).any())
            if role == _roles.PROGRESS and _roles.plain(column.name) not in _roles.AMBIGUOUS:
                continue
            if varied and column.complete():
                self.rows = self.rows.labelled(ours, column.values)
                self.trials |= _roles.plain(column.name) in TRIALS
                self.notes.append(f"the column {column.name!r} was read as {ours!r}.")
                return

    def _progress(self) -> None:
        if not self._of(_roles.PROGRESS):
            return
        lower, by = self._lower()
        told = _progress.last_of_runs(self.rows, self.beside, lower, self.wishes.keep, by)
        if told is None:
            self._repeats(_roles.PROGRESS, "replicate")
        else:
            kept, still, note = told
            self.beside = list(still)
            self._take(kept, note)

    def _lower(self) -> tuple[Array, str]:
        """Give the values that choose, lower is better, `(m,)`, and their column where it is not that of the loss."""
        for column in [column for column in self.beside if column.role == _roles.CHOOSER]:
            values = column.numbers()
            if np.isfinite(values).all():
                whole = replace(self.rows, loss=values, metric=Labels.same(column.name, len(values)))
                return lower_of(whole, {}, self.wishes.told), column.name
        return lower_of(self.rows, self.calls, self.wishes.told), ""

    def _settings(self) -> None:
        """Keep the best setting of each size, of the settings that somebody names or else of those that were searched."""
        there = {column.name: column for column in self.beside}
        columns = [there[name] for name in self.wishes.best_of if name in there] or self._searched()
        found = _settings.best_of_each_size(self.rows, columns, *self._lower()) if columns else None
        if found is not None:
            kept, note = found
            self._take(kept, note)
            self.beside = [column for column in self.beside if column.name not in {each.name for each in columns}]

    def _searched(self) -> list[Beside]:
        """Give the columns of settings that were searched; none where somebody says that they number repeats."""
        if any(_roles.role_of(self.calls.get(label, "")) == _roles.SETTING for label in ("seed", "replicate")):
            return []
        columns = _settings.searched(self.rows, self.beside)
        question = _settings.each_its_own(self.rows, columns) if columns and not self.trials else ""
        if question:
            raise KleiberError(f"{self.place}: {question}")
        return columns

    def _apart(self, roles: Sequence[str]) -> None:
        chosen = [column for column in self.beside if column.name not in self.wishes.best_of]
        self.rows, notes = _unlike.apart(self.rows, chosen, self.place, roles, self.named)
        self.notes += notes


def of_rows(
    rows: Rows, entries: Callable[[], Codes], cells: Cells, found: Wanted, wishes: Wishes
) -> tuple[Rows, list[str], list[str]]:
    """Give the runs of a table's rows, what was found, and of that what says which rows count.

    `entries` gives where in the table each row stands, `(m,)`.
    Raises `KleiberError` for settings that are asked for and not there, and where rows of one size are of unlike curves.
    """
    taken = list(found.place.values())
    for name in wishes.best_of:
        if name not in cells.names or cells.names.index(name) in taken:
            raise KleiberError(f"{cells.place}: best_of={name!r}: no such column is free; there are {listed(cells.names)}")
    names = [name for i, name in enumerate(cells.names) if i not in taken]
    if not len(rows):
        return rows, [], []
    rows, said = _models.one_where_each_is_a_run(rows)
    several = bool((np.bincount(grouped(rows.metric.codes, rows.n)) > 1).any())
    if not several and not any(_roles.of_role(names, role) for role in (_roles.MODEL, _roles.UNLIKE)):
        return rows, said, []
    beside = _beside.read(cells, taken, entries(), wishes.best_of, found.chooser) if names else []
    if not beside:
        return rows, said, []
    meaning = Meaning(rows, beside, cells.place, wishes, found.calls)
    return meaning.found(), [*said, *meaning.notes], meaning.counted


def lower_of(rows: Rows, calls: Mapping[str, str], told: Told) -> Array:
    """Give each row's value as a loss, lower is better, `(m,)`."""
    found = rows.loss.copy()
    for code in rows.metric.firsts():
        of = np.flatnonzero(rows.metric.codes == code)
        name = rows.metric.names[code]
        try:
            metric = metric_of(calls.get(name, name), rows.loss[of], unit=told.unit, higher=told.higher, best=told.best)
            found[of] = losses_of(metric, rows.loss[of])
        except KleiberError:  # said once the metric is read
            continue
    return found


def _part(name: str) -> str | None:
    """Give which part of the data a word names: "test", "validation", "train", or none of these."""
    words = {"train": _roles.TRAIN, "validation": _roles.VALIDATION, "test": _roles.TEST}
    simple = _roles.plain(name)
    return next((part for part, known in words.items() if simple in known or simple.removesuffix("_set") in known), None)
