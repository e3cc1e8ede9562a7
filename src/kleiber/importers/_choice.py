"""Which metric of the runs is read: the one that is named, else one of the validation set, and what stands beside it.

A loss comes before other metrics of the same set, and this is said; where several are left, somebody has to name one.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kleiber.errors import KleiberError
from kleiber.importers import _roles
from kleiber.importers._cells import listed, typed
from kleiber.importers._metrics import is_score, says_lower
from kleiber.importers._wanted import MEASURED

VALIDATION, TEST, OPEN, TRAIN = "validation", "test", "", "train"
ASIDE = re.compile(
    r"(^|[_/])(lr|learning_rate|grad_norm|epoch|step|global_step|time|runtime|duration|elapsed|seconds|timestamp|memory|gpu|"
    r"cpu|per_second|total_flos|system|throughput|iterations?|pg\d+|param_norm|weight_norm|momentum|batch_size|dur|intermediate)($|[_/])"
)
OWN = "It is of examples that the run learnt from, so it says nothing of new ones: log a validation metric."


@dataclass(frozen=True, slots=True)
class Chosen:
    """The metric that is read, whose set it is, and sentences on the choice."""

    name: str
    part: str
    notes: tuple[str, ...]


def part_of(metric: str, validation: bool = False) -> str:
    """Give whose metric a name says it is: of the validation, test or training set, or "" where nothing says it."""
    words = set(re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", metric)).lower().split())
    if validation or words & _roles.VALIDATION:
        return VALIDATION
    return TEST if words & _roles.TEST else TRAIN if words & _roles.TRAIN else OPEN


def is_higher(metric: str, told: bool | None, stated: Mapping[str, bool]) -> bool:
    """Say whether higher is better: by what somebody says, by the source, by the metric's name."""
    if told is not None and not says_lower(metric):
        return told
    return stated.get(metric, is_score(metric))


def is_aside(metric: str) -> bool:
    """Say whether a name is that of a rate, a time or a load, and no metric of the model."""
    return metric.startswith("_") or ASIDE.search(re.sub(r"\W", "/", metric).lower()) is not None


def chosen(
    counts: Mapping[str, int], asked: str | None, validation: frozenset[str], higher: Mapping[str, bool], place: str
) -> Chosen:
    """Choose a metric; `counts` says in how many runs each is. Raises `KleiberError` with a list where none is clear."""
    if not counts:
        raise KleiberError(f"{place}: no run has a metric with a value")
    if asked is not None:
        same = [name for name in counts if name == asked] or [n for n in counts if n.casefold() == asked.casefold()]
        if len(same) != 1:
            raise KleiberError(f"{place}: no run has a metric {asked!r}; there are {listed(_by_count(counts))}")
        part = part_of(same[0], same[0] in validation)
        return Chosen(same[0], part, (f"the metric is {same[0]!r} of the training set. {OWN}",) if part == TRAIN else ())
    most = max(counts.values())
    there = [name for name in _by_count(counts) if 2 * counts[name] >= most and not is_aside(name)]
    known = [name for name in there if is_measured(name) or name in higher or name in validation] or there
    for part in (VALIDATION, OPEN, TEST, TRAIN):
        found = [name for name in known if part_of(name, name in validation) == part]
        if found:
            return _one(found, known, part, place)
    raise KleiberError(f"{place}: none of the metrics is one of a model; write --metric with one of {listed(list(counts))}")


def _one(found: Sequence[str], known: Sequence[str], part: str, place: str) -> Chosen:
    losses = [name for name in found if re.split(r"[\W_]+", name.lower())[-1] == "loss"] if len(found) > 1 else list(found)
    if len(losses) > 1:
        losses = [name for name in losses if len(re.split(r"[\W_]+", name)) == 2] or losses
    if len(losses) != 1:
        raise KleiberError(
            f"{place}: the runs have several metrics, {listed(found)}: which? Write {typed('--metric', found[0])}"
        )
    others = [name for name in known if name != losses[0]]
    beside = f" There {'is' if len(others) == 1 else 'are'} also {listed(others[:6])}: write --metric with its name."
    whose = f" of the {part} set" if part in (VALIDATION, TEST) else " of the training set" if part == TRAIN else ""
    warned = f" {OWN}" if part == TRAIN else ""
    return Chosen(losses[0], part, (f"the metric is {losses[0]!r}{whose}.{warned}{beside if others else ''}",))


def is_measured(name: str) -> bool:
    """Say whether a name is that of a metric."""
    simple = re.sub(r"\W+", "_", name).strip("_").lower()
    return MEASURED.search(simple) is not None or is_score(name) or says_lower(name)


def _by_count(counts: Mapping[str, int]) -> list[str]:
    return [name for name, _ in Counter(counts).most_common()]
