"""Convolutions in bfloat16 on a CPU that multiplies it, while the weights that learn stay in float32.

Of each convolution a copy works in half the bytes. Linear layers stay as they are: their products are too small to gain.
bfloat16 has float32's range, so the loss needs no scaling. A step goes forwards and backwards by hand, layer by layer
(`by_hand.py`): in a batch of few images what autograd does beside the arithmetic costs a tenth.
Source: Micikevicius et al. 2018, "Mixed precision training", section 3.1.
"""

import torch
from torch import nn

from kleiber.trainers._engine import by_hand, narrow
from kleiber.trainers._engine.nets import criterion

MULTIPLIES = ("avx512_bf16", "amx_bf16")  # what a processor that multiplies bfloat16 says of itself


class Working:
    """A plain sequence of layers whose convolutions compute in bfloat16."""

    def __init__(self, net: nn.Sequential) -> None:
        self._layers = [by_hand.LAYERS[type(layer)](layer) for layer in net]
        convolutions = [layer for layer in self._layers if isinstance(layer, by_hand.Convolution)]
        self._weights: list[torch.Tensor] = [weight for layer in convolutions for weight in layer.own]
        self._copies: list[torch.Tensor] = [copy for layer in convolutions for copy in layer.copies]
        self._convolutions = convolutions

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs `(m, outputs)`, in float32, for images `(m, channels, height, width)`."""
        x = x.bfloat16()
        for layer in self._layers:
            x = layer.answer(x)
        return x.float()

    @torch.no_grad()
    def read(self) -> None:
        """Take over the weights as they are."""
        torch._foreach_copy_(self._copies, self._weights)

    @torch.no_grad()
    def learn(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Give the weights their gradients of the mean loss on a batch, and give that loss."""
        x = x.bfloat16()
        for layer in self._layers:
            x = layer.forward(x)
        outputs = x.float().requires_grad_()
        with torch.enable_grad():
            loss = criterion(outputs, y)
        (gradient,) = torch.autograd.grad(loss, outputs)
        gradient = gradient.to(x.dtype)
        for place, layer in reversed(list(enumerate(self._layers))):
            gradient = layer.backward(gradient, needed=place > 0)
        gradients = [found for layer in self._convolutions for found in layer.gradients]
        torch._foreach_copy_([by_hand.gradient_of(weight) for weight in self._weights], gradients)
        return loss.detach()


def computes(net: nn.Module) -> bool:
    """Say whether a net is such a sequence, before `narrow.filled` has changed it."""
    return type(net) is nn.Sequential and by_hand.known(net)


def gains(net: nn.Module) -> bool:
    """Say by rule, so that the same net is always computed alike, whether bfloat16 is faster on this CPU.

    It is where the processor multiplies it and a convolution is too wide for `narrow`.
    """
    able: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # an earlier PyTorch does not tell
    wide = any(isinstance(layer, nn.Conv2d) and 2 * layer.out_channels > narrow.lanes() for layer in net.modules())
    return any(able.get(name) for name in MULTIPLIES) and wide and computes(net)
