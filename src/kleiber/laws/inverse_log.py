"""The inverse logarithm, `a / log(1 + n / k) + c`: slower than any power law, and steeper the smaller n is against k.

Mahmood et al. 2022, "How Much More Data Do I Need?", table 1, fit the logarithm itself, which has no floor and turns
negative; its inverse falls as slowly and stays positive. (For n far below k it is the power law of exponent 1.)
"""

import numpy as np

from kleiber.laws import LARGEST, Array, Law, size


def fall(t: Array, log_k: Array) -> Array:
    """1 / log(1 + n / k), with n = exp(t)."""
    return np.asarray(1.0 / np.logaddexp(0.0, np.maximum(t - log_k, -LARGEST)))


def slopes(t: Array, log_k: Array) -> tuple[Array, ...]:
    """The derivative by ln k."""
    z = np.maximum(t - log_k, -LARGEST)
    log_sum = np.logaddexp(0.0, z)
    return (np.exp(z - log_sum) / log_sum / log_sum,)


LAW = Law(
    name="inverse_log",
    formula="a / log(1 + n / k) + c",
    source="after Mahmood et al. 2022, arXiv 2207.01725, table 1 (logarithmic)",
    amplitude="reducible loss at n = 1.72 k",
    floor="floor: the loss that no amount of data removes, neared but slowly",
    shape=(size("k", "size below which the law is steep", low=1e-12, places=(-1.0, -0.5, -0.25, -0.07, 0.07, 0.2)),),
    fall=fall,
    slopes=slopes,
    example={"a": 1.2, "k": 60.0, "c": 0.05},
)
