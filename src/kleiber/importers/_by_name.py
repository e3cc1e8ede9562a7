r"""What the names of runs and of the folders above them tell, and tables that tell it of runs by their names.

`name:REGEX` is a pattern with one group. It is looked for in each run's name, and where it fits none in the folders above,
the nearest first. Nothing is taken from a name unasked but the seed: `seed3` or `seed_3`, else `s3` between marks.
"""

import csv
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._cells import listed

PREFIX = "name:"
LONGEST = 500  # characters of a name in which a pattern is looked for
SEEDS = re.compile(r"(?i)seed[-_=]?(\d{1,9})(?!\d)"), re.compile(r"(?<![A-Za-z0-9])[sS](\d{1,9})(?![A-Za-z0-9])")


def of_pattern(asked: str, names: Sequence[str], places: Sequence[str], what: str, place: str) -> tuple[list[str], str]:
    """Give the part of each run's name that a pattern's group takes, "" where it fits none, and where it was found.

    Raises `KleiberError` for a pattern that is none, or has not one group, and where it fits no run.
    """
    try:
        pattern = re.compile(asked.removeprefix(PREFIX))
    except re.error as error:
        raise KleiberError(f"{what}='{asked}' is no pattern: {error}") from error
    if pattern.groups != 1:
        wanted = "the number" if what in ("n", "seed") else "what it takes"
        raise KleiberError(f"{what}='{asked}': put {wanted} in one pair of brackets, as in 'name:{what}(\\d+)'")
    found = [_first(pattern, [name]) for name in names]
    where = "run's name"
    if not any(found):
        found, where = [_first(pattern, above) for above in folders(places)], "names of the folders above the run"
    if not any(found):
        raise KleiberError(
            f"{place}: {what}='{asked}' fits no name of a run or of a folder above, such as {_called(names)}"
        )
    return found, where


def _first(pattern: re.Pattern[str], texts: Sequence[str]) -> str:
    return next((match[1] for text in texts if (match := pattern.search(text[:LONGEST])) and match[1]), "")


def _called(names: Sequence[str]) -> str:
    return "'" + names[0][:LONGEST] + "'"


def folders(places: Sequence[str]) -> list[list[str]]:
    """Give the names of the folders of each run, the nearest first, below those that all runs have in common."""
    parts = [PurePath(each).parts for each in places]
    levels = zip(*parts, strict=False)
    common = len(list(takewhile(lambda level: len(set(level)) == 1, levels))) if len(set(places)) > 1 else 0
    return [[*reversed(each[common:])] for each in parts]


def seeds(names: Sequence[str], sizes: Sequence[float]) -> tuple[list[str], str]:
    """Give the seeds that all names tell, with how the first is written; nothing where they do not, or are all alike.

    Numbers that are the runs' sizes, as where `s100` is a size, are no seeds.
    """
    for pattern in SEEDS:
        found = [match for name in names if (match := pattern.search(name[:LONGEST]))]
        if len(found) < len(names) or all(int(match[1]) == n for match, n in zip(found, sizes, strict=True)):
            continue
        if len({match[1] for match in found}) > 1:
            return [match[1] for match in found], found[0][0]
    return [], ""


def of_table(asked: str, names: Sequence[str], place: str) -> list[str]:
    """Give n of each run by a CSV file with the columns `run` and `n`, "" where a run is not in it.

    A run is called there as a message calls it, or by its folder alone. Raises `KleiberError` where there is no such
    file, where it lacks a column or has a run twice, and where it has none of the runs.
    """
    path = Path(asked)
    if not path.is_file():
        raise KleiberError(f"n='{asked}': there is no such file; it is a table with the columns run and n")
    try:
        rows = list(csv.DictReader(_safe.text(path, _safe.JSON_BYTES).splitlines(), skipinitialspace=True))
    except csv.Error as error:
        raise KleiberError(f"{path} is no CSV: {error}") from error
    if not rows or not {"run", "n"} <= set(rows[0]):
        raise KleiberError(f"{path}: it needs the columns run and n; it has {listed(list(rows[0]) if rows else [])}")
    told: dict[str, str] = {}
    for line, row in enumerate(rows, 2):
        if told.setdefault(row["run"] or "", row["n"] or "") != (row["n"] or ""):
            raise KleiberError(f"{path}, line {line}: '{row['run']}' has another n above")
    found = [told.get(name, told.get(PurePath(name).name, "")) for name in names]
    if not any(found):
        raise KleiberError(f"{path} has none of the runs of {place}, such as {_called(names)}")
    return found
