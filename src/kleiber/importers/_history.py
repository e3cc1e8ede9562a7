"""Which value of a run's history counts: the best, the last, that of a step, or that of the checkpoint that was kept.

First a history is put in order: where a step comes again, what was written later counts, as after a resume.
"""

import hashlib
import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers._run import Run, Series

Array = NDArray[np.float64]
HUGE = 1.797e308  # from here on a value stands for infinity: MLflow writes it so
AT = re.compile(r"(epoch|step)\s*=\s*(\d+(?:\.\d+)?)", re.ASCII)
RULES = "best, last, checkpoint, epoch=3 or step=1000"


@dataclass(frozen=True, slots=True)
class Rule:
    """How the value of a history is chosen: `kind` is best, last, checkpoint, epoch or step; `at` that of the last two."""

    kind: str
    at: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}={self.at:g}" if self.kind in ("epoch", "step") else self.kind


class Value(NamedTuple):
    """The value that counts: where it stands, of how many, and what the whole history is known by.

    `value` is NaN where the run diverged, None where the rule finds none. `skipped` counts values on the way that are not
    finite, `back` how often the history fell back, `again` steps that were written twice.
    """

    value: float | None
    epoch: float
    step: float
    points: int
    last: float
    known: bytes
    skipped: int = 0
    back: int = 0
    again: int = 0


def rule_of(text: str) -> Rule:
    """Read a rule as somebody writes it; raises `KleiberError` for any other."""
    if text in ("best", "last", "checkpoint"):
        return Rule(text)
    if match := AT.fullmatch(text.strip()):
        return Rule(match[1], float(match[2]))
    raise KleiberError(f"keep={text!r}: it is {RULES}")


def value_of(run: Run, series: Series, rule: Rule, higher: bool) -> Value:
    """Give the value of a history that counts under a rule; the best is the highest where `higher`."""
    step, epoch, value, back, again = _in_order(series)
    unknown = ~np.isfinite(value) | (np.abs(value) >= HUGE)
    if run.zero_unknown and not higher and (value > 0).any():
        unknown |= value == 0.0
    count = len(value)
    known = hashlib.blake2b(step.tobytes() + value.tobytes(), digest_size=12).digest()
    end = float(epoch[-1]) if math.isfinite(epoch[-1]) else float(step[-1])
    place = None if unknown[-1] else _place(run, rule, step, epoch, np.where(unknown, np.nan, value), higher)
    if unknown[-1]:
        return Value(math.nan, epoch[-1], step[-1], count, end, known, 0, back, again)
    if place is None:
        return Value(None, math.nan, math.nan, count, end, known, 0, back, again)
    chosen = math.nan if unknown[place] else float(value[place])
    return Value(chosen, float(epoch[place]), float(step[place]), count, end, known, int(unknown.sum()), back, again)


def _place(run: Run, rule: Rule, step: Array, epoch: Array, value: Array, higher: bool) -> int | None:
    if rule.kind == "last":
        return len(value) - 1
    if rule.kind == "best":
        return int(np.nanargmax(value) if higher else np.nanargmin(value))
    if rule.kind == "checkpoint":
        if run.kept is None:
            return None
        axis, at = (epoch if run.kept[0] == "epoch" else step), run.kept[1]
    else:
        axis, at = (epoch if rule.kind == "epoch" else step), rule.at
    found = np.flatnonzero(axis == at)
    return int(found[-1]) if len(found) else None


def _in_order(series: Series) -> tuple[Array, Array, Array, int, int]:
    """Give steps, epochs and values `(m,)` in order, how often the history fell back, and how often a step came again.

    Where all values have one step, none was given: they count from 0. An epoch comes before a step, which may begin anew.
    """
    step, value = np.asarray(series.step, dtype=np.float64), np.asarray(series.value, dtype=np.float64)
    epoch = np.full(len(step), np.nan) if series.epoch is None else np.asarray(series.epoch, dtype=np.float64)
    known = bool(np.isfinite(epoch).all())
    if len(step) > 1 and not known and (step == step[0]).all():
        step = np.arange(len(step), dtype=np.float64)
    rises = np.diff(epoch) > 0 if known else np.diff(step) > 0
    if known:
        rises |= (np.diff(epoch) == 0) & (np.diff(step) > 0)
    if rises.all():
        return step, epoch, value, 0, 0
    kept: list[int] = []
    back = again = 0
    at = list(zip(epoch.tolist() if known else [0.0] * len(step), step.tolist(), strict=True))
    for i, (e, s) in enumerate(at):
        fell = bool(kept) and (e < at[kept[-1]][0] or (e == at[kept[-1]][0] and s < at[kept[-1]][1]))
        earlier = bool(kept) and e < at[kept[-1]][0]  # whatever the step: it counts on, or begins anew
        again += bool(kept) and at[kept[-1]] == (e, s)
        while kept and (at[kept[-1]][0] >= e if earlier else at[kept[-1]] >= (e, s)):
            kept.pop()
        back += fell
        kept.append(i)
    return step[kept], epoch[kept], value[kept], back, again
