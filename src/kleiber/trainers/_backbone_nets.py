"""A pretrained backbone of PyTorch as one module: images of any size become features."""

from typing import Any

import torch
from torch import nn


class Features(nn.Module):
    """Gives the features `(m, k)` of images `(m, channels, height, width)` from 0 to 1.

    They are resized to `pixels` and normalised by `mean` and `spread` `(3,)`; what has places is averaged over them.
    extract: a method of the net that gives features; without it the net itself does.
    """

    def __init__(self, net: Any, pixels: int, mean: Any, spread: Any, extract: str = "") -> None:
        super().__init__()
        self.net = net.to(memory_format=torch.channels_last)
        self._pixels, self._extract = pixels, extract
        self._mean, self._spread = (torch.tensor(each)[:, None, None] for each in (mean, spread))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the features of a batch."""
        x = x[:, :3] if x.shape[1] >= 3 else x.expand(-1, 3, -1, -1)
        x = nn.functional.interpolate(x, size=(self._pixels, self._pixels), mode="bilinear", antialias=True)
        seen = ((x - self._mean.to(x)) / self._spread.to(x)).contiguous(memory_format=torch.channels_last)
        found: torch.Tensor = (getattr(self.net, self._extract) if self._extract else self.net)(seen)
        return found.mean((2, 3)) if found.ndim == 4 else found
