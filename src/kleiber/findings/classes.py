"""What each class gains, as plain data, where a ledger's score trials measured the classes."""

from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import Table
from kleiber.records import part_of

MOST = 3  # models of which the classes are told


def of_table(table: Table | None, metric: str | None, model: str | None, random_state: int) -> list[dict[str, Any]]:
    """Give `by_class` of each model and each column that its trials measured parts by; nothing where there is none.

    The metric is the one asked for, else the study's own where it was measured of each part.
    """
    if table is None or not table.parts:
        return []
    from kleiber.answers.classes.by_class import by_class

    measured = {(part_of(row.metric) or ("",))[0] for row in table.parts}
    own = (table.study or {}).get("metric")
    metric = own if metric is None and own in measured else metric
    found: list[dict[str, Any]] = []
    pairs = dict.fromkeys((row.model, (part_of(row.metric) or ("", "", ""))[1]) for row in table.parts)
    for name, by in pairs:
        if model in (None, name) and len(found) < MOST:
            try:
                told = by_class(table, by=by, metric=metric, model=name, random_state=random_state)
            except KleiberError:  # the metric asked for was not measured by class, or there is a single class
                continue
            found.append({"model": name, **told.to_dict()})
    return found
