"""The stretched exponential, `a * exp(-(n / k)**d) + c`: falls faster than any power law in the end.

Kohlrausch 1854; as a learning curve WBL4 (Weibull) of Viering & Loog 2022, "The Shape of Learning Curves", table 1.
"""

import numpy as np

from kleiber.laws import LARGEST, Array, Law, exponent, size

LOG_LARGEST = float(np.log(LARGEST))


def fall(t: Array, d: Array, log_k: Array) -> Array:
    """exp(-(n / k)**d), with n = exp(t)."""
    return np.asarray(np.exp(-_power(t, d, log_k)))


def slopes(t: Array, d: Array, log_k: Array) -> tuple[Array, ...]:
    """The derivatives by d and ln k."""
    power = _power(t, d, log_k)
    by_z = -power * np.exp(-power)
    return by_z * (t - log_k), -by_z * d


def _power(t: Array, d: Array, log_k: Array) -> Array:
    """(n / k)**d, held where the exponential of it is a float."""
    return np.asarray(np.exp(np.clip(d * (t - log_k), -LARGEST, LOG_LARGEST)))


LAW = Law(
    name="stretched_exponential",
    formula="a * exp(-(n / k)**d) + c",
    source="Kohlrausch 1854, doi 10.1002/andp.18541670103; WBL4 of Viering & Loog 2022, arXiv 2103.10948",
    amplitude="reducible loss without any data",
    floor="floor: the loss that no amount of data removes",
    shape=(
        exponent("d", "stretching: 1 is a plain exponential in n", count=5, median=0.37, spread=0.36),
        size("k", "size at which 63 % of the reducible loss is gone", places=(-0.3, 0.0, 0.3, 0.6, 1.0)),
    ),
    fall=fall,
    slopes=slopes,
    example={"a": 0.9, "d": 0.5, "k": 2000.0, "c": 0.1},
)
