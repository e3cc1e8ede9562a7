"""A law of your own: the falling part and its slope, and kleiber derives the rest. Run it: python own_law.py"""

import numpy as np

from kleiber.fitting.fit import fit
from kleiber.laws import Law, bounded_exp, law, size


def fall(t, log_k):
    """2 / pi * arctan(k / n), with n = exp(t): the arctangent of Mahmood et al. 2022, turned into a loss."""
    return 2 / np.pi * np.arctan(bounded_exp(log_k - t))


def slopes(t, log_k):
    """Its derivative by ln k, in a tuple: a law has one slope for each shape parameter."""
    ratio = bounded_exp(log_k - t)
    return (2 / np.pi / (ratio + 1 / ratio),)


LAW = Law(
    name="arctan",
    formula="a * 2 / pi * arctan(k / n) + c",
    source="Mahmood et al. 2022, arXiv 2207.01725, table 1",
    amplitude="reducible loss without any data",
    floor="floor: the loss that no amount of data removes",
    shape=(size("k", "size at which half of the reducible loss is gone", places=(0.2, 0.5, 0.8)),),
    fall=fall,
    slopes=slopes,
    example={"a": 0.9, "k": 1500.0, "c": 0.1},
)

if __name__ == "__main__":
    n = [200, 400, 800, 1600, 3200, 6400, 12800, 25600]
    loss = [0.918, 0.852, 0.724, 0.532, 0.349, 0.237, 0.165, 0.135]
    for each in (LAW, law("power_floor"), law("mmf")):
        found = fit(each, n, loss)
        values = ", ".join(f"{name} = {value:.4g}" for name, value in zip(each.names, found.theta, strict=True))
        print(f"{each.name:12} residual sum of squares {found.rss:.2g}; {values}. {found.status}")
