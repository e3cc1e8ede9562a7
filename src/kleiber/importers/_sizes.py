"""Sizes as people write them (1k, 10 %, 1/16, 10^3, log2 n), and shares of a pool, which become examples by its size."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers._roles import words

Array = NDArray[np.float64]

WRITTEN = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?([kKmMbBgGtT%])", re.ASCII)
FRACTION = re.compile(r"(\d{1,9}) ?/ ?([1-9]\d{0,8})", re.ASCII)
POWER = re.compile(r"(2|10) ?(?:\^|\*\*) ?(\d{1,2}(?:\.\d+)?)", re.ASCII)
TIMES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "%": 0.01}
SHARE = words("fraction frac share ratio proportion portion")
PERCENT = words("percent percentage pct perc")
LOGS = {"log2": 2.0, "log10": 10.0, "ln": float(np.e)}
LARGEST_LOG = {2.0: 60.0, 10.0: 18.0, float(np.e): 42.0}
THOUSANDS = re.compile(r"[\W_](?:in[\W_]+)?(?:(thousands?|[(\[]k[)\]]?)|(millions?|[(\[]m[)\]]?))\W*$", re.IGNORECASE)
COUNTED = words("tokens images hours minutes sentences documents pairs utterances episodes molecules sequences frames")
SHARES = ("share", "percent")
"""Units of sizes that are parts of a pool: of 1, and of 100."""


def suffixed(cell: Any) -> float | None:
    """Give the number of a size that is written so, else None: "1.5M" is 1,500,000, "1/16" 0.0625, "10^3" 1,000."""
    if isinstance(cell, str) and (parts := FRACTION.fullmatch(cell.strip())):
        return float(parts[1]) / float(parts[2])
    if isinstance(cell, str) and (parts := POWER.fullmatch(cell.strip())):
        return float(10.0 ** float(parts[2]) if parts[1] == "10" else 2.0 ** float(parts[2]))
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


def _whole(name: str, n: Array) -> tuple[Array, list[str]]:
    """Give the sizes of a column that has their logarithms, or thousands of them, and what was done; others as they are."""
    first = re.split(r"[\W_]+", name.lower())[0]
    base = LOGS.get(first)
    if base is not None and len(n) and n.max() <= LARGEST_LOG[base]:
        found = base**n
        near = np.rint(found)
        found = np.where(np.abs(found - near) < 1e-3 * near, near, found)
        return found, [f"{name!r} was read as logarithms of sizes, up to {found.max():,.0f}."]
    if match := THOUSANDS.search(name):
        times = 1e3 if match[1] else 1e6
        return n * times, [f"{name!r} was read in {'thousands' if match[1] else 'millions'}, up to {times * n.max():,.0f}."]
    return n, []


def jump(n: Array) -> tuple[float, float] | None:
    """Give the sizes below and above a gap that thousands beside ones would leave, None where there is none.

    One step between neighbouring sizes is a factor of more than 100, all below it are less than 1,000, and a thousand
    times as many would lie among those above, give or take a factor of ten.
    """
    sizes = np.unique(n[n >= 1])
    gaps = np.flatnonzero(sizes[1:] > 100 * sizes[:-1])
    if len(gaps) != 1:
        return None
    below, above = sizes[: gaps[0] + 1], sizes[gaps[0] + 1 :]
    inside = 1e4 * below[0] >= above[0] and 1e2 * below[-1] <= above[-1]
    return (float(below[-1]), float(above[0])) if below[-1] < 1000 and inside else None


def _counted(name: str) -> str | None:
    """Give what sizes count by their column's name, where this is no examples: hours, tokens, examples per class."""
    parts = [part for part in re.split(r"[\W_]+", name.lower()) if part]
    if parts[-2:] == ["per", "class"]:
        return "examples per class"
    return next((part for part in parts if part in COUNTED), None)


def read(name: str, n: Array, unit: str | None, pool: float | None, place: str) -> tuple[Array, str | None, list[str]]:
    """Give a column's sizes, what they count, and how they were read; those that are shares become examples by the pool.

    `unit` is what somebody says that they count. Raises `KleiberError` for a pool where they are no shares.
    """
    given = unit if unit in SHARES else unit_of(name, n)
    n, turned = _whole(name, n) if given is None else (n, [])
    what = "shares of a pool" if given == "share" else "per cent of a pool"
    if pool is None:
        told = f"the sizes in {name!r} are {what}. Write --pool with its number of examples, for all in examples."
        return n, given or unit or _counted(name), [told] if given else turned
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
