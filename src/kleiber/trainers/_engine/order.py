"""The order of a pass over the rung, drawn from the trial's seed and the pass's number alone."""

import torch

from kleiber.seeds import derive_seed


def of_pass(seed: int, number: int, n: int) -> torch.Tensor:
    """Give the examples `(n,)` in the order of the pass of that number, from 0."""
    generator = torch.Generator().manual_seed(derive_seed(seed, "pass", number))
    return torch.randperm(n, generator=generator)
