"""Morgan, Mercer and Flodin's law (also Hill's), `a / (1 + (n / k)**d) + c`: from a guess at a + c down to the floor.

Morgan, Mercer & Flodin 1975, PNAS 72, p. 4327; as MMF4 in Viering & Loog 2022, "The Shape of Learning Curves", table 1.
"""

import numpy as np

from kleiber.laws import LARGEST, Array, Law, exponent, size


def fall(t: Array, d: Array, log_k: Array) -> Array:
    """1 / (1 + (n / k)**d), with n = exp(t)."""
    z = np.clip(d * (t - log_k), -LARGEST, LARGEST)
    return np.asarray(np.exp(-np.logaddexp(0.0, z)))


def slopes(t: Array, d: Array, log_k: Array) -> tuple[Array, ...]:
    """The derivatives by d and ln k."""
    z = np.clip(d * (t - log_k), -LARGEST, LARGEST)
    by_z = -np.exp(z - 2.0 * np.logaddexp(0.0, z))
    return by_z * (t - log_k), -by_z * d


LAW = Law(
    name="mmf",
    formula="a / (1 + (n / k)**d) + c",
    source="Morgan, Mercer & Flodin 1975, doi 10.1073/pnas.72.11.4327; MMF4 of Viering & Loog 2022, arXiv 2103.10948",
    amplitude="reducible loss without any data",
    floor="floor: the loss that no amount of data removes",
    shape=(
        exponent("d", "exponent of the fall far beyond k", count=6, median=0.95, spread=0.46),
        size("k", "size at which half of the reducible loss is gone", places=(0.0, 0.25, 0.5, 0.75, 1.0, 1.3)),
    ),
    fall=fall,
    slopes=slopes,
    example={"a": 0.9, "d": 0.9, "k": 1500.0, "c": 0.05},
)
