"""The plain power law `a * n**-b`: a straight line on log-log axes, with nothing below which it cannot fall.

Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically", section 2, the power-law region.
"""

import numpy as np
from numpy.typing import NDArray

from kleiber.laws import Law, Parameter

Array = NDArray[np.float64]


def value(n: Array, theta: Array) -> Array:
    """a * n**-b."""
    a, b = theta
    return np.asarray(a * n**-b)


def jacobian(n: Array, theta: Array) -> Array:
    """Derivatives by a and b, `(m, 2)`."""
    a, b = theta
    fall = n**-b
    return np.stack([fall, -a * fall * np.log(n)], axis=-1)


def basis(n: Array, shape: Array) -> Array:
    """The column of a, `(m, 1)`."""
    return np.asarray(n ** -shape[0])[:, None]


def rescale(theta: Array, n_unit: float, loss_unit: float) -> Array:
    """The same curve with n and loss counted in other units: only a changes."""
    a, b = theta
    return np.array([a * n_unit**-b / loss_unit, b])


def floor(theta: Array) -> float:
    """The limit for n to infinity: 0."""
    return 0.0


LAW = Law(
    name="power",
    formula="a * n**-b",
    source="Hestness et al. 2017, arXiv 1712.00409, section 2",
    parameters=(
        Parameter("a", "loss that one example would leave", 0.0, np.inf, linear=True),
        Parameter("b", "exponent: the fall of log loss for each unit of log n", 0.001, 30.0, linear=False),
    ),
    value=value,
    jacobian=jacobian,
    basis=basis,
    rescale=rescale,
    floor=floor,
    example={"a": 6.0, "b": 0.3},
)
