"""The training loss of a leg: what its steps computed anyway, on the device until the leg is over."""

from collections.abc import Sequence

import torch

from kleiber.trainers._engine.data import Examples


class LegLosses:
    """Losses of steps on batches of these `sizes`, of trials that train together, each on its examples.

    begun: each trial's losses of the steps that were taken before a pause. All are written into one tensor: what was kept
    of each step between what it lets go would make the heap grow.
    """

    def __init__(self, sizes: Sequence[int], examples: Sequence[Examples], begun: Sequence[Sequence[float]]) -> None:
        self.sizes = list(sizes)
        self._units, self._step = [one.unit for one in examples], len(begun[0])
        self._losses = torch.empty(len(examples), len(sizes), device=examples[0].device)
        if self._step:
            self._losses[:, : self._step] = torch.tensor(begun, device=examples[0].device)

    def add(self, losses: torch.Tensor) -> None:
        """Take in the mean losses `(trials,)` of the next step, or one trial's as a scalar."""
        self._losses[:, self._step] = losses
        self._step += 1

    def each(self) -> list[list[float]]:
        """Give each trial's loss of each step so far, of normalised targets."""
        found: list[list[float]] = self._losses[:, : self._step].tolist()
        return found

    def mean(self) -> torch.Tensor:
        """Give each trial's mean over the examples of the leg `(trials,)`, in the targets' own unit."""
        sizes, units = torch.tensor(self.sizes, dtype=torch.float64), torch.tensor(self._units, dtype=torch.float64)
        device = self._losses.device
        return self._losses.double() @ (sizes / sizes.sum()).to(device) * units.to(device)
