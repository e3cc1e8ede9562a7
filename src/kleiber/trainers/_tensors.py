"""Examples as PyTorch's frameworks take them, and what a module says of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from kleiber.datasets import Part
from kleiber.errors import KleiberError

AT_ONCE = 256  # examples that a module is measured on at a time


class Examples(Dataset[Any]):
    """The examples of a part as pairs: a float32 tensor or a text, and its target.

    Images are `(channels, height, width)` from 0 to 1, rows are `(d,)`. A class is an int64, a number a float32.
    """

    def __init__(self, part: Part) -> None:
        self.x: Any = inputs_of(part)
        y = torch.from_numpy(np.array(part.y))
        self.y = y.float() if y.dtype == torch.float64 else y

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> Any:
        return self.x[index], self.y[index]

    def __getitems__(self, chosen: Sequence[int]) -> list[Any]:
        """Give a batch's pairs; PyTorch's loader asks for them at once, which takes less time than one by one."""
        x = self.x[chosen].unbind() if torch.is_tensor(self.x) else [self.x[each] for each in chosen]
        return list(zip(x, self.y[chosen].unbind(), strict=True))


def inputs_of(part: Part) -> Any:
    """Give the examples as a tensor, images `(m, channels, height, width)` from 0 to 1; texts as a list."""
    if (texts := part.texts) is not None:
        return texts
    x = torch.from_numpy(np.array(part.x))
    return x.permute(0, 3, 1, 2).float().div_(255).contiguous() if x.ndim == 4 else x


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Let a module answer as it does after training, without gradients; then each layer is in its mode again."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for each, mode in modes:
            each.training = mode


def copied(module: nn.Module) -> dict[str, Any]:
    """Give a copy of a module's weights and buffers, on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}


def weights_of(module: nn.Module) -> list[torch.Tensor]:
    """Give a copy of the weights that training may change, on the CPU; no buffers."""
    return [each.detach().cpu().clone() for each in module.parameters() if each.requires_grad]


def plain(output: Any) -> Any:
    """Give a model's output as an array: a tensor, what has `logits`, or the first of several."""
    found = getattr(output, "logits", None)
    if found is None:
        found = output["logits"] if isinstance(output, dict) else output[0] if isinstance(output, tuple | list) else output
    if not torch.is_tensor(found):
        raise KleiberError(
            f"module: the model answers with a value of type {type(found).__name__}; its forward must give a tensor"
        )
    return found.detach().float().cpu().numpy()
