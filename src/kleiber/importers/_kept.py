"""Which rows of a table count at all: those of finished runs, those that somebody asks for, those with a loss.

Each row is judged by its own cells while it passes, so that a long table is read once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _roles
from kleiber.importers._cells import Block, Cells, Where, as_text, empty, shown
from kleiber.importers._numbers import Numbers
from kleiber.importers._rules import Rule
from kleiber.wording import agreed, counted

UNFINISHED = _roles.words(
    "failed fail failure killed running pruned crashed crash pending queued scheduled waiting canceled cancelled aborted"
    " abort error errored preempted preempting interrupted timeout timed_out oom diverged incomplete unfinished paused"
)
FINISHED = _roles.words("finished finish complete completed success succeeded done ok terminated passed")
NO = {"false", "no", "0", "0.0"}
Values = str | float | bool | Sequence[Any]


@dataclass(slots=True)
class Kept:
    """Leaves rows out as they pass, and counts them.

    `losses` are the columns of losses, `status` those that may say how a run ended, `where` the values that are wanted
    of a column, `rules` those of rows that are left out. `ended` counts the unfinished by their status, `unlike` those
    that were not asked for, `ruled` those of each rule, `without` those that have no loss.
    """

    cells: Cells
    losses: Sequence[int]
    status: Sequence[int]
    where: Mapping[int, frozenset[str]] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    ruled: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    unlike: int = 0
    without: int = 0
    passed: int = 0
    first: tuple[Any, Where] | None = None

    def table(self) -> Cells:
        """Give the cells of the rows that count; a second pass counts anew."""
        return Cells(self.cells.place, self.cells.names, self.blocks, self.cells.word, self.cells.separator)

    def blocks(self, wanted: Sequence[int]) -> Iterator[Block]:
        """Give the blocks of the wanted columns without the rows that are left out."""
        self.ended.clear()
        self.ruled.clear()
        self.met.clear()
        self.unlike = self.without = self.passed = 0
        ruling = [one.column for rule in self.rules for one in rule.conditions]
        asked = list(dict.fromkeys([*wanted, *self.losses, *self.status, *self.where, *ruling]))
        for block in self.cells.blocks(asked):
            columns = dict(zip(asked, block.columns, strict=True))
            left = self._left_out(block.numbers, columns)
            self.passed += len(block.numbers) - len(left)
            if not left:
                yield Block(block.numbers, [columns[i] for i in wanted])
                continue
            rows = [row for row in range(len(block.numbers)) if row not in left]
            yield Block([block.numbers[row] for row in rows], [[columns[i][row] for row in rows] for i in wanted])

    def _left_out(self, numbers: Sequence[int], columns: Mapping[int, Sequence[Any]]) -> set[int]:
        left = set[int]()
        for i, values in self.where.items():
            self.met.update(text for cell in set(map(str, columns[i])) if (text := cell.strip()) and len(self.met) < 1000)
            unlike = {row for row, cell in enumerate(columns[i]) if as_text(cell) not in values} - left
            self.unlike += len(unlike)
            left |= unlike
        for rule in self.rules:
            found = rule.rows(columns) - left
            self.ruled[rule.text] += len(found)
            left |= found
        for i in self.status:
            called = _roles.plain(self.cells.names[i])
            if any(ending(cell, called) for cell in set(map(str, columns[i]))):
                ended = {row: ending(str(cell), called) for row, cell in enumerate(columns[i]) if row not in left}
                self.ended.update(word for word in ended.values() if word)
                left |= {row for row, word in ended.items() if word}
        missing = self._without_loss([columns[i] for i in self.losses]) - left
        if missing and self.first is None:
            at = min(missing)
            self.first = columns[self.losses[0]][at], Where(self.cells.place, self.cells.word, numbers[at], "loss")
        self.without += len(missing)
        return left | missing

    def _without_loss(self, losses: Sequence[Sequence[Any]]) -> set[int]:
        """Give the rows in which every column of a loss is empty, or has a word for a run that did not finish."""
        found: set[int] | None = None
        for cells in losses:
            try:
                if all(str.strip(cell)[-1:].isdigit() for cell in cells):
                    return set()
            except TypeError:
                pass
            blank = {row for row, cell in enumerate(cells) if empty(cell) or (isinstance(cell, str) and ending(cell))}
            found = blank if found is None else found & blank
        return found or set()

    def notes(self) -> Iterator[str]:
        """Say what was left out, by cause."""
        for i, values in self.where.items():
            wanted = " or ".join(repr(value) for value in sorted(values))
            others = counted(self.unlike, "other", verb="was")
            yield f"only rows with {self.cells.names[i]} = {wanted} were read; {others} left out."
        for text, count in self.ruled.items():
            yield f"{counted(count, 'row', verb='was')} left out, as asked: {text}."
        if self.ended:
            told = ", ".join(f"{count} {word}" for word, count in sorted(self.ended.items()))
            runs = counted(sum(self.ended.values()), "unfinished run", verb="was")
            yield f"{runs} left out, by {self._status_name()!r}: {told}."
        if self.without:
            names = " or ".join(repr(self.cells.names[i]) for i in self.losses)
            were = agreed("was", one=self.without == 1)
            yield f"{counted(self.without, 'row')} without {names} {were} left out."

    def _status_name(self) -> str:
        return self.cells.names[self.status[0]]

    def require_some(self, loss: str) -> None:
        """Raise `KleiberError` where no row is left, which says what left them out, and where a rule leaves none out."""
        for rule in self.rules:
            if not self.ruled[rule.text]:
                raise KleiberError(f"{self.cells.place}: leave_out={rule.text!r}: there is no such row")
        if self.passed:
            return
        place = self.cells.place
        if self.ruled:
            raise KleiberError(f"{place}: leave_out={', '.join(self.ruled)!r} leaves no row: ask for less")
        if self.unlike and not self.ended and not self.without:
            there = ", ".join(shown(value) for value in sorted(self.met)[:10])
            raise KleiberError(f"{place}: no row has what --where asks for; there are {there}")
        if self.ended:
            told = ", ".join(f"{count} {word}" for word, count in sorted(self.ended.items()))
            raise KleiberError(f"{place}: no run has finished, by {self._status_name()!r}: {told}")
        if self.first is not None:
            value, where = self.first
            Numbers().read(value, where._replace(column=loss))


def ending(cell: str, column: str = "status") -> str:
    """Give how a run ended that did not finish, "" for one that did or may have; a column may be called `finished`."""
    if column in FINISHED:
        return f"not {column}" if cell.strip().casefold() in NO else ""
    word = cell.strip().rpartition(".")[2]
    return word if word.casefold().replace(" ", "_") in UNFINISHED else ""


def wanted(cells: Cells, where: Mapping[str, Values], places: Mapping[str, int]) -> dict[int, frozenset[str]]:
    """Give the wanted values by column; raises `KleiberError` for a column that is not there."""
    found = {}
    for name, given in where.items():
        place = next((i for i, each in enumerate(cells.names) if each == name), places.get(name))
        if place is None:
            raise KleiberError(
                f"{cells.place}: where={name!r}: there is no such column; there are {', '.join(cells.names[:30])}"
            )
        values = given if isinstance(given, list | tuple | set | frozenset) else [given]
        found[place] = frozenset(map(as_text, values))
    return found


def statuses(cells: Cells, taken: Sequence[int]) -> list[int]:
    """Give the columns that may say how a run ended."""
    return [i for i in _roles.of_role(cells.names, _roles.STATUS) if i not in taken]


def is_status(values: Iterable[str]) -> bool:
    """Say whether the values of a column are words for how runs ended, and no states of another kind."""
    words = {value.rpartition(".")[2].casefold().replace(" ", "_") for value in values}
    return bool(words & (FINISHED | UNFINISHED)) or words <= (NO | {"true", "yes", "1", "1.0", ""})
