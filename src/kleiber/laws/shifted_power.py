"""The shifted power law, `a * (n + k)**-b + c`: a power law that begins late, as if k examples were known already.

Hernandez et al. 2021, "Scaling Laws for Transfer", section 2 (the data that pre-training is worth, added to n); POW4 of
Viering & Loog 2022, "The Shape of Learning Curves", table 1.
"""

import numpy as np

from kleiber.laws import Array, Law, bounded_exp, exponent, size


def fall(t: Array, b: Array, log_k: Array) -> Array:
    """(n + k)**-b, with n = exp(t)."""
    return bounded_exp(-b * np.logaddexp(t, log_k))


def slopes(t: Array, b: Array, log_k: Array) -> tuple[Array, ...]:
    """The derivatives by b and ln k."""
    log_sum = np.logaddexp(t, log_k)
    falling = bounded_exp(-b * log_sum)
    return -log_sum * falling, -b * np.exp(log_k - log_sum) * falling


LAW = Law(
    name="shifted_power",
    formula="a * (n + k)**-b + c",
    source="Hernandez et al. 2021, arXiv 2102.01293, section 2; Viering & Loog 2022, arXiv 2103.10948, table 1 (POW4)",
    amplitude="reducible loss at n + k = 1",
    floor="floor: the loss that no amount of data removes",
    shape=(
        exponent("b", "exponent of the power law far beyond k", count=8),
        size("k", "examples known already: the curve is flat below it", places=(0.0, 0.33, 0.66, 1.0)),
    ),
    fall=fall,
    slopes=slopes,
    example={"a": 60.0, "b": 0.6, "k": 2000.0, "c": 0.1},
)
