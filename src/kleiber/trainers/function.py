"""Anybody's own training code: a decorated function in the user's own Python file, named as `file.py:name`."""

from pydantic import BaseModel, ConfigDict

from kleiber.errors import KleiberError
from kleiber.plugins import load_attribute
from kleiber.trainers._function import MARK, call
from kleiber.trainers._task import Outcome, Task

CHECKS_PARAMS = False


class Options(BaseModel):
    """Where the function is: the study's `trainer = "file.py:name"` fills this in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str


def train(task: Task, options: Options) -> Outcome:
    """Call the user's function with the task."""
    function = load_attribute(options.function)
    if not getattr(function, MARK, False):
        raise KleiberError(f"trainer: {options.function} is not decorated with @kleiber.trainer")
    return call(function, task)
