"""What a page carries to answer anew for other targets and terms: draws and quantiles of a forecast, as plain data.

Each row of numbers is a range and one code a number, in base64: value = low + code (high - low) / (2^bits - 1).
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.answers.plan.scenarios import STEPS, drawn_curves, gain_scores, point_of, range_of_sizes
from kleiber.forecasting.draws import SCORES
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.posterior import SEARCH

Array = NDArray[np.float64]

SIZES = 81  # at which the quantiles of the curve are carried, evenly in their logs
LEVELS = SCORES[np.abs(SCORES) < 3.01][::2]  # their normal scores, -3 to 3
FLOORS = 41  # losses at which P(floor >= loss) is carried


def carried(
    fc: Forecast, *, owned: float | None = None, available: float | None = None, random_state: int = 0
) -> dict[str, Any]:
    """Give what `need` and `plan` take of a forecast, for a page that asks them again; the forecast is not refused.

    `need` has quantiles of the mean curve, `quantiles`, rows of log losses at `sizes` from `smallest` to `searched_to`, a
    number for each normal score from `first` to `last`; `never` is P(floor >= loss) at losses evenly from 0 to `highest`.
    `plan` has the draws of `plan`: log losses at sizes from `owned` to `most`, their `floor`, and the normal `score` of
    what engineers bring. It is None where more is owned than the forecast reaches. Arguments are those of `plan`.
    """
    asked = {"owned": owned, "available": available}
    scale = fc.curve.scale
    reaches = owned is None or owned <= fc.horizon * (1 + 1e-9)
    return {
        "model": fc.curve.model,
        "metric": scale.name,
        "largest": float(fc.curve.n[-1]),
        "horizon": fc.horizon,
        "firm": fc.firm_horizon,
        "untold": fc.flat or fc.turned,
        "need": _need(fc),
        "plan": _plan(fc, asked, random_state) if reaches else None,
    }


def _need(fc: Forecast) -> dict[str, Any]:
    known = fc.posterior
    n = np.geomspace(known.n_unit * np.exp(float(known.data.first[0])), known.n_unit * SEARCH, SIZES)
    highest = float(known.quantile(n[:1], np.array([0.95]), None)[0, 0])
    floors = [round(known.floor_above(loss), 4) for loss in np.linspace(0.0, highest, FLOORS)]
    levels = special.ndtr(LEVELS)
    return {
        "smallest": float(n[0]),
        "searched_to": float(n[-1]),
        "sizes": SIZES,
        "first": float(LEVELS[0]),
        "last": float(LEVELS[-1]),
        "quantiles": coded(np.log(known.quantile(n, levels, None)), bits=16),
        "highest": highest,
        "never": floors,
    }


def _plan(fc: Forecast, asked: dict[str, Any], random_state: int) -> dict[str, Any]:
    owned, most = range_of_sizes(fc, asked)
    _, loss, floor = drawn_curves(fc, owned, most)
    return {
        "owned": owned,
        "most": most,
        "steps": STEPS,
        "point": point_of(fc),
        "loss": [coded(row) for row in np.log(loss[:, ::STEPS].T)],
        "floor": coded(floor),
        "score": coded(gain_scores(random_state)),
    }


def coded(values: Array, *, bits: int = 8) -> dict[str, Any]:
    """Give numbers of any shape as their range and codes of 8 or 16 bits, little-endian, in base64."""
    low, high = float(values.min()), float(values.max())
    most = 2**bits - 1
    codes = np.rint((values - low) * (most / max(high - low, 1e-300))).astype(f"<u{bits // 8}")
    return {"low": low, "high": high, "bits": bits, "codes": base64.b64encode(codes.tobytes()).decode()}
