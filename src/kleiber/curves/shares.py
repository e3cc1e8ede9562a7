"""Curves whose sizes are shares of a pool: a price, or a size in examples, means nothing until the pool is known."""

import numpy as np

from kleiber.curves.curve import Curve
from kleiber.errors import KleiberError

SHARES = ("share", "percent")
FARTHEST = 100.0  # times the largest size, beyond which a number is one of examples


def require_examples(curve: Curve, **asked: object) -> None:
    """Raise `KleiberError` where something in examples is asked of sizes that are shares; what is None or 0 is not asked.

    Of `at` and `owned`, only sizes far beyond the largest are taken for examples.
    """
    if curve.unit_of_n not in SHARES or not len(curve.n):
        return
    far = FARTHEST * float(curve.n[-1])
    for name, value in asked.items():
        values = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
        if name in ("at", "owned"):
            values = [size for size in values if isinstance(size, int | float | np.number) and size > far]
        if any(values):
            what = f"{name}={values[0]:g}" if name in ("at", "owned") else "a price"
            raise KleiberError(
                f"{what} is in examples, and the sizes are shares of a pool, up to {curve.n[-1]:g}. Say how many examples "
                f"the pool has, such as pool=50000 (--pool 50000)"
            )
