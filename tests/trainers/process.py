"""What a process has besides its files, which a study leaves as it was."""

import os
import random
from pathlib import Path

import numpy as np


def state():
    """Give generators, threads, settings of PyTorch, environment and folder, as values that can be compared."""
    import torch

    return {
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "torch": torch.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "benchmark": torch.backends.cudnn.benchmark,
        "precision": torch.get_float32_matmul_precision(),
        "environment": {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"},
        "folder": Path.cwd(),
    }
