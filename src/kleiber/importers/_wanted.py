"""Which columns of a table are ours: by the mapping, by name, and where several tell a loss, the one that was held out.

A test column comes before a validation column, and this before one of training. What a name leaves open is asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kleiber.errors import KleiberError
from kleiber.importers import _roles
from kleiber.importers._cells import Cells, listed, plain, typed
from kleiber.importers._metrics import is_distance, is_score, says_lower
from kleiber.importers._numbers import NUMBER
from kleiber.importers._reading import LABELS, LOSSES

KNOWN = ("n", "se", *LOSSES, *LABELS)
SHORT = {"accuracy": "acc", "error": "err"}  # what people write for them
HELD_OUT = (("test", _roles.TEST), ("validation", _roles.VALIDATION), ("training", _roles.TRAIN))
IMPORTED = ("n", "seed", "model", "run", "state")
"""How a table of a tracker's runs begins, as `kleiber import` writes it; the metric is the next column."""
PARAMETERS = _roles.words("params parameters weights")
DATA = _roles.words("d tokens n_tokens num_tokens train_tokens total_tokens ntokens data_size dataset_size d_tokens")
COUNTS = re.compile(
    r"(^|_)(n|num|number|size|sizes|samples|examples|images|tokens|rows|points|fraction|frac|share|percent|pct|labels|train)(_|$)"
)
MEASURED = re.compile(
    r"(^|_)(\w*loss|error|err|accuracy|acc|score|auc|auroc|f1|bleu|rmse|mse|mae|ppl|nll|r2|metric|value)(_|$)"
)


@dataclass(slots=True)
class Wanted:
    """The place of each of our columns, sentences on how they were found, and the table's own names of those of losses.

    `chooser` is the column of validation beside a loss of a test set: settings are chosen by it, not by what judges them.
    """

    place: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    calls: dict[str, str] = field(default_factory=dict)
    chooser: str = ""


def wanted(cells: Cells, mapping: Mapping[str, str]) -> Wanted:
    """Find our columns; raises `KleiberError` for what is missing, all at once, and for what a name leaves open."""
    found = Wanted()
    _mapped(cells, mapping, found)
    if cells.names[: len(IMPORTED)] == IMPORTED and len(cells.names) > len(IMPORTED) and not set(LOSSES) & set(mapping):
        name = cells.names[len(IMPORTED)]
        found.place[loss_of(name)], found.calls[loss_of(name)] = len(IMPORTED), name
    elif "n" not in mapping:
        _require_examples(cells, set(found.place.values()))
    _held_out(cells, mapping, found)
    _by_name(cells, mapping, found)
    _check(cells, found.place)
    found.chooser = _chooser(cells, found)
    return found


def _chooser(cells: Cells, found: Wanted) -> str:
    """Give the one column of validation beside the first loss, where this is one of a test set; else ""."""
    first = next(cells.names[found.place[base]] for base in LOSSES if base in found.place)
    told = _told(first)
    same = [name for name in cells.names if told and _told(name) == ("validation", told[1])]
    return same[0] if told and told[0] == "test" and len(same) == 1 else ""


def _mapped(cells: Cells, mapping: Mapping[str, str], found: Wanted) -> None:
    for ours, theirs in mapping.items():
        if ours not in KNOWN:
            raise KleiberError(f"unknown column {ours!r} in the mapping: ours are {', '.join(KNOWN)}")
        matches = _called(cells, plain(theirs))
        if len(matches) != 1:
            problem = "no column" if not matches else "more than one column"
            raise KleiberError(f"{cells.place}: {problem} {theirs!r}; there are {listed(cells.names)}")
        found.place[ours] = matches[0]
        found.calls[ours] = cells.names[matches[0]]


