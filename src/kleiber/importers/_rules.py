"""Rows that somebody leaves out by what stands in them, as in "n=800,seed=1" or "accuracy<0.2"."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers._cells import Cells, as_text
from kleiber.importers._rows import Row
from kleiber.wording import counted

SIGNS: Mapping[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "<": lt, ">": gt}
LABELS = ("model", "n", "replicate", "seed")
FORM = re.compile(r"\s*(.+?)\s*(<=|>=|<|>|=)\s*(.+?)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """What one cell of a row must be: equal to a value, or on one side of a number."""

    column: int
    sign: str
    value: str

    def holds(self, cell: Any) -> bool:
        """Say whether a cell is so; one that is no number lies on no side of one."""
        if self.sign == "=":
            return as_text(cell) == as_text(self.value)
        try:
            return SIGNS[self.sign](float(cell), float(self.value))
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows to be left out: those of which all conditions hold; `text` is what was written."""

    text: str
    conditions: tuple[Condition, ...]

    def rows(self, columns: Mapping[int, Sequence[Any]]) -> set[int]:
        """Give the rows of a block of which all conditions hold."""
        held = [{i for i, cell in enumerate(columns[one.column]) if one.holds(cell)} for one in self.conditions]
        return set.intersection(*held)


def rules(cells: Cells, given: str | Sequence[str], places: Mapping[str, int]) -> list[Rule]:
    """Read rules; `places` are the columns of our names. Raises `KleiberError` for another form and unknown columns."""
    return [_rule(cells, text, places) for text in ([given] if isinstance(given, str) else given)]


def without_runs(rows: Sequence[Row], given: str | Sequence[str], place: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Give rows without those of the runs that rules leave out, and a sentence for each rule.

    A run has all its metrics as columns, beside model, n, replicate and seed. Raises `KleiberError` as `rules` does, and
    where a rule leaves out no run, or all rules every one.
    """
    runs: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        runs.setdefault(_run(row), {})[row.metric] = row.loss
    labels = dict(zip(LABELS, zip(*runs, strict=True), strict=True)) if runs else dict.fromkeys(LABELS, ())
    metrics = dict.fromkeys(row.metric for row in rows)
    named = {**{name: tuple(run.get(name) for run in runs.values()) for name in metrics}, **labels}
    cells = Cells(place, tuple(named), lambda wanted: iter(()), "run")
    columns, left, notes = dict(enumerate(named.values())), set[int](), []
    for rule in rules(cells, given, {}):
        found = rule.rows(columns) - left
        if not found:
            raise KleiberError(f"{place}: leave_out={rule.text!r}: there is no such run")
        left |= found
        notes.append(f"{counted(len(found), 'run', verb='was')} left out, as asked: {rule.text}.")
    if len(left) == len(runs):
        raise KleiberError(
            f"{place}: leave_out={', '.join([given] if isinstance(given, str) else given)!r} leaves no run: ask for less"
        )
    gone = {run for i, run in enumerate(runs) if i in left}
    return tuple(row for row in rows if _run(row) not in gone), tuple(notes)


def _run(row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in LABELS)


def _rule(cells: Cells, text: str, places: Mapping[str, int]) -> Rule:
    found = []
    for part in str(text).split(","):
        told = FORM.fullmatch(part)
        if told is None:
            raise KleiberError(f"leave_out={str(text)!r}: write it as n=800,seed=1 or accuracy<0.2")
        name, sign, value = told.groups()
        place = next((i for i, each in enumerate(cells.names) if each == name), places.get(name))
        if place is None:
            there = ", ".join(cells.names[:30])
            raise KleiberError(f"{cells.place}: leave_out={str(text)!r}: there is no column {name!r}; there are {there}")
        if sign != "=" and not _is_number(value):
            raise KleiberError(f"leave_out={str(text)!r}: {value!r} is no number to compare with")
        found.append(Condition(place, sign, value))
    return Rule(str(text), tuple(found))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
