"""What a curve of the findings has to draw, before any axis is chosen: marks, the law and its bands, the ranges."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kleiber.metric import Metric
from kleiber.report.drawing import Band, Lane, Line, Marks

REGIONS = {"small_data": "small data", "power_law": "power law", "floor": "near the floor"}
MOST_BACKTESTS = 8
"""More back-test marks than this hide the curve; then only the farthest forecast of each size is drawn."""


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
    bands, lines = _law(forecast.get("band"), horizon)
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


def _law(band: Mapping[str, Sequence[float]] | None, horizon: float | None) -> tuple[tuple[Band, ...], tuple[Line, ...]]:
    """Give bands and median up to the horizon, and on as a guess."""
    if not band or not band["n"]:
        return (), ()
    bands: list[Band] = []
    lines: list[Line] = []
    for kind, (x, columns) in (("", cut(band, horizon)), ("guess", rest(band, horizon))):
        if len(x) > 1:
            bands += [
                Band(f"{kind or 'band'}{part}", x, columns[f"low{part}"], columns[f"high{part}"]) for part in (90, 50)
            ]
            lines.append(Line(kind or "median", x, columns["median"]))
    return tuple(bands), tuple(lines)


def rest(
    band: Mapping[str, Sequence[float]], horizon: float | None
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Give the sizes and the columns of a band from the horizon on; nothing where it ends before."""
    x, columns = cut(band, horizon)
    inside = len(x) - 1 if x and x[-1] == horizon and horizon not in band["n"] else len(x)
    if inside >= len(band["n"]) or not x:
        return (), dict.fromkeys(columns, ())
    names = {name: (column[-1], *band[name][inside:]) for name, column in columns.items()}
    return (x[-1], *band["n"][inside:]), names


def cut(
    band: Mapping[str, Sequence[float]], horizon: float | None
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Give the sizes and the columns of a band up to the horizon; the last row is interpolated there."""
    n = list(band["n"])
    names = ("median", "low50", "high50", "low90", "high90")
    inside = len(n) if horizon is None else sum(size <= horizon for size in n)
    columns = {name: list(band[name][:inside]) for name in names}
    if 0 < inside < len(n) and horizon is not None and horizon > n[inside - 1]:
        share = math.log(horizon / n[inside - 1]) / math.log(n[inside] / n[inside - 1])
        for name in names:
            before, after = band[name][inside - 1], band[name][inside]
            columns[name].append(before + share * (after - before))
        return (*n[:inside], horizon), {name: tuple(column) for name, column in columns.items()}
    return tuple(n[:inside]), {name: tuple(column) for name, column in columns.items()}


def _values(points: Sequence[Mapping[str, Any]]) -> Marks:
    """Give the single replicates, to the left of their mean."""
    pairs = [(point["n"], value) for point in points if len(point["values"]) > 1 for value in point["values"]]
    y = tuple(pair[1] for pair in pairs)
    return Marks("value", tuple(pair[0] for pair in pairs), y, y, y, (-6.0,) * len(pairs))


def _measured(points: Sequence[Mapping[str, Any]], role: str = "measured", colour: int = 0) -> Marks:
    columns = {name: tuple(point[name] for point in points) for name in ("n", "mean", "low", "high")}
    shift = (0.0,) * len(points)
    return Marks(role, columns["n"], columns["mean"], columns["low"], columns["high"], shift, colour)


def _backtests(rows: Sequence[Mapping[str, Any]]) -> Marks:
    """Give the forecasts of hidden sizes, those of one size side by side to the right of the measured mean."""
    ordered = sorted(rows, key=lambda row: (row["n"], row["used_up_to"]))
    if len(ordered) > MOST_BACKTESTS:
        ordered = [row for i, row in enumerate(ordered) if i == 0 or ordered[i - 1]["n"] != row["n"]]
    shift: list[float] = []
    for i, row in enumerate(ordered):
        shift.append(shift[-1] + 7.0 if i and ordered[i - 1]["n"] == row["n"] else 8.0)
    columns = {name: tuple(row[name] for row in ordered) for name in ("n", "predicted", "low", "high")}
    return Marks("backtest", columns["n"], columns["predicted"], columns["low"], columns["high"], tuple(shift))


def _asked(rows: Sequence[Mapping[str, Any]]) -> Marks:
    columns = {name: tuple(row[name] for row in rows) for name in ("n", "median", "low", "high")}
    return Marks("asked", columns["n"], columns["median"], columns["low"], columns["high"], (0.0,) * len(rows))


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
    return math.exp(place) if best is None else best - math.exp(-place)


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
