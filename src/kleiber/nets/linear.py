"""A linear model of the flattened example: softmax or least-squares regression, trained like any net."""

import math

from torch import nn


def build(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Give the net: one linear layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), outputs))
