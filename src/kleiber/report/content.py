"""What a curve of the findings has to draw, before any axis is chosen: marks, the law and its bands, the ranges."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kleiber.findings.needed import needed
from kleiber.metric import Metric
from kleiber.report.drawing import Band, Lane, Line, Marks

FARTHEST = 1e290  # value that an axis shows at the most, so that there are numbers beyond its end
LARGEST = math.log(1e300)  # of the end of an axis
REGIONS = {"small_data": "small data", "power_law": "power law", "floor": "near the floor"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a curve has to draw, before any axis is chosen."""

    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    marks: tuple[Marks, ...]
    chance: float | None
    target: float | None
    horizon: float | None
    first: float
    largest: float
    end: float
    best: float | None = None
    lanes: tuple[Lane, ...] = ()
    advised: float | None = None

    @property
    def rules(self) -> bool:
        """Whether a rule with a name is drawn."""
        return self.chance is not None or self.target is not None

    @property
    def positive(self) -> bool:
        """Whether logarithmic axes can show it."""
        return self.first > 0 and all(on_log(y, self.best) for marks in self.marks for y in marks.y)


def on_log(value: float, best: float | None) -> bool:
    """Say whether a logarithmic axis can show a value: a positive loss, a score below its best."""
    return value > 0 if best is None else value < best


def best_of(curve: Mapping[str, Any]) -> float | None:
    """Give the best value of a curve's score, None of a loss."""
    scale = Metric.from_dict(curve["scale"])
    return scale.best if scale.higher_is_better else None


def label_of(curve: Mapping[str, Any]) -> str:
    """Give the name of a curve's metric with its unit, for the head of an axis or a table."""
    scale = Metric.from_dict(curve["scale"])
    return f"{scale.name}, {scale.unit}" if scale.unit else scale.name


def content_of(curve: Mapping[str, Any]) -> Content:
    """Gather what a curve has to draw."""
    points, forecast = curve["points"], curve["forecast"]
    sizes = [point["n"] for point in points]
    first, largest = (min(sizes), max(sizes)) if sizes else (1.0, 10.0)
    horizon = forecast.get("horizon") if forecast["status"] == "ok" else None
    bands, lines = law(forecast)
    asked = forecast.get("at") or []
    reach = [line.x[-1] for line in lines] + [row["n"] * 1.15 for row in asked]
    target = (forecast.get("target") or {}).get("value")
    marks = (_values(points), _measured(points), _backtests(curve.get("backtest") or []), _asked(asked))
    return Content(
        bands=bands,
        lines=lines,
        marks=tuple(mark for mark in marks if mark.x),
        chance=curve.get("chance"),
        target=target,
        horizon=horizon,
        first=first,
        largest=largest,
        end=max([largest * 1.3, *reach]),
        best=best_of(curve),
        lanes=_lanes(points),
    )


def _lanes(points: Sequence[Mapping[str, Any]]) -> tuple[Lane, ...]:
    """Give a lane for each region, a cell for each size from half-way to its neighbours; none where nothing is told."""
    n = [point["n"] for point in points]
    if len(n) < 2 or n[0] <= 0 or not all(point.get("region") for point in points):
        return ()
    inner = [math.sqrt(a) * math.sqrt(b) for a, b in pairwise(n)]
    edges = [n[0] ** 1.5 / inner[0] ** 0.5, *inner, n[-1] ** 1.5 / inner[-1] ** 0.5]
    return tuple(
        Lane(role, text, tuple(edges[:-1]), tuple(edges[1:]), tuple(point["region"][role] for point in points))
        for role, text in {**REGIONS, "floor": "floor"}.items()
    )


BAND = ("median", "low50", "high50", "low90", "high90")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the forecast's band that deserves one grade: "fit" where it was measured, else firm, rough or guess."""

    grade: str
    n: tuple[float, ...]
    columns: Mapping[str, tuple[float, ...]]


def pieces(forecast: Mapping[str, Any]) -> list[Piece]:
    """Give the band in parts of one grade, which meet at the largest size measured, the horizon and the rows between."""
    band = forecast.get("band") if forecast["status"] == "ok" else None
    if not band or len(band["n"]) < 2:
        return []
    rows = _rows(band, [forecast.get("largest"), forecast.get("horizon")])
    largest = forecast.get("largest") or band["n"][0]
    grades = ["fit" if row["n"] <= largest * (1 + 1e-9) else row["grade"] for row in rows]
    found: list[Piece] = []
    start = 0
    for i in range(1, len(rows)):
        if i == len(rows) - 1 or grades[i + 1] != grades[i]:
            part = rows[start : i + 1]
            columns = {name: tuple(row[name] for row in part) for name in BAND}
            found.append(Piece(grades[i], tuple(row["n"] for row in part), columns))
            start = i
    return found


def _rows(band: Mapping[str, Sequence[Any]], places: Sequence[float | None]) -> list[dict[str, Any]]:
    """Give the rows of a band with one more at each place inside it, interpolated in log n, of the grade before it."""
    rows = [dict(zip(("n", "grade", *BAND), row, strict=True)) for row in zip(*_columns(band), strict=True)]
    for n in places:
        after = next((i for i, row in enumerate(rows) if n is not None and row["n"] >= n * (1 - 1e-9)), 0)
        if n is None or after == 0 or abs(rows[after]["n"] - n) <= 1e-9 * n:
            continue
        before, behind = rows[after - 1], rows[after]
        share = math.log(n / before["n"]) / math.log(behind["n"] / before["n"])
        row = {name: before[name] + share * (behind[name] - before[name]) for name in BAND}
        rows.insert(after, {"n": n, "grade": before["grade"], **row})
    return rows


