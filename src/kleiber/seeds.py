"""Chance by name: every generator is derived from what it is for, never from the order of arrival.

The same names give the same stream in any process and for any number of workers.
"""

import hashlib

import numpy as np


def derive_seed(*names: object) -> int:
    """Give a seed in [0, 2**63) that depends on the names alone, such as `derive_seed(study_seed, "subset", replicate)`.

    Names are compared by `repr`, so `1` and `"1"` are different names.
    """
    digest = hashlib.sha256("\x1f".join(repr(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*names: object) -> np.random.Generator:
    """Give NumPy's default generator, seeded by `derive_seed` of the names."""
    return np.random.default_rng(derive_seed(*names))
