"""What a kernel compares: inputs as features that are the same for every size, fixed by unlabelled examples alone.

Nothing of them depends on a rung, so that the examples of a small one have the same features within a larger one, and one
matrix of kernel values serves all sizes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.trainers._patches import Patches

Floats = NDArray[np.float32]

REFERENCE = 1000  # examples that fix the features
AXES = 512  # principal axes of image features that are kept
FAR = 5.0  # standard deviations beyond which the value of a feature says no more


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A fixed map from inputs to features of which two examples are, in the median, at a squared distance of 1."""

    patches: Patches | None
    centre: Floats
    spread: Floats
    axes: Floats | None
    unit: float

    @classmethod
    def of(cls, x: NDArray[Any], filters: int) -> "Features":
        """Fix the features by the first inputs of x: images `(m, height, width, channels)` or rows `(m, d)`."""
        x = x[:REFERENCE]
        patches = Patches.of(x, filters) if x.ndim == 4 else None
        known = patches.features(x) if patches else np.asarray(x, dtype=np.float32)
        centre, spread = known.mean(0, dtype=np.float64), known.std(0, dtype=np.float64)
        spread = np.where(spread > 1e-6, spread, 1.0)
        plain = cls(None, centre.astype(np.float32), spread.astype(np.float32), None, 1.0)
        axes = _principal(plain(known)) if patches else None
        draft = cls(None, plain.centre, plain.spread, axes, 1.0)
        there = draft(known)
        apart = squared_distances(there, there)[~np.eye(len(there), dtype=bool)]
        middle = float(np.median(apart)) if len(apart) else 0.0
        return cls(patches, plain.centre, plain.spread, axes, float(np.sqrt(middle)) if middle > 1e-12 else 1.0)

    def __call__(self, x: NDArray[Any]) -> Floats:
        """Give the features of inputs as those that fixed them: `(m, k)`."""
        known = self.patches.features(x) if self.patches else np.asarray(x, dtype=np.float32)
        known = np.clip((known - self.centre) / self.spread, -FAR, FAR)
        turned = known if self.axes is None else known @ self.axes
        return np.asarray(turned / np.float32(self.unit), dtype=np.float32)


def squared_distances(a: Floats, b: Floats) -> Floats:
    """Give the squared distances between rows of a `(m, k)` and of b `(n, k)`, `(m, n)`."""
    found: Floats = a @ b.T
    found *= -2.0
    found += np.einsum("ij,ij->i", a, a)[:, None]
    found += np.einsum("ij,ij->i", b, b)
    np.maximum(found, 0.0, out=found)
    return found


def _principal(known: Floats) -> Floats | None:
    """Give the axes along which standardised features `(m, k)` spread most, `(k, AXES)`; None where all would be kept."""
    m, k = known.shape
    if min(m, k) <= AXES:
        return None
    if k <= m:
        return np.asarray(np.linalg.eigh(known.T @ known)[1][:, -AXES:])
    axes = known.T @ np.linalg.eigh(known @ known.T)[1][:, -AXES:]
    return np.asarray(axes / np.linalg.norm(axes, axis=0))
