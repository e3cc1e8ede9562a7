"""How wide what strays is on either side of its middle: losses fall farther below it than they rise above it.

Each side of a distribution has a width of its own (Fernandez & Steel 1998, Journal of the American Statistical Association
93, p. 359). Of forecasts for LCDB with sides alike, two in a hundred losses came out above the 90 % interval, eight below.
At twice the largest size, on image classifiers, as many came out above as below.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAN = 0.1  # log of the factor below, and of one over that above, for each unit of log n beyond the largest size
FARTHEST = 4.0  # from there on, in log n, the sides differ no more


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Components `of (J,)` whose offsets of log loss from `middle (Q,)` are multiplied by `below` or `above (Q,)` it."""

    of: NDArray[np.bool_]
    middle: Array
    below: Array
    above: Array

    @classmethod
    def of_straying(cls, of: NDArray[np.bool_], middle: Array, factor: Array, distance: Array) -> "Stretch":
        """Give that by a factor for both sides, at sizes so far beyond the largest, in log n, `(Q,)` each."""
        return cls(of, middle, *(factor * np.exp(lean) for lean in leans(distance)))

    def undone(self, x: Array, at: NDArray[np.int64]) -> tuple[Array, Array]:
        """Give log losses x `(k,)` of sizes at[i] as they were before, `(J, k)`, and what offsets were multiplied by."""
        off = x - self.middle[at]
        factor = np.where(off < 0, self.below[at], self.above[at])
        of = self.of[:, None]
        return np.where(of, self.middle[at] + off / factor, x), np.where(of, factor, 1.0)


def leans(distance: Array) -> tuple[Array, Array]:
    """Give the log of what offsets below and above the middle are multiplied by, `(Q,)` each, by the distance in log n."""
    lean = LEAN * np.clip(distance, 0.0, FARTHEST)
    return lean, -lean
