"""Images as fixed features: how strongly whitened patches answer in each cell of a coarse grid (Coates and Ng, 2012).

The patches are cut from images that are given once, without their labels; nothing is trained. One filter is a patch of
those images, whitened and of length one; its answer, and its negative, count above a threshold and are averaged in a cell.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kleiber.seeds import generator

Floats = NDArray[np.float32]

SIDE = 32  # pixels to which larger images are averaged
PATCH = 5  # pixels a side
GRID = 3  # cells a side
SMALL = 20  # images of fewer pixels a side are looked at in every place, others in every second
SAMPLE = 30_000  # patches from which means and covariances are taken
CHUNK = 16  # images at a time: what they need stays in the cache
FLAT = 10.0  # variance in grey levels (0 to 255) that is added, so that flat patches stay flat
WHITE = 0.1  # added to the variances before whitening
SILENT = 0.7  # share of answers that are below the threshold


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Filters `(patch, k)`, what they answer to the mean patch `(k,)`, and the threshold."""

    filters: Floats
    mean: Floats
    threshold: np.float32

    @classmethod
    def of(cls, images: NDArray[np.uint8], filters: int) -> "Patches":
        """Take filters from images `(m, height, width, channels)`; the same images give the same filters."""
        chance = generator("patches", filters)
        cut = _cut(shrunk(images)).reshape(-1, _size(images))
        cut = cut[chance.choice(len(cut), min(SAMPLE, len(cut)), replace=False)]
        spread = cut.std(1)
        cut = (cut - cut.mean(1, keepdims=True)) / np.sqrt(spread**2 + FLAT)[:, None]
        mean = cut.mean(0)
        variance, axes = np.linalg.eigh(np.cov(cut, rowvar=False).reshape(cut.shape[1], -1))
        white = (axes / np.sqrt(np.maximum(variance, 0.0) + WHITE)) @ axes.T
        whitened = (cut - mean) @ white
        lively = np.flatnonzero(spread >= np.median(spread))
        chosen = whitened[chance.choice(lively, filters, replace=len(lively) < filters)]
        chosen /= np.linalg.norm(chosen, axis=1, keepdims=True) + 1e-12
        threshold = np.quantile(np.abs(whitened[:5000] @ chosen.T), SILENT)
        kernel = white @ chosen.T
        # What a patch is on average is subtracted by the filters themselves, whose values sum to zero.
        filters_of = (kernel - kernel.mean(0)).astype(np.float32)
        return cls(filters_of, (mean @ kernel).astype(np.float32), np.float32(threshold))

    def features(self, images: NDArray[np.uint8]) -> Floats:
        """Give the features of images `(m, height, width, channels)`: `(m, cells * 2 * filters)` roots of mean answers."""
        starts = range(0, len(images), CHUNK)
        with ThreadPoolExecutor(2) as pool:
            return np.concatenate(list(pool.map(lambda i: self._few(images[i : i + CHUNK]), starts)))

    def _few(self, images: NDArray[np.uint8]) -> Floats:
        cut = _cut(shrunk(images))
        m, height, width, size = cut.shape
        cut = cut.reshape(-1, size)
        variance = np.einsum("ij,ij->i", cut, cut) / size - cut.mean(1) ** 2
        answer = cut @ self.filters
        answer /= np.sqrt(np.maximum(variance, 0.0) + FLAT)[:, None]
        answer -= self.mean
        above = np.maximum(answer - self.threshold, 0.0)
        below = np.maximum(-self.threshold - answer, 0.0)
        cells = _cells(height, width)
        pooled = [cells @ side.reshape(m, height * width, -1) for side in (above, below)]
        return np.asarray(np.sqrt(np.concatenate(pooled, axis=2)).reshape(m, -1))


def shrunk(images: NDArray[np.uint8]) -> Floats:
    """Give images as floats, blocks of pixels averaged so that a side has about `SIDE`: small ones stay as they are."""
    m, height, width, channels = images.shape
    block = max(1, min(round(np.sqrt(height * width) / SIDE), height, width))
    kept = images[:, : height // block * block, : width // block * block]
    tiles = kept.reshape(m, height // block, block, width // block, block, channels)
    return tiles.mean((2, 4), dtype=np.float32) if block > 1 else images.astype(np.float32)


def _cut(images: Floats) -> Floats:
    """Give all patches that are looked at, `(m, height, width, patch)`."""
    side = min(PATCH, *images.shape[1:3])
    step = 1 if min(images.shape[1:3]) < SMALL else 2
    windows = sliding_window_view(images, (side, side), axis=(1, 2))[:, ::step, ::step]
    return np.ascontiguousarray(windows).reshape(*windows.shape[:3], -1)


def _size(images: NDArray[np.uint8]) -> int:
    return int(_cut(shrunk(images[:1])).shape[-1])


def _cells(height: int, width: int) -> Floats:
    """Give what averages `(height * width)` places in each cell of the grid, `(cells, height * width)`."""
    down, across = min(GRID, height), min(GRID, width)
    cell = (np.arange(height) * down // height)[:, None] * across + np.arange(width) * across // width
    member = np.zeros((down * across, height * width), dtype=np.float32)
    member[cell.ravel(), np.arange(height * width)] = 1.0
    return np.asarray(member / member.sum(1, keepdims=True))
