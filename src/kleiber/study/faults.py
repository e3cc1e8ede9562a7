"""What is wrong with a study, key by key: where the key stands, what is wrong with it, and the line that mends it."""

import difflib
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.study.keys import Key, where
from kleiber.study.written import Written

with plugins.needing("run", "running a study"):
    from pydantic import ValidationError

# How other tools, and people, call what kleiber calls otherwise.
ALIASES = {
    **dict.fromkeys(("dataset", "datasets"), "data"),
    **dict.fromkeys(("model", "architecture", "network", "nets"), "net"),
    **dict.fromkeys(("name", "path", "file", "folder", "filename", "csv", "table", "src"), "source"),
    **dict.fromkeys(("learning_rate", "eta", "alpha"), "lr"),
    **dict.fromkeys(("optimizer", "optim"), "optimiser"),
    **dict.fromkeys(("batch", "batchsize", "bs"), "batch_size"),
    **dict.fromkeys(("wd", "l2", "decay"), "weight_decay"),
    **dict.fromkeys(("hidden_size", "hidden_units", "width"), "hidden"),
    **dict.fromkeys(("random_state", "random_seed"), "seed"),
    **dict.fromkeys(("repeats", "repetitions", "runs", "subsets"), "replicates"),
    **dict.fromkeys(("seeds", "seeds_per_rung"), "seeds_per_subset"),
    **dict.fromkeys(("hyperparameters", "hyperparams", "parameters"), "params"),
    **dict.fromkeys(("search_space", "param_space", "grid"), "space"),
    **dict.fromkeys(("budget", "iterations", "n_iter"), "trials"),
    **dict.fromkeys(("scheduler", "lr_schedule", "lr_scheduler"), "schedule"),
    **dict.fromkeys(("early_stopping", "early_stopping_patience"), "patience"),
    **dict.fromkeys(("epoch", "max_epoch"), "epochs"),
    **dict.fromkeys(("image_size", "img_size", "resize", "resolution"), "size"),
    **dict.fromkeys(("color_mode", "colour_mode", "color", "colour", "channels"), "mode"),
    **dict.fromkeys(("label", "labels", "target_column", "label_column", "y"), "target"),
    **dict.fromkeys(("val", "val_split", "validation_split", "validation_fraction", "val_size"), "validation"),
    **dict.fromkeys(("test_split", "test_fraction", "test_size"), "test"),
    **dict.fromkeys(("groups", "group_column"), "group"),
    **dict.fromkeys(("time_limit", "timelimit"), "timeout"),
    **dict.fromkeys(("save_weights", "keep_models"), "keep_weights"),
    **dict.fromkeys(("max_size", "largest", "limit"), "max_n"),
    **dict.fromkeys(("smallest_size", "min_size", "start"), "smallest"),
    **dict.fromkeys(("growth", "ratio"), "factor"),
}
BRANCHES = ("list[int]", "Geometric")  # of the union that sizes are
COMMAND = ("workers", "device", "executor", "ledger", "pack", "out", "budget_epochs", "budget_hours", "budget_money")
_MUST = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text in quotes",
    "list": "a list, such as [1, 4]",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "above {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "below {lt:g}",
    "literal_error": "{expected}",
    "string_too_short": "a name, at least one character long",
    "string_too_long": "at most {max_length} characters long",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the key's table ("" at the top), its name, and what to say of it."""

    place: str
    key: str
    said: str


class WrongStudyError(KleiberError):
    """All that is wrong with the keys of a study."""

    def __init__(self, faults: Sequence[Fault], written: Written):
        self.faults = tuple(faults)
        groups: dict[tuple[str, str], list[Fault]] = {}
        for fault in faults:
            groups.setdefault((fault.place, fault.said), []).append(fault)
        super().__init__("\n".join(_told(group, written) for group in groups.values()))


def from_validation(error: ValidationError, keys: Sequence[Key], written: Written, place: str = "") -> Iterator[Fault]:
    """Give the faults that pydantic found in a table; `keys` are all that a study may have."""
    for problem in _of_one_branch(error.errors()):
        path = [str(part) for part in problem["loc"] if part not in BRANCHES]
        if path == ["sizes"]:
            yield Fault(place, "sizes", f"must be a list, such as {written.line('sizes', [100, 200, 400])}")
            continue
        table, key = (place or ".".join(path[:-1]), path[-1]) if path else (place, "")
        if len(path) > 1 and path[-1].isdigit():
            table, key = place or ".".join(path[:-2]), path[-2]
        if problem["type"] == "extra_forbidden":
            yield unknown(table, key, problem["input"], keys, written)
        elif problem["type"] == "missing":
            yield Fault(table, key, "is missing")
        elif (table, key) == ("", "data"):
            yield Fault(
                table, key, f"must be a name, a path, a table, or data such as (X, y), not {shown(problem['input'])}"
            )
        else:
            yield Fault(table, key, _must(problem))


