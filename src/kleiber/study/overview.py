"""How far a study is, by its ledger alone: neither its data nor its trainer is asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kleiber.halving import survivors
from kleiber.records import FINAL, Purpose
from kleiber.study.ledger import Ledger
from kleiber.study.times import Kind, Times

EPOCHS = 15  # of a trainer that does not say


def overview(ledger: Ledger, name: str, scores: Mapping[int, int]) -> dict[str, Any]:
    """Give a study's state, its counts of trials by size, the seconds used and, with a 90 % interval, those left, and its
    bytes on disk.

    scores: how many scores of each size's present winner there are. The state is "running", "complete", "interrupted" where
    the last run was, or else "not finished".
    """
    described, status = ledger.description(name), ledger.status(name)
    settled, times, held = Counter[Kind](), times_of(described), ledger.held(name)
    for one in ledger.book(name).spent():
        if one.state in FINAL:
            settled[one.kind] += 1
            times.add(one.kind, one.seconds)
    return {
        "name": name,
        **outline(described, settled, scores, times, status["attempts"], held=held),
        "holder": ledger.holder(name) if held else "",
        "created": status["created"],
        "seconds": ledger.used(name),
        "bytes": ledger.disk(name),
        "attempts": status["attempts"],
    }


def outline(
    described: Mapping[str, Any],
    settled: Mapping[Kind, int],
    scores: Mapping[int, int],
    times: Times,
    attempts: Sequence[Mapping[str, Any]],
    *,
    held: bool,
) -> dict[str, Any]:
    """Give the part of an overview that follows from counts: what is planned, measured and left, and the seconds left.

    settled: measured trials by kind, those of earlier winners among the scores included, which `scores` leaves out.
    attempts: counts by size, purpose and state. held: whether a process runs the study now.
    """
    planned = dict(_planned(described))
    known: dict[Kind, int] = dict(settled)
    known.update({(n, Purpose.SCORE, None): scores.get(n, 0) for n in described["sizes"]})
    left = {kind: max(count - known.get(kind, 0), 0) for kind, count in planned.items()}
    span = times.left(left)
    return {
        "state": _state(held, sum(left.values()), attempts),
        "trials": sum(planned.values()),
        "per_size": {
            "searches": searches_of(described),
            "search": survivors_of(described["search"]),
            "stages": list(described["search"].get("stages") or []),
            "scores": _scores(described),
        },
        "pilot": pilot_of(described["search"]),
        "left": sum(left.values()),
        "sizes": [_size(n, planned, left, attempts) for n in described["sizes"]],
        "seconds_left": None if span is None else {"seconds": span.seconds, "low": span.low, "high": span.high},
    }


def times_of(described: Mapping[str, Any]) -> Times:
    """Give the times of a described study's trials, to be filled."""
    return Times(lambda kind: _epochs(described, kind))


def _planned(described: Mapping[str, Any]) -> Iterator[tuple[Kind, int]]:
    stages, own = described["search"].get("stages") or [], survivors_of(described["search"])
    besides, times = pilot_of(described["search"]), searches_of(described)
    for n in described["sizes"]:
        counts = [sum(pair) for pair in zip(own, besides, strict=True)] if besides and n == min(described["sizes"]) else own
        for until, count in zip([*stages, None], counts, strict=False):
            yield (n, Purpose.SEARCH, until), times * count
        yield (n, Purpose.SCORE, None), times * _scores(described)


def _scores(described: Mapping[str, Any]) -> int:
    """Give the number of a winner's score trials at each size of a described study."""
    return int(described["replicates"] * described["seeds_per_subset"])


def searches_of(described: Mapping[str, Any]) -> int:
    """Give how often each size of a described study is searched; studies of earlier versions do not say that it is once."""
    return int(described.get("searches", 1))


def survivors_of(search: Mapping[str, Any]) -> list[int]:
    """Give the number of trials in each stage of one search that is described; empty where nothing is searched."""
    stages = len(search.get("stages") or [])
    return survivors(search["trials"], stages, search.get("keep") or 1.0) if search["space"] else []


def pilot_of(search: Mapping[str, Any]) -> list[int]:
    """Give the number of a described search's pilot trials in each stage; empty where it has none."""
    return survivors_of({**search, "trials": search["pilot"]}) if search.get("pilot") else []


def _epochs(described: Mapping[str, Any], kind: Kind) -> float:
    """Give the epochs of a trial of a kind; one that goes on after a pause has those of its own stage alone."""
    epochs = described["training"].get("epochs", EPOCHS)
    stages = [0, *(described["search"].get("stages") or []), epochs] if kind[1] is Purpose.SEARCH else [0, epochs]
    end = epochs if kind[2] is None else kind[2]
    return float(end - max((stage for stage in stages if stage < end), default=0)) or 1.0


def _size(
    n: int, planned: Mapping[Kind, int], left: Mapping[Kind, int], attempts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    found: dict[str, Any] = {"n": n}
    for purpose in Purpose:
        kinds = [kind for kind in planned if kind[:2] == (n, purpose)]
        found[str(purpose)] = {
            "measured": sum(planned[kind] - left[kind] for kind in kinds),
            "planned": sum(planned[kind] for kind in kinds),
        }
    lost: Counter[str] = Counter()
    unfinished = any(left[kind] for kind in left if kind[0] == n)  # else all was made up for
    for row in attempts:
        if unfinished and row["n"] == n and row["state"] not in FINAL:
            lost[row["state"]] += row["count"]
    return found | {"unsettled": dict(sorted(lost.items()))}


def _state(held: bool, left: int, attempts: Sequence[Mapping[str, Any]]) -> str:
    if held:
        return "running"
    if not left:
        return "complete"
    return "interrupted" if any(row["state"] == "interrupted" for row in attempts) else "not finished"
