"""What makes a study this one and no other: how two differ, and which of it can be accepted."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kleiber.records import digest

OF_THE_STUDY = ("params", "search", "seed")  # what is no context, which all trials have in common
UNACCEPTABLE = {"data": "the data", "metric": "metric", "seed": "seed"}  # with another, nothing measured is comparable
WORDS = {"data": "the data's content (its fingerprint)"}


def context_of(identity: Mapping[str, Any]) -> str:
    """Give the hash of what all trials of a study have in common, as the trials' ids have it."""
    return digest({key: value for key, value in identity.items() if key not in OF_THE_STUDY})


def differences(old: Mapping[str, Any], new: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Say in words each key that differs, with its place and both values."""
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from differences(before, after, f"{place}{key}.")
        elif before != after:
            what = place + key
            yield f"{WORDS.get(what, what)} was {_short(before)}, is now {_short(after)}"


def unacceptable(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Name what differs and cannot be accepted."""
    return [word for key, word in UNACCEPTABLE.items() if old.get(key) != new.get(key)]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:18]}...{text[-8:]}"
