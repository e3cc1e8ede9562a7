"""One trial's net on a device: its steps, and its loss and outputs on a part."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from kleiber.seeds import derive_seed
from kleiber.trainers._engine import augment, narrow, precision, rates, working
from kleiber.trainers._engine.data import Examples
from kleiber.trainers._engine.leg import LegLosses
from kleiber.trainers._engine.length import Length
from kleiber.trainers._engine.loop import Weights
from kleiber.trainers._engine.nets import criterion


class Single:
    """A net in training; see `loop.Trainee`."""

    def __init__(
        self,
        net: nn.Module,
        optimiser: torch.optim.Optimizer,
        examples: Examples,
        watched: Examples,
        length: Length,
        seed: int,
        schedule: str = "constant",
        augmentations: Sequence[str] = (),
        numbers: str = "float32",
    ):
        on_cpu = examples.device.type == "cpu"
        faster = on_cpu and (working.gains(net) if numbers == "auto" else numbers == "bfloat16" and working.computes(net))
        self._working = working.Working(net) if isinstance(net, nn.Sequential) and faster else None
        self._net = narrow.filled(net, examples.device)
        self._optimiser, self._examples, self._watched = optimiser, examples, watched
        self._length, self._seed, self._schedule, self._augmentations = length, seed, schedule, augmentations
        self._lr = optimiser.defaults["lr"]
        # All devices' generators together take a tenth of a small step.
        self._reseed = torch.default_generator.manual_seed if on_cpu else torch.manual_seed
        self.precision = "bfloat16" if faster else precision.chosen(numbers, examples.device, self._copied_step)

    def train(self, leg: int, begun: Sequence[Sequence[float]] = ((),), share: float = 1.0) -> LegLosses:
        """Take the steps of a leg, without waiting for the device within it; give their losses."""
        seed = derive_seed(self._seed, "leg", leg)
        self._net.train()
        if self._working:
            self._working.read()  # a trial may have been loaded since
        batches, done = self._length.batches(self._seed, leg, share), len(begun[0])
        order = torch.cat(batches).to(self._examples.device, non_blocking=True)
        losses = LegLosses([len(batch) for batch in batches], [self._examples], begun)
        step = self._length.first(leg) + done
        for index in torch.split(order, losses.sizes)[done:]:
            self._reseed(seed + step)  # each step by itself, since a trial may pause after any
            rate = self._lr * rates.factor(self._schedule, step, self._length.total)
            for group in self._optimiser.param_groups:
                group["lr"] = rate
            found = self._work(self._working, index) if self._working else None
            losses.add(self._step(self._net, self._optimiser, index, self.precision) if found is None else found)
            step += 1
        return losses

    def losses(self) -> list[float]:
        """Give the loss on the watched examples."""
        return [self.evaluate(self._watched)[0]]

    def evaluate(self, examples: Examples) -> tuple[float, NDArray[np.floating]]:
        """Give what `evaluate` does, of the weights as they are, in the numbers that a step computes with on a CPU."""
        if self._working:
            self._working.read()
        return evaluate(self._net, examples, self._working)

    def weights(self, place: int) -> Weights:
        """Copy the weights."""
        return copied(self._net)

    def keep(self, places: Sequence[int]) -> None:
        """Go on: there is one trial."""

    def _step(self, net: nn.Module, optimiser: torch.optim.Optimizer, index: torch.Tensor, numbers: str) -> torch.Tensor:
        x = augment.augmented(self._examples.inputs(index), self._augmentations)
        optimiser.zero_grad(set_to_none=True)
        with precision.context(numbers, self._examples.device):
            loss = criterion(net(x), self._examples.y[index])
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.detach()

    def _work(self, on: working.Working, index: torch.Tensor) -> torch.Tensor:
        loss = on.learn(augment.augmented(self._examples.inputs(index), self._augmentations), self._examples.y[index])
        self._optimiser.step()
        on.read()
        return loss

    def _copied_step(self) -> tuple[tuple[object, ...], precision.Step]:
        net, optimiser = copy.deepcopy((self._net, self._optimiser))
        index = self._length.batches(self._seed, 1)[0].to(self._examples.device)
        sizes = tuple(tuple(parameter.shape) for parameter in net.parameters())
        return (sizes, len(index)), lambda numbers: self._step(net, optimiser, index, numbers)


def copied(net: nn.Module) -> Weights:
    """Copy the weights of a net."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


@torch.inference_mode()
def evaluate(net: nn.Module, examples: Examples, on: working.Working | None = None) -> tuple[float, NDArray[np.floating]]:
    """Give the mean loss over the examples, in the targets' own unit, and the outputs `(m, outputs)` of a net.

    on: the net in other numbers, which gives the outputs in its place.
    """
    net.eval()
    total = torch.zeros((), device=examples.device, dtype=torch.float64)
    found = None  # of all chunks at once: what is kept of each between what is let go would make the heap grow
    for chunk in examples.chunks():
        outputs = (on or net)(examples.inputs(chunk))
        if found is None:
            found = outputs.new_empty(len(examples), *outputs.shape[1:])
        found[chunk] = outputs
        total += criterion(outputs, examples.y[chunk], "sum").double()
    assert found is not None, "no example to evaluate"
    return float(total) / len(examples) * examples.unit, found.cpu().numpy()
