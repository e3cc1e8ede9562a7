"""A study's attempts as CSV that a spreadsheet opens without running any of it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet takes for a formula (OWASP)


def csv_of(head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Give rows as CSV with a header; texts that begin like a formula get an apostrophe before them, numbers stay."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([inert(name) for name in head])
    writer.writerows([inert(row[name]) for name in head] for row in rows)
    return out.getvalue()


def inert(value: Any) -> Any:
    """Give a cell's value so that no spreadsheet takes it for a formula."""
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
