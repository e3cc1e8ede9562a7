"""Learning-curve laws: mathematics only. One file is one law, and its name is the law's name on the command line.

A law is linear in its amplitude and floor once its shape is known; so a fit searches the shape alone and solves the
rest in closed form. Each file holds `LAW`; what it declares is measured by the contract test of this folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber import plugins
from kleiber.errors import KleiberError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, what it means, its closed bounds, and whether the law is linear in it."""

    name: str
    meaning: str
    low: float
    high: float
    linear: bool


@dataclass(frozen=True, slots=True)
class Law:
    """A formula for loss against size, with what its parameters mean.

    `value(n (m,), theta (p,)) -> (m,)`; `jacobian -> (m, p)` holds the exact derivatives by theta; `basis(n, shape)
    -> (m, k)` the columns that the k linear parameters multiply, in the order of `parameters`; `rescale(theta,
    n_unit, loss_unit)` the theta of the same curve with n and loss counted in those units; `floor(theta)` the limit for
    n to infinity. `example` is a theta that a test draws data from.
    """

    name: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    value: Callable[[Array, Array], Array]
    jacobian: Callable[[Array, Array], Array]
    basis: Callable[[Array, Array], Array]
    rescale: Callable[[Array, float, float], Array]
    floor: Callable[[Array], float]
    example: Mapping[str, float]

    @property
    def shape(self) -> tuple[Parameter, ...]:
        """Give the parameters in which the law is not linear."""
        return tuple(p for p in self.parameters if not p.linear)


def law(name: str) -> Law:
    """Give a law by its name; a plug-in may be the law itself, or a module that holds it as `LAW`."""
    found = plugins.load("laws", name)
    found = getattr(found, "LAW", found)
    if not isinstance(found, Law):
        raise KleiberError(
            f"law {name!r} gives a {type(found).__name__}: it must be a kleiber.laws.Law, or hold one as LAW"
        )
    return found
