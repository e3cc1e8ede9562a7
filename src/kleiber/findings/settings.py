"""What other hyper-parameters would do beyond the sizes measured, as plain data, where a study's search can tell."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from kleiber.errors import Refused
from kleiber.space import Choice, Range, parse_space

AHEAD = 2.0  # times the largest size
STEP = 0.25  # of a range, in its own scale: how far down and up each hyper-parameter is moved
CHOICES = 3  # other choices of a hyper-parameter that are tried, at most


def of_study(study: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give the effect of each hyper-parameter at twice the largest size; None where nothing was searched to its end.

    The best setting of the largest size is moved a quarter of a range down and up, or to another choice. A refusal has its
    `reason`. Of a very long search these are the trials that the page shows, which are chosen by their number.
    """
    space = ((study or {}).get("description") or {}).get("search", {}).get("space")
    tried = (study or {}).get("tried")
    if not study or not space or not tried or (study.get("search") or {}).get("stages"):
        return None
    from kleiber.answers.settings.surface import Trial
    from kleiber.answers.settings.what_if import effects_of

    entries = parse_space(space)
    rows = [
        Trial(float(one["n"]), {name: _searched(entries[name], one["params"][name][place]) for name in space}, loss)
        for one in tried
        for place, loss in enumerate(one["loss"])
        if loss is not None and loss > 0
    ]
    largest = max((row.n for row in rows), default=0.0)
    told: dict[str, Any] = {"metric": study["metric"], "largest": largest, "at": AHEAD * largest}
    if not rows:
        return None
    base = min((row for row in rows if row.n == largest), key=lambda row: row.loss).params
    steps = [(name, way, value) for name in space for way, value in _steps(entries[name], base[name])]
    try:
        found = effects_of(rows, space, [(base, {name: value}) for name, _, value in steps], at=AHEAD * largest)
    except Refused as refusal:
        return {**told, "status": "refused", "reason": str(refusal)}
    effects = [
        {"name": name, "way": way, "from": base[name], "to": value, "change": asdict(one.change)}
        for (name, way, value), one in zip(steps, found, strict=True)
    ]
    return {**told, "status": "ok", "trials": len(rows), "back": asdict(found[0].back[-1]), "effects": effects}


def _searched(entry: Range | Choice, value: Any) -> Any:
    """Give a value as it was searched: the page keeps six digits of it."""
    if isinstance(entry, Range):
        return min(max(value, entry.low), entry.high)
    alike = [one for one in entry.values if one == value or (isinstance(one, float) and float(f"{one:.6g}") == value)]
    return alike[0] if alike else value


def _steps(entry: Range | Choice, value: Any) -> Iterator[tuple[str, Any]]:
    """Give what a hyper-parameter is moved to, each with its way: "lower", "higher", or "other" for a choice."""
    if isinstance(entry, Choice):
        yield from (("other", other) for other in [one for one in entry.values if one != value][:CHOICES])
        return
    for way, step in (("lower", -STEP), ("higher", STEP)):
        moved = value * (entry.high / entry.low) ** step if entry.log else value + step * (entry.high - entry.low)
        moved = min(max(moved, entry.low), entry.high)
        moved = round(moved) if entry.integer else moved
        if moved != value:
            yield way, moved
