"""Learning-curve laws: mathematics only. One file is one law, and its name is the law's name on the command line.

Every law is `a * fall(ln n) + c`: an amplitude, a falling part whose shape enters non-linearly, and a floor (some laws have
no floor, `constant` has nothing else). A file says the falling part and its slopes; values, Jacobians, units and limits
follow from them here. Each file holds `LAW`; what it declares is measured by this folder's contract test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import plugins
from kleiber.errors import KleiberError

Array = NDArray[np.float64]
Kind = Literal["exponent", "number", "size"]

LARGEST = 700.0  # exp(710) is no longer a float; exp(-700) still is, and not zero


@dataclass(frozen=True, slots=True)
class Shape:
    """A parameter in which a law is not linear: closed bounds of a fit, and the values and prior of a forecast.

    `kind` is "exponent" (no unit; a fit without bounds may turn its sign), "number" (no unit) or "size" (the unit of n,
    such as the place of a break). `low` and `high` of a size are multiples of the largest measured size. `grid` holds the
    values that a forecast considers; of a size they are places in the measured range on the log axis, 0 the smallest
    measured size and 1 the largest. `prior` is the relative weight of each of them.
    """

    name: str
    meaning: str
    kind: Kind
    low: float
    high: float
    grid: tuple[float, ...]
    prior: tuple[float, ...]


def exponent(name: str, meaning: str, *, count: int, median: float = 0.3, spread: float = 0.8) -> Shape:
    """Give an exponent: log-spaced over the prior's central 98.8 %, log-normal of that median and log standard deviation.

    The default spans the exponents of Hestness et al. 2017, Rosenfeld et al. 2020 and their successors, .066 to .9.
    """
    steps = np.linspace(-2.5, 2.5, count)
    grid = tuple(float(g) for g in median * np.exp(spread * steps))
    return Shape(name, meaning, "exponent", 0.001, 30.0, grid, tuple(float(p) for p in np.exp(-(steps**2) / 2)))


def size(name: str, meaning: str, *, places: tuple[float, ...], low: float = 1e-9, high: float = 1e3) -> Shape:
    """Give a size, such as the place of a break: equal prior weight at each place of the measured range."""
    return Shape(name, meaning, "size", low, high, places, (1.0,) * len(places))


def number(name: str, meaning: str, grid: tuple[float, ...], *, low: float, high: float) -> Shape:
    """Give a number without a unit that is no exponent: equal prior weight at each value of the grid."""
    return Shape(name, meaning, "number", low, high, grid, (1.0,) * len(grid))


@dataclass(frozen=True, slots=True)
class Law:
    """A formula for loss against size: `a * fall(ln n, *shape) + c`, with theta `(p,)` in the order a, shape, c.

    `fall(t, *shape)` is positive, falls with t = ln n to zero, and is elementwise, so that arrays broadcast;
    `slopes(t, *shape)` is the tuple of its derivatives by each shape parameter. Both take a shape parameter of kind "size"
    as its natural log; theta holds the size itself. `amplitude` and `floor` say what a and c mean; `amplitude` None: the
    law does not fall and has no a; `floor` None: it falls to zero and has no c. `example` is a theta in raw units that
    tests draw data from.
    """

    name: str
    formula: str
    source: str
    amplitude: str | None
    floor: str | None
    shape: tuple[Shape, ...]
    fall: Callable[..., Array]
    slopes: Callable[..., tuple[Array, ...]]
    example: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names of the parameters in the order of theta."""
        first = () if self.amplitude is None else ("a",)
        last = () if self.floor is None else ("c",)
        return (*first, *(s.name for s in self.shape), *last)

    @property
    def linear(self) -> NDArray[np.bool_]:
        """Say of each parameter whether the law is linear in it, `(p,)`."""
        middle = [False] * len(self.shape)
        return np.array([True] * (self.amplitude is not None) + middle + [True] * (self.floor is not None), dtype=bool)

    def to_fall(self, theta: Array) -> tuple[Array, ...]:
        """Give the shape parameters of theta `(..., p)` as `fall` takes them, `(..., 1)` each: sizes as their logs."""
        first = int(self.amplitude is not None)
        values = (theta[..., first + i, None] for i in range(len(self.shape)))
        return tuple(np.log(v) if s.kind == "size" else v for s, v in zip(self.shape, values, strict=True))

    def value(self, n: ArrayLike, theta: ArrayLike) -> Array:
        """Give the loss at sizes n `(m,)`: `(m,)` for theta `(p,)`, `(d, m)` for theta `(d, p)`."""
        t, theta = np.log(np.asarray(n, dtype=np.float64)), np.asarray(theta, dtype=np.float64)
        falling = 0.0 * t if self.amplitude is None else theta[..., :1] * self.fall(t, *self.to_fall(theta))
        return np.asarray(falling + self.limit(theta)[..., None])

    def jacobian(self, n: ArrayLike, theta: ArrayLike) -> Array:
        """Give the exact derivatives of the loss at n `(m,)` by theta `(p,)`, `(m, p)`."""
        t, theta = np.log(np.asarray(n, dtype=np.float64)), np.asarray(theta, dtype=np.float64)
        shape = self.to_fall(theta)
        columns = []
        if self.amplitude is not None:
            sizes = [theta[1 + i] if s.kind == "size" else 1.0 for i, s in enumerate(self.shape)]  # dln k = dk / k
            slopes = zip(self.slopes(t, *shape), sizes, strict=True)
            columns = [self.fall(t, *shape), *(theta[0] * slope / by for slope, by in slopes)]
        if self.floor is not None:
            columns.append(np.ones_like(t))
        return np.stack(columns, axis=-1)

    def basis(self, t: Array, *shape: ArrayLike) -> Array:
        """Give the columns that a and c multiply, `(..., m, 1 or 2)`, at t = ln n; shape as `fall` takes it."""
        fall = np.ones_like(t) if self.amplitude is None else self.fall(t, *shape)
        columns = np.ones((*fall.shape, (self.amplitude is not None) + (self.floor is not None)))
        if self.amplitude is not None:
            columns[..., 0] = fall
        return columns

    def rescale(self, theta: ArrayLike, n_unit: float, loss_unit: float) -> Array:
        """Give the theta of the same curve with n counted in units of n_unit, and loss in units of loss_unit."""
        scaled = np.array(theta, dtype=np.float64)
        first = int(self.amplitude is not None)
        for i, s in enumerate(self.shape, start=first):
            scaled[..., i] /= n_unit if s.kind == "size" else 1.0
        if self.amplitude is not None:  # the falling part at n = n_unit, in both units
            before = self.fall(np.log(np.array([n_unit])), *self.to_fall(np.asarray(theta, dtype=np.float64)))
            scaled[..., :1] *= before / self.fall(np.zeros(1), *self.to_fall(scaled)) / loss_unit
        if self.floor is not None:
            scaled[..., -1] /= loss_unit
        return scaled

    def limit(self, theta: ArrayLike) -> Array:
        """Give the loss for n to infinity: c, or 0 where the law has no floor; `(...)` for theta `(..., p)`."""
        theta = np.asarray(theta, dtype=np.float64)
        return np.asarray(theta[..., -1] if self.floor is not None else np.zeros(theta.shape[:-1]))


def bounded_exp(z: Array) -> Array:
    """Give exp(z) with z held within +-700, where it is a positive float."""
    return np.asarray(np.exp(np.minimum(np.maximum(z, -LARGEST), LARGEST)))


def law(name: str) -> Law:
    """Give a law by its name; a plug-in may be the law itself, or a module that holds it as `LAW`."""
    found = plugins.load("laws", name)
    found = getattr(found, "LAW", found)
    if not isinstance(found, Law):
        raise KleiberError(
            f"law {name!r} gives a {type(found).__name__}: it must be a kleiber.laws.Law, or hold one as LAW"
        )
    return found
