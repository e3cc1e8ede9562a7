"""What a trainer is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kleiber.datasets import Part


class Diverged(Exception):  # noqa: N818  (a result of training, not a defect)
    """The training loss left the finite numbers: data, not a fault. `epoch` says when (from 1)."""

    def __init__(self, epoch: int, message: str) -> None:
        super().__init__(message)
        self.epoch = epoch


class Report(Protocol):
    """Takes in what an epoch came to, while the trial goes on."""

    def __call__(self, epoch: int, loss: float, *, train_loss: float | None = None) -> None:
        """Take in the validation loss after an epoch (from 1) and, where it is known, the mean training loss of it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One training run: the rung's examples, the fixed validation set, hyper-parameters and a seed.

    `test` is None but for score trials, so that nothing can be chosen by it. `kind` is "classification" or
    "regression", `chance` the loss of guessing on the validation set by metric name, `outputs` the number of classes
    or 1. Call `report(epoch, loss)` after each epoch, with the validation loss, and add `train_loss=` where you know the
    mean training loss of the epoch: the live page and the report show both. `seed` has 32 bits, as scikit-learn's
    `random_state` wants them; `seed64` has 63, which NumPy's generators and PyTorch take too.

    A trainer that says `PAUSES` is also told to stop after epoch `until`, a share of the first where below 1, to leave the
    file `pause` there, and to go on from the file `resume`, which may be missing: then it trains from the start, to the
    same result.
    """

    train: Part
    validation: Part
    test: Part | None
    n: int
    replicate: int
    seed64: int
    purpose: str
    params: Mapping[str, Any]
    kind: str
    classes: tuple[str, ...]
    chance: Mapping[str, float]
    net: str
    metrics: tuple[str, ...]
    device: str
    report: Report
    weights: Path | None = None
    until: float | None = None
    resume: Path | None = None
    pause: Path | None = None

    @property
    def seed(self) -> int:
        """Seed of this run from 0 to 2**32 - 1: the low bits of `seed64`."""
        return self.seed64 % 2**32

    @property
    def outputs(self) -> int:
        """Number of outputs that a net needs: the classes, or 1 for regression."""
        return len(self.classes) if self.kind == "classification" else 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: metrics by name, lower is better, on the validation set and, for score trials, the test set.

    `epochs` are all that the net has had, `examples` those seen in this task alone, repeats counted.
    """

    validation: Mapping[str, float]
    test: Mapping[str, float] | None = None
    epochs: int = 0
    examples: int = 0
    message: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
