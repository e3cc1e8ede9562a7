"""The power law with a floor, `a * n**-b + c`: what no amount of data removes stays as c.

Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically", section 2: epsilon(m) = alpha m^beta + gamma.
"""

import numpy as np
from numpy.typing import NDArray

from kleiber.laws import Law, Parameter

Array = NDArray[np.float64]


def value(n: Array, theta: Array) -> Array:
    """a * n**-b + c."""
    a, b, c = theta
    return np.asarray(a * n**-b + c)


def jacobian(n: Array, theta: Array) -> Array:
    """Derivatives by a, b and c, `(m, 3)`."""
    a, b, _ = theta
    fall = n**-b
    return np.stack([fall, -a * fall * np.log(n), np.ones_like(fall)], axis=-1)


def basis(n: Array, shape: Array) -> Array:
    """The columns of a and c, `(m, 2)`."""
    fall = np.asarray(n ** -shape[0])
    return np.stack([fall, np.ones_like(fall)], axis=-1)


def rescale(theta: Array, n_unit: float, loss_unit: float) -> Array:
    """The same curve with n and loss counted in other units: the exponent stays."""
    a, b, c = theta
    return np.array([a * n_unit**-b / loss_unit, b, c / loss_unit])


def floor(theta: Array) -> float:
    """The limit for n to infinity: c."""
    return float(theta[2])


LAW = Law(
    name="power_floor",
    formula="a * n**-b + c",
    source="Hestness et al. 2017, arXiv 1712.00409, section 2",
    parameters=(
        Parameter("a", "reducible loss that one example would leave", 0.0, np.inf, linear=True),
        Parameter(
            "b", "exponent: the fall of the log of the reducible loss for each unit of log n", 0.001, 30.0, linear=False
        ),
        Parameter("c", "floor: the loss that no amount of data removes", 0.0, np.inf, linear=True),
    ),
    value=value,
    jacobian=jacobian,
    basis=basis,
    rescale=rescale,
    floor=floor,
    example={"a": 3.0, "b": 0.45, "c": 0.05},
)
