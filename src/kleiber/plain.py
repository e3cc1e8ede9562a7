"""Results as plain data, as JSON can hold it."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Give dicts, lists, text, numbers, booleans and None: tuples become lists, numbers that are not finite None."""
    if isinstance(value, Mapping):
        return record(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def record(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a record as `plain` does."""
    return {key: plain(entry) for key, entry in fields.items()}
