"""Convolutions in bfloat16 on a CPU that multiplies it, while the weights that learn stay in float32.

A copy of each convolution works in half the bytes. Its gradients go to the net's own weights, which the optimiser moves,
and these come back after each step. Linear layers stay as they are: their products are too small to gain. bfloat16 has
float32's range, so the loss needs no scaling. Source: Micikevicius et al. 2018, "Mixed precision training", section 3.1.
"""

import copy

import torch
from torch import nn

from kleiber.trainers._engine import narrow

BETWEEN = (nn.Flatten, nn.ReLU, nn.MaxPool2d)  # layers without weights that take either kind of number
MULTIPLIES = ("avx512_bf16", "amx_bf16")  # what a processor that multiplies bfloat16 says of itself


class Working:
    """A plain sequence of layers whose convolutions compute in bfloat16."""

    def __init__(self, net: nn.Module) -> None:
        layers = list(net.children())
        convolutions = {layer: copy.deepcopy(layer).bfloat16() for layer in layers if isinstance(layer, nn.Conv2d)}
        self._layers = [convolutions[layer] if isinstance(layer, nn.Conv2d) else layer for layer in layers]
        self._weights: list[torch.Tensor] = [weight for layer in convolutions for weight in layer.parameters()]
        self._copies: list[torch.Tensor] = [own for layer in convolutions.values() for own in layer.parameters()]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs `(m, outputs)`, in float32, for images `(m, channels, height, width)`."""
        x = x.bfloat16()
        for layer in self._layers:
            x = layer(x.float() if isinstance(layer, nn.Linear) else x)
        return x.float()

    @torch.no_grad()
    def read(self) -> None:
        """Take over the weights as they are."""
        torch._foreach_copy_(self._copies, self._weights)

    @torch.no_grad()
    def pass_on(self) -> None:
        """Give the weights the gradients that the copies found, and let these go."""
        gradients = [torch.empty_like(weight) for weight in self._weights]
        torch._foreach_copy_(gradients, [own.grad for own in self._copies if own.grad is not None])
        for weight, own, gradient in zip(self._weights, self._copies, gradients, strict=True):
            weight.grad, own.grad = gradient, None


def computes(net: nn.Module) -> bool:
    """Say whether a net is such a sequence, before `narrow.filled` has changed it."""
    return type(net) is nn.Sequential and all(type(one) in (*BETWEEN, nn.Conv2d, nn.Linear) for one in net.children())


def gains(net: nn.Module) -> bool:
    """Say by rule, so that the same net is always computed alike, whether bfloat16 is faster on this CPU.

    It is where the processor multiplies it and a convolution is too wide for `narrow`.
    """
    able: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # an earlier PyTorch does not tell
    wide = any(isinstance(layer, nn.Conv2d) and 2 * layer.out_channels > narrow.lanes() for layer in net.modules())
    return any(able.get(name) for name in MULTIPLIES) and wide and computes(net)
