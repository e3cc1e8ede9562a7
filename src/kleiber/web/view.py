"""What one page shows, as pieces of HTML with numbers, so that whoever has seen some is sent the others alone."""

import itertools
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

START = secrets.token_hex(4)  # of this server: what another one numbered is not known here
VERSIONS = itertools.count(1)  # of all pages, so that none is given twice


@dataclass(slots=True)
class View:
    """A page's pieces, each by the id of its one element, and the order of those that stand in lists.

    `version` grows with each change; `changed` has the version in which each piece last changed.
    """

    title: str = ""
    pieces: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    version: int = 0
    _told: str = ""

    def show(self, title: str, pieces: Mapping[str, str], lists: Mapping[str, list[str]]) -> bool:
        """Take in what the page is to show now, and say whether any of it is new."""
        new = {name for name, html in pieces.items() if self.pieces.get(name) != html}
        told = json.dumps([title, {name: list(order) for name, order in lists.items()}])
        if not new and told == self._told:
            return False
        self.version = next(VERSIONS)
        self.title, self.pieces, self.lists, self._told = title, dict(pieces), dict(lists), told
        self.changed = {name: self.version if name in new else self.changed[name] for name in pieces}
        return True

    @property
    def mark(self) -> str:
        """The version as a reader gives it back."""
        return f"{START}.{self.version}"

    def since(self, mark: str) -> dict[str, Any] | None:
        """Give what a reader lacks who has seen the version of a mark; None where that is nothing."""
        start, _, number = mark.partition(".")
        seen = int(number) if start == START and number.isdecimal() else -1
        if seen == self.version:
            return None
        pieces = [[name, html] for name, html in self.pieces.items() if self.changed[name] > seen]
        return {"version": self.mark, "title": self.title, "pieces": pieces, "lists": self.lists}