def _by_name(cells: Cells, mapping: Mapping[str, str], found: Wanted) -> None:
    """Find columns by our names, then by these in another case, which is noted."""
    taken = set(found.place.values())
    for ours in KNOWN:
        named = [] if ours in found.place else _called(cells, ours, exact=False) or _called(cells, SHORT.get(ours, ours))
        matches = [i for i in named if i not in taken]
        if len(matches) > 1:
            names = listed([cells.names[i] for i in matches])
            raise KleiberError(f"{cells.place}: the columns {names} are all {ours!r}: rename all but one, or map it")
        if matches:
            found.place[ours] = matches[0]
            if cells.names[matches[0]] != ours:
                name = Path(cells.place).name
                if ours in SHORT and cells.names[matches[0]] == SHORT[ours]:
                    found.calls[ours] = SHORT[ours]
                found.notes.append(f"{name}: the column {cells.names[matches[0]]!r} was read as {ours!r}.")


def _called(cells: Cells, name: str, *, exact: bool = True) -> list[int]:
    """Give the columns of a name; those that differ in case alone count where none is exact, or all are asked for."""
    same = [i for i, each in enumerate(cells.names) if each == name]
    if same and exact:
        return same
    return [i for i, each in enumerate(cells.names) if each.casefold() == name.casefold()]


def _require_examples(cells: Cells, taken: set[int]) -> None:
    """Raise `KleiberError` where N stands beside D or tokens: it is the number of parameters then, or it is not."""
    names = [name for i, name in enumerate(cells.names) if i not in taken]
    data = next((name for name in names if _roles.plain(name) in DATA), None)
    if data is not None and "N" in names and "n" not in names:
        raise KleiberError(
            f"{cells.place}: 'N' beside {data!r} is often the number of parameters. Write {typed('--column', f'n={data}')} "
            f"--column model=N if it is; write --column n=N if it counts examples"
        )


def _held_out(cells: Cells, mapping: Mapping[str, str], found: Wanted) -> None:
    """Take the column of a test or validation set for a loss where one of training stands beside it, or none at all."""
    taken = set(found.place.values())
    exact = {base: [i for i in _called(cells, base, exact=False) if i not in taken] for base in LOSSES}
    alone = not any(exact.values()) and not any(base in mapping for base in LOSSES)
    parts = [(i, *told) for i, name in enumerate(cells.names) if i not in taken and (told := _told(name))]
    for base in LOSSES:
        same = [(part, i) for i, part, named in parts if named == base]
        best = next((part for part, _ in HELD_OUT[:2] if any(part == each for each, _ in same)), None)
        if base in mapping or best is None or not (exact[base] or alone):
            continue
        places = [i for part, i in same if part == best]
        if len(places) > 1:
            raise KleiberError(
                f"{cells.place}: {listed([cells.names[i] for i in places])} are each the {base} of a {best} set: "
                f"which? Write {typed('--column', f'{base}={cells.names[places[0]]}')}"
            )
        found.place[base] = places[0]
        found.calls[base] = cells.names[places[0]]
        others = [*exact[base], *(i for part, i in same if part != best)]
        beside = f", and not {' or '.join(repr(cells.names[i]) for i in others)} beside it" if others else ""
        found.notes.append(
            f"{Path(cells.place).name}: the {base} is that of the {best} set, {found.calls[base]!r}{beside}."
        )


def _told(name: str) -> tuple[str, str] | None:
    """Give whose loss a column is and which: "val_acc", "eval/loss" and "metrics.test_error" tell it, None tells none."""
    plain_name = re.sub(r"^metrics_|_epoch$", "", simple(name))
    part, _, base = plain_name.partition("_")
    base = "accuracy" if base == "acc" else base
    return next(((called, base) for called, words in HELD_OUT if part in words and base in LOSSES), None)


