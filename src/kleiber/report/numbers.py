"""How numbers and names are written for a reader: thousands separators, fixed places, nothing invisible.

Names come from users and may hold anything; `shown` makes what has no glyph visible, escaping is left to each sink.
"""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_WORDS = re.compile(r"(?<=[ _\-./])")


def shown(value: object) -> str:
    """Give the text of any value with control characters as visible symbols (NUL as U+2400), all else as it is."""
    return _INVISIBLE.sub(_symbol, str(value))


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def short(text: object, limit: int) -> str:
    """Cut a text to `limit` characters, the last of them an ellipsis where it was longer."""
    whole = " ".join(shown(text).split())
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"


def distinct(names: Sequence[str], limit: int) -> list[str]:
    """Cut names to `limit` characters; where that is too short for one, the words that all begin or end with go first."""
    if len(set(names)) > 1 and any(len(name) > limit for name in names):
        words = [_WORDS.split(name) for name in names]
        start, end = _alike(words), _alike([one[::-1] for one in words])
        kept = ["".join(one[start : len(one) - end]).rstrip(" _-./") for one in words]
        if all(kept) and len(set(kept)) == len(set(names)):
            names = [f"{'…' if start else ''}{name}{'…' if end else ''}" for name in kept]
    return [short(name, limit) for name in names]


def _alike(words: Sequence[Sequence[str]]) -> int:
    """Count the words that all lists begin with."""
    return sum(1 for _ in takewhile(lambda some: len(set(some)) == 1, zip(*words, strict=False)))


def size(n: float | str) -> str:
    """Write a number of training examples: exact up to six digits, three significant digits beyond; "never" stays."""
    if isinstance(n, str):
        return shown(n)
    if n >= 1e15:
        return f"{n:.2g}"
    if abs(n) < 10 and n != int(n):
        return f"{n:.1f}"
    rounded = round(n) if abs(n) < 1e6 or n == int(n) else significant(n, 3)
    return f"{int(rounded):,}"


def rough_size(n: float | str) -> str:
    """Write an estimated number of examples with three significant digits."""
    return size(n) if isinstance(n, str) or n < 100 else size(significant(n, 3))


def needed(n: float | None) -> str:
    """Write the examples that a target needs; None was searched for in vain."""
    return "no size searched is enough" if n is None else rough_size(n)


def together(text: object) -> str:
    """Keep a number and its per cent sign on one line, and a size and its name."""
    return shown(text).replace(" %", "\u00a0%").replace("n = ", "n\u00a0=\u00a0")


def significant(value: float, digits: int) -> float:
    """Round to `digits` significant digits."""
    return value if value == 0 else round(value, digits - 1 - math.floor(math.log10(abs(value))))


def places(values: Iterable[float | None]) -> int:
    """Choose the decimal places at which a column of losses is written: about four digits of the typical value."""
    sizes = sorted(abs(value) for value in values if value is not None and value != 0)
    if not sizes:
        return 3
    return min(8, max(0, 3 - math.floor(math.log10(sizes[len(sizes) // 2]))))


def fixed(value: float | None, digits: int) -> str:
    """Write a number with `digits` decimal places, thousands separated; a dash for what is not known."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−")


def percent(fraction: float | None, digits: int = 0) -> str:
    """Write a fraction in per cent; what rounds to 0 or 100 without being it is written as less or more than."""
    if fraction is None:
        return "–"
    unit = 10.0 ** -(digits + 2)
    if 0 < fraction < unit / 2:
        return f"<\u00a0{unit:.{digits}%}".replace("%", "\u00a0%")
    if 1 - unit / 2 < fraction < 1:
        return f">\u00a0{1 - unit:.{digits}%}".replace("%", "\u00a0%")
    return f"{fraction:.{digits}%}".replace("%", "\u00a0%").replace("-", "−")


def probability(p: float) -> str:
    """Write the probability of a posterior, which is never so sure that it tells less than 1 % from nothing."""
    if p < 0.01:
        return "under 1\u00a0%"
    return "over 99\u00a0%" if p > 0.99 else percent(p)


def duration(seconds: float) -> str:
    """Write a time in the two largest units that it needs."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def plain(value: Any) -> str:
    """Write a setting as a reader would: numbers short, lists with commas, text as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e+")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return "–" if value is None else shown(value)
