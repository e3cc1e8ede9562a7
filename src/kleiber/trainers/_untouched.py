"""Other people's training code leaves the process as it was: its seeds, threads, default dtype and environment."""

import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def untouched(seed: int) -> Iterator[list[str]]:
    """Seed every generator of the process for a block, let none of its changes outlive it, and gather its warnings.

    seed: of 32 bits. Gives a list that holds what was warned of, each kind once, when the block ends.
    """
    said: list[str] = []
    python, numpy, environment = random.getstate(), np.random.get_state(), dict(os.environ)  # noqa: NPY002
    torch = _torch_state()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("default")
            yield said
    finally:
        said += dict.fromkeys(_in_a_line(each) for each in found)
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        _restore_torch(torch)
        for key in os.environ.keys() - environment.keys():
            del os.environ[key]
        os.environ.update(environment)


def _in_a_line(warning: warnings.WarningMessage) -> str:
    first = " ".join(str(warning.message).split("\n\n")[0].split())
    return f"{warning.category.__name__}: {first[:200]}"


def _torch_state() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_rng_state"):
        return {}
    return {
        "set_rng_state": torch.get_rng_state(),
        "set_num_threads": torch.get_num_threads(),
        "set_default_dtype": torch.get_default_dtype(),
        "use_deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
    }


def _restore_torch(state: dict[str, Any]) -> None:
    now = _torch_state()
    for name, value in state.items():
        # `use_deterministic_algorithms` imports PyTorch's compiler: a second, and a folder among the temporary ones.
        if name == "set_rng_state" or value != now[name]:
            getattr(sys.modules["torch"], name)(value)
