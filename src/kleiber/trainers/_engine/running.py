"""A task in training: from its start, or from where it paused, to what is measured of it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from kleiber.datasets import Part
from kleiber.trainers import _parts
from kleiber.trainers._engine import checkpoint, rates, single
from kleiber.trainers._engine.data import Examples, Scale, watched
from kleiber.trainers._engine.length import Length
from kleiber.trainers._engine.loop import Rules, Standing
from kleiber.trainers._engine.nets import fresh
from kleiber.trainers._engine.options import Options
from kleiber.trainers._metrics import measure, metric_name
from kleiber.trainers._task import Diverged, Outcome, Report, Task

Evaluate = Callable[[Examples], tuple[float, NDArray[np.floating]]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What tasks on one rung share: its scale, its examples, and those of the validation that are looked at each epoch.

    `judge` are those by which the trials of a search are compared, and score trials too unless a look may stop them.
    """

    scale: Scale
    examples: Examples
    watch: Part
    watched: Examples
    judge: Part

    @classmethod
    def of(cls, task: Task, options: Options, device: torch.device) -> "Ground":
        """Put the examples of a task's rung on the device; those that are watched are scaled as the rung is."""
        scale = Scale.of(task.train, task.kind)
        stops = options.length == "early-stop"
        watch, judge = (
            watched(task.validation, task.kind, options.watch, task.n, use)
            for use in (("stops", "stops") if stops else ("looks", "judges"))
        )
        return cls(scale, Examples(task.train, scale, device), watch, Examples(watch, scale, device), judge)


class Running:
    """A task with its net and optimiser on a device, how it stands, and the rules by which it ends."""

    def __init__(self, task: Task, options: Options, ground: Ground) -> None:
        self.task, self.ground, self._options = task, ground, options
        torch.manual_seed(task.seed64)
        self.net, self.optimiser = fresh(task.net, ground.scale.shape, task.outputs, task.params, self._device)
        paused = checkpoint.load(task.resume, self.net, self.optimiser)
        self.standing = paused or Standing(best=single.copied(self.net))
        self._before = self.standing.legs, len(self.standing.begun)
        self.rules = rules_for(task, options, ground.watch)

    def report(self) -> Report:
        """Give the task's report, told of the legs before the pause."""
        for leg, (loss, trained) in enumerate(zip(self.standing.history, self.standing.training, strict=True), 1):
            self.task.report(leg, loss, train_loss=trained)
        return self.task.report

    def result(self, length: Length, evaluate: Evaluate | None = None) -> Outcome | Diverged:
        """Keep the task where it is to pause, and measure its best weights.

        evaluate: what gives loss and outputs of the net as it stands on examples, where it is not the net itself.
        """
        if self.standing.diverged:
            return Diverged(self.standing.legs, self.standing.ended)
        if self.task.pause is not None:
            checkpoint.save(self.task.pause, self.net, self.optimiser, self.standing)
        self.net.load_state_dict(self.standing.best)
        if self.task.weights is not None:
            self.task.weights.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: value.contiguous() for name, value in self.net.state_dict().items()}, self.task.weights)
        fewer = self.task.purpose == "search" or self._options.length != "early-stop"
        validation = self.ground.judge if fewer else self.task.validation
        return Outcome(
            validation=self._metrics(validation, evaluate),
            test=None if self.task.test is None else self._metrics(self.task.test, evaluate, parts=True),
            epochs=self.standing.legs,
            examples=length.seen(self.standing.legs, len(self.standing.begun)) - length.seen(*self._before),
            message=self.standing.ended or f"paused after epoch {self.task.until or self.standing.legs:g}",
            versions={"torch": str(torch.__version__), "device": str(self._device)},
        )

    @property
    def _device(self) -> torch.device:
        return self.ground.examples.device

    def _metrics(self, part: Part, evaluate: Evaluate | None, *, parts: bool = False) -> dict[str, float]:
        scale, names = self.ground.scale, measured(self.task.kind, self.task.metrics)
        examples = Examples(part, scale, self._device)
        loss, outputs = evaluate(examples) if evaluate else single.evaluate(self.net, examples)
        if self.task.kind == "regression":
            outputs = outputs[:, 0] * scale.target[1] + scale.target[0]
        y = np.asarray(part.y)
        found = {name: measure(name, outputs, y, loss) for name in names}
        if not parts:
            return found
        if self.task.kind == "regression":
            return found | _parts.of_numbers(outputs, y, part.sources)
        return found | _parts.of_logits(outputs, y, self.task.classes, part.sources)


def rules_for(task: Task, options: Options, watch: Part) -> Rules:
    """Give when the task ends before that; a rate that still rises has not yet had its chance."""
    patience = options.patience if options.length == "early-stop" else None
    hopeless = options.hopeless_after if task.purpose == "search" else None
    if hopeless is not None:
        hopeless += ceil(rates.RISE[options.schedule] * options.epochs)
    guess = task.chance.get("loss", float("inf"))
    if task.kind == "regression" and (spread := float(np.var(task.validation.y))) > 0:
        guess *= float(np.var(watch.y)) / spread  # the examples that are watched may spread less, or more
    return Rules(patience, hopeless, guess)


def measured(kind: str, metrics: tuple[str, ...]) -> list[str]:
    """Give the names of all that is measured of a task: what always is, and what is asked for."""
    standard = ("loss", "error") if kind == "classification" else ("loss", "rmse")
    return list(dict.fromkeys((*standard, *(metric_name(name, kind) for name in metrics))))
