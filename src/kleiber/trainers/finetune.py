"""A pretrained backbone, named by the study's `module`, trained whole with a new head: "efficientnet-lite0", "timm/NAME".

Beside it the trainer `features` leaves the backbone as it is; `kleiber compare` says from which size on which of the two is
better. `[params]` sets `lr`, `weight_decay` and `batch_size` of AdamW.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.trainers import _backbones, _outputs
from kleiber.trainers._job import Check
from kleiber.trainers._resized import resized
from kleiber.trainers._task import Outcome, Task
from kleiber.trainers._untouched import untouched


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    epochs: int = Field(default=10, ge=1)
    """Epochs at most; the best on the validation set is kept."""
    patience: int = Field(default=3, ge=1)
    """Epochs without a better one after which training stops."""
    batch: int = Field(default=16, ge=1)
    """Examples of a batch."""
    pixels: int = Field(default=96, ge=32, le=1024)
    """Side to which images are resized before the backbone sees them."""


def train(task: Task, options: Options) -> Outcome:
    """Train backbone and head on the rung, and measure the weights of the best epoch."""
    outcome: Outcome = _adapter().fit(task, options.epochs, options.patience, options.batch, options.pixels)
    return replace(outcome, message="; ".join(filter(None, [outcome.message, resized(task.train, options.pixels)])))


def check(study: Check) -> None:
    """Refuse what is no backbone of images, data that are no images, an unknown hyper-parameter, and a wrong metric."""
    if study.net == "lenet":
        raise KleiberError('module: name the backbone. Write  module = "efficientnet-lite0"')
    if _backbones.kind_of(study.net) != "images":
        raise KleiberError(
            f"module: {study.net!r} can't be fine-tuned; there are efficientnet-lite0, timm/NAME and torchvision/NAME. "
            'A net of your own is trained by  trainer = "torch"'
        )
    if study.dataset.train.x.ndim != 4:
        raise KleiberError("trainer: finetune takes images, and the data are none; choose another trainer")
    _outputs.refuse_metric(study.metric, study.dataset.task, study.metrics)
    adapter = _adapter()
    adapter.refuse_params(study.params)
    with untouched(0):  # the head's weights are drawn
        adapter.make(study.net, Options(**study.training).pixels, study.dataset.validation, 2)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most."""
    return float(options.epochs)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "PyTorch"


def get_ready(reference: str) -> None:
    """Import PyTorch, before the first task needs it."""
    _adapter()


def _adapter() -> Any:
    with plugins.needing("torch", "the trainer finetune"):
        return plugins.heavy("trainers._finetune")
