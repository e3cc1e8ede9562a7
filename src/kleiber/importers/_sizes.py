"""Sizes as people write them (1k, 50K, 1.5M, 10 %), and shares of a pool, which become examples where its size is known."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers._roles import words

Array = NDArray[np.float64]

WRITTEN = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?([kKmMbBgGtT%])", re.ASCII)
TIMES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "%": 0.01}
SHARE = words("fraction frac share ratio proportion portion")
PERCENT = words("percent percentage pct perc")
SHARES = ("share", "percent")
"""Units of sizes that are parts of a pool: of 1, and of 100."""


def suffixed(cell: Any) -> float | None:
    """Give the number of a size with a suffix, None where it has none: "1.5M" is 1,500,000 and "10%" is 0.1."""
    found = WRITTEN.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        return None
    number = float(found[1]) * TIMES[found[2].lower()]
    return float(round(number)) if abs(number - round(number)) < 1e-6 * number else number


def unit_of(name: str, n: Array) -> str | None:
    """Give "share" or "percent" where sizes are parts of a pool, by the column's name and the sizes; else None."""
    if not len(n):
        return None
    parts = set(re.split(r"[\W_]+", name.lower()))
    most = float(n.max())
    if (parts & PERCENT or "%" in name) and most <= 100:
        return "percent"
    return "share" if most <= 1 and (parts & SHARE or float(n.min()) < 1) else None


def read(name: str, n: Array, unit: str | None, pool: float | None, place: str) -> tuple[Array, str | None, list[str]]:
    """Give a column's sizes, what they count, and how they were read; those that are shares become examples by the pool.

    `unit` is what somebody says that they count. Raises `KleiberError` for a pool where they are no shares.
    """
    given = unit if unit in SHARES else unit_of(name, n)
    what = "shares of a pool" if given == "share" else "per cent of a pool"
    if pool is None:
        told = f"the sizes in {name!r} are {what}. Write --pool with its number of examples, for all in examples."
        return n, given or unit, [told] if given else []
    if isinstance(pool, bool) or not isinstance(pool, int | float | np.integer | np.floating) or not 1 <= pool < 1e15:
        raise KleiberError(f"pool is {pool!r}: it is the number of examples of which the sizes are shares, such as 50000")
    if given is None:
        raise KleiberError(
            f"{place}: pool={pool:g} is for sizes that are shares, and these reach {n.max():g}: leave it out"
        )
    examples = np.maximum(np.rint(n * (pool / (100.0 if given == "percent" else 1.0))), 1.0)
    if len(np.unique(examples)) < len(np.unique(n)):
        raise KleiberError(f"{place}: pool={pool:g} is too small: it gives one number of examples to different shares")
    return (
        examples,
        None if unit == given else unit,
        [f"{name!r} was read as {what} of {pool:,.0f} examples."],
    )
