"""Layers of a plain sequence, forwards and backwards by hand: what autograd computes, without what it keeps beside it.

Each takes what the layer before gave, and then, for the gradient of what it gave, gives that of what it took. Its weights'
gradients are written where they are, so that no step asks for fresh memory. dev/LOG.md has what was gained.
"""

from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.modules.utils import _pair

from kleiber.trainers._engine import narrow

SEVERAL = 8  # images of a batch from which two maxima with masks cost less than PyTorch's pooling in a step

_BACK = torch.ops.aten.convolution_backward.default
_POOLED, _POOLED_BACK = (
    torch.ops.aten.max_pool2d_with_indices.default,
    torch.ops.aten.max_pool2d_with_indices_backward.default,
)
_RECTIFIED_BACK = torch.ops.aten.threshold_backward.default


class Layer(Protocol):
    """One layer at its place in a sequence; nothing here is recorded by autograd."""

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs, and keep nothing."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs, and keep what `backward` needs; `x` may be changed."""

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        """Set the gradients of the weights, and give that of the inputs; where it is not needed, what it gives is not."""


class Convolution:
    """A convolution in bfloat16; the gradients of its copies of the weights are left in `gradients`."""

    def __init__(self, layer: nn.Conv2d) -> None:
        self.own = list(layer.parameters())
        self.copies = [weight.detach().bfloat16() for weight in self.own]
        self._bias = self.copies[1] if len(self.copies) > 1 else None
        self.gradients: list[torch.Tensor] = []
        self._how = [[int(side) for side in sides] for sides in (layer.stride, layer.padding, layer.dilation)]
        self._groups = layer.groups

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        stride, padding, dilation = self._how
        return nn.functional.conv2d(x, self.copies[0], self._bias, stride, padding, dilation, self._groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._x = x
        return self.answer(x)

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        sizes = None if self._bias is None else [len(self._bias)]
        asked = [needed, True, sizes is not None]
        of_x: torch.Tensor
        of_x, *found = _BACK(gradient, self._x, self.copies[0], sizes, *self._how, False, [0, 0], self._groups, asked)
        self.gradients = found[: len(self.copies)]
        return of_x


class Pooling:
    """A max-pooling; where it halves images, by two maxima, which several images at once or none to keep make faster."""

    def __init__(self, layer: nn.MaxPool2d) -> None:
        sides = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
        self._how = (*(list(_pair(side)) for side in sides), layer.ceil_mode)
        self._halves = narrow.is_halving(layer)

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = narrow.largest_of(x) if self._halving(x) else _POOLED(x, *self._how)[0]
        return found

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._x = x
        self._masks: tuple[torch.Tensor, torch.Tensor] | None = None
        y: torch.Tensor
        if self._halving(x) and len(x) >= SEVERAL:
            y, upper, left = narrow.largest(x)
            self._masks = upper, left
        else:
            y, self._places = _POOLED(x, *self._how)
        return y

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        found: torch.Tensor
        if self._masks:
            found = narrow.spread(gradient, *self._masks, self._x.shape)
        else:
            found = _POOLED_BACK(gradient, self._x, *self._how, self._places)
        return found

    def _halving(self, x: torch.Tensor) -> bool:
        return self._halves and narrow.halves(x)


class Rectifier:
    """ReLU, in place: no layer here needs what it gave once it was rectified."""

    def __init__(self, layer: nn.ReLU) -> None:
        pass

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        return x.relu_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._y = x.relu_()
        return self._y

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        found: torch.Tensor = _RECTIFIED_BACK(gradient, self._y, 0)
        return found


class Flattening:
    """From images to rows of numbers."""

    def __init__(self, layer: nn.Flatten) -> None:
        self._layer = layer

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self._layer(x)
        return found

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._shape = x.shape
        return self.answer(x)

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        last = torch.channels_last if len(self._shape) == 4 else torch.contiguous_format
        return gradient.view(self._shape).contiguous(memory_format=last)


class Linear:
    """A linear layer in float32."""

    def __init__(self, layer: nn.Linear) -> None:
        self._weight, self._bias = layer.weight, layer.bias

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x.float(), self._weight, self._bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._x, self._kind = x.float(), x.dtype
        return self.answer(self._x)

    def backward(self, gradient: torch.Tensor, *, needed: bool) -> torch.Tensor:
        torch.mm(gradient.t(), self._x, out=gradient_of(self._weight))
        if self._bias is not None:
            torch.sum(gradient, 0, out=gradient_of(self._bias))
        return gradient.mm(self._weight).to(self._kind) if needed else gradient


LAYERS: dict[type[nn.Module], Any] = {
    nn.Conv2d: Convolution,
    nn.MaxPool2d: Pooling,
    nn.ReLU: Rectifier,
    nn.Flatten: Flattening,
    nn.Linear: Linear,
}


def known(net: nn.Sequential) -> bool:
    """Say whether all layers are of these kinds, with weights that learn, each used once."""
    learning = [layer for layer in net if any(True for _ in layer.parameters())]
    once = len({id(layer) for layer in learning}) == len(learning)
    return once and all(type(layer) in LAYERS and _usual(layer) for layer in net)


def _usual(layer: nn.Module) -> bool:
    plain = not (isinstance(layer, nn.MaxPool2d) and layer.return_indices) and not layer._forward_hooks
    if isinstance(layer, nn.Conv2d):
        plain = plain and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return plain and all(weight.requires_grad for weight in layer.parameters())


def gradient_of(weight: torch.Tensor) -> torch.Tensor:
    """Give the gradient of a weight, to be written into."""
    if weight.grad is None:
        weight.grad = torch.empty_like(weight)
    return weight.grad
