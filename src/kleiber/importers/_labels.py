"""The columns of a run's row: size, seed, model, name, state, the value, where it stands, and what else tells runs apart.

Names of hosts, users and paths are in most trackers' files, and none of them is taken.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kleiber.errors import KleiberError, masked
from kleiber.importers import _by_name, _examples, _roles
from kleiber.importers._history import Value
from kleiber.importers._run import Asked
from kleiber.importers._wanted import IMPORTED

MOST = 40  # columns of other parameters
LONGEST = 60  # characters of a parameter that tells runs apart
PRIVATE = re.compile(
    r"(^|_)(user|username|host|hostname|path|dir|directory|file|folder|cwd|command|argv|email|ip|uri|url|token|key|apikey|password|passwd|pwd|passphrase|credentials?|auth|bearer|dsn|secret|root|entity|program|script)(_|$)"
)


@dataclass(frozen=True, slots=True)
class Digest:
    """A run without its histories: the value of each metric that counts."""

    name: str
    place: str
    params: Mapping[str, Any]
    values: Mapping[str, Value]
    state: str
    group: str
    counted: tuple[float, str] | None
    marks: tuple[str, ...]
    zero_unknown: bool

    @property
    def called(self) -> str:
        """Give what a sentence calls the run."""
        return self.name or self.place


def columns(
    rows: Sequence[tuple[Digest, float]], metric: str, asked: Asked, sized_by: str, place: str
) -> tuple[dict[str, list[Any]], list[str]]:
    """Give the columns of a table and sentences on how labels were found; `sized_by` is the parameter of the sizes."""
    digests = [digest for digest, _ in rows]
    params = [digest.params for digest in digests]
    seed_key, seeds, seeded = _label(digests, _roles.SEED, asked.seed, "seed", place)
    if not seed_key and not seeded:
        seeds, seeded = _seeds(digests, [n for _, n in rows])
    model_key, models, called = _label(digests, _roles.MODEL, asked.model, "model", place)
    notes = [note for note in (seeded, called) if note]
    values = [digest.values[metric] for digest in digests]
    found: dict[str, list[Any]] = {
        "n": [int(n) if n.is_integer() else n for _, n in rows],
        "seed": seeds,
        "model": models,
        "run": _names(digests),
        "state": [
            "diverged" if value.value != value.value else digest.state
            for digest, value in zip(digests, values, strict=True)
        ],
        metric: [value.value for value in values],
    }
    if any(value.points > 1 for value in values):
        known = all(value.epoch == value.epoch for value in values)
        found["epoch" if known else "step"] = [_plain(value.epoch if known else value.step) for value in values]
    groups = [digest.group for digest in digests]
    if asked.group is not None:
        _, groups, _ = _label(digests, "", asked.group, "group", place)
    if len(set(groups)) > 1:
        found["experiment"] = groups
    for name, cells in _others(params, {sized_by, seed_key, model_key, asked.group or ""}).items():
        found.setdefault(name if name not in (*IMPORTED, "loss", "error", "accuracy") else f"param.{name}", cells)
    return found, notes


def _label(digests: Sequence[Digest], role: str, asked: str | None, what: str, place: str) -> tuple[str, list[Any], str]:
    """Give the parameter that is a label, each run's, and a sentence; "" and nothing where there is none that varies."""
    params, names = [digest.params for digest in digests], [digest.name for digest in digests]
    if asked is not None and asked.startswith(_by_name.PREFIX):
        found, where = _by_name.of_pattern(asked, names, [digest.place for digest in digests], what, place)
        return "", found, f"the {what} is a part of the {where}."
    if asked is not None:
        keys = _examples.keys_of(params, asked)
        if not keys:
            there = ", ".join(sorted({key for one in params for key in one})[:30]) or "none"
            raise KleiberError(f"{place}: {what}={asked!r}: there is no such parameter; there are {there}")
        given = [_text(next((one[key] for key in keys if key in one), "")) for one in params]
        return keys[0], given, f"the {what} is {keys[0]!r}."
    every = list(dict.fromkeys(key for one in params for key in one))
    for place_of in _roles.of_role(every, role):
        key = every[place_of]
        given = [_text(one.get(key, "")) for one in params]
        if len(set(given)) > 1 and (what == "seed" or all(given)):
            return key, given, f"the {what} is {key!r}."
    return "", [""] * len(params), ""


def _seeds(digests: Sequence[Digest], sizes: Sequence[float]) -> tuple[list[Any], str]:
    """Give the seeds that names tell where no parameter does, and a sentence; nothing where they do not."""
    found, written = _by_name.seeds([digest.name for digest in digests], sizes)
    return found or [""] * len(digests), f"the seed is in the runs' names, as in {written!r}." if found else ""


def _names(digests: Sequence[Digest]) -> list[str]:
    """Give each run a name of its own: those of one name are told apart by their place, else by their number."""
    names = [digest.name or digest.place for digest in digests]
    if len(set(names)) == len(names):
        return names
    full = [f"{digest.name} ({digest.place})" if digest.place else digest.name for digest in digests]
    if len(set(full)) == len(full):
        return full
    return [f"{name} #{i}" for i, name in enumerate(names, 1)]


def _others(params: Sequence[Mapping[str, Any]], taken: set[str]) -> dict[str, list[Any]]:
    """Give the other parameters that vary and that a table can hold, without those of places and people."""
    found: dict[str, list[Any]] = {}
    for key in dict.fromkeys(key for one in params for key in one if key not in taken):
        if len(found) >= MOST or PRIVATE.search(_roles.plain(key)) or _roles.role_of(key) == _roles.ASIDE:
            continue
        cells = [_text(one.get(key, "")) for one in params]
        plain = all(len(cell) <= LONGEST and not re.search(r"[\\/\n]|://", cell) and masked(cell) == cell for cell in cells)
        if plain and len(set(cells)) > 1:
            found[key] = cells
    return found


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _plain(value: float) -> float | int | str:
    return "" if value != value else int(value) if float(value).is_integer() else value
