"""What a law misses: correlations of the discrepancy between curve and law, along t = log n.

Each is a covariance over t in units of the noise variance of one run at the largest size. A forecast weighs them all: none
(the law is true), a Brownian motion, an Ornstein-Uhlenbeck process, and Matern-3/2 processes from rough and small to
smooth and large (Rasmussen & Williams 2006, section 4.2).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A covariance: `kind`, variance `ratio` over the noise's (of a Brownian motion, for each unit of t), `length` in t."""

    kind: str
    ratio: float
    length: float = 1.0

    @property
    def name(self) -> str:
        """Give the name under which a calibration knows it."""
        return f"{self.kind} {self.ratio:g} {self.length:g}"


KERNELS = (
    Kernel("none", 0.0),
    Kernel("brownian", 0.3),
    Kernel("brownian", 30.0),
    Kernel("ornstein-uhlenbeck", 10.0),
    Kernel("matern", 1.0, 0.7),
    Kernel("matern", 30.0, 2.0),
    Kernel("matern", 1e3, 2.0),
    Kernel("matern", 1e5, 2.0),
)
START = 0.5  # the Brownian motion starts this far before the smallest size


def covariances(one: Array, other: Array, first: Array) -> Array:
    """Give all covariances between t `(B, I)` and t `(B, J)`, `(B, G, I, J)`; `first (B,)` is the smallest measured t."""
    gap = np.abs(one[:, :, None] - other[:, None, :])
    start = (first - START)[:, None, None]
    walk = np.maximum(np.minimum(one[:, :, None] - start, other[:, None, :] - start), 0.0)
    found = np.zeros((gap.shape[0], len(KERNELS), *gap.shape[1:]))
    for g, kernel in enumerate(KERNELS):
        if kernel.kind == "brownian":
            found[:, g] = kernel.ratio * walk
        elif kernel.kind == "ornstein-uhlenbeck":
            found[:, g] = kernel.ratio * np.exp(-gap / kernel.length)
        elif kernel.kind == "matern":
            scaled = np.sqrt(3.0) / kernel.length * gap
            found[:, g] = kernel.ratio * (1.0 + scaled) * np.exp(-scaled)
    return found
