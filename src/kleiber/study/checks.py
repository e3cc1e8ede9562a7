"""All keys of a study looked at before it is one, so that everything that is wrong is said at once."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.datasets import kind_of
from kleiber.errors import KleiberError
from kleiber.space import parse_space
from kleiber.study.faults import Fault, WrongStudyError, from_validation, homes, means, unknown, wraps
from kleiber.study.keys import Key, keys_of_data, keys_of_executor, keys_of_model, keys_of_params, where
from kleiber.study.parts import Data, Geometric, Place, Search
from kleiber.study.written import Written
from kleiber.trainers import trainer_of

with plugins.needing("run", "running a study"):
    from pydantic import BaseModel, ValidationError

TYPES: dict[str, Any] = {
    "text": str,
    "number": (int, float),
    "table": Mapping,
}  # of an executor's options, by the words for them
PATHS = ("table", "image_folder")  # loaders whose options a source that is not there may have meant


def check_keys(fields: Mapping[str, Any], error: ValidationError | None, study: type[BaseModel], written: Written) -> None:
    """Raise `WrongStudyError` with all that is wrong with the keys of a study, if anything is.

    fields: what was given; error: what pydantic found in it.
    """
    faults: list[Fault] = []
    options: type[BaseModel] | None = None
    try:
        options = trainer_of(str(fields.get("trainer", "torch"))).Options
    except KleiberError as trouble:
        faults.append(Fault("", "trainer", str(trouble)))
    keys = every_key(study, options, str(fields.get("net", "lenet")), _source(fields.get("data")))
    found = list(from_validation(error, keys, written)) if error is not None else []
    faults += [fault for fault in found if fault.place != "data" and fault.key != "data"]
    if options is not None and isinstance(given := fields.get("training", {}), Mapping):
        faults += _training(given, options, str(fields.get("trainer", "torch")), keys, written)
    if fields.get("trainer", "torch") == "torch":
        faults += [*_net(str(fields.get("net", "lenet"))), *_params(fields, keys, written)]
    faults += [*_space(fields), *executor_faults(fields.get("executor"), written)]
    faults = _with_data(fields, [*faults, *(fault for fault in found if fault.key == "data")], keys, study, written)
    if faults:
        raise WrongStudyError(faults, written)


def every_key(study: type[BaseModel], options: type[BaseModel] | None, net: str, source: str) -> list[Key]:
    """Give every key that a study with this trainer, net and data may have."""
    keys = [*keys_of_model("", study), *keys_of_model("data", Data)]
    kind = kind_of(source)
    for name in PATHS if kind is None else (kind,):
        keys += keys_of_data(name)
    keys += [*keys_of_model("executor", Place)]
    keys += [*keys_of_model("sizes", Geometric), *keys_of_model("search", Search), *keys_of_params(net)]
    return keys if options is None else [*keys, *keys_of_model("training", options)]


def _source(data: Any) -> str:
    if isinstance(data, Mapping):
        return str(data.get("source") or next((value for key, value in data.items() if _means_source(key, value)), ""))
    return str(data) if isinstance(data, str | Path) else str(getattr(data, "source", ""))


def _means_source(key: str, value: Any) -> bool:
    return isinstance(value, str | Path) and means(key, "source")


def _training(
    given: Mapping[str, Any], options: type[BaseModel], trainer: str, keys: list[Key], written: Written
) -> Iterator[Fault]:
    try:
        options(**given, **({"function": trainer} if ":" in trainer else {}))
    except ValidationError as error:
        yield from from_validation(error, keys, written, "training")


def _net(net: str) -> Iterator[Fault]:
    if plugins.is_own("nets", net) or ":" in net or net.endswith(".py"):
        return
    names = plugins.names("nets")
    if net not in names:
        close = difflib.get_close_matches(net, names, n=1)
        near = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}."
        yield Fault("", "net", f"unknown net {net!r}{near} One of your own is given as 'path/to/file.py:Name'")


def _space(fields: Mapping[str, Any]) -> Iterator[Fault]:
    space = _space_of(fields)
    for name, entry in space.items() if isinstance(space, Mapping) else ():
        try:
            parse_space({name: entry})
        except KleiberError as error:
            yield Fault("search.space", name, str(error).removeprefix(f"{where('search.space', name)}: "))


def _space_of(fields: Mapping[str, Any]) -> Any:
    search = fields.get("search", {})
    return search.get("space", {}) if isinstance(search, Mapping) else getattr(search, "space", {})


def executor_faults(given: Any, written: Written) -> Iterator[Fault]:
    """Say what is wrong with an `[executor]` table, or a name in its stead."""
    options = dict(given) if isinstance(given, Mapping) else {}
    name = options.pop("name", None) if isinstance(given, Mapping) else given
    if not isinstance(name, str) or ":" in name or name.endswith(".py"):
        return  # not given, or one's own, which says itself what it takes
    if not plugins.is_own("executors", name):
        if name not in (names := plugins.names("executors")):
            yield Fault("executor", "name", f"unknown executor {name!r}; there are {', '.join(names)}")
        return
    keys = [*keys_of_model("executor", Place), *keys_of_executor(name)]
    for key, value in options.items():
        known = next((each for each in keys if each.name == key and each.of), None)
        if known is None:
            yield unknown("executor", key, value, keys, written)
        elif not isinstance(value, TYPES[known.kind]) or isinstance(value, bool):
            yield Fault("executor", key, f"must be a {known.kind}, not {value!r}")


def _params(fields: Mapping[str, Any], keys: list[Key], written: Written) -> Iterator[Fault]:
    """Say of a hyper-parameter that neither PyTorch's optimisers nor the net of the folder take, where it belongs."""
    names = {key.name for key in keys if key.place == "params"}
    if not plugins.is_own("nets", str(fields.get("net", "lenet"))):
        return  # a net of one's own says itself what it takes
    for place, table in (("params", fields.get("params", {})), ("search.space", _space_of(fields))):
        for key, value in table.items() if isinstance(table, Mapping) else ():
            if key not in names:
                yield unknown(place, key, value, keys, written)


