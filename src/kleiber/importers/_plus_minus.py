"""Cells that hold a value and its spread: 84.1 ± 0.3, 84.1 (0.3), 84.1 [83.5, 84.7]; and cells of a spread alone.

A bracket counts where what it holds has decimals: 84.1 (3) may be a rank, a number of runs or a last digit.
"""

import re
from typing import Any

NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)? ?%?"
DECIMALS = r"(?:\d+[.,]\d*|[.,]\d+)(?:[eE][+-]?\d+)? ?%?"
SIGN = r"(?:\u00b1|\+/-|\+-|\$?\\pm\b\$?)"
BETWEEN = r" ?(?:[,;] | ?; ?| to | ?\u2013 ?|(?<=[\d%])-) ?"
BOTH = re.compile(rf"\(?({NUMBER}) ?{SIGN} ?({NUMBER})\)? ?(%?)", re.ASCII)
BRACKET = re.compile(rf"({NUMBER}) ?\(({DECIMALS})\) ?(%?)", re.ASCII)
INTERVAL = re.compile(rf"({NUMBER}) ?[\[(]({NUMBER}){BETWEEN}({NUMBER})[\])] ?(%?)", re.ASCII)
ENDS = re.compile(rf"[\[(]?({NUMBER}){BETWEEN}({NUMBER})[\])]?", re.ASCII)
MAY = re.compile(r".[\u00b1+\\($\[]")
ALONE = re.compile(rf"(?:{SIGN} ?)?({NUMBER})", re.ASCII)


def split(cell: Any) -> tuple[str, tuple[str, ...]]:
    """Give the value of a cell that has its spread with it, and the spread: one number, or the two ends of an interval.

    A % sign after the whole belongs to each part. Any other cell is ("", ()).
    """
    if not isinstance(cell, str) or not MAY.search(cell):
        return "", ()
    text = " ".join(cell.split()).strip("$ ")
    for form in (BOTH, BRACKET, INTERVAL):
        if told := form.fullmatch(text):
            *parts, percent = told.groups()
            percent = percent or ("%" if any("%" in part for part in parts) else "")
            value, *spread = (part.rstrip("% ") + percent for part in parts)
            return value, tuple(spread)
    return "", ()


def spread_of(cell: Any) -> tuple[Any, ...]:
    """Give what a cell of a spread holds: one number, or the two ends of an interval; none that can be read is ()."""
    if not isinstance(cell, str):
        pair = isinstance(cell, list | tuple) and len(cell) == 2
        return tuple(cell) if pair else (cell,)
    text = " ".join(cell.split())
    for form in (ALONE, ENDS):
        if told := form.fullmatch(text):
            return told.groups()
    return ()
