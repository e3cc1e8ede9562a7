"""Several trials of one size in one pass: their parameters stacked, each with its own batches, rates and momentum.

Nets of unlike width are stacked by padding each parameter with zeros at its end. Where a net's file says `PADS`, padded
units stay zero: they answer zero, ReLU passes no gradient at zero, and a weight that sees zeros gets none. So a trial ends
as it would alone, but for the rounding of sums in another order.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.func import functional_call, vmap

from kleiber.trainers._engine import precision, rates
from kleiber.trainers._engine.data import Examples
from kleiber.trainers._engine.leg import LegLosses
from kleiber.trainers._engine.length import Length
from kleiber.trainers._engine.loop import Weights
from kleiber.trainers._engine.nets import criterion

Stack = dict[str, torch.Tensor]  # by a parameter's name: (trials, *its shape, padded)


class Packed:
    """Nets in training together; see `loop.Trainee`. They have one size, batch and schedule.

    `places` are those of the trials that are left among those that there were.

    Raises `ValueError` for nets that cannot be stacked: with buffers or random layers, with unlike parameters, or with
    unlike widths where padding is not said to be harmless.
    """

    def __init__(
        self,
        nets: Sequence[nn.Module],
        optimisers: Sequence[torch.optim.Optimizer],
        examples: Sequence[Examples],
        watched: Sequence[Examples],
        length: Length,
        seeds: Sequence[int],
        schedule: str = "constant",
        numbers: str = "float32",
        *,
        pads: bool = False,
    ):
        _check(nets, optimisers, pads)
        self._shapes = [{name: p.shape for name, p in net.named_parameters()} for net in nets]
        self._widest = _widest(nets)
        self._stack = {
            name: value.requires_grad_() for name, value in _stacked([dict(n.named_parameters()) for n in nets]).items()
        }
        self._momentum = _momentum(nets, optimisers)
        self._device = watched[0].device
        self.places = list(range(len(nets)))
        self._lr, self._beta, self._decay = (
            torch.tensor([float(optimiser.defaults[key]) for optimiser in optimisers], device=self._device)
            for key in ("lr", "momentum", "weight_decay")
        )
        self._examples, self._watched, self._length = list(examples), list(watched), length
        self._seeds, self._schedule = list(seeds), schedule
        self.precision = precision.chosen(numbers, self._device, self._first_step)

    def train(self, leg: int, begun: Sequence[Sequence[float]], share: float = 1.0) -> LegLosses:
        """Take the steps of a leg, without waiting for the device within it; give their losses."""
        self._widest.train()
        batches, done = [self._length.batches(seed, leg, share) for seed in self._seeds], len(begun[0])
        step = self._length.first(leg) + done
        losses = LegLosses([len(batch) for batch in batches[0]], self._examples, begun)
        order = torch.stack([torch.cat(own) for own in batches]).to(self._device, non_blocking=True)
        for index in torch.split(order, losses.sizes, dim=1)[done:]:
            losses.add(self._step(index, rates.factor(self._schedule, step, self._length.total)))
            step += 1
        return losses

    @torch.no_grad()
    def losses(self) -> list[float]:
        """Give each trial's loss on the watched examples."""
        self._widest.eval()
        first = self._watched[0]
        total = torch.zeros(len(self._seeds), device=self._device, dtype=torch.float64)
        for chunk in first.chunks():
            x = torch.stack([watched.inputs(chunk) for watched in self._watched])
            y = torch.stack([watched.y[chunk] for watched in self._watched])
            total += vmap(lambda params, x, y: criterion(self._call(params, x), y, "sum"))(self._stack, x, y).double()
        return [loss / len(watched) * watched.unit for loss, watched in zip(total.tolist(), self._watched, strict=True)]

    def weights(self, place: int) -> Weights:
        """Copy the weights of the trial at a place, without what was padded."""
        return self._own(self._stack, place)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the trials at these places alone."""
        index = torch.tensor(list(places), device=self._device)
        self._stack = {name: p.detach().index_select(0, index).requires_grad_() for name, p in self._stack.items()}
        self._momentum = {name: p.index_select(0, index) for name, p in self._momentum.items()}
        self._lr, self._beta, self._decay = (v.index_select(0, index) for v in (self._lr, self._beta, self._decay))
        self._examples, self._watched = ([found[i] for i in places] for found in (self._examples, self._watched))
        self._seeds, self.places = ([found[i] for i in places] for found in (self._seeds, self.places))
        self._shapes = [self._shapes[i] for i in places]

    def release(self, place: int, net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Put the trial at a place back into its own net and optimiser, as it stands."""
        net.load_state_dict(self._own(self._stack, place))
        momentum = self._own(self._momentum, place)
        for name, parameter in net.named_parameters():
            optimiser.state[parameter]["momentum_buffer"] = momentum[name]

    def _step(self, index: torch.Tensor, factor: float) -> torch.Tensor:
        losses, gradients = self._gradients(index, self.precision)
        with torch.no_grad():
            for (name, p), gradient in zip(self._stack.items(), gradients, strict=True):
                lr, beta, decay = (_along(value, p) for value in (self._lr * factor, self._beta, self._decay))
                self._momentum[name].mul_(beta).add_(gradient + decay * p)
                p.sub_(lr * self._momentum[name])
        return losses

    def _gradients(self, index: torch.Tensor, numbers: str) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        x, y = self._batch(index)
        with precision.context(numbers, self._device):
            losses = vmap(lambda params, x, y: criterion(self._call(params, x), y))(self._stack, x, y)
        return losses.detach(), torch.autograd.grad(losses.sum(), list(self._stack.values()))

    def _first_step(self) -> tuple[tuple[object, ...], precision.Step]:
        first = torch.stack([self._length.batches(seed, 1)[0] for seed in self._seeds]).to(self._device)
        sizes = tuple(tuple(p.shape) for p in self._stack.values())
        return (sizes, first.shape), lambda numbers: self._gradients(first, numbers)

    def _batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = self._examples[0]
        if all(examples is first for examples in self._examples):
            return first.inputs(index), first.y[index]
        pairs = list(zip(self._examples, index, strict=True))
        return torch.stack([e.inputs(i) for e, i in pairs]), torch.stack([e.y[i] for e, i in pairs])

    def _call(self, params: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = functional_call(self._widest, dict(params), (x,))
        return found

    def _own(self, stack: Stack, place: int) -> Weights:
        return {
            name: stack[name][place][tuple(slice(side) for side in shape)].detach().clone()
            for name, shape in self._shapes[place].items()
        }


def _check(nets: Sequence[nn.Module], optimisers: Sequence[torch.optim.Optimizer], pads: bool) -> None:
    if any(not isinstance(optimiser, torch.optim.SGD) for optimiser in optimisers):
        raise ValueError("only SGD is stacked")
    layers = [type(module).__name__ for net in nets for module in net.modules()]
    if any(buffer is not None for net in nets for buffer in net.buffers()) or any("Dropout" in name for name in layers):
        raise ValueError("a net with buffers or random layers is not stacked")
    if not all(p.requires_grad for net in nets for p in net.parameters()):
        raise ValueError("a net with parameters that do not learn is not stacked")
    kinds = {tuple((name, p.ndim) for name, p in net.named_parameters()) for net in nets}
    shapes = {tuple(p.shape for p in net.parameters()) for net in nets}
    if len(kinds) > 1 or (len(shapes) > 1 and not pads):
        raise ValueError("nets of unlike form are not stacked")


def _widest(nets: Sequence[nn.Module]) -> nn.Module:
    """Give the net whose code is run: its parameters are replaced, and no layer of ours looks at its own widths."""
    return max(nets, key=lambda net: sum(p.numel() for p in net.parameters()))


def _stacked(each: Sequence[Mapping[str, torch.Tensor]]) -> Stack:
    found = {}
    for name, first in each[0].items():
        shape = [max(sides) for sides in zip(*(own[name].shape for own in each), strict=True)]
        value = torch.zeros(len(each), *shape, device=first.device, dtype=first.dtype)
        for place, own in enumerate(each):
            value[place][tuple(slice(side) for side in own[name].shape)] = own[name].detach()
        found[name] = value
    return found


def _momentum(nets: Sequence[nn.Module], optimisers: Sequence[torch.optim.Optimizer]) -> Stack:
    """Stack the momentum of trials that go on; nothing where one starts, or has none, which comes to the same."""
    return _stacked(
        [
            {name: _buffer(optimiser, p) for name, p in net.named_parameters()}
            for net, optimiser in zip(nets, optimisers, strict=True)
        ]
    )


def _buffer(optimiser: torch.optim.Optimizer, p: torch.Tensor) -> torch.Tensor:
    kept = optimiser.state[p].get("momentum_buffer") if p in optimiser.state else None
    return torch.zeros_like(p) if kept is None else kept


def _along(value: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    return value.view(-1, *[1] * (p.ndim - 1))
