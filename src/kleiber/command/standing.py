"""How a study of a ledger stands: `kleiber status`, in words and as plain data."""

import statistics
from collections.abc import Mapping
from typing import Any

from kleiber.command.terminal import between, made_of, print_table, printable
from kleiber.importers.ledger import read
from kleiber.metric import Metric
from kleiber.study.ledger import Ledger
from kleiber.study.overview import overview
from kleiber.study.times import Span
from kleiber.wording import counted, duration, listed

AGAIN = "; the same line continues"


def standing(ledger: Ledger, name: str) -> dict[str, Any]:
    """Give how a study stands, as plain data: `overview`, with each size's best validation and mean test value."""
    table = read(ledger.path, study=name)
    study: Mapping[str, Any] = table.study or {}
    metric = str(study["description"]["metric"])
    values: dict[int, list[float]] = {}
    for row in table.rows:
        if row.metric == metric:
            values.setdefault(int(row.n), []).append(row.loss)
    known = {entry["n"]: [loss for loss in entry["losses"] if loss is not None] for entry in study["searches"]}
    found = overview(ledger, name, {n: len(losses) for n, losses in values.items()})
    for entry in found["sizes"]:
        n = entry["n"]
        entry["best_validation"] = min(known.get(n, []), default=None)
        entry["test"] = statistics.mean(values[n]) if n in values else None
    return found | {"metric": metric, "scale": table.metrics.get(metric, Metric.of_loss(metric)).to_dict()}


def print_standing(found: Mapping[str, Any]) -> None:
    """Print how a study stands."""
    done, each = found["trials"] - found["left"], found["per_size"]
    state = f"running, {found['holder']}" if found["state"] == "running" else found["state"]
    again = "" if found["state"] in ("running", "complete") else AGAIN
    trials = f"{done} of {counted(found['trials'], 'trial')}"
    print(printable(f"{found['name']}: {state}, {trials}{again}"))
    print(made_of(len(found["sizes"]), each["search"], each["stages"], each["scores"], found["pilot"], each["searches"]))
    scale = Metric.from_dict(found["scale"])
    rows = [
        {
            "n": f"{entry['n']:,}",
            "search": _of(entry["search"]),
            "scores": _of(entry["score"]),
            f"best validation {scale.name}": _written(scale, entry["best_validation"]),
            f"test {scale.name}": _written(scale, entry["test"]),
            "besides": ", ".join(f"{count} {state}" for state, count in entry["unsettled"].items()),
        }
        for entry in found["sizes"]
    ]
    print_table([key for key in (rows[0] if rows else {}) if any(row[key] for row in rows)], rows)
    print(_time(found))
    print(f"on disk: {listed([f'{_bytes(count)} of {kind}' for kind, count in found['bytes'].items() if count])}")


def _of(count: Mapping[str, int]) -> str:
    return f"{count['measured']} of {count['planned']}" if count["planned"] else ""


def _written(scale: Metric, value: float | None) -> str:
    return "" if value is None else scale.write(value)


def _bytes(count: int) -> str:
    unit, size = next(((unit, size) for unit, size in (("GB", 1e9), ("MB", 1e6)) if count >= size), ("kB", 1e3))
    return f"{count / size:.3g} {unit}"


def _time(found: Mapping[str, Any]) -> str:
    used = f"used: {duration(found['seconds'])} of one worker, since {found['created']}"
    left = found["seconds_left"]
    if not found["left"]:
        return used
    return f"{used}; left: {'not known before the first trials' if left is None else f'about {between(Span(**left))}'}"
