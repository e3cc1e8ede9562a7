"""The power law with a floor, `a * n**-b + c`: what no amount of data removes stays as c.

Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically", section 2: epsilon(m) = alpha m^beta + gamma.
"""

from kleiber.laws import Law, exponent
from kleiber.laws.power import fall, slopes

LAW = Law(
    name="power_floor",
    formula="a * n**-b + c",
    source="Hestness et al. 2017, arXiv 1712.00409, section 2",
    amplitude="reducible loss that one example would leave",
    floor="floor: the loss that no amount of data removes",
    shape=(exponent("b", "exponent: the fall of the log of the reducible loss for each unit of log n", count=14),),
    fall=fall,
    slopes=slopes,
    example={"a": 3.0, "b": 0.45, "c": 0.05},
)
