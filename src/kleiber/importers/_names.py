"""Labels as a table gives them: each text read once, and a small number for it in every row."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.importers import Labels
from kleiber.importers._cells import Where, label

Codes = NDArray[np.int32]

ALWAYS = ("model", "metric")  # named in every row or in none


class Names:
    """The labels of one column, told apart as they come."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.names: list[str] = []
        self._known: dict[type, dict[Any, int]] = {str: {}}
        self._named: bool | None = None

    def column_of(self, cells: Sequence[Any], place: Callable[[int, str], Where]) -> Codes | None:
        """Give the codes of cells in one go, `(m,)`; None where a cell needs a look of its own, and none is taken in."""
        kinds = set(map(type, cells))
        if len(kinds) != 1:
            return None
        known = self._known.setdefault(kinds.pop(), {})
        try:
            try:
                codes = np.fromiter(map(known.__getitem__, cells), np.int32, len(cells))
            except KeyError:
                where = place(0, self.column)
                for cell in dict.fromkeys(cells):
                    if cell not in known:
                        known[cell] = self._code(label(cell, where))
                codes = np.fromiter(map(known.__getitem__, cells), np.int32, len(cells))
        except (KleiberError, TypeError):
            return None
        if self.column in ALWAYS:
            blank = self._known[str].get("", -1)
            named = bool((codes != blank).any())
            if (named and (codes == blank).any()) or self._named not in (None, named):
                return None
            self._named = named
        return codes

    def cell(self, value: Any, where: Where) -> int:
        """Give the code of one cell; raises `KleiberError` where it is no name, or is empty while others are not."""
        text = label(value, where)
        if self.column in ALWAYS:
            self._named = bool(text) if self._named is None else self._named
            if self._named != bool(text):
                raise KleiberError(
                    f"{where}: the {self.column} is named in some rows and empty in others: fill it in in all"
                )
        return self._code(text)

    def labels(self, codes: Codes, blank: str | None = None) -> Labels:
        """Give the labels of all rows, an empty one as `blank`; their names are those of the column."""
        empty = self._known[str].get("", -1)
        if blank is None:
            return Labels(np.where(codes == empty, np.int32(-1), codes), tuple(self.names))
        return Labels(codes, tuple(name or blank for name in self.names))

    def _code(self, text: str) -> int:
        known = self._known[str]
        if text not in known:
            known[text] = len(self.names)
            self.names.append(text)
        return known[text]
