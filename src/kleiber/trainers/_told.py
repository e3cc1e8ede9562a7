"""The losses that a trial reports epoch by epoch: kept for its measurement, and told to the driver as they come."""

from typing import Any, NamedTuple

from kleiber.executors import teller
from kleiber.records import finite


class Epoch(NamedTuple):
    """What a trial, by its id, told of an epoch: its place (from 0), and its losses, None where they are not finite."""

    trial: str
    place: int
    loss: float | None
    training: float | None


class Told:
    """What one trial has reported: `history` and `training`, the losses after each epoch, in step."""

    def __init__(self, trial: str) -> None:
        self.history: list[float | None] = []
        self.training: list[float | None] = []
        self._trial, self._tell = trial, teller()

    def report(self, epoch: int, loss: float, *, train_loss: float | None = None) -> None:
        """Take in an epoch's losses; see `Task`."""
        told = Epoch(self._trial, len(self.history), _number(loss), _number(train_loss))
        self.history.append(told.loss)
        self.training.append(told.training)
        self._tell(told)


def _number(loss: Any) -> float | None:
    """Give a loss, a scalar of NumPy or PyTorch too, as a number; None where it is none, or not finite."""
    plain = loss.item() if hasattr(loss, "item") else loss
    return float(plain) if finite(plain) else None
