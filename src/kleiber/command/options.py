"""The command's words for a mistake: an error names Python's arguments, and the command line has options for them.

A command's function has an argument's own name, and says in its signature what the option is called.
"""

import inspect
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, get_args

from typer.models import OptionInfo

from kleiber.errors import KleiberError

NOT_TYPED = r"(?<!--column )(?<!--column ')(?<!--where )(?<!--where ')(?<![-\w])"
"""Before an argument's name: what `--column model=net` names is a column, and the line stands as it is typed."""
NUMBERS = r"[(\[](?:-?[\d.]+(?:e[+-]?\d+)?(?:, |(?=[)\]])))+[)\]]"
"""A list or a pair of numbers, as Python writes it."""

QUOTED = r"(?<!\w)'(?:[^'\\\n]|\\\\)*'"
"""A text in quotes, all of whose backslashes are double; an apostrophe in a word opens none."""


def named_by_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command, whose `KleiberError`s name options where the libraries' name arguments."""

    @wraps(command)
    def told(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except KleiberError as error:
            raise KleiberError(in_options(str(error), options_of(told))) from error

    return told


def options_of(command: Callable[..., Any]) -> dict[str, str]:
    """Give the option of each argument in a command's signature, as in {"price_per_example": "--price"}."""
    found = {}
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        option = next((part for part in get_args(parameter.annotation) if isinstance(part, OptionInfo)), None)
        if option is not None:
            said = map(
                str, (option.default, *(option.param_decls or ()))
            )  # typer keeps the first name where a default would be
            found[name] = next((part for part in said if part.startswith("--")), "--" + name.replace("_", "-"))
    return found


def in_options(message: str, options: Mapping[str, str]) -> str:
    """Write an error of the library with options in place of arguments.

    An argument is what stands before an equals sign, begins the message before "is", or has an underscore: many are also
    plain words ("model", "months"), which stay.
    """
    message = re.sub(r" \(in Python(?:[^()]|\([^()]*\))*\)", "", message)
    names = "|".join(sorted(options, key=len, reverse=True))
    message = re.sub(rf"^({names}) (is|must)\b", lambda m: f"{options[m[1]]} {m[2]}", message)
    value = r"'[^']*'|\[[^\]]*\]|[\w.+-]*\w"
    message = re.sub(rf"{NOT_TYPED}({names})=({value})?", lambda m: _pair(options[m[1]], m[2]), message)
    message = re.sub(r"(?<![-\w])\w+_\w+", lambda m: _pair(options[m[0]], "") if m[0] in options else m[0], message)
    message = re.sub(rf"(?:(?<=is )|(?<=as )|(?<=not )){NUMBERS}", lambda m: _typed(m[0]), message)
    return re.sub(r"(--\S+(?: [^\s;)]+)?) \(\1\)", r"\1", message)  # where the library had named both


def as_said(message: str) -> str:
    """Write texts in quotes as somebody said them: Python doubles their backslashes, as in 'C:\\\\runs'."""
    return re.sub(QUOTED, lambda m: m[0].replace("\\\\", "\\"), message)


@contextmanager
def keys_named_by(options: Mapping[str, str]) -> Iterator[None]:
    """Raise `KleiberError`s on a study with the options by which somebody gave its keys."""
    try:
        yield
    except KleiberError as error:
        raise KleiberError(keys_in_options(str(error), options)) from error


def keys_in_options(message: str, options: Mapping[str, str]) -> str:
    """Write an error on a study with options in place of its keys: `max_n:` or `[data] source:` at the start of a line."""
    names = "|".join(map(re.escape, options))
    return re.sub(rf"^({names}):", lambda m: f"{options[m[1]]}:", message, flags=re.MULTILINE)


def _pair(option: str, value: str | None) -> str:
    yes, _, no = option.partition("/")
    if no and value != "None":
        return no if value == "False" else yes
    if value in (None, "", "True"):  # a flag takes no value
        return option
    return f"no {option}" if value == "None" else f"{option} {shlex.quote(_typed(as_said(value).strip(chr(39))))}"


def _typed(values: str) -> str:
    """Write a list of Python's as it is typed: 0.0, 0.3 in brackets becomes 0,0.3."""
    return re.sub(r"\.0(?=,|$)", "", values.strip("[]()").replace(", ", ",")) if values[:1] in ("[", "(") else values
