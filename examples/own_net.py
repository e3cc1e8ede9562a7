"""A net of your own: any torch.nn.Module. What its constructor takes besides `shape` and `outputs` can be searched.

kleiber run examples/own_net.toml
"""

import torch
from torch import nn


class Residual(nn.Module):
    """A small residual net for images."""

    def __init__(self, shape: tuple[int, ...], outputs: int, width: int = 16):
        super().__init__()
        self.first = nn.Conv2d(shape[0], width, 3, padding=1)
        self.inner = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )
        self.last = nn.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the logits (m, outputs) of images (m, channels, height, width)."""
        x = self.first(x)
        x = torch.relu(x + self.inner(x))
        return self.last(x.mean((2, 3)))
