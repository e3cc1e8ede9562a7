"""What a page carries to answer anew for other targets and terms: draws and quantiles of a forecast, as plain data.

A row of numbers is a range and one code a number, in base64: value = low + code (high - low) / (2^bits - 1).
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.answers.plan.advice import lacking
from kleiber.answers.plan.scenarios import STEPS, drawn_curves, gain_scores, point_of, range_of_sizes
from kleiber.forecasting.doubt import untold
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.posterior import SEARCH

Array = NDArray[np.float64]

SIZES = 161  # at which quantiles of the curve are carried, evenly in their logs
ENDS = {"low": 0.05, "half": 0.5, "high": 0.95}  # and which
SCORES = np.linspace(-2.5, 2.5, 21)  # normal scores of the quantiles at the largest size, and of the lowest at any
FLOORS = 101  # quantiles of the floor that are carried, evenly from 0 to 1
KEPT = (0, 3, 6, 10)  # of the sizes drawn, those carried
RARE = 0.002  # of draws on either side


def carried(
    fc: Forecast, *, owned: float | None = None, available: float | None = None, random_state: int = 0
) -> dict[str, Any]:
    """Give what `need` and `plan` take of a forecast, for a page that asks them again; the forecast is not refused.

    `need` has log losses: quantiles of the mean curve at sizes from `smallest` to `searched_to`, `low` the low end of 90 %.
    `now` and `ever` are those at the largest size and the lowest at any, at even normal scores from minus to plus `scores`;
    `floor` has quantiles of the floor itself, evenly from 0 to 1. `plan` has the draws of `plan`: log losses at some of the
    sizes that it weighs, `at` from `owned` to `most`, their `mean` at all of them, the `floor`, and the normal `score` of
    what engineers bring. It is None where more is owned than the forecast reaches. Arguments are those of `plan`.
    """
    reaches = owned is None or owned <= fc.horizon * (1 + 1e-9)
    return {
        "model": fc.curve.model,
        "metric": fc.curve.scale.name,
        "largest": float(fc.curve.n[-1]),
        "horizon": fc.horizon,
        "firm": fc.firm_horizon,
        "flat": fc.flat,
        "untold": untold(fc),
        "nominal": fc.curve.scale.nominal,
        "lacks": lacking(fc.curve.scale),
        "need": _need(fc),
        "plan": _plan(fc, {"owned": owned, "available": available}, random_state) if reaches else None,
    }


def _need(fc: Forecast) -> dict[str, Any]:
    known = fc.posterior
    n = np.geomspace(known.n_unit * np.exp(float(known.data.first[0])), known.n_unit * SEARCH, SIZES)
    levels = np.append(list(ENDS.values()), special.ndtr(SCORES))
    quantiles = np.log(known.quantile(np.append(n, float(fc.curve.n[-1])), levels, None))
    rows = dict(zip(ENDS, quantiles[:-1].T, strict=False))
    rows |= {"now": quantiles[-1, len(ENDS) :], "ever": quantiles[:-1, len(ENDS) :].min(axis=0)}
    return {
        "smallest": float(n[0]),
        "searched_to": float(n[-1]),
        "scores": float(SCORES[-1]),
        **{name: coded(row, bits=16) for name, row in rows.items()},
        "floor": coded(known.floor_quantile(np.linspace(0.0, 1.0, FLOORS)), bits=16),
    }


def _plan(fc: Forecast, asked: dict[str, Any], random_state: int) -> dict[str, Any]:
    owned, most = range_of_sizes(fc, asked)
    _, loss, floor = drawn_curves(fc, owned, most)
    places = [STEPS * node for node in KEPT] if loss.shape[1] > 1 else [0]
    return {
        "owned": owned,
        "most": most,
        "point": point_of(fc),
        "at": places,
        "loss": [coded(np.log(loss[:, place])) for place in places],
        "mean": [float(f"{mean:.7g}") for mean in loss.mean(axis=0)],
        "floor": coded(floor),
        "score": coded(gain_scores(random_state)),
    }


def coded(values: Array, *, bits: int = 8) -> dict[str, Any]:
    """Give numbers `(k,)` as their range and codes of 8 or 16 bits, little-endian, in base64.

    With 8 bits the rarest, four in a thousand, are moved to the ends of the others, so that the steps are fine.
    """
    low, high = (float(end) for end in np.quantile(values, [RARE, 1 - RARE] if bits == 8 else [0.0, 1.0]))
    codes = np.rint((np.clip(values, low, high) - low) * ((2**bits - 1) / max(high - low, 1e-300))).astype(f"<u{bits // 8}")
    return {"low": low, "high": high, "bits": bits, "codes": base64.b64encode(codes.tobytes()).decode()}
