"""What was learnt from real curves: how far to trust evidence, which kernels and slopes to expect, how wide to be.

The table is made by `make calibrate` (dev/calibrate.py) and ships with the package, with its provenance. A table of zeros
is the hand-set prior: evidence tempered, nothing learnt.
"""

import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.forecasting.features import NAMES
from kleiber.forecasting.kernels import KERNELS

Array = NDArray[np.float64]

SCHEMA = "kleiber-calibration/3"
TEMPER = 0.4  # power of the evidence within one kernel and slope
SLOPES = (0.004, 0.02, 0.05, 0.1, 0.18, 0.3, 0.5, 0.9)  # edges of the bins of a law's mean exponent up to AHEAD
AHEAD = 8.0  # times the largest size
FEATURES = len(NAMES)
NEARBY = 0.3  # widths depend on the log of this plus the distance in log n from the largest size
SHAPES = {
    "temper": (2, FEATURES),
    "by_kernel": (len(KERNELS), FEATURES),
    "by_slope": (len(SLOPES) + 1, FEATURES),
    "by_bin": (len(KERNELS), len(SLOPES) + 1),
    "width": (len(KERNELS), FEATURES + 1),
    "spread": (FEATURES + 1,),
    "clean": (FEATURES + 2,),
    "clean_width": (FEATURES + 1,),
}


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Coefficients of the log weights and log widths; G kernels, B slope bins, `FEATURES` features of a curve.

    `temper (2, FEATURES)` give the logs of the powers of the evidence, within a kernel and between kernels, on top of
    `TEMPER`; `by_kernel (G, FEATURES)` and `by_slope (B, FEATURES)` multiply the features, `by_bin (G, B)` is added; `width
    (G, FEATURES + 1)` are the log widths of components, `spread (FEATURES + 1,)` that of the finished mixture, by features
    and by distance. `clean (FEATURES + 2,)` give the log odds that a curve is a clean one: by its features, by whether
    standard errors are given, and last the log of the factor that its evidence counts by; `clean_width (FEATURES + 1,)`
    the log widths of its components, by features and distance. `laws` are those that it was learnt with.
    """

    laws: tuple[str, ...]
    temper: Array
    by_kernel: Array
    by_slope: Array
    by_bin: Array
    width: Array
    spread: Array
    clean: Array
    clean_width: Array
    provenance: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain data, in the schema that `read` takes."""
        arrays = {name: np.round(getattr(self, name), 4).tolist() for name in SHAPES}
        kernels = [kernel.name for kernel in KERNELS]
        return {
            "schema": SCHEMA,
            "provenance": dict(self.provenance),
            "laws": list(self.laws),
            "kernels": kernels,
            **arrays,
        }


def read(source: Mapping[str, Any]) -> Calibration:
    """Read a table from plain data; raises `KleiberError` where it is of other kernels, or out of shape."""
    kernels, laws = [kernel.name for kernel in KERNELS], source.get("laws")
    if source.get("schema") != SCHEMA or source.get("kernels") != kernels or not isinstance(laws, list) or not laws:
        raise KleiberError(
            f"the calibration is not of schema {SCHEMA} with laws and the kernels {kernels}: run make calibrate"
        )
    arrays = {}
    for name, shape in SHAPES.items():
        try:
            arrays[name] = np.array(source.get(name), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise KleiberError(f"the calibration's {name} is no array of numbers: {error}") from error
        if arrays[name].shape != shape or not np.all(np.isfinite(arrays[name])):
            raise KleiberError(
                f"the calibration's {name} has shape {arrays[name].shape}: it must be finite, of shape {shape}"
            )
    return Calibration(laws=tuple(laws), provenance=dict(source.get("provenance", {})), **arrays)


@cache
def shipped() -> Calibration:
    """Give the table that comes with the package."""
    text = importlib.resources.files("kleiber.forecasting").joinpath("calibration.json").read_text(encoding="utf-8")
    return read(json.loads(text))


def untaught(laws: tuple[str, ...]) -> Calibration:
    """Give the table of zeros: the hand-set prior."""
    return Calibration(
        laws=laws, provenance={"learnt": "nothing"}, **{name: np.zeros(shape) for name, shape in SHAPES.items()}
    )


def chosen(table: object) -> Calibration:
    """Give the table of a user's choice: None for the shipped one, "untaught", a table, or its plain data.

    Raises `KleiberError` for anything else.
    """
    if table is None:
        return shipped()
    if isinstance(table, Calibration):
        return table
    if table == "untaught":
        return untaught(shipped().laws)
    if isinstance(table, Mapping):
        return read(table)
    raise KleiberError(f"calibration is {table!r}: give a table as the package ships it, or 'untaught'")
