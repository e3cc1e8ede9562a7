"""A Hugging Face model, fitted by `transformers.Trainer`: the study's `module` names a function that makes it.

The function gives the model alone, or with a tokenizer or processor, and with `TrainingArguments`. `[params]` sets what the
function names, and any field of `TrainingArguments`. Reports, checkpoints and progress bars are off.
"""

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

    epochs: int | None = Field(default=None, ge=1)
    """Epochs at most, of which the best on the validation set is kept; not set: those of `TrainingArguments`, or 3."""
    patience: int = Field(default=3, ge=1)
    """Epochs without a better one after which training stops."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Fields of `TrainingArguments`, such as `learning_rate = 1e-4`; they come before those that the function gives."""


def train(task: Task, options: Options) -> Outcome:
    """Fit a fresh model on the rung, and measure the weights of its best epoch."""
    outcome: Outcome = _adapter().fit(task, options.epochs, options.patience, options.arguments)
    return outcome


def check(study: Check) -> None:
    """Refuse a model that can't be made or measured, an argument that is kleiber's, and a metric that there is not."""
    _adapter().check(study, Options(**study.training).arguments)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "transformers"


def get_ready(reference: str) -> None:
    """Import transformers, before the first task needs it."""
    _adapter()


def _adapter() -> Any:
    with plugins.needing("huggingface", "the trainer huggingface"):
        return plugins.heavy("trainers._transformers")
