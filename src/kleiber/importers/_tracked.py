"""Runs of a tracker as a table: one row a run, with its size, its seed and the one value of its history that counts.

Each run is reduced to a few numbers as it passes, so that ten thousand histories are never held at once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _choice, _examples, _labels
from kleiber.importers._history import Rule, Value, rule_of, value_of
from kleiber.importers._labels import Digest
from kleiber.importers._run import Asked, Run
from kleiber.wording import agreed, counted

Watch = Callable[[str, int, int], None]
DEEPEST = 4  # folders whose names tell runs of one name apart
SHORT = 0.5  # of the steps of others of its size, below which a run is named


@dataclass(slots=True)
class Tracked:
    """Runs as columns of a table, the metric's direction where the source states it, and what is said of them."""

    columns: dict[str, list[Any]]
    metric: str
    higher: bool | None
    unit_of_n: str | None
    notes: list[str]
    marks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def digested(run: Run, asked: Asked) -> Digest:
    """Reduce a run to the value of each of its metrics that counts."""
    values: dict[str, Value] = {}
    for name, series in run.series.items():
        if not series.value:
            continue
        part = _choice.part_of(name, name in run.validation)
        rule = rule_of(asked.keep) if asked.keep else Rule("best" if part == _choice.VALIDATION else "last")
        values[name] = value_of(run, series, rule, _choice.is_higher(name, asked.higher, run.higher))
    return Digest(
        run.name, run.place, run.params, values, run.state, run.group, run.counted, tuple(run.marks), run.zero_unknown
    )


def tracked(runs: Iterable[Run], asked: Asked, place: str, title: str, watch: Watch | None, total: int) -> Tracked:
    """Give the table of runs; raises `KleiberError` where there is none, and where size, metric or rule is not clear."""
    if asked.keep:
        rule_of(asked.keep)
    digests, higher, validation = [], dict[str, bool](), set[str]()
    for done, run in enumerate(runs, 1):
        digests.append(digested(run, asked))
        higher |= run.higher
        validation |= run.validation
        if watch is not None and done % 20 == 0:
            watch("reading runs", done, max(total, done))
    if not digests:
        raise KleiberError(f"{place}: there is no run of {title} in it")
    digests = _told_apart(digests)
    counts = Counter(name for digest in digests for name in digest.values)
    if not counts and any("unread" in d.marks or "shifted" in d.marks for d in digests):
        raise KleiberError(f"{place}: no run can be read: {_unread(digests)}")
    chosen = _choice.chosen(counts, asked.metric, frozenset(validation), higher, place)
    found = _table(digests, chosen.name, asked, place)
    rule = rule_of(asked.keep) if asked.keep else Rule("best" if chosen.part == _choice.VALIDATION else "last")
    first = f"{counted(len(digests), 'run')} of {title} {agreed('was', one=len(digests) == 1)} read."
    if len(digests) == 1:
        first = f"{first} {_examples.ALL_RUNS}"
    known = _choice.is_higher(chosen.name, asked.higher, higher)
    several = any(digest.values[chosen.name].points > 1 for digest in digests if chosen.name in digest.values)
    found.notes[:0] = [first, *chosen.notes, *_rule_note(chosen.name, rule, known, several)]
    found.higher = higher.get(chosen.name) if asked.higher is None else asked.higher
    return found


def _unread(digests: Iterable[Digest]) -> str:
    return next((f"{digest.name}: {digest.state}" for digest in digests if digest.marks), "")


def _rule_note(metric: str, rule: Rule, higher: bool, several: bool) -> list[str]:
    """Say which value of a history counts, where there are histories."""
    if not several:
        return []
    better = "higher" if higher else "lower"
    told = {
        "best": f"each run counts with its best {metric!r} ({better} is better); --keep last takes the last.",
        "last": f"each run counts with its last {metric!r}; --keep best takes the best ({better} is better).",
        "checkpoint": f"each run counts with {metric!r} at the checkpoint that it kept.",
    }
    return [told.get(rule.kind, f"each run counts with {metric!r} at {rule}.")]


def _told_apart(digests: list[Digest]) -> list[Digest]:
    """Name runs of one name by the folders above them too, as far as that tells them apart."""
    for depth in range(2, DEEPEST + 1):
        places = [PurePath(digest.place).parts[-depth:] for digest in digests]
        names = Counter(digest.name for digest in digests)
        twice = {name for name, count in names.items() if count > 1}
        digests = [
            replace(digest, name="/".join(place)) if digest.name in twice and len(place) == depth else digest
            for digest, place in zip(digests, places, strict=True)
        ]
    return digests