def _with_data(
    fields: Mapping[str, Any], faults: list[Fault], keys: list[Key], study: type[BaseModel], written: Written
) -> list[Fault]:
    """Add what is wrong with the data, and let the last fault that concerns it give the whole table, mended."""
    data = fields.get("data")
    given = dict(data) if isinstance(data, Mapping) else {"source": _source(data)} if data is not None else {}
    mended, concerned = _mended(given, keys)
    out = [fault for fault in faults if (fault.place, fault.key) != ("", "data") or fault.said != "is missing"]
    for fault in faults:
        found = homes("", fault.key, keys) if not fault.place and fault.key not in study.model_fields else []
        if found and (found[0].place == "data" or (found[0].place, found[0].name) == ("", "data")):
            out.remove(fault)
            value = fields[fault.key]
            if found[0].place == "data":
                mended[found[0].name] = value
                concerned.append(Fault("", fault.key, f"unknown key here; {found[0].name} belongs to the data"))
            else:
                mended |= value if isinstance(value, Mapping) else {"source": value}
                concerned.append(Fault("", fault.key, "unknown key; did you mean 'data'?"))
    wrapped = any(wraps("", value, keys) for key, value in fields.items() if key not in study.model_fields)
    if not wrapped and not mended.get("source") and ("data" not in fields or isinstance(data, Mapping)):
        what = "the data set's name, a folder of images or a table's file"
        place = ("", "data") if data is None and not concerned else ("data", "source")
        concerned.append(Fault(*place, f"is missing: {what}"))
        mended = {"source": "numbers.csv" if mended else "digits", **mended}
    if concerned:
        mended["source"] = written.shown(str(mended["source"]))
        ordered = {"source": mended.pop("source"), **mended}
        last = concerned[-1]
        line = written.table("data", ordered) if len(ordered) > 1 else _short(ordered["source"], written)
        concerned[-1] = Fault(last.place, last.key, f"{last.said.rstrip('?')}. Write\n  {line}")
    return [*out, *concerned]


def _short(source: str, written: Written) -> str:
    return written.table("data", {"source": source}) if written.has_section("data") else written.line("data", source)


def _mended(given: dict[str, Any], keys: list[Key]) -> tuple[dict[str, Any], list[Fault]]:
    """Give a `[data]` table with the keys that it may have, and what is wrong with the others."""
    source = _source(given)
    names = {key.name for key in keys if key.place == "data"}
    if kind_of(source) is None and (":" in source or source in plugins.names("datasets")):
        return given, []  # another's loader says itself what it takes
    mended = {key: value for key, value in given.items() if key in names}
    faults = []
    for key, value in given.items():
        if "source" not in mended and _means_source(key, value):
            mended.pop(key, None)
            mended["source"] = value
            faults.append(Fault("data", key, "unknown key; did you mean 'source'?"))
            continue
        if key in names:
            continue
        found = homes("data", key, keys)
        if "source" in mended and _means_source(key, value):
            faults.append(Fault("data", key, "unknown key; leave it out, the source says it all"))
        elif found and found[0].place == "data":
            mended[found[0].name] = value
            faults.append(Fault("data", key, f"unknown key; did you mean {found[0].name!r}?"))
        else:
            belongs = f"it belongs under [{found[0].place}]" if found and found[0].place else ""
            top = "it stands above the first section" if found else f"known here: {', '.join(sorted(names))}"
            faults.append(Fault("data", key, f"unknown key; {belongs or top}"))
    return mended, faults
