"""Every key that a study may have: its place, type, default and meaning, made from the models themselves.

Messages and the page docs/study.md are made from this one list.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from kleiber import plugins
from kleiber.datasets import SHARED
from kleiber.study.parts import Data, Place
from kleiber.trainers._engine.batch import MEANINGS, OWN

with plugins.needing("run", "running a study"):
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

REQUIRED = object()  # the default of a key that has none
_WORDS = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    dict: "table",
    "int": "whole number",
    "float": "number",
    "str": "text",
    "bool": "true or false",
    "Sequence[str]": "list of texts",
    "Sequence[int]": "list of whole numbers",
    "dict[str, float]": "table",
    "dict[str, Any]": "table",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a study: `place` is its table ("" at the top), `of` the plug-ins whose it is (empty: everybody's)."""

    place: str
    name: str
    kind: str
    default: Any
    meaning: str
    of: str = ""


def keys_of_model(place: str, model: type[BaseModel], of: str = "") -> Iterator[Key]:
    """Give the keys of a pydantic model, with the docstrings below its fields as meanings."""
    for name, field in model.model_fields.items():
        default = REQUIRED if field.is_required() else field.get_default(call_default_factory=True)
        yield Key(place, name, _kind(field), default, " ".join((field.description or "").split()), of)


def keys_of_data(kind: str) -> Iterator[Key]:
    """Give the keys of `[data]` that one loader of the folder takes, those of every loader first."""
    yield from (_key("data", option) for option in SHARED)
    yield from (_key("data", option, kind) for option in plugins.options_of("datasets", kind, "load"))


def keys_of_executor(name: str) -> Iterator[Key]:
    """Give the keys of `[executor]` that one executor of the folder takes; its limits are keys of the study."""
    options = plugins.options_of("executors", name, "start")
    yield from (_key("executor", option, name) for option in options if option.name not in ("timeout", "memory_gb"))


def keys_of_params(net: str) -> Iterator[Key]:
    """Give the keys of `[params]`: those of PyTorch's optimisers, and those of a net of the folder."""
    for name, default in OWN.items():
        kind = "whole number or text" if name == "batch_size" else _WORDS[type(default)]
        yield Key("params", name, kind, default, MEANINGS[name])
    yield from (_key("params", option, net) for option in plugins.options_of("nets", net, "build"))


def keys_of_kernel() -> Iterator[Key]:
    """Give the keys of `[params]` that the trainer kernel takes."""
    trainer = plugins.load("trainers", "kernel")
    yield from (Key("params", name, "number", default, trainer.MEANINGS[name]) for name, default in trainer.OWN.items())


def where(place: str, name: str) -> str:
    """Say a key with its place: `trials` of the table search is `[search] trials`."""
    return f"[{place}] {name}" if place else name


def _key(place: str, option: plugins.Option, of: str = "") -> Key:
    parts = [_WORDS.get(part.strip(), part.strip()) for part in option.kind.split("|") if part.strip() != "None"]
    return Key(place, option.name, " or ".join(parts), option.default, option.meaning, of)


def _kind(field: FieldInfo) -> str:
    limits = [f"{words} {value:g}" for entry in field.metadata for words, value in _limits(entry)]
    return ", ".join([_in_words(field.annotation), *limits])


def _limits(entry: Any) -> Iterator[tuple[str, float]]:
    for name, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        if (value := getattr(entry, name, None)) is not None:
            yield words, value


def _in_words(kind: Any) -> str:
    """Say a type as a person would."""
    origin, inner = get_origin(kind), [each for each in get_args(kind) if each is not type(None)]
    if origin in (Union, types.UnionType):
        return " or ".join(_in_words(each) for each in inner)
    if origin is Literal:
        return " or ".join(f'"{each}"' for each in inner)
    if origin in (list, tuple):
        return f"list of {_plural(_in_words(inner[0]))}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "text or table" if kind in (Data, Place) else "table"
    if origin is dict or kind is dict:
        return "table"
    if hasattr(kind, "__metadata__"):
        return _in_words(inner[0])
    return _WORDS.get(kind, str(kind))


def _plural(words: str) -> str:
    return words if words.startswith('"') else f"{words}s"
