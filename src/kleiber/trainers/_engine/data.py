"""The examples on the device, once: integers stay integers there, and are normalised a batch at a time."""

import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kleiber import ladder
from kleiber.datasets import Part

CHUNK = {"cpu": 64}  # examples in one forward pass of an evaluation; activations beyond the cache cost twice the time
CHUNK_ELSEWHERE = 2000
FEWEST = {"looks": 500, "stops": 1000, "judges": 1000}  # validation examples in any case, where there are so many
SHARE = {"looks": 8, "stops": 2, "judges": 4}  # of how many examples of a rung one of the validation is used
ROWS = 128  # examples whose moments are taken at once: they stay in the cache, and their sums in 32 bits


class Scale:
    """Centre and spread of the rung's own examples and targets, so that a small rung knows no more than it holds.

    `shape` is that of one example as a net sees it: (channels, height, width), or (d,). `factor` and `shift` (1, values)
    turn an example, as a flat row of its values, into a normalised one.
    """

    def __init__(self, centre: NDArray[Any], spread: NDArray[Any], target: tuple[float, float], shape: tuple[int, ...]):
        self.target, self.shape = target, shape
        repeats = int(np.prod(shape[1:])) if len(shape) == 3 else 1
        self.factor = torch.from_numpy(np.tile(1.0 / spread, repeats).astype(np.float32))[None]
        self.shift = torch.from_numpy(np.tile(-centre / spread, repeats).astype(np.float32))[None]

    @classmethod
    def of(cls, part: Part, kind: str) -> "Scale":
        """Take the moments of a rung's examples, each channel or feature by itself, and of a regression's targets."""
        images = part.x.ndim == 4
        centre, spread = _moments(part.x)
        spread = np.where(spread > 1e-6, spread, 1.0)
        shape = (part.x.shape[3], *part.x.shape[1:3]) if images else part.x.shape[1:]
        target = (0.0, 1.0)
        if kind == "regression":
            target = (float(part.y.mean()), float(part.y.std()) or 1.0)
        return cls(centre, spread, target, tuple(shape))


class Examples:
    """The examples of a part on a device, `(m, values)` as they are stored, and their targets `y` `(m,)`, normalised.

    `unit` turns a loss of normalised targets into one in the targets' own unit.
    """

    def __init__(self, part: Part, scale: Scale, device: torch.device):
        self._x, y = _on_device(part, str(device))
        self._factor, self._shift = scale.factor.to(device), scale.shift.to(device)
        self._shape, self.device = scale.shape, device
        self.unit = 1.0
        if y.dtype != torch.int64:
            centre, spread = scale.target
            y, self.unit = ((y - centre) / spread).float(), spread**2
        self.y = y

    def __len__(self) -> int:
        return len(self.y)

    def inputs(self, index: torch.Tensor | slice) -> torch.Tensor:
        """Give the examples of an index `(...,)` or a slice, normalised: `(..., *shape)`, channels last in memory."""
        lead = (-1,) if isinstance(index, slice) else tuple(index.shape)
        flat = self._x[index] if isinstance(index, slice) else self._x.index_select(0, index.reshape(-1))
        normal = torch.addcmul(self._shift, flat.float(), self._factor)
        if len(self._shape) != 3:
            return normal.view(*lead, *self._shape)
        channels, height, width = self._shape
        return normal.view(*lead, height, width, channels).movedim(-1, -3)

    def chunks(self) -> Iterator[slice]:
        """Give the slices in which an evaluation goes through the part."""
        step = CHUNK.get(self.device.type, CHUNK_ELSEWHERE)
        return (slice(start, start + step) for start in range(0, len(self), step))


def watched(validation: Part, kind: str, watch: int | str, n: int, use: str) -> Part:
    """Give the validation examples that serve a use: the first of one stratified order, so that larger parts hold smaller.

    watch: how many, "all", or "auto": as many as the use needs, a share of the rung from `FEWEST` up, so that a small
    rung's training isn't drowned in validation. use: "stops" where a look may end the trial, "looks" where it ends with its
    epochs, and "judges" where a search's trials are compared.
    """
    m = {"all": len(validation), "auto": max(FEWEST[use], n // SHARE[use])}[watch] if isinstance(watch, str) else watch
    if m >= len(validation):
        return validation
    return _first(validation, kind, m)


@lru_cache(maxsize=8)
def _first(validation: Part, kind: str, m: int) -> Part:
    order = ladder.order(validation.y, stratified=kind == "classification", seed=0, replicate=0)
    return validation.take(np.sort(order[:m]))


def _on_device(part: Part, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Move a part to the device, once for all trials on it; on the CPU its arrays are used where they lie, files too."""
    return _tensors(part, device) if device == "cpu" else _moved(part, device)


@lru_cache(maxsize=4)
def _moved(part: Part, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    return _tensors(part, device)


def _tensors(part: Part, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        x, y = (torch.from_numpy(np.asarray(a)).to(device) for a in (part.x.reshape(len(part), -1), part.y))
    return x, y


def _moments(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give mean and standard deviation over all axes but the last."""
    if x.dtype != np.uint8:
        wide = x.astype(np.float64)
        return wide.mean(0), wide.std(0)
    flat = x.reshape(len(x), -1)
    total = np.zeros(flat.shape[1], dtype=np.uint64)  # of each place first, along memory; exact in integers
    squares = np.zeros_like(total)
    for start in range(0, len(x), ROWS):
        rows = flat[start : start + ROWS]
        total += rows.sum(0, dtype=np.uint32)
        squares += np.square(rows, dtype=np.uint16).sum(0, dtype=np.uint32)
    total, squares = (sums.reshape(-1, x.shape[-1]).sum(0) for sums in (total, squares))
    count = x.size // x.shape[-1]
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))
