"""How far a forecast is to be relied on at a size: firm, rough or guess, by the width of the 80 % band of the curve.

Some curves can have no better grade, however narrow their bands: one that has not begun to fall may do so at any size, and
one that falls ever faster has no law yet.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kleiber.curves.curve import Sizes
from kleiber.forecasting.features import NAMES
from kleiber.forecasting.posterior import Posterior
from kleiber.metric import Metric

Array = NDArray[np.float64]
Grade = Literal["firm", "rough", "guess"]

FIRM, ROUGH = 1.25, 2.0  # the widest ratio of the 80 % band of the curve for either grade; wider is a guess
FASTER = 0.05  # a bend above this is a fall that grows towards the largest size
HORIZON = 32.0  # times the largest size: whatever lies beyond is a guess
GRADES: tuple[Grade, ...] = ("firm", "rough", "guess")
LOSS = Metric.of_loss("loss")
BAND = np.array([0.1, 0.9])
NEEDED = 3.0  # the widest ratio of the 90 % interval of a needed size that is firm
NODES, BETWEEN = 7, 9  # sizes at which the end of a band is looked for, and between two of them once more


def widths(known: Posterior, n: Array, scale: Metric = LOSS) -> Array:
    """Give the ratio of the ends of the 80 % band of the curve at sizes n, `(k,)`.

    What a score lacks to a best that is nominal may be large and hardly change: there the ratio of the scores counts too.
    """
    low, high = known.quantile(n, BAND, None).T
    ratio = _ratio(low, high)
    return np.maximum(ratio, _ratio(scale.value(high), scale.value(low))) if scale.nominal else ratio


def _ratio(low: Array, high: Array) -> Array:
    return np.asarray(np.maximum(high, 1e-300) / np.maximum(low, 1e-300))


def of_need(low: float, high: float, there: Grade) -> Grade:
    """Give the grade of a needed size: that of the forecast there, and firm only where its own 90 % interval is narrow.

    `high` is inf where the interval has no upper end.
    """
    return "rough" if there == "firm" and high > NEEDED * low else there


def ceiling(known: Posterior, *, distrusted: bool, flat: bool) -> Grade:
    """Give the best grade that any size beyond the largest may have; `flat` says that no fall was ever seen."""
    if distrusted or flat:
        return "guess"
    return "rough" if known.features[NAMES.index("bend")] > FASTER else "firm"


def grades(
    known: Posterior, n: Array, *, smallest: float, largest: float, best: Grade, scale: Metric = LOSS
) -> list[Grade]:
    """Give the grade of each size n `(k,)`: below the smallest a guess, beyond the largest at most `best`."""
    wide = widths(known, n, scale)
    place = (wide > FIRM).astype(int) + (wide > ROUGH)
    place = np.maximum(place, np.where(n > largest * (1 + 1e-9), GRADES.index(best), 0))
    out = (n < smallest * (1 - 1e-9)) | (n > HORIZON * largest * (1 + 1e-9))
    return [GRADES[one] for one in np.where(out, 2, place).tolist()]


def worse(one: Grade, other: Grade) -> Grade:
    """Give the worse of two grades."""
    return max(one, other, key=GRADES.index)


def reach(known: Posterior, means: Sizes, ratio: float, scale: Metric = LOSS) -> float:
    """Give the largest size, up to `HORIZON` times the largest measured, up to which the 80 % band is within a ratio."""
    largest = float(means.n[-1])
    n = largest * np.geomspace(1.0, HORIZON, NODES)
    wide = np.log(widths(known, n, scale)) - np.log(ratio)
    beyond = np.flatnonzero(wide > 0)
    if len(beyond) == 0:
        return HORIZON * largest
    if beyond[0] == 0:
        return largest
    n = np.geomspace(n[beyond[0] - 1], n[beyond[0]], BETWEEN)
    wide = np.log(widths(known, n, scale)) - np.log(ratio)
    i = max(int(np.argmax(wide > 0)), 1)
    return float(np.exp(np.interp(0.0, wide[i - 1 : i + 1], np.log(n[i - 1 : i + 1]))))