def _check(cells: Cells, found: Mapping[str, int]) -> None:
    """Raise `KleiberError` where the size or every loss is missing, or where nothing tells which metric a value is."""
    losses = [name for name in LOSSES if name in found]
    missing = [*([] if "n" in found else ["'n' (training examples)"])]
    missing += [] if losses else ["'loss', 'error' or 'accuracy'"]
    if missing:
        numeric = any(NUMBER.fullmatch(name) for name in cells.names)
        hint = ". Is the header missing, which names the columns?" if numeric and not found else ""
        raise KleiberError(
            f"{cells.place}: no column {', and no column '.join(missing)}; the columns are {listed(cells.names)}. "
            f"{_advice(cells, found, 'n' not in found, not losses)}{hint}{_one_a_run(cells, found, not losses)}"
        )
    if "metric" in found and "loss" in found and len(losses) > 1:
        raise KleiberError(
            f"{cells.place}: a column 'metric' says what one value is, and there are several beside it: leave out "
            f"'metric', or all but one of {', '.join(losses)}"
        )


def _advice(cells: Cells, found: Mapping[str, int], size: bool, loss: bool) -> str:
    """Give the options that map what is missing, with names that the table has."""
    free = [name for i, name in enumerate(cells.names) if name and i not in found.values()]
    options = list(_options(free, size, loss))
    if not options and any(_roles.role_of(name) == _roles.PROGRESS for name in free):
        return "With a row an epoch or step this is the log of one run: name the folder that holds the logs of all runs"
    if not options:
        return "Name the columns so, or write --column with ours and yours"
    python = ", ".join(f"{ours!r}: {theirs!r}" for ours, theirs in options)
    line = " ".join(typed("--column", f"{ours}={theirs}") for ours, theirs in options)
    return f"If these are meant, write {line} (in Python column={{{python}}})"


def _one_a_run(cells: Cells, found: Mapping[str, int], loss: bool) -> str:
    """Say how a table is read that has a column for each run, where several are free and no name is that of a metric."""
    free = [name for i, name in enumerate(cells.names) if name and i not in found.values()]
    runs = [name for name in free if _roles.role_of(name) == _roles.OTHER and not COUNTS.search(simple(name))]
    if not loss or "n" not in found or len(runs) < 2 or len(runs) < len(free) or any(map(is_measured, free)):
        return ""
    heads = " and ".join(repr(f"{name} - loss") for name in runs[:2])
    return f". If each column is a run, name them {heads}{' and so on' if runs[2:] else ''}"


def _options(free: Sequence[str], size: bool, loss: bool) -> Iterator[tuple[str, str]]:
    """Give, for each of our columns that is missing, the likeliest of the names that are free."""
    measured = [name for name in free if is_measured(name)]
    says_more = (_roles.UNLIKE, _roles.SETTING, _roles.PROGRESS, _roles.RUN, _roles.STATUS)
    if size:
        named = [name for name in free if not PARAMETERS & set(_roles.plain(name).split("_"))]
        counts = [name for name in named if name not in measured and COUNTS.search(simple(name))]
        counts = [name for name in counts if _roles.role_of(name) not in says_more or _roles.plain(name) in ("n", "size")]
        rest = [name for name in named if name not in measured and _roles.role_of(name) not in (*says_more, _roles.ASIDE)]
        data = [name for name in free if simple(name).rpartition("_")[2] in ("data", "dataset")]
        if guess := next(iter([*counts, *rest, *data]), None):
            yield "n", guess
            free = [name for name in free if name != guess]
    if loss:
        held = [name for name in measured if (told := _told(name)) and told[0] != "training"]
        if guess := next(iter([*held, *(name for name in measured if not _told(name)), *measured, *free]), None):
            yield loss_of(guess), guess


def is_measured(name: str) -> bool:
    """Say whether a column's name is that of a metric."""
    return MEASURED.search(simple(name)) is not None or is_score(name) or says_lower(name)


def loss_of(name: str) -> str:
    """Give which of our columns a measured one is: accuracy, error, or else the loss."""
    words = set(simple(name).split("_"))
    if is_distance(name):
        return "loss"
    return "accuracy" if {"acc", "accuracy"} & words else "error" if {"err", "error"} & words else "loss"


def simple(name: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()
