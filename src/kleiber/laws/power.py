"""The plain power law `a * n**-b`: a straight line on log-log axes, with nothing below which it cannot fall.

Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically", section 2, the power-law region.
"""

from kleiber.laws import Array, Law, bounded_exp, exponent


def fall(t: Array, b: Array) -> Array:
    """n**-b, with n = exp(t)."""
    return bounded_exp(-b * t)


def slopes(t: Array, b: Array) -> tuple[Array, ...]:
    """The derivative by b."""
    return (-t * fall(t, b),)


LAW = Law(
    name="power",
    formula="a * n**-b",
    source="Hestness et al. 2017, arXiv 1712.00409, section 2",
    amplitude="loss that one example would leave",
    floor=None,
    shape=(exponent("b", "exponent: the fall of log loss for each unit of log n", count=16),),
    fall=fall,
    slopes=slopes,
    example={"a": 6.0, "b": 0.3},
)
