"""A PyTorch Lightning module, which the study's `module` names as a class or a function that makes it.

Its `training_step` gets the batches `(x, y)` of the rung; its `forward(x)` gives what is measured: one number a class, or
one number. `[params]` sets what its constructor names. Logging, checkpoints and progress bars are off.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kleiber import plugins
from kleiber.trainers._job import Check
from kleiber.trainers._task import Outcome, Task

TAKES_TEXT = True
REHEARSES = True  # anybody's code: one trial with its score is tried before a study begins


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    epochs: int = Field(default=15, ge=1)
    """Epochs at most; the best on the validation set is kept."""
    patience: int = Field(default=3, ge=1)
    """Epochs without a better one after which training stops."""
    batch: int = Field(default=32, ge=1)
    """Examples of a batch; a module with a `batch_size` has its own."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What Lightning's `Trainer` is given besides, such as `gradient_clip_val = 1.0`."""


def train(task: Task, options: Options) -> Outcome:
    """Fit a fresh module on the rung, and measure the weights of its best epoch."""
    outcome: Outcome = _adapter().fit(task, options.epochs, options.patience, options.batch, options.arguments)
    return outcome


def check(study: Check) -> None:
    """Refuse a module that can't be made or measured, an argument that is kleiber's, and a metric that there is not."""
    _adapter().check(study, Options(**study.training).arguments)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most."""
    return float(options.epochs)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "PyTorch Lightning"


def get_ready(reference: str) -> None:
    """Import Lightning, before the first task needs it."""
    _adapter()


def _adapter() -> Any:
    with plugins.needing("lightning", "the trainer lightning"):
        return plugins.heavy("trainers._lightning")
