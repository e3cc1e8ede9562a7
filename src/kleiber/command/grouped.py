"""Options in groups: a command takes a dataclass for each idea, and its line has their fields as options."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose arguments that are dataclasses stand on its line field by field, in their own places."""
    asked = inspect.signature(command, eval_str=True).parameters.values()
    groups: dict[str, Callable[..., Any]] = {
        one.name: one.annotation for one in asked if isinstance(one.annotation, type) and is_dataclass(one.annotation)
    }
    fields = {name: list(inspect.signature(group).parameters.values()) for name, group in groups.items()}
    flat = [part for one in asked for part in fields.get(one.name, [one])]

    @wraps(command)
    def told(**options: Any) -> None:
        made = {name: group(**{one.name: options.pop(one.name) for one in fields[name]}) for name, group in groups.items()}
        command(**options, **made)

    given = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in flat]
    told.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]
    told.__annotations__ = {one.name: one.annotation for one in given}
    return told
