"""The nouns that cross the waist: a rung, a trial and its measurement.

A trial's `id` is the hash of all that decides its result, so the same id is the same work: continuing a study and
never doing a thing twice come free. Failures are measurements too.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PILOT = 1_000_000  # number of a pilot's first trial: those of a size's own search are below it


class Purpose(StrEnum):
    """Why a trial is run: to find hyper-parameters, or to measure the curve with those that were found."""

    SEARCH = "search"
    SCORE = "score"


class State(StrEnum):
    """How an attempt at a trial stands; only `OK` with a finite metric enters a curve."""

    RUNNING = "running"
    OK = "ok"
    DIVERGED = "diverged"
    FAILED = "failed"
    LOST = "lost"


FINAL = (State.OK, State.DIVERGED)
PART = re.compile(r"([^\[\]]+)\[([^=\[\]]+)=(.*)\]", re.DOTALL)  # a metric of a part of the examples: loss[class=cat]


@dataclass(frozen=True, slots=True)
class Rung:
    """One size in one replicate: `n` examples of the pool, whose indices hash to `subset`.

    `overlap` is the mean share of them that another replicate's subset of this size holds too: 0 where the pool is
    large, 1 where the subset is the whole pool. The spread between replicates understates the noise as it nears 1.
    """

    n: int
    replicate: int
    subset: str
    overlap: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One training run to be done: a rung, hyper-parameters, a seed, and why.

    `context` is the hash of what all trials of a study share: data, net, trainer, training policy, metric.
    `search` counts the searches of a size, from 0, where a study repeats them: a score trial is of the search whose winner,
    its `parent`, it trains again. `number` counts the trials of one search or the seeds on one subset. `until` is the epoch
    at which a search pauses the trial, or the share of its first, None where it trains to its end; one that goes on is a
    trial with a larger `until`, whose `parent` is the one that paused.
    """

    context: str
    purpose: Purpose
    rung: Rung
    params: Mapping[str, Any]
    seed: int
    number: int
    parent: str | None = None
    until: float | None = None
    search: int = 0
    id: str = field(init=False)

    def __post_init__(self) -> None:
        decisive = [self.context, self.purpose, self.rung.n, self.rung.subset, self.params, self.seed]
        decisive += [] if self.until is None else [self.until]
        object.__setattr__(self, "id", digest(decisive))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came of an attempt at a trial. Metrics are lower-is-better; `test` is measured for score trials alone.

    `seconds` is wall time on a monotonic clock, `examples` the training examples seen, repeats counted, `history` the
    validation loss after each epoch (None where it was not finite), `training` the mean training loss of each epoch, in
    step with it, empty where the trainer gives none.
    """

    state: State
    validation: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] | None = None
    epochs: int = 0
    examples: int = 0
    seconds: float = 0.0
    reason: str = ""
    message: str = ""
    history: tuple[float | None, ...] = ()
    training: tuple[float | None, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def part_name(metric: str, by: str, part: str) -> str:
    """Name a metric of those examples alone whose `by` is `part`, such as loss[class=cat]."""
    return f"{metric}[{by}={part}]"


def part_of(name: str) -> tuple[str, str, str] | None:
    """Give metric, column and value of what `part_name` named; None for a metric of all examples."""
    found = PART.fullmatch(name)
    return None if found is None else (found[1], found[2], found[3])


def canonical(value: Any) -> str:
    """Give the one JSON text of plain data: keys sorted, no blanks, NaN refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def digest(value: Any) -> str:
    """Give the sha256 of plain data's canonical JSON, as hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def storable(text: str) -> str:
    """Give a text that any exception may have as one that a file can hold: a lone surrogate is written as its number."""
    return text.encode("utf-8", "backslashreplace").decode()


def finite(value: object) -> bool:
    """Say whether a value is a real, finite number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
