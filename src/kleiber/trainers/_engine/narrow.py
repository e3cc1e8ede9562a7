"""Layers of fewer channels than the CPU's vectors hold, computed so that the vectors are filled; the same function.

A convolution of few filters gives two neighbouring columns at once: its filters, and again moved by one column, are taken
two columns at a time, and in memory with channels last that is the same output. A max-pooling is two maxima over slices.
Only for the CPU: elsewhere, and where the layers do not fit, nets stay as they are. dev/LOG.md has what was gained.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

LANES = {"AVX512": 16, "AVX2": 8}  # single-precision numbers in a vector
FEWEST = 32  # images of a batch below which it costs more than it brings


def filled(net: nn.Module, device: torch.device) -> nn.Module:
    """Let the layers of a net that gain by it be computed so, in place: nothing but their class changes."""
    if device.type == "cpu":
        for layer in net.modules():
            if type(layer) is nn.Conv2d and 2 * layer.out_channels <= lanes() and _is_plain(layer):
                layer.__class__ = TwoColumns
            elif type(layer) is nn.MaxPool2d and is_halving(layer):
                layer.__class__ = Halving
    return net


class TwoColumns(nn.Conv2d):
    """A convolution of images that gives two neighbouring columns at once, where there is an even number of them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give `(m, filters, rows, columns)` for images `(m, channels, height, width)`."""
        across = x.shape[-1] + 2 * int(self.padding[1]) - self.kernel_size[1] + 1
        # Twice the filters make the gradient of x dearer, and oneDNN miscalculates one channel with stride 2 to one column.
        if across % 2 or across < 4 or x.requires_grad or not _fits(x):
            return super().forward(x)
        pad = nn.functional.pad
        both = torch.cat([pad(self.weight, (0, 1)), pad(self.weight, (1, 0))])
        bias = None if self.bias is None else self.bias.repeat(2)
        y = nn.functional.conv2d(x, both.contiguous(memory_format=torch.channels_last), bias, (1, 2), self.padding)
        m, _, rows, _ = y.shape
        columns = y.movedim(1, -1).reshape(m, rows, across, len(self.weight)).movedim(-1, 1)
        return columns.clone()  # of a view, a change in place such as that of nn.ReLU(inplace=True) would be slow


class Halving(nn.MaxPool2d):
    """A max-pooling of 2 by 2 by two maxima, where the channels of an image fill at most half of a vector."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give `(m, channels, rows // 2, columns // 2)` for images `(m, channels, rows, columns)`."""
        if x.shape[-2] % 2 or x.shape[-1] % 2 or not _fits(x) or 2 * x.shape[1] > lanes():
            found: torch.Tensor = super().forward(x)
        else:
            found = _Maxima.apply(x)  # type: ignore[no-untyped-call]
        return found


class _Maxima(torch.autograd.Function):
    """`largest`, and backwards `spread`."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        found, upper, left = largest(x)
        context.save_for_backward(upper, left)
        context.shape = x.shape
        return found

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        upper, left = context.saved_tensors
        return spread(gradient, upper, left, context.shape)


def halves(x: torch.Tensor) -> bool:
    """Say whether images, channels last in memory, have an even number of rows and columns."""
    return x.shape[-2] % 2 == x.shape[-1] % 2 == 0 and x.is_contiguous(memory_format=torch.channels_last)


def largest(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give the largest of each 2 by 2 numbers of images that `halves` takes, and where each was.

    The larger of two rows is found, then that of two columns; masks are numbers, since products with them are vectorised.
    """
    m, channels, rows, columns = x.shape
    pairs = x.movedim(1, -1).reshape(-1, 2, columns * channels)
    upper, larger = _first_is_larger(pairs), torch.maximum(*pairs.unbind(1))
    # Not a view, which nobody may change in place where a function of autograd gives it.
    shape = (m, channels, rows // 2, columns // 2)
    found = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
    pairs = larger.view(-1, 2, channels)
    left = _first_is_larger(pairs)
    torch.maximum(*pairs.unbind(1), out=found.movedim(1, -1).view(left.shape))
    return found, upper, left


def largest_of(x: torch.Tensor) -> torch.Tensor:
    """Give the largest of each 2 by 2 numbers of images that `halves` takes."""
    m, channels, rows, columns = x.shape
    larger = torch.maximum(*x.movedim(1, -1).view(-1, 2, columns * channels).unbind(1))
    found = torch.maximum(*larger.view(-1, 2, channels).unbind(1))
    return found.view(m, rows // 2, columns // 2, channels).movedim(-1, 1)


def spread(gradient: torch.Tensor, upper: torch.Tensor, left: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Give the gradient of images `(m, channels, rows, columns)` for that of the largest numbers."""
    m, channels, rows, columns = shape
    across = _shared_out(gradient.movedim(1, -1).reshape(left.shape), left)
    return _shared_out(across.view(upper.shape), upper).view(m, rows, columns, channels).movedim(-1, 1)


def _first_is_larger(pairs: torch.Tensor) -> torch.Tensor:
    """Give 1.0 where the first of each pair `(k, 2, values)` is the larger one or as large, else 0.0."""
    first, second = pairs.unbind(1)
    return torch.ge(first, second, out=first.new_empty(first.shape))


def _shared_out(gradient: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Give each pair's gradient `(k, 2, values)`: to its first where the mask is 1, else to its second."""
    pairs = mask.new_empty(len(mask), 2, mask.shape[1])
    torch.mul(gradient, mask, out=pairs[:, 0])
    torch.sub(gradient, pairs[:, 0], out=pairs[:, 1])
    return pairs


def lanes() -> int:
    """Give how many single-precision numbers a vector of this CPU holds; 0 where it is not known."""
    return LANES.get(torch.backends.cpu.get_cpu_capability(), 0)


def _fits(x: torch.Tensor) -> bool:
    images = x.ndim == 4 and x.dtype == torch.float32 and len(x) >= FEWEST
    return images and x.is_contiguous(memory_format=torch.channels_last)


def _is_plain(layer: nn.Conv2d) -> bool:
    usual = layer.groups == 1 and len(layer.padding) == 2 and layer.stride == (1, 1) and layer.dilation == (1, 1)
    return usual and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def is_halving(layer: nn.MaxPool2d) -> bool:
    """Say whether a max-pooling is one of 2 by 2."""
    two = layer.kernel_size in (2, (2, 2)) and layer.stride in (2, (2, 2))
    still = layer.padding in (0, (0, 0)) and layer.dilation in (1, (1, 1))
    return two and still and not layer.ceil_mode and not layer.return_indices