def _table(digests: list[Digest], metric: str, asked: Asked, place: str) -> Tracked:
    marks: dict[str, list[str]] = defaultdict(list)
    for digest in digests:
        for code in digest.marks:
            marks[code].append(digest.called)
    with_metric = [d for d in digests if metric in d.values]
    marks["no-metric"] += [d.called for d in digests if metric not in d.values and not {"unread", "shifted"} & set(d.marks)]
    _one_rule(with_metric, metric, asked.keep, place)
    _noticed(with_metric, metric, marks)
    there = [d for d in with_metric if d.values[metric].value is not None]
    marks["no-step"] += [d.called for d in with_metric if d.values[metric].value is None]
    if not there:
        raise KleiberError(f"{place}: no run has {metric!r} at {asked.keep}: write --keep last or best")
    sizes = _examples.found(
        [d.params for d in there],
        [d.name for d in there],
        [d.place for d in there],
        [d.counted for d in there],
        asked=asked.n,
        pool=asked.pool,
        place=place,
    )
    rows = _once([(d, n) for d, n in zip(there, sizes.n, strict=True) if n is not None], metric, marks)
    marks["no-n"] += [d.called for d, n in zip(there, sizes.n, strict=True) if n is None]
    _short(rows, metric, marks)
    columns, notes = _labels.columns(rows, metric, asked, sizes.name, place)
    return Tracked(columns, metric, None, sizes.unit, [*sizes.notes, *notes], marks)


def _one_rule(digests: list[Digest], metric: str, keep: str | None, place: str) -> None:
    """Raise `KleiberError` where some runs would count with a best and others with the only value that they have."""
    counts = {digest.called: digest.values[metric].points for digest in digests if digest.state in ("", "finished")}
    if keep is None and _choice.part_of(metric) == _choice.VALIDATION and min(counts.values(), default=1) == 1:
        many = [name for name, count in counts.items() if count > 1]
        single = [name for name, count in counts.items() if count == 1]
        if many:
            raise KleiberError(
                f"{place}: {counted(len(many), 'run', verb='has')} a history of {metric!r} and {len(single)} one value "
                f"alone, such as {single[0]}. The best of one is not the last of another: write --keep last"
            )


def _noticed(digests: list[Digest], metric: str, marks: dict[str, list[str]]) -> None:
    """Note what each run's history shows."""
    for digest in digests:
        value = digest.values[metric]
        if value.value is not None and value.value != value.value and "masked" not in digest.marks:
            marks["zero" if digest.zero_unknown else "diverged"].append(digest.called)
        if value.skipped:
            marks["zeros" if digest.zero_unknown else "nonfinite"].append(digest.called)
        if value.back:
            marks["resumed"].append(digest.called)
        elif value.again:
            marks["repeated"].append(digest.called)


def _once(rows: list[tuple[Digest, float]], metric: str, marks: dict[str, list[str]]) -> list[tuple[Digest, float]]:
    """Give each run once, where one was logged twice: the same size, parameters and history to the last bit."""
    seen: dict[Any, tuple[Digest, float]] = {}
    for digest, n in rows:
        value = digest.values[metric]
        key = (n, value.known, tuple(sorted((k, str(v)) for k, v in digest.params.items())), digest.counted)
        if value.points > 1 and key in seen and seen[key][0].name != digest.name:
            marks["twice"].append(digest.called)
        else:
            seen[key if value.points > 1 else id(digest)] = digest, n
    return list(seen.values())


def _short(rows: list[tuple[Digest, float]], metric: str, marks: dict[str, list[str]]) -> None:
    """Name finished runs that ended long before others of their size."""
    last: dict[float, list[float]] = defaultdict(list)
    for digest, n in rows:
        last[n].append(digest.values[metric].last)
    for digest, n in rows:
        ends = sorted(last[n])
        middle = ends[len(ends) // 2]
        alive = digest.state in ("", "finished") and digest.values[metric].value == digest.values[metric].value
        if alive and len(ends) > 1 and digest.values[metric].last + 1 < SHORT * (middle + 1):
            marks["short"].append(digest.called)
