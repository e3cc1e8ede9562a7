"""A multi-layer perceptron: hidden layers of one width with ReLU, on the flattened example."""

import math
from itertools import pairwise

from torch import nn

PADS = True  # units padded with zeros answer zero and learn nothing, so trials of unlike width can be stacked


def build(shape: tuple[int, ...], outputs: int, hidden: int = 128, layers: int = 2) -> nn.Module:
    """Give the net. `hidden`: units of each hidden layer. `layers`: number of hidden layers."""
    widths = [math.prod(shape), *[hidden] * layers]
    body: list[nn.Module] = [nn.Flatten()]
    for wide, next_wide in pairwise(widths):
        body += [nn.Linear(wide, next_wide), nn.ReLU()]
    return nn.Sequential(*body, nn.Linear(widths[-1], outputs))
