"""A source that may hold a tracker's runs: what it is, and what somebody says of it, in the words of the readers."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import Table, _doors, sklearn
from kleiber.importers._run import Asked

LABELS = ("n", "seed", "model", "group")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a source, as `importers.read` takes it."""

    kind: str | None
    n: str | None
    metric: str | None
    column: Mapping[str, str] | None
    watch: Callable[[str, int, int], None] | None
    options: Mapping[str, Any]

    def asked(self) -> Asked:
        """Give what is asked of the runs; raises `KleiberError` for a column that is none of theirs."""
        column = dict(self.column or {})
        unknown = sorted(set(column) - set(LABELS))
        if unknown:
            raise KleiberError(f"column={unknown[0]!r}: of runs there are {', '.join(LABELS)}; their metric is metric=")
        return Asked(
            n=self.n or column.get("n"),
            seed=column.get("seed"),
            model=column.get("model"),
            group=column.get("group"),
            metric=self.metric,
            keep=self.options.get("keep"),
            pool=self.options.get("pool"),
            higher=self.options.get("higher_is_better"),
        )

    def rest(self) -> dict[str, Any]:
        """Give what is asked of the table of runs."""
        return {name: value for name, value in self.options.items() if name not in ("keep", "pool")}


def table(source: Any, said: Said) -> Table | None:
    """Read the runs of a tracker, None where a source is a table, a ledger, or nothing that is known."""
    if not isinstance(source, str | os.PathLike):
        return sklearn.read(source, asked=said.asked(), options=said.rest()) if sklearn.is_curve(source) else None
    path = Path(source)
    found = _doors.kind_of(path, said.kind)
    if found is None:
        return None
    read: Table = plugins.load("importers", found.kind).read(
        path, asked=said.asked(), watch=said.watch, options=said.rest(), found=found
    )
    return read
