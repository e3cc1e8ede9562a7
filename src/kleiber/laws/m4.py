"""M4: `(e - c) / (e0 - e)**alpha = beta * n**-b`: a power law far out that bends to the guess e0 for few examples.

Alabdulmohsin, Neyshabur & Zhai 2022, "Revisiting Neural Scaling Laws in Language and Vision", equation 4. With a = e0 - c
it is linear in a and c: e = a * h + c, where h in (0, 1) solves h / (1 - h)**alpha = (n / k)**-b, and
beta = a**(1 - alpha) * k**b. So the loss is bounded by guessing, e0 = a + c. The related form of Rosenfeld et al. 2020
(arXiv 1909.12673, equation 5) is the envelope e0 * p / sqrt(p**2 + eta**2) of a power law with floor p.
"""

import numpy as np

from kleiber.laws import LARGEST, Array, Law, exponent, number, size

STEPS = 60  # of Halley's method at most: 3 or 4 are taken
ENOUGH = 1e-5  # it cubes the error, so a step this short ends at rounding


def fall(t: Array, alpha: Array, b: Array, log_k: Array) -> Array:
    """h of h / (1 - h)**alpha = (n / k)**-b, with n = exp(t)."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -_logit(alpha, -b * (t - log_k)))))


def slopes(t: Array, alpha: Array, b: Array, log_k: Array) -> tuple[Array, ...]:
    """The derivatives by alpha, b and ln k, of h given by ln h - alpha * ln(1 - h) = -b * (t - ln k)."""
    u = _logit(alpha, -b * (t - log_k))
    log_h, log_rest = -np.logaddexp(0.0, -u), -np.logaddexp(0.0, u)  # ln h and ln(1 - h)
    by_z = np.exp(log_h + log_rest) / (np.exp(log_rest) + alpha * np.exp(log_h))
    return by_z * log_rest, -by_z * (t - log_k), by_z * b


def _logit(alpha: Array, z: Array) -> Array:
    """Solve g(u) = alpha * log(1 + e**u) - log(1 + e**-u) = z for the logit u of h, elementwise.

    g rises between the asymptotes u (left) and alpha * u (right); it is concave below both for alpha < 1 and convex above
    both for alpha > 1. So their inverse starts on the side from which Newton's steps run to the root, and Halley's faster.
    """
    z = np.clip(z, -LARGEST, LARGEST)
    u = np.where(z > 0, z / alpha, z)
    for _ in range(STEPS):
        small = np.exp(-np.abs(u))
        g = np.where(u > 0, alpha * u, u) + (alpha - 1.0) * np.log1p(small)
        left = np.where(u > 0, small, 1.0) / (1.0 + small)  # 1 - h
        slope = left + alpha * (1.0 - left)
        step = (z - g) / slope
        step = step / (1.0 + 0.5 * step * (alpha - 1.0) * left * (1.0 - left) / slope)
        u = u + step
        if np.all(np.abs(step) <= ENOUGH * (1.0 + np.abs(u))):
            break
    return np.asarray(u)


LAW = Law(
    name="m4",
    formula="(e - c) / (a + c - e)**alpha = a**(1 - alpha) * (n / k)**-b",
    source="Alabdulmohsin, Neyshabur & Zhai 2022, arXiv 2209.06640, equation 4",
    amplitude="reducible loss of guessing: e0 - c",
    floor="floor: the loss that no amount of data removes",
    shape=(
        number("alpha", "sharpness of the bend to guessing: towards 0 a corner", (0.4, 2.0), low=0.02, high=3.0),
        exponent("b", "exponent of the power law far beyond k", count=4, median=0.35, spread=0.33),
        size("k", "size at which the power law would cross the guess", places=(0.0, 0.4, 0.8)),
    ),
    fall=fall,
    slopes=slopes,
    example={"a": 0.9, "alpha": 0.5, "b": 0.6, "k": 700.0, "c": 0.05},
)
