"""What a batch of images becomes before it is learnt from, on the device, with PyTorch's own generator."""

from collections.abc import Callable, Sequence

import torch

SHIFT = 4  # pixels at most


def _flip(x: torch.Tensor) -> torch.Tensor:
    """Mirror half of the images, left to right."""
    mirrored = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
    return torch.where(mirrored, x.flip(3), x)


def _shift(x: torch.Tensor) -> torch.Tensor:
    """Move each image by up to `SHIFT` pixels each way; what comes in is zero, the mean of the rung."""
    padded = torch.nn.functional.pad(x, (SHIFT,) * 4)
    rows, columns = torch.randint(0, 2 * SHIFT + 1, (2, len(x), 1), device=x.device)
    rows = rows + torch.arange(x.shape[2], device=x.device)
    columns = columns + torch.arange(x.shape[3], device=x.device)
    images = torch.arange(len(x), device=x.device)
    moved = padded.permute(0, 2, 3, 1)[images[:, None, None], rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


AUGMENTATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"flip": _flip, "shift": _shift}


def augmented(x: torch.Tensor, names: Sequence[str]) -> torch.Tensor:
    """Give images `(m, channels, height, width)` changed by each of the named augmentations, channels last in memory."""
    for name in names:
        x = AUGMENTATIONS[name](x)
    return x
