"""The one figure: loss against the number of training examples, built from a curve of the findings.

Two panels with the same content: log-log axes, where a power law is a straight line, and plain axes, where one sees
what is left to gain. What is a guess is drawn paler; what leaves the panel is cut at its edge.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.report.axes import Axis, metric_axis, size_axis
from kleiber.report.content import REGIONS, Content, content_of, label_of, value_range, widen
from kleiber.report.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Anchor,
    Drawing,
    Key,
    Label,
    Line,
    Marks,
    Panel,
    spread,
)
from kleiber.report.numbers import fixed, places, plain, rough_size, short, size
from kleiber.report.reading import curve_name

RIGHT = 62.0
"""The margin for the names at the ends of law and bands."""


def draw_curve(curve: Mapping[str, Any]) -> Drawing:
    """Describe the figure of one curve; a refused forecast leaves the measured points alone."""
    content = content_of(curve)
    notes = []
    panels = []
    if content.positive:
        panels.append(_panel(curve, content, log=True))
    else:
        notes.append("Some losses are not positive, so there are no logarithmic axes.")
    panels.append(_panel(curve, content, log=False))
    if len(panels) == 2 and panels[1].x.high < 0.9 * content.end:
        notes.append(
            f"The plain axes end at {rough_size(panels[1].x.high)} examples, the logarithmic ones show the whole range."
        )
    title = curve_name(curve) if curve["forecast"]["status"] == "ok" else f"{curve_name(curve)} (no forecast)"
    return Drawing(title, _description(curve), tuple(panels), _keys(content), tuple(notes))


def _panel(curve: Mapping[str, Any], content: Content, *, log: bool) -> Panel:
    right = RIGHT if content.lines else 20.0
    end = content.end if log else min(content.end, 4.3 * content.largest)
    width, height = WIDTH - LEFT - right, HEIGHT - TOP - BOTTOM
    low, high = value_range(content.bands, content.lines, content.marks, end=end, log=log, best=content.best)
    low, high = widen(low, high, chance=content.chance, target=content.target, log=log, best=content.best)
    x = size_axis("training examples n", content.first * 0.82 if log else 0.0, end, log=log, room=width)
    y = metric_axis(short(label_of(curve), 44), low, high, log=log, room=height, best=content.best)
    lines = (*_rules(content, x, y), *(line for line in content.lines if line.x[0] < end))
    bands = tuple(band for band in content.bands if band.x[0] < end)
    marks = tuple(_within(mark, x) for mark in content.marks)
    labels = (*_ends(content, x, y), *_rule_labels(content, lines, x, y), *_asked_labels(content, x, y))
    title = "Log-log axes" if log else "Plain axes"
    lanes = content.lanes if log else ()
    return Panel("log" if log else "plain", title, x, y, right, bands, lines, marks, labels, lanes)


def _within(marks: Marks, x: Axis) -> Marks:
    """Give the marks that lie on the axis; plain axes end before the logarithmic ones do."""
    keep = [i for i, n in enumerate(marks.x) if -0.001 <= x.fraction(n) <= 1.001]

    def kept(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(values[i] for i in keep)

    return Marks(
        marks.role, kept(marks.x), kept(marks.y), kept(marks.low), kept(marks.high), kept(marks.shift), marks.colour
    )


def _rules(content: Content, x: Axis, y: Axis) -> tuple[Line, ...]:
    """Give the straight rules that are in range: chance, target, horizon."""
    rules = []
    for role, value in (("chance", content.chance), ("target", content.target)):
        if value is not None and 0 < y.fraction(value) < 1:
            rules.append(Line(role, (x.low, x.high), (value, value)))
    if content.horizon is not None and 0 < x.fraction(content.horizon) < 1:
        rules.append(Line("horizon", (content.horizon, content.horizon), (y.low, y.high)))
    return tuple(rules)


def _ends(content: Content, x: Axis, y: Axis) -> tuple[Label, ...]:
    """Label median and bands at their right ends, moved apart where they are close."""
    if not content.lines:
        return ()
    line = [line for line in content.lines if line.x[0] < x.high][-1]
    wanted = [("median", "median", line.x, line.y)]
    bands = [band for band in content.bands if band.x[0] < x.high][-2:]
    wanted += [(f"band{band.role[-2:]}", f"{band.role[-2:]} %", band.x, band.high) for band in bands]
    ends = [(role, text, *_end(xs, ys, x)) for role, text, xs, ys in wanted]
    height = HEIGHT - TOP - BOTTOM
    where = [min(max(y.fraction(end[3]), 0.0), 1.0) for end in ends]
    moved = spread(where, 14 / height)
    return tuple(
        Label(role, n, y.at(place), text, "start", 6.0, 4.0) for (role, text, n, _), place in zip(ends, moved, strict=True)
    )


def _end(xs: Sequence[float], ys: Sequence[float], x: Axis) -> tuple[float, float]:
    """Give the last point of a line that is on the axis; where the axis ends first, the point there."""
    if xs[-1] <= x.high:
        return xs[-1], ys[-1]
    last = max(i for i, n in enumerate(xs) if n <= x.high)
    share = (x.high - xs[last]) / (xs[last + 1] - xs[last])
    return x.high, ys[last] + share * (ys[last + 1] - ys[last])


def _rule_labels(content: Content, lines: Sequence[Line], x: Axis, y: Axis) -> tuple[Label, ...]:
    """Name the rules; a target that the curve falls through is named below its line, where the curve has not been."""
    labels = []
    first = max((marks.y[0] for marks in content.marks if marks.role == "measured"), default=0.0)
    for line in lines:
        if line.role == "chance":
            labels.append(Label("chance", x.low, line.y[0], f"chance {plain(line.y[0])}", "start", 6.0, -6.0))
        elif line.role == "target":
            below = first > line.y[0] and y.fraction(line.y[0]) > 0.08
            text = f"target {plain(line.y[0])}"
            labels.append(Label("target", x.low, line.y[0], text, "start", 6.0, 15.0 if below else -6.0))
        elif line.role == "horizon":
            text = f"a guess beyond {rough_size(line.x[0])}"
            anchor: Anchor = "end" if x.fraction(line.x[0]) > 0.3 else "start"
            labels.append(Label("horizon", line.x[0], y.low, text, anchor, -6.0 if anchor == "end" else 6.0, -7.0))
    return tuple(labels)


def _asked_labels(content: Content, x: Axis, y: Axis) -> tuple[Label, ...]:
    """Write the forecast above the marks at the sizes asked for, leaving out what would hide a mark or a label."""
    width = WIDTH - LEFT - RIGHT
    tests = [marks for marks in content.marks if marks.role == "backtest"]
    taken = [width * x.fraction(n) + shift for marks in tests for n, shift in zip(marks.x, marks.shift, strict=True)]
    labels: list[Label] = []
    for marks in (marks for marks in content.marks if marks.role == "asked"):
        digits = max(places(marks.y) - 1, 0)
        for n, median, high in zip(marks.x, marks.y, marks.high, strict=True):
            place = width * x.fraction(n)
            free = all(abs(place - other) > 30 for other in taken)
            if free and place <= width and y.fraction(high) < 0.94:
                labels.append(Label("asked", n, high, fixed(median, digits), "middle", 0.0, -7.0))
                taken.append(place)
    return tuple(labels)


def _keys(content: Content) -> tuple[Key, ...]:
    """Say what the marks mean; law and bands are labelled in the figure itself."""
    texts = {
        "measured": "measured mean, 90 % interval",
        "value": "single replicates",
        "backtest": "back-test: forecast of a hidden size, 90 %",
        "asked": "forecast asked for, 90 %",
    }
    keys = [Key(mark.role, texts[mark.role]) for mark in content.marks]
    keys.sort(key=lambda key: list(texts).index(key.role))
    return tuple(keys)


def _description(curve: Mapping[str, Any]) -> str:
    points, forecast = curve["points"], curve["forecast"]
    if not points:
        return "No size has been measured."
    digits = places(point["mean"] for point in points)
    first, last = points[0], points[-1]
    text = (
        f"The mean of {label_of(curve)} goes from {fixed(first['mean'], digits)} "
        f"at {size(first['n'])} training examples to {fixed(last['mean'], digits)} "
        f"at {size(last['n'])}, {len(points)} sizes in all. "
    )
    for row in forecast.get("at") or []:
        text += (
            f"Forecast at {size(row['n'])}: {fixed(row['median'], digits)} ({row['grade']}), 90 % interval "
            f"{fixed(row['low'], digits)} to {fixed(row['high'], digits)}. "
        )
    for region, what in REGIONS.items():
        inside = [size(point["n"]) for point in points if (point.get("region") or {}).get("likely") == region]
        text += f"Most probably {what}: {', '.join(inside)}. " if inside else ""
    if forecast["status"] != "ok":
        text += "There is no forecast. "
    return text + "The tables below the figure hold its numbers."
