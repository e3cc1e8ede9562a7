"""The best epoch on the validation set: its weights are those that are kept, whatever a framework would keep."""

import math
from collections.abc import Callable
from typing import Any

from kleiber.trainers._task import Diverged


class Best:
    """Looks at the validation loss after each epoch, keeps the weights of the best one, and says when to stop.

    patience: epochs without a better one after which training stops. report: is told each epoch and its loss.
    """

    def __init__(self, patience: int, report: Callable[[int, float], None]) -> None:
        self._patience, self._report = patience, report
        self._loss, self._since = math.inf, 0
        self.epoch = 0
        self.weights: Any = None

    def stops(self, loss: float, weights: Callable[[], Any]) -> bool:
        """Look at the epoch that has ended; give whether it was the last one. Raises `Diverged` for a loss not finite.

        weights: gives a copy of them as they are now.
        """
        self.epoch += 1
        self._report(self.epoch, loss)
        if not math.isfinite(loss):
            raise Diverged(self.epoch, f"the validation loss is {loss} after epoch {self.epoch}; try a lower learning rate")
        if loss < self._loss:
            self._loss, self._since, self.weights = loss, 0, weights()
        else:
            self._since += 1
        return self._since >= self._patience