def _columns(band: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
    return [band[name] for name in ("n", "grade", *BAND)]


def law(
    forecast: Mapping[str, Any],
    *,
    colour: int = 0,
    series: tuple[str, str, str] = ("law", "ahead", "band"),
    parts: Sequence[int] = (90, 50),
) -> tuple[tuple[Band, ...], tuple[Line, ...]]:
    """Give bands and median of a forecast: solid where it was measured, dashed beyond, each part with its grade.

    `series` are the entries of the legend that switch the solid part, the dashed part and the bands.
    """
    bands: list[Band] = []
    lines: list[Line] = []
    for piece in pieces(forecast):
        bands += [
            Band(
                f"band{part}",
                piece.n,
                piece.columns[f"low{part}"],
                piece.columns[f"high{part}"],
                colour,
                piece.grade,
                series[2],
            )
            for part in parts
        ]
        ahead = piece.grade != "fit"
        role = "ahead" if ahead else "median"
        lines.append(Line(role, piece.n, piece.columns["median"], colour, piece.grade, series[ahead]))
    return tuple(bands), tuple(lines)


Column = tuple[float, ...]


def centres(rows: Sequence[Mapping[str, Any]], n: str, y: str) -> tuple[Column, Column, Column, Column]:
    """Give four columns of rows for marks: their places, centres and the two ends of their bars."""
    places, middle, low, high = (tuple(float(row[key]) for row in rows) for key in (n, y, "low", "high"))
    return places, middle, low, high


def _values(points: Sequence[Mapping[str, Any]]) -> Marks:
    """Give the single replicates."""
    pairs = [(point["n"], value) for point in points if len(point["values"]) > 1 for value in point["values"]]
    y = tuple(pair[1] for pair in pairs)
    return Marks("value", tuple(pair[0] for pair in pairs), y, y, y, series="value")


def _measured(points: Sequence[Mapping[str, Any]]) -> Marks:
    return Marks("measured", *centres(points, "n", "mean"), series="measured")


def farthest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give of each hidden size the forecast from the fewest data, the hardest one, so that no two lie on each other."""
    ordered = sorted(rows, key=lambda row: (row["n"], row["used_up_to"]))
    return [row for i, row in enumerate(ordered) if i == 0 or ordered[i - 1]["n"] != row["n"]]


def _backtests(rows: Sequence[Mapping[str, Any]]) -> Marks:
    return Marks("backtest", *centres(farthest(rows), "n", "predicted"), series="backtest")


def _asked(rows: Sequence[Mapping[str, Any]]) -> Marks:
    return Marks("asked", *centres(rows, "n", "median"), series="asked")


def needed_at(curve: Mapping[str, Any], colour: int = 0, series: str = "law") -> tuple[Marks, ...]:
    """Give where the curve meets its target, with the interval of that size; nothing where it probably never does."""
    target = curve["forecast"].get("target")
    need = needed(target) if target else None
    if need is None or need.middle is None or need.low is None:
        return ()
    high = 1e300 if need.high is None else need.high
    return (Marks("needed", (need.middle,), (target["value"],), (need.low,), (high,), colour, series),)


def value_range(
    bands: Sequence[Band],
    lines: Sequence[Line],
    marks: Sequence[Marks],
    *,
    end: float,
    log: bool,
    best: float | None = None,
) -> tuple[float, float]:
    """Choose the range of values: all centres, and bars and bands as far as they do not squeeze the centres flat."""

    def scaled(values: Sequence[float], x: Sequence[float]) -> list[float]:
        kept = [value for value, n in zip(values, x, strict=True) if n <= end * 1.001 and (on_log(value, best) or not log)]
        kept = [min(max(value, -FARTHEST), FARTHEST) for value in kept]
        return [_there(value, best) for value in kept] if log else kept

    curves: list[Line | Marks] = [*lines, *marks]
    ranges: list[Band | Marks] = [*bands, *marks]
    centres = [y for item in curves for y in scaled(item.y, item.x)] or [0.0, 1.0]
    lows = [y for item in ranges for y in scaled(item.low, item.x)]
    highs = [y for item in ranges for y in scaled(item.high, item.x)]
    low, high = min(centres), max(centres)
    span = max(high - low, 0.02 if log else 0.02 * max(abs(high), 1e-9))
    bottom = max(min([low, *lows]), low - 0.8 * span)
    top = min(max([high, *highs]), high + 0.5 * span)
    pad = 0.05 * max(top - bottom, span)
    bottom, top = bottom - pad, top + pad
    return (_back(bottom, best), _back(top, best)) if log else (bottom, top)


def _there(value: float, best: float | None) -> float:
    """Give the place of a value on a logarithmic axis: its logarithm, or minus that of what a score lacks."""
    return math.log(value) if best is None else -math.log(best - value)


def _back(place: float, best: float | None) -> float:
    exponent = min(place if best is None else -place, LARGEST)
    return math.exp(exponent) if best is None else best - math.exp(exponent)


def widen(
    low: float, high: float, *, chance: float | None, target: float | None, log: bool, best: float | None = None
) -> tuple[float, float]:
    """Make room for the chance line and the target line, where they are near enough to be of use."""
    bottom, top = (_there(low, best), _there(high, best)) if log else (low, high)
    span = top - bottom
    for value in (chance, target):
        if value is None or (log and not on_log(value, best)):
            continue
        place = _there(value, best) if log else value
        worse = (value == chance) == (best is None)  # above the curve: the chance of a loss, the target of a score
        if top < place + 0.1 * span and place < top + 0.4 * span and worse:
            top = place + 0.1 * span
        if bottom > place - 0.06 * span and place > bottom - 0.4 * span:
            bottom = place - 0.06 * span
    return (_back(bottom, best), _back(top, best)) if log else (bottom, top)
