"""What models are called: numbers as people read them, and no model for each run."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kleiber.importers import Labels, Rows
from kleiber.importers._beside import grouped, values_in
from kleiber.importers._cells import shown

WHOLE = re.compile(r"(?:[1-9]\d*|0)(?:\.\d*)?(?:[eE]\+?\d{1,2})?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:[1-9]\d*|0)?\.?\d+(?:[eE][+-]?\d{1,2})?", re.ASCII)
HASH = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{7,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
FILE = re.compile(r".*[/\\].*|.+\.[A-Za-z]\w{0,11}", re.ASCII)
FEWEST = 3  # sizes, from which on runs may be one curve
SEPARATED = 10_000  # a number from here on is written with its thousands separated, as sizes are


def written(names: Sequence[str]) -> tuple[str, ...]:
    """Give names that are all numbers as people read them, whole ones without decimals: 50000000.0 is 50,000,000."""
    if not names or not all(NUMBER.fullmatch(name) for name in names):
        return tuple(names)
    return tuple(_written(name) for name in names)


def as_read(labels: Labels) -> Labels:
    """Give labels that are all numbers as people read them; 64 and 64.0 become one."""
    names = written(labels.names)
    if names == labels.names:
        return labels
    if len(set(names)) == len(names):
        return Labels(labels.codes, names)
    return Labels.of(names[code] if code >= 0 else None for code in labels.codes.tolist())


def one_where_each_is_a_run(rows: Rows) -> tuple[Rows, list[str]]:
    """Give rows as those of one model where their models' names are of runs, of which none has two sizes.

    Such are names that differ in their digits alone, hashes, and files.
    """
    names = [rows.model.names[code] for code in rows.model.firsts()]
    if len(names) < FEWEST or len(np.unique(rows.n)) < FEWEST:
        return rows, []
    if (values_in(grouped(rows.model.codes), grouped(rows.n).astype(np.int32)) > 1).any():
        return rows, []
    if len({re.sub(r"\d+", "", name) for name in names}) > 1 and not _are_runs(names):
        return rows, []
    told = f"'model' names another at each size ({shown(names[0])}, {shown(names[1])}, ...): all were read as one model."
    return replace(rows, model=Labels.same("model", len(rows))), [told]


def _are_runs(names: Sequence[str]) -> bool:
    return all(HASH.fullmatch(name) for name in names) or all(FILE.fullmatch(name) for name in names)


def _written(name: str) -> str:
    if not WHOLE.fullmatch(name) or not float(name).is_integer():
        return name
    value = int(float(name))
    return f"{value:,}" if value >= SEPARATED else str(value)
