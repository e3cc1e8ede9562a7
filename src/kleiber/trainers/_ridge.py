"""Exact kernel ridge regression for all nested sizes at once: one Cholesky factor, whose leading blocks are theirs.

With K = L L' for the largest size, the first n rows and columns of L factorise the first n of K. So L z = y is solved once,
and each size takes its own L_n' alpha = z_n. The kernel is exp(-d^2 / width), the ridge is added to its diagonal of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from kleiber.errors import KleiberError
from kleiber.trainers._features import squared_distances

Floats = NDArray[np.float32]

LARGEST = 12_800  # the matrix of so many examples has 0.66 GB, and its factor takes some ten seconds
BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """What each size has learnt: coefficients `(n, c)` of its examples and, as their own mean, where it starts `(c,)`."""

    examples: Floats
    width: float
    coefficients: tuple[Floats, ...]
    start: tuple[NDArray[np.float64], ...]

    def outputs(self, queries: Floats) -> list[NDArray[np.float64]]:
        """Give for each size what it says of queries `(m, k)` beyond its start: `(m, c)`."""
        found: list[list[Floats]] = [[] for _ in self.coefficients]
        for at in range(0, len(queries), BLOCK):
            near = kernel(queries[at : at + BLOCK], self.examples, self.width)
            for said, weight in zip(found, self.coefficients, strict=True):
                said.append(near[:, : len(weight)] @ weight)
        return [np.concatenate(said).astype(np.float64) for said in found]


def fit_nested(
    examples: Floats, targets: NDArray[np.float64], sizes: Sequence[int], *, width: float, ridge: float
) -> Nested:
    """Learn from the first n of the examples `(m, k)` and targets `(m, c)`, for each n of rising sizes.

    Each size's targets are taken from their own mean. Raises `KleiberError` for more than `LARGEST` examples, and for a
    ridge that is too small for numbers of seven digits.
    """
    top = sizes[-1]
    check_size(top)
    examples = examples[:top]
    scale = np.abs(targets[:top]).max() or 1.0
    wanted = np.column_stack([targets[:top] / scale, np.ones(top)]).astype(np.float32)
    factor = _factor(examples, width, ridge)
    solved = solve_triangular(factor, wanted, lower=True, check_finite=False)
    coefficients, start = [], []
    for n in sizes:
        weight = solve_triangular(factor[:n, :n], solved[:n], lower=True, trans="T", check_finite=False)
        mean = targets[:n].mean(0)
        coefficients.append(np.float32(scale) * weight[:, :-1] - weight[:, -1:] * np.float32(mean))
        start.append(mean)
    return Nested(examples, width, tuple(coefficients), tuple(start))


def check_size(n: int) -> None:
    """Refuse a size whose matrix would not fit."""
    if n > LARGEST:
        raise KleiberError(
            f"{n:,} examples are too many for an exact kernel: their matrix takes {4e-9 * n * n:.1f} GB and a time that "
            f"grows with n cubed. Leave out sizes above {LARGEST:,} (--max-n {LARGEST})"
        )


def kernel(a: Floats, b: Floats, width: float) -> Floats:
    """Give exp(-d^2 / width) for rows of a `(m, k)` and of b `(n, k)`, `(m, n)`."""
    found = squared_distances(a, b)
    found *= np.float32(-1.0 / width)
    return np.exp(found, out=found)


def _factor(examples: Floats, width: float, ridge: float) -> Floats:
    """Give the lower Cholesky factor of kernel plus ridge, made in place."""
    n = len(examples)
    matrix = np.empty((n, n), dtype=np.float32, order="F")
    for at in range(0, n, BLOCK):  # only the lower triangle is read
        matrix[at:, at : at + BLOCK] = kernel(examples[at : at + BLOCK], examples[at:], width).T
    matrix.ravel(order="K")[:: n + 1] = 1.0 + ridge
    try:
        return np.asarray(cholesky(matrix, lower=True, overwrite_a=True, check_finite=False))
    except LinAlgError as error:
        said = f"ridge: {ridge:g} is too small for {n:,} examples in single precision; give 0.01 or more"
        raise KleiberError(said) from error
