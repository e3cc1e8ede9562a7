"""What an analysis is asked, checked before anything is forecast."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kleiber.curves.curve import Curve
from kleiber.errors import KleiberError

TERMS = ("months", "cost_per_month", "gain", "deadline", "discount", "owned", "examples_per_month", "available")


def check_terms(value: float | None, price: float | None, terms: Mapping[str, Any] | None) -> None:
    """Raise `KleiberError` where what an advice takes is not complete, or not of it."""
    if value is None and terms:
        raise KleiberError(f"terms={dict(terms)!r} are those of an advice: give value_per_point= too")
    if value is not None and price is None:
        raise KleiberError("value_per_point asks what to buy: give price_per_example= too, what one more example costs")
    unknown = sorted(set(terms or {}) - set(TERMS))
    if unknown:
        raise KleiberError(f"terms has {', '.join(map(repr, unknown))}: it takes {', '.join(TERMS)}")


def check(curves: Sequence[Curve], target: float | str | None, price: float | None, at: Sequence[float] | None) -> None:
    """Raise `KleiberError` for a target of several metrics, a price that is none or of no way, and sizes that are none."""
    metrics = sorted({curve.scale.name for curve in curves})
    if target is not None and len(metrics) > 1:
        raise KleiberError(f"target={target} is of one metric: choose metric= among {', '.join(metrics)}")
    if price is not None and not (_finite(price) and price >= 0):
        raise KleiberError(f"price_per_example is {price!r}: it is a finite number, and not negative")
    if price is not None and target is None:
        raise KleiberError("price_per_example needs a target to pay for: give target= too, the value to reach")
    if at is not None and (isinstance(at, str) or not hasattr(at, "__iter__")):
        raise KleiberError(f"at={at!r}: give a list of sizes, such as [{at if _finite(at) else 5000}]")
    if at is not None and not all(_finite(n) and n > 0 for n in at):
        raise KleiberError(f"at={list(at)}: sizes must be finite and positive numbers")


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
