"""The shapes that a forecast considers: every law's grid, side by side. Given the shape, each law is linear.

`Grid.falls` evaluates all of them at once, for many curves; amplitude and floor are left to `regression`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.laws import Law, law

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The shapes of some laws, S in all: `family (S,)` index of the law, `log_prior (S,)`, and what a shape has.

    `axes[i]` are the values of each shape parameter of law i, sizes as places in the measured range; its shapes are all
    their combinations, the last parameter changing fastest. `base` is the part before the shapes of clean curves, where
    there are any, which have `fineness` times as many exponents as usual.
    """

    laws: tuple[Law, ...]
    axes: tuple[tuple[Array, ...], ...]
    family: NDArray[np.int64]
    log_prior: Array
    falls_at_all: NDArray[np.bool_]
    has_floor: NDArray[np.bool_]
    base: "Grid | None" = None
    fineness: int = 1

    def falls(self, t: Array, first: Array) -> Array:
        """Give each shape's falling part at t `(B, M)`, log size over the largest measured, as `(B, S, M)`.

        `first (B,)` is the log of smallest over largest measured size. The part is 1 at the smallest size.
        """
        at = np.concatenate([first[:, None], t], axis=1)
        parts = [_fall(law, axes, at, first) for law, axes in zip(self.laws, self.axes, strict=True)]
        falling = np.concatenate(parts, axis=1)
        start = falling[:, :, :1]
        return np.asarray(falling[:, :, 1:] / np.where(start > 0, start, 1.0))

    def part(self, shapes: Index) -> tuple["Grid", Index]:
        """Give the least grid that has these shapes, and which of this grid's shapes it has, `(R,)`, rising."""
        wanted, start = np.zeros(len(self.family), dtype=np.bool_), 0
        wanted[shapes] = True
        laws, cuts, kept = [], [], []
        for one, axes in zip(self.laws, self.axes, strict=True):
            counts = tuple(len(axis) for axis in axes)
            inside = np.arange(start, start := start + math.prod(counts)).reshape(counts)
            asked = wanted[inside]
            if np.any(asked):
                values = [asked.any(axis=tuple(k for k in range(len(axes)) if k != i)) for i in range(len(axes))]
                laws.append(one)
                cuts.append(tuple(axis[which] for axis, which in zip(axes, values, strict=True)))
                kept.append(inside[np.ix_(*values)].ravel())
        of = np.concatenate(kept)
        found = Grid(
            laws=tuple(laws),
            axes=tuple(cuts),
            family=np.repeat(np.arange(len(laws)), [len(shapes_of) for shapes_of in kept]),
            log_prior=self.log_prior[of],
            falls_at_all=self.falls_at_all[of],
            has_floor=self.has_floor[of],
            fineness=self.fineness,
        )
        return found, of


def _fall(law: Law, axes: tuple[Array, ...], at: Array, first: Array) -> Array:
    """Evaluate one law, each parameter along an axis of its own: what depends on few of them is computed for few."""
    curves, sizes = at.shape
    ones = (1,) * len(axes)
    shape = []
    for i, (parameter, values) in enumerate(zip(law.shape, axes, strict=True)):
        along = values.reshape(*ones[:i], len(values), *ones[i + 1 :], 1)
        place = first.reshape(curves, *ones, 1)
        shape.append(place * (1.0 - along) if parameter.kind == "size" else along[None])
    found = law.fall(at.reshape(curves, *ones, sizes), *shape)
    shape_of_all = (curves, *(len(values) for values in axes), sizes)
    whole = found if found.shape == shape_of_all else np.broadcast_to(found, shape_of_all)
    return whole.reshape(curves, -1, sizes)


def make_grid(laws: tuple[Law, ...], weights: tuple[float, ...]) -> Grid:
    """Lay out the grids of laws with prior weights, each law's shapes weighted by its own prior."""
    priors = []
    for one in laws:
        weight = np.array([float(np.prod(p)) for p in product(*(s.prior for s in one.shape))])
        priors.append(weight / weight.sum())
    count = [len(p) for p in priors]
    share = np.array(weights) / np.sum(weights)
    return Grid(
        laws=laws,
        axes=tuple(tuple(np.array(s.grid, dtype=np.float64) for s in one.shape) for one in laws),
        family=np.repeat(np.arange(len(laws)), count),
        log_prior=np.log(np.concatenate([p * w for p, w in zip(priors, share, strict=True)])),
        falls_at_all=np.repeat([one.amplitude is not None for one in laws], count),
        has_floor=np.repeat([one.floor is not None for one in laws], count),
    )


def joined(grids: Sequence[Grid]) -> Grid:
    """Put grids side by side; the first is the `base` of what comes out."""
    before = np.cumsum([0, *(len(one.laws) for one in grids)])
    return Grid(
        laws=tuple(law for one in grids for law in one.laws),
        axes=tuple(axes for one in grids for axes in one.axes),
        family=np.concatenate([one.family + k for one, k in zip(grids, before, strict=False)]),
        log_prior=np.concatenate([one.log_prior for one in grids]),
        falls_at_all=np.concatenate([one.falls_at_all for one in grids]),
        has_floor=np.concatenate([one.has_floor for one in grids]),
        base=grids[0],
    )


@lru_cache(maxsize=16)
def named_grid(names: tuple[str, ...], weights: tuple[float, ...]) -> Grid:
    """Give the grid of laws by name, made once."""
    return make_grid(tuple(law(name) for name in names), weights)


def chosen(laws: object, default: tuple[str, ...]) -> Grid:
    """Give the grid of a user's choice: None, names and laws, or a mapping of either to prior weights.

    Raises `KleiberError` for anything else, and for weights that are not positive.
    """
    if laws is None:
        return named_grid(default, (1.0,) * len(default))
    if isinstance(laws, str | Law):
        laws = [laws]
    if not isinstance(laws, Mapping | list | tuple) or len(laws) == 0:
        raise KleiberError(
            f"laws is {laws!r}: give names or laws, such as ['power', 'power_floor'], or name to prior weight"
        )
    weights = tuple(laws.values()) if isinstance(laws, Mapping) else (1.0,) * len(laws)
    if not all(isinstance(w, int | float) and not isinstance(w, bool) and 0 < w < 1e9 for w in weights):
        raise KleiberError(f"laws: the prior weights {weights!r} must be positive numbers")
    if all(isinstance(entry, str) for entry in laws):
        return named_grid(tuple(laws), tuple(float(w) for w in weights))
    for entry in laws:
        if not isinstance(entry, str | Law):
            raise KleiberError(f"laws: {entry!r} is neither a law's name nor a kleiber.laws.Law")
    found = tuple(law(entry) if isinstance(entry, str) else entry for entry in laws)
    return make_grid(found, tuple(float(w) for w in weights))
