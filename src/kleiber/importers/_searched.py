"""The search trials of a study in a ledger, all of them: sizes, hyper-parameters and validation losses."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.ledger_file import check_rows, reading

TRIALS = """
SELECT t.n, t.params, a.validation FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial
WHERE a.study = ? AND t.purpose = 'search' AND a.state = 'ok' AND t.until IS NULL ORDER BY t.n, t.number
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search: `space` as the study has it, the `metric`, and `rows` of (n, hyper-parameters, validation loss)."""

    space: Mapping[str, Any]
    metric: str
    rows: tuple[tuple[float, Mapping[str, Any], float], ...]


def searched(path: str | os.PathLike[str], study: str | None = None) -> Searched:
    """Read the search trials of a study that went to their end; diverged ones have no loss, and are left out.

    Raises `KleiberError` where there is no such study, or several and none is named, or no search.
    """
    with reading(Path(path)) as ledger:
        studies = ledger.execute("SELECT * FROM studies ORDER BY id").fetchall()
        chosen = [row for row in studies if study in (None, row["name"])]
        if len(chosen) != 1:
            known = ", ".join(repr(row["name"]) for row in studies) or "none"
            asked = f"no study {study!r}" if study is not None else f"{len(chosen)} studies, choose one by study="
            raise KleiberError(f"{path}: there is {asked}; it has {known}")
        check_rows(Path(path), ledger, chosen[0]["id"])
        description = json.loads(chosen[0]["description"])
        found = ledger.execute(TRIALS, (chosen[0]["id"],)).fetchall()
    search, metric = description["search"], description["metric"]
    if not search["space"]:
        raise KleiberError(
            f"{path}: the study {chosen[0]['name']!r} searched nothing, so no effect can be seen; "
            "list the hyper-parameter under [search.space], and run the study with stages = []"
        )
    if search.get("stages"):
        raise KleiberError(
            f"{path}: the search of {chosen[0]['name']!r} had stages, and only its best trials went to their end; "
            "run it with stages = [] to see effects"
        )
    losses = [json.loads(row["validation"]).get(metric) for row in found]
    rows = [
        (float(row["n"]), json.loads(row["params"]), float(loss))
        for row, loss in zip(found, losses, strict=True)
        if loss is not None and math.isfinite(loss) and loss > 0
    ]
    return Searched(search["space"], metric, tuple(rows))
