"""What examples carry besides inputs and targets: weights of the pool, and the sources that a test set is told apart by."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError

WEIGHTS = "train-weights.npy"


def write(folder: Path, weights: NDArray[np.float64], sources: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Write what there is into the folder of a data set, and give what its description says of it."""
    if len(weights):
        np.save(folder / WEIGHTS, weights, allow_pickle=False)
    for number, labels in enumerate(sources.values()):
        np.save(folder / _file(number), labels, allow_pickle=False)
    return {"weighed": bool(len(weights)), "sources": list(sources)}


def read_weights(folder: Path, description: Mapping[str, Any]) -> NDArray[np.float64]:
    """Give the weights of the pool `(m,)`; none where each example counts one."""
    return _read(folder, WEIGHTS, "the weights") if description.get("weighed") else np.empty(0)


def read_sources(folder: Path, description: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Give the sources of the test set, labels `(m,)` by name."""
    return {
        name: _read(folder, _file(number), f"the sources by {name}")
        for number, name in enumerate(description.get("sources", []))
    }


def add_to(update: Callable[[bytes], Any], weights: NDArray[np.float64], sources: Mapping[str, NDArray[Any]]) -> None:
    """Add what there is to a fingerprint; where there is nothing, it stays the same."""
    if len(weights):
        update(json.dumps(["weights", weights.tolist()]).encode())
    for name, labels in sources.items():
        update(json.dumps(["sources", name, labels.tolist()]).encode())


def _file(number: int) -> str:
    return f"test-source-{number}.npy"


def _read(folder: Path, name: str, what: str) -> NDArray[Any]:
    try:
        found: NDArray[Any] = np.load(folder / name, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise KleiberError(f"{folder} is damaged: {what}: {error}; save the data set again") from error
    return found