def _of_one_branch(problems: Sequence[Any]) -> list[Any]:
    """Leave out what is wrong with sizes as a list where they are a table, and the other way round."""
    whole: Any = next((each["input"] for each in problems if each["loc"] == ("sizes", "list[int]")), [])
    other = "list[int]" if isinstance(whole, Mapping) else "Geometric"
    return [each for each in problems if each["loc"][:2] != ("sizes", other)]


def means(key: str, name: str) -> bool:
    """Say whether a key is another word for one of kleiber's."""
    return key != name and ALIASES.get(_plain(key), _plain(key)) == name


def unknown(
    place: str, key: str, value: Any, keys: Sequence[Key], written: Written, rest: Mapping[str, Any] | None = None
) -> Fault:
    """Say of an unknown key where one of that name, or the nearest, belongs; `rest`: what else its `[data]` says."""
    here = [each.name for each in keys if each.place == ("params" if place == "search.space" else place)]
    found = homes(place, key, keys)
    if not found and _plain(key) in COMMAND:
        option = _plain(key).replace("_", "-")
        return Fault(place, key, f"no key of a study, but an option of the command: kleiber run ... --{option} {value}")
    if wraps(place, value, keys):
        return Fault(place, key, f"a study's keys stand at the top, in no table of their own; remove the line [{key}]")
    if not found:
        return Fault(place, key, f"unknown key; known here: {', '.join(dict.fromkeys(here)) or 'none'}")
    home = found[0]
    if home.place == "params" and isinstance(value, Mapping | list | tuple):
        home = Key("search.space", home.name, "", None, "")
    near = f"unknown key; did you mean {home.name!r}?" if home.name != key else "unknown key here."
    if home.place == place and isinstance(value, Mapping) and written.has_section(key):
        return Fault(place, key, f"{near} Write  [{home.name}]")
    if home.place == "data" and rest is not None:
        return Fault(place, key, f"{near} Write\n  {written.table('data', {**rest, home.name: value})}")
    if home.place == place:
        return Fault(place, key, f"{near} Write  {written.line(home.name, value)}")
    return Fault(place, key, f"{near} Write  {written.under(home.place, home.name, value)}")


def wraps(place: str, value: Any, keys: Sequence[Key]) -> bool:
    """Say whether a table at the top holds what belongs there itself."""
    return not place and isinstance(value, Mapping) and bool({key.name for key in keys if not key.place} & value.keys())


def shown(value: Any) -> str:
    """Write a value that somebody gave, an array by its shape alone."""
    if hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple) and any(hasattr(each, "shape") or isinstance(each, list | tuple) for each in value):
        return f"({', '.join(shown(each) for each in value[:4])}{', ...' if len(value) > 4 else ''})"
    return reprlib.repr(value)


def _told(faults: Sequence[Fault], written: Written) -> str:
    """Say faults of one table that are alike."""
    first = faults[0]
    number = written.line_of(first.place, first.key)
    file = "" if written.file is None else f"{written.file}{f', line {number}' if number else ''}: "
    name = where(first.place, ", ".join(fault.key for fault in faults)) if first.key else f"[{first.place}]"
    return f"{file}{name}: {first.said}"


def homes(place: str, key: str, keys: Sequence[Key]) -> list[Key]:
    """Give the keys that an unknown one may be meant for, the likeliest first, those of its own table before others."""
    for name in _spellings(key):
        same = [each for each in keys if each.name == name]
        same = [each for each in same if name != "source" or each.place == place]  # a name or path elsewhere is no data
        if same:
            return sorted(same, key=lambda each: each.place != place)
    for among, likeness in (([each for each in keys if each.place == place], 0.6), (keys, 0.8)):
        close = difflib.get_close_matches(_plain(key), [each.name for each in among], n=1, cutoff=likeness)
        if close:
            return [each for each in among if each.name == close[0]]
    return []


def _spellings(key: str) -> Iterator[str]:
    plain = _plain(key)
    short = plain
    for prefix in ("n_", "num_", "max_", "number_of_"):
        short = short.removeprefix(prefix)
    for name in (key, plain, short):
        yield name
    for name in (plain, short):
        if name in ALIASES:
            yield ALIASES[name]


def _plain(key: str) -> str:
    return key.strip().lower().replace("-", "_").replace(" ", "_")


def _must(problem: Any) -> str:
    kind = problem["type"]
    if kind == "value_error":
        return str(problem["msg"].removeprefix("Value error, "))
    words = _MUST.get(kind) or _MUST.get(kind.partition("_")[0])
    if words is None:
        return f"{problem['msg'][0].lower()}{problem['msg'][1:]}, not {shown(problem['input'])}"
    return f"must be {words.format(**problem.get('ctx', {}))}, not {shown(problem['input'])}"
