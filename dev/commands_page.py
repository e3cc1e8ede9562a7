"""Write docs/commands.md from the command itself, so that every command and option stands there as its help has it.

python -m dev.commands_page
"""

import inspect
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from kleiber.command.asked import Asked
from kleiber.command.cli import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
HEAD = """# Every command

Results go to standard output, progress and warnings to standard error. Money is in whatever currency you give.

This page is made from the code by `python -m dev.commands_page`; `kleiber COMMAND --help` says the same.
"""
SHARED = """## Options of all commands that answer

{commands} take these too. They say how to read the source, which of its curves to use, and how to print.
"""
KINDS = {"int": "whole number", "float": "number", "str": "text", "Path": "path"}
CODES = """## Exit codes

| code | meaning |
| --- | --- |
| 0 | done; a refused forecast is a valid result |
| 1 | a defect of kleiber |
| 2 | an error in your input |
| 3 | a score is missing, or trials were lost |
| 4 | an error of the machine |
| 130, 143 | interrupted |
"""


def page() -> str:
    """Give the page."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    kinds = {one.name: _kinds(one.callback) for one in app.registered_commands}
    shared = [name for name in inspect.signature(Asked).parameters if name != "source"]
    answering = [name for name, command in commands.items() if {*shared} <= {one.name for one in command.params}]
    alike = {one.name: one for one in commands[answering[0]].params if one.name in shared}
    parts = [HEAD, *_contents(commands)]
    for name, command in commands.items():
        answers = name in answering
        own = [one for one in command.params if not answers or one.name not in alike or one.help != alike[one.name].help]
        parts += _command(name, command, own, kinds[name])
        if answers:
            parts.append("And the [options of all commands that answer](#options-of-all-commands-that-answer).\n")
    listed = ", ".join(f"`{name}`" for name in answering[:-1]) + f" and `{answering[-1]}`"
    return "\n".join([*parts, SHARED.format(commands=listed), *_options(list(alike.values()), kinds[answering[0]]), CODES])


def _kinds(callback: Any) -> dict[str, str]:
    """Give the kind of each argument's value, in words; of a flag none."""
    found = {}
    for name, parameter in inspect.signature(callback, eval_str=True).parameters.items():
        kind, many = parameter.annotation, False
        while typing.get_args(kind):  # Annotated, a union with None, a list
            many |= typing.get_origin(kind) is list
            kind = typing.get_args(kind)[0]
        found[name] = "" if kind is bool else KINDS[kind.__name__] + ", may be repeated" * many
    return found


def _contents(commands: dict[str, Any]) -> Iterator[str]:
    yield "| command | what it does |\n| --- | --- |"
    for name, command in commands.items():
        first = command.help.partition("\n\n")[0]
        yield f"| [`kleiber {name}`](#kleiber-{name}) | {' '.join(first.split())} |"
    yield ""


def _command(name: str, command: Any, own: Sequence[Any], kinds: dict[str, str]) -> Iterator[str]:
    arguments = " ".join(_written(one) for one in own if one.param_type_name == "argument")
    yield f"## `kleiber {name}`\n"
    yield f"```text\nkleiber {name} {arguments}{' ' * bool(arguments)}[OPTIONS]\n```\n"
    for paragraph in command.help.split("\n\n"):
        yield " ".join(paragraph.split()) + "\n"
    yield from _options(own, kinds)


def _options(given: Sequence[Any], kinds: dict[str, str]) -> Iterator[str]:
    if not given:
        return
    yield "| argument or option | value | default | meaning |\n| --- | --- | --- | --- |"
    for one in given:
        argument = one.param_type_name == "argument"
        names = f"`{_written(one)}`" if argument else ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
        told = " ".join((one.help or "").split()).replace("<", "&lt;")
        yield f"| {names} | {kinds[one.name]} | {_default(one)} | {told} |".replace("FILE|LEDGER", "FILE\\|LEDGER")
    yield ""


def _written(one: Any) -> str:
    return one.metavar or one.name.upper()


def _default(one: Any) -> str:
    if one.required:
        return "needed"
    if one.default in (None, False, (), []) or callable(one.default):
        return ""
    return f"`{one.default:g}`" if isinstance(one.default, float) else f"`{one.default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
