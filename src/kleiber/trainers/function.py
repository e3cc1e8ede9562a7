"""Anybody's own training code: a decorated function in the user's own Python file, named as `file.py:name`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kleiber.errors import KleiberError
from kleiber.plugins import load_attribute
from kleiber.trainers._function import MARK, Function, call
from kleiber.trainers._job import Check
from kleiber.trainers._task import Outcome, Task

TAKES_TEXT = True
REHEARSES = True  # anybody's code: one trial with its score is tried before a study begins


class Options(BaseModel):
    """Where the function is: the study's `trainer = "file.py:name"` fills this in."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    function: str
    """The study's `trainer`; no key of `[training]`."""


def train(task: Task, options: Options) -> Outcome:
    """Call the user's function with the task."""
    return call(_found(options.function), task)


def imports(reference: str) -> str:
    """Name what `get_ready` imports: the user's file or module."""
    return Path(reference.rpartition(":")[0]).name


def get_ready(reference: str) -> None:
    """Import the user's code, and what that imports, before the first task needs it."""
    _found(reference)


def check(study: Check) -> None:
    """Refuse a function that is not there, or not decorated."""
    _found(study.reference)


def _found(reference: str) -> Function:
    function: Function = load_attribute(reference)
    if not getattr(function, MARK, False):
        raise KleiberError(f"trainer: {reference} is not decorated with @kleiber.trainer; write that above its def")
    return function
