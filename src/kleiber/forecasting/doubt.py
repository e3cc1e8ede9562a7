"""Why a forecast is a guess, and what a curve does that follows no law: as a code for programs, and in words."""

from typing import TYPE_CHECKING, Literal

from kleiber.forecasting.grades import HORIZON, Grade
from kleiber.wording import given

if TYPE_CHECKING:
    from kleiber.forecasting.forecast import Forecast

Why = Literal["below", "turned", "backtest", "far", "unbegun", "wide"]
"""Why a size is a guess: it lies below the smallest measured, the metric got worse at the largest sizes, the back-test
failed, it lies more than 32 times beyond the largest, no fall was ever seen, or the band is too wide.
"""


def why(fc: "Forecast", n: float, grade: Grade) -> Why | None:
    """Say why the forecast at n, of this grade, is a guess, the gravest reason first; None where it is none."""
    if grade != "guess":
        return None
    smallest, largest = float(fc.curve.n[0]), float(fc.curve.n[-1])
    if n < smallest:
        return "below"
    reasons: tuple[tuple[Why, bool], ...] = (
        ("turned", fc.turned),
        ("backtest", fc.distrusted is not None),
        ("far", n > HORIZON * largest),
        ("unbegun", fc.unbegun),
    )
    return next((code for code, holds in reasons if holds and n > largest), "wide")


def untold(fc: "Forecast") -> str | None:
    """Say what a curve does that tells no exponent, floor or target; None where it follows a law."""
    name = fc.curve.scale.name
    if fc.turned:
        return f"{name} gets worse at the largest sizes"
    if not fc.flat or fc.flatness is None:
        return None
    return {
        "not-begun": f"{name} has not begun to improve on guessing",
        "saturated": f"{name} has been flat since n = {given(fc.flatness.since)}",
        "flat": f"the noise hides whether {name} still improves",
    }[fc.flatness.kind]
