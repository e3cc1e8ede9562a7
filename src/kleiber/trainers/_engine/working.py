"""A net that computes in bfloat16 on a CPU that multiplies it, while the weights that learn stay in float32.

The working net is a copy in half the bytes: its gradients go to the net's own weights, which the optimiser moves, and these
come back after each step. bfloat16 has float32's range, so the loss needs no scaling. Source: Micikevicius et al. 2018,
"Mixed precision training", section 3.1.
"""

import copy

import torch
from torch import nn

from kleiber.trainers._engine import narrow

PLAIN = (nn.Sequential, nn.Flatten, nn.ReLU, nn.MaxPool2d, nn.Linear, nn.Conv2d)  # layers whose copy computes the same
MULTIPLIES = ("avx512_bf16", "amx_bf16")  # what a processor that multiplies bfloat16 says of itself


class Working:
    """A copy of a net of `PLAIN` layers in bfloat16; `net` is called with images in bfloat16."""

    def __init__(self, net: nn.Module) -> None:
        self.net = copy.deepcopy(net).bfloat16()
        self._weights, self._copies = list(net.parameters()), list(self.net.parameters())

    @torch.no_grad()
    def read(self) -> None:
        """Take over the weights as they are."""
        torch._foreach_copy_(self._copies, self._weights)

    @torch.no_grad()
    def pass_on(self) -> None:
        """Give the weights the gradients that the copy found, and let these go."""
        for weight, own in zip(self._weights, self._copies, strict=True):
            if weight.grad is None:
                weight.grad = torch.empty_like(weight)
        torch._foreach_copy_([weight.grad for weight in self._weights], [own.grad for own in self._copies])
        for own in self._copies:
            own.grad = None


def computes(net: nn.Module) -> bool:
    """Say whether a net's layers are all `PLAIN`, so that a copy of it can work for it."""
    return all(type(layer) in PLAIN for layer in net.modules())


def gains(net: nn.Module) -> bool:
    """Say by rule, so that the same net is always computed alike, whether bfloat16 is faster on this CPU.

    It is where the processor multiplies it and a convolution is too wide for `narrow`.
    """
    able = getattr(torch.cpu, "get_capabilities", dict)()  # since PyTorch 2.10
    wide = any(isinstance(layer, nn.Conv2d) and 2 * layer.out_channels > narrow.lanes() for layer in net.modules())
    return any(able.get(name) for name in MULTIPLIES) and wide and computes(net)
