"""What each file of trainers/ promises, new ones included: options as a model, and an outcome of a task."""

import inspect

import pytest
from pydantic import BaseModel

from kleiber import plugins
from kleiber.trainers import Task


@pytest.mark.parametrize("name", plugins.names("trainers"))
def test_options_are_a_closed_frozen_model(name):
    options = plugins.load("trainers", name).Options
    assert issubclass(options, BaseModel)
    assert options.model_config["extra"] == "forbid"
    assert options.model_config["frozen"]


@pytest.mark.parametrize("name", plugins.names("trainers"))
def test_train_takes_a_task_and_options_and_says_what_it_gives(name):
    train = plugins.load("trainers", name).train
    assert list(inspect.signature(train).parameters) == ["task", "options"]
    assert train.__doc__


def test_the_trainers_are_those_that_the_folder_holds():
    assert {"torch", "function", "replay"} <= set(plugins.names("trainers"))
    assert "test" in Task.__dataclass_fields__
