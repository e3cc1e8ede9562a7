"""Features by content: what a backbone once said of an example is kept in the user's cache, and never computed again.

A file holds the features of the examples that came together, beside their hashes; a backbone has a folder of its own.
"""

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kleiber import plugins
from kleiber.datasets import Part
from kleiber.datasets._cache import cache_folder
from kleiber.datasets._disjoint import content_hashes
from kleiber.errors import KleiberError
from kleiber.records import digest
from kleiber.trainers import _backbones

Floats = NDArray[np.float32]

AT_ONCE = 256  # examples that a backbone is given at most


def of_part(part: Part, name: str, pixels: int) -> Floats:
    """Give the features `(m, k)` of examples, from the cache as far as it has them; what it lacks is computed and kept."""
    hashes = content_hashes(part.x)
    folder = folder_of(name, pixels)
    found = _kept(folder, hashes)
    lacking = [i for i, key in enumerate(hashes.tolist()) if key not in found]
    if lacking:
        _keep(folder, hashes[lacking], _computed(part.take(np.array(lacking)), name, pixels))
        found = _kept(folder, hashes)
    return np.stack([found[key] for key in hashes.tolist()])


def folder_of(name: str, pixels: int) -> Path:
    """Give the folder of a backbone's features; that of a user's own depends on its code and its name within that."""
    code = [plugins.source_digest(name), name.rpartition(":")[2]] if ":" in name else name
    return cache_folder("features") / digest([code, pixels])[:16]


def _computed(part: Part, name: str, pixels: int) -> Floats:
    backbone = _backbone(name, pixels)
    texts = part.texts
    pieces: list[Floats] = []
    step = _backbones.BATCH if texts is None else AT_ONCE
    for start in range(0, len(part), step):
        batch = part.x[start : start + step] if texts is None else texts[start : start + step]
        try:
            said = np.asarray(backbone(batch), dtype=np.float32)
        except Exception as error:  # the border to anybody's code
            raise KleiberError(
                f"module: {name} can't turn {len(batch)} examples into features (m, k): {type(error).__name__}: {error}"
            ) from error
        if said.ndim != 2 or len(said) != len(batch) or not np.isfinite(said).all():
            what = "values that are not finite" if said.ndim == 2 and len(said) == len(batch) else f"the shape {said.shape}"
            raise KleiberError(
                f"module: {name} gives {what} for {len(batch)} examples; it must give finite features (m, k)"
            )
        pieces.append(said)
    return np.concatenate(pieces)


@lru_cache(maxsize=1)
def _backbone(name: str, pixels: int) -> _backbones.Backbone:
    return _backbones.load(name, pixels)


def _kept(folder: Path, hashes: NDArray[np.void]) -> dict[bytes, Floats]:
    wanted: set[bytes] = set(hashes.tolist())
    found: dict[bytes, Floats] = {}
    for file in sorted(folder.glob("*.keys.npy")):
        keys = _keys(str(file))
        places = [i for i, key in enumerate(keys) if key in wanted]
        if places:
            rows = np.load(file.with_name(file.name.replace(".keys", "")), mmap_mode="r")
            found |= {keys[i]: np.asarray(rows[i]) for i in places}
    return found


@lru_cache(maxsize=64)
def _keys(file: str) -> Sequence[bytes]:
    return [bytes(row) for row in np.load(file)]


def _keep(folder: Path, hashes: NDArray[np.void], features: Floats) -> None:
    name = hashlib.sha256(hashes.tobytes()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    keys = np.frombuffer(hashes.tobytes(), dtype=np.uint8).reshape(len(hashes), -1)
    for array, file in ((features, folder / f"{name}.npy"), (keys, folder / f"{name}.keys.npy")):  # the keys come last
        draft = file.with_name(f".{os.getpid()}-{file.name}")
        np.save(draft, array)
        draft.replace(file)
