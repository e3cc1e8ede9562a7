"""A compiled Keras 3 model, which the study's `module` names as a function that makes it; any back end.

It is fitted on the rung, and what it predicts is measured: one number a class, or one number. `[params]` sets what the
function names, and `batch_size`. The back end is that of KERAS_BACKEND, or of the user's keras.json, or the first one that
is installed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kleiber import plugins
from kleiber.trainers._job import Check
from kleiber.trainers._task import Outcome, Task

REHEARSES = True  # anybody's code: one trial with its score is tried before a study begins


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    epochs: int = Field(default=15, ge=1)
    """Epochs at most; the best on the validation set is kept."""
    patience: int = Field(default=3, ge=1)
    """Epochs without a better one after which training stops."""
    batch: int = Field(default=32, ge=1)
    """Examples of a batch."""
    backend: Literal["torch", "jax", "tensorflow"] | None = None
    """What Keras must have been imported with; not set: whatever it is."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What `fit` is given besides, such as `class_weight`."""


def train(task: Task, options: Options) -> Outcome:
    """Fit a fresh model on the rung, and measure the weights of its best epoch."""
    outcome: Outcome = _adapter().fit(task, options.epochs, options.patience, options.batch, options.arguments)
    return outcome


def check(study: Check) -> None:
    """Refuse a model that can't be made or measured, an argument that is kleiber's, and a metric that there is not."""
    options = Options(**study.training)
    _adapter().check(study, options.arguments, options.backend)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most."""
    return float(options.epochs)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "Keras"


def get_ready(reference: str) -> None:
    """Import Keras, before the first task needs it."""
    _adapter()


def _adapter() -> Any:
    with plugins.needing("keras", "the trainer keras"):
        return plugins.heavy("trainers._keras")
