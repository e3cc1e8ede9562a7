"""Several curves of one metric in one figure: their means and medians, each labelled at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.report.axes import metric_axis, size_axis
from kleiber.report.content import best_of, cut, label_of, on_log, rest, value_range
from kleiber.report.drawing import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Drawing, Label, Line, Marks, Panel, spread
from kleiber.report.numbers import fixed, places, short, shown, size

RIGHT = 118.0


def draw_comparison(curves: Sequence[Mapping[str, Any]], metric: str) -> Drawing:
    """Describe the figure that compares the curves of one metric; curves without a point are left out."""
    kept = [curve for curve in curves if curve["points"]]
    marks = tuple(_series(curve, index) for index, curve in enumerate(kept))
    lines = tuple(line for index, curve in enumerate(kept) for line in _median(curve, index))
    names = [short(curve.get("model") or "curve", 15) for curve in kept]
    best, label = (best_of(kept[0]), label_of(kept[0])) if kept else (None, metric)
    panels = [_panel(marks, lines, names, label, log=False, best=best)]
    if all(on_log(y, best) for mark in marks for y in mark.y):
        panels.insert(0, _panel(marks, lines, names, label, log=True, best=best))
    return Drawing(f"{len(kept)} models compared", _description(kept), tuple(panels), ())


def _series(curve: Mapping[str, Any], index: int) -> Marks:
    points = curve["points"]
    columns = {name: tuple(point[name] for point in points) for name in ("n", "mean", "low", "high")}
    shift = (0.0,) * len(points)
    return Marks("series", columns["n"], columns["mean"], columns["low"], columns["high"], shift, index)


def _median(curve: Mapping[str, Any], index: int) -> list[Line]:
    forecast = curve["forecast"]
    if forecast["status"] != "ok" or not forecast.get("band"):
        return []
    parts = (("median", cut), ("guess", rest))
    found = [(role, *part(forecast["band"], forecast.get("horizon"))) for role, part in parts]
    return [Line(role, x, columns["median"], index) for role, x, columns in found if len(x) > 1]


def _panel(
    marks: Sequence[Marks], lines: Sequence[Line], names: Sequence[str], label: str, *, log: bool, best: float | None
) -> Panel:
    first, largest = min(min(mark.x) for mark in marks), max(max(mark.x) for mark in marks)
    end = max([largest * 1.3, *(line.x[-1] for line in lines)])
    end = end if log else min(end, 4 * largest)
    drawn = [_until(line, end) for line in lines if line.x[0] < end]
    low, high = value_range((), drawn, marks, end=end, log=log, best=best)
    x = size_axis("training examples n", first * 0.82 if log else 0.0, end, log=log, room=WIDTH - LEFT - RIGHT)
    y = metric_axis(short(label, 44), low, high, log=log, room=HEIGHT - TOP - BOTTOM, best=best)
    ends = [(mark.x[-1], mark.y[-1]) for mark in marks]
    for line in drawn:
        ends[line.colour] = (line.x[-1], line.y[-1])
    moved = spread([y.fraction(end[1]) for end in ends], 15 / (HEIGHT - TOP - BOTTOM))
    labels = tuple(Label("series", ends[i][0], y.at(moved[i]), name, "start", 8.0, 4.0, i) for i, name in enumerate(names))
    name, title = ("log", "Log-log axes") if log else ("plain", "Plain axes")
    return Panel(name, title, x, y, RIGHT, (), tuple(drawn), tuple(marks), labels)


def _until(line: Line, end: float) -> Line:
    """Give a line up to the end of the axis, interpolated there."""
    if line.x[-1] <= end:
        return line
    keep = sum(n <= end for n in line.x)
    share = (end - line.x[keep - 1]) / (line.x[keep] - line.x[keep - 1])
    last = line.y[keep - 1] + share * (line.y[keep] - line.y[keep - 1])
    return Line(line.role, (*line.x[:keep], end), (*line.y[:keep], last), line.colour)


def _description(curves: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for curve in curves:
        point = curve["points"][-1]
        digits = places([point["mean"]])
        parts.append(f"{shown(curve.get('model'))}: {fixed(point['mean'], digits)} at {size(point['n'])} training examples")
    return "; ".join(parts) + "."
