"""From leg to leg: look at the validation after each, keep the best weights, and stop where a rule says so.

A trial may also pause within its first leg, before any look.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch

from kleiber.trainers._engine.leg import LegLosses
from kleiber.trainers._task import Report

GIVEN_UP = 0.995  # share of the loss of guessing that a search trial must fall below to go on

Weights = dict[str, torch.Tensor]


class Trainee(Protocol):
    """One net, or several at once, with its optimiser and its examples on a device."""

    def train(self, leg: int, begun: Sequence[Sequence[float]], share: float = 1.0) -> LegLosses:
        """Take the steps of a leg, up to a share of it, after those that each trial has `begun`; give their losses, which
        may not be there yet."""

    def losses(self) -> list[float]:
        """Give the loss of each trial on the watched validation examples."""

    def weights(self, place: int) -> Weights:
        """Copy the weights of the trial at a place among those that are left."""

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the trials at these places alone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a trial ends: `patience` None where it trains to its end, `chance` inf where nothing is known of guessing."""

    patience: int | None
    hopeless_after: int | None
    chance: float


@dataclass(slots=True)
class Standing:
    """How a trial stands after `legs`: its best weights, and why it ended, empty while it goes on.

    `begun` has the losses of the steps that it took before it paused within a leg.
    """

    best: Weights
    lowest: float = float("inf")
    best_leg: int = 0
    last: float = float("inf")
    rises: int = 0
    legs: int = 0
    ended: str = ""
    history: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)

    @property
    def diverged(self) -> bool:
        """Whether its loss left the finite numbers."""
        return bool(self.history) and not np.isfinite(self.history[-1])

    def judge(self, loss: float, trained: float, weights: Callable[[], Weights], rules: Rules, legs: int) -> None:
        """Take in the loss after one more leg, of `legs` in all, and the mean training loss of it."""
        self.legs += 1
        self.begun = []
        self.history.append(loss)
        self.training.append(trained)
        if self.diverged:
            self.ended = f"validation loss {loss} after epoch {self.legs}"
            return
        if loss < self.lowest:
            self.best, self.lowest, self.best_leg = weights(), loss, self.legs
        self.rises = self.rises + 1 if loss > self.last else 0
        self.last = loss
        if rules.patience is not None and self.rises >= rules.patience:
            self.ended = f"stopped after {self.rises} rises in a row"
        elif self.legs == rules.hopeless_after and self.lowest > GIVEN_UP * rules.chance:
            self.ended = f"given up: no better than guessing after {self.legs} epochs"
        elif self.legs == legs:
            self.ended = "last epoch"


def fit(
    trainee: Trainee,
    standings: Sequence[Standing],
    rules: Sequence[Rules],
    reports: Sequence[Report],
    legs: int,
    until: float,
) -> None:
    """Train the trials that have not ended up to leg `until` of `legs`, or within it; they stand at the same step."""
    left = list(range(len(standings)))
    while True:
        going = [place for place, i in enumerate(left) if not standings[i].ended and standings[i].legs < until]
        if not going:
            return
        if len(going) < len(left):
            trainee.keep(going)
            left = [left[place] for place in going]
        before = standings[left[0]].legs
        share = min(until - before, 1.0)
        training = trainee.train(before + 1, [standings[i].begun for i in left], share)
        if share < 1:
            for place, (i, begun) in enumerate(zip(left, training.each(), strict=True)):
                standings[i].best, standings[i].begun = trainee.weights(place), begun
            return
        losses, means = trainee.losses(), training.mean().tolist()
        for place, (i, loss, trained) in enumerate(zip(left, losses, means, strict=True)):
            reports[i](standings[i].legs + 1, loss, train_loss=trained)
            standings[i].judge(loss, trained, lambda place=place: trainee.weights(place), rules[i], legs)  # type: ignore[misc]
