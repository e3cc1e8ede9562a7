"""The one figure: loss against the number of training examples, built from a curve of the findings.

Two panels with the same content: log-log axes, where a power law is a straight line, and plain axes, where one sees
what is left to gain. What is a guess is drawn paler; what leaves the panel is cut at its edge.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kleiber.findings.needed import needed
from kleiber.report.axes import Axis, metric_axis, size_axis
from kleiber.report.content import REGIONS, Content, content_of, farthest, label_of, needed_at, pieces, value_range, widen
from kleiber.report.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Anchor,
    Cell,
    Data,
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
from kleiber.wording import counted, trained_on

RIGHT = 84.0
"""The margin for the names at the ends of law, bands and rules: no name lies on data."""

ABOVE = {"horizon": "a guess beyond {}", "advised": "advised: {}"}
"""The rules that are named above the axes."""

RULE = 25.0
"""How much nearer to its place the name of a rule stays than that of a curve: it reads like the label of a tick."""


def draw_curve(curve: Mapping[str, Any], *, strip: bool = True, advised: float | None = None) -> Drawing:
    """Describe the figure of one curve; a refused forecast leaves the measured points alone.

    `strip` adds the lanes of the regions under the logarithmic axis; `advised` marks the size that advice comes to.
    """
    content = replace(content_of(curve), advised=advised)
    notes = []
    panels = []
    if content.positive:
        panels.append(_panel(curve, content, log=True, strip=strip))
    else:
        notes.append("Some losses are not positive, so there are no logarithmic axes.")
    panels.append(_panel(curve, content, log=False, strip=False))
    if len(panels) == 2 and panels[1].x.high < 0.9 * content.end:
        notes.append(f"The plain axes end at {rough_size(panels[1].x.high)}, the logarithmic ones show the whole range.")
    title = curve_name(curve) if curve["forecast"]["status"] == "ok" else f"{curve_name(curve)} (no forecast)"
    return Drawing(title, _description(curve), tuple(panels), (*_keys(content), *_met(curve)), tuple(notes), _data(curve))


def _panel(curve: Mapping[str, Any], content: Content, *, log: bool, strip: bool) -> Panel:
    right = RIGHT if content.lines or content.rules else 20.0
    meets = needed_at(curve)
    met = [1.1 * n for n in (*(span.x[0] for span in meets), content.advised or 0.0) if n <= content.end]
    end = content.end if log else min(content.end, max([4.3 * content.largest, *met]))
    width, height = WIDTH - LEFT - right, HEIGHT - TOP - BOTTOM
    low, high = value_range(content.bands, content.lines, content.marks, end=end, log=log, best=content.best)
    low, high = widen(low, high, chance=content.chance, target=content.target, log=log, best=content.best)
    x = size_axis(sizes_of(curve), content.first * 0.82 if log else 0.0, end, log=log, room=width)
    y = metric_axis(short(label_of(curve), 44), low, high, log=log, room=height, best=content.best)
    lines = (*_rules(content, x, y), *(line for line in content.lines if line.x[0] < end))
    bands = tuple(band for band in content.bands if band.x[0] < end)
    marks = tuple(_within(mark, x) for mark in content.marks)
    title = "Log-log axes" if log else "Plain axes"
    lanes = content.lanes if log and strip else ()
    spans = tuple(span for span in meets if x.fraction(span.x[0]) <= 1 and 0 < y.fraction(span.y[0]) < 1)
    labels = _labels(content, lines, x, y)
    return Panel("log" if log else "plain", title, x, y, right, bands, lines, marks, labels, lanes, spans)


def sizes_of(curve: Mapping[str, Any]) -> str:
    """Give the name of the axis of sizes: what they count, as far as it was said."""
    unit = curve.get("unit_of_n") or "examples"
    named = {"examples": "training examples n", "share": "share of the pool", "percent": "share of the pool, %"}
    return named.get(unit, f"training {short(unit, 24)} n")


def _within(marks: Marks, x: Axis) -> Marks:
    """Give the marks that lie on the axis; plain axes end before the logarithmic ones do."""
    keep = [i for i, n in enumerate(marks.x) if -0.001 <= x.fraction(n) <= 1.001]

    def kept(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(values[i] for i in keep)

    return replace(marks, x=kept(marks.x), y=kept(marks.y), low=kept(marks.low), high=kept(marks.high))


def _rules(content: Content, x: Axis, y: Axis) -> tuple[Line, ...]:
    """Give the straight rules that are in range: chance, target, horizon."""
    rules = []
    for role, value in (("chance", content.chance), ("target", content.target)):
        if value is not None and 0 < y.fraction(value) < 1:
            rules.append(Line(role, (x.low, x.high), (value, value)))
    if content.advised is not None and 0 < x.fraction(content.advised) < 1:
        rules.append(Line("advised", (content.advised, content.advised), (y.low, y.high)))
    if content.horizon is not None and 0 < x.fraction(content.horizon) < 1:
        rules.append(Line("horizon", (content.horizon, content.horizon), (y.low, y.high)))
    return tuple(rules)


def _labels(content: Content, lines: Sequence[Line], x: Axis, y: Axis) -> tuple[Label, ...]:
    """Name median, bands and rules in the right margin, and the horizon above the axes."""
    wanted: list[tuple[str, str, float, str]] = []  # role, text, value, entry of the legend
    drawn = [line for line in content.lines if line.x[0] < x.high]
    if drawn:
        wanted.append(("median", "median", _end(drawn[-1].x, drawn[-1].y, x), "ahead"))
        bands = [band for band in content.bands if band.x[0] < x.high][-2:]
        up = content.best is None
        wanted += [
            (band.role, f"{band.role[-2:]} %", _end(band.x, band.high if up else band.low, x), "band") for band in bands
        ]
    wanted += [
        (line.role, f"{line.role} {plain(line.y[0])}", line.y[0], "") for line in lines if line.role in ("chance", "target")
    ]
    labels = margin(wanted, y)
    above = {line.role: line.x[0] for line in lines if line.role in ABOVE}
    for role, n in above.items():
        anchor: Anchor = "middle" if x.fraction(n) < 0.8 else "end"
        if len(above) > 1:  # side by side, each away from the other
            anchor = "end" if n == min(above.values()) else "start"
        labels.append(Label(role, n, y.high, ABOVE[role].format(rough_size(n)), anchor, 0.0, -5.0))
    return tuple(labels)


def margin(wanted: Sequence[tuple[str, str, float, str]], y: Axis, colours: Sequence[int] = ()) -> list[Label]:
    """Give labels (role, text, value, series) in the right margin at their values, moved apart where they are close."""
    height = HEIGHT - TOP - BOTTOM
    where = [min(max(y.fraction(value), 0.0), 1.0) for _, _, value, _ in wanted]
    gap = 16 / height
    moved = spread(where, gap, [RULE if role in ("target", "chance") else 1.0 for role, _, _, _ in wanted])
    order = sorted(range(len(moved)), key=lambda i: (moved[i], where[i]))
    for rank, i in enumerate(order):  # none stands below the axis, on the labels of its ticks
        moved[i] = max(moved[i], rank * gap)
    paint = [*colours, *([0] * (len(wanted) - len(colours)))]
    return [
        Label(role, math.inf, y.at(place), text, "start", 8.0, 4.0 - height * (to - place), colour, series)
        for (role, text, _, series), place, to, colour in zip(wanted, where, moved, paint, strict=True)
    ]


def _end(xs: Sequence[float], ys: Sequence[float], x: Axis) -> float:
    """Give the last value of a line that is on the axis; where the axis ends first, the value there."""
    if xs[-1] <= x.high:
        return ys[-1]
    last = max(i for i, n in enumerate(xs) if n <= x.high)
    share = (x.high - xs[last]) / (xs[last + 1] - xs[last])
    return ys[last] + share * (ys[last + 1] - ys[last])


def _keys(content: Content) -> tuple[Key, ...]:
    """Say what marks, lines and bands mean."""
    drawn = {mark.role for mark in content.marks} | {line.role for line in content.lines}
    texts = {
        "measured": ("measured mean, 90 % interval", "measured"),
        "value": ("single runs", "value"),
        "backtest": ("back-test: forecast of a hidden size", "backtest"),
        "median": ("fitted", "law"),
        "ahead": ("forecast", "ahead"),
        "band90": ("50 % and 90 % band, paler where less sure", "band"),
        "asked": ("forecast of one run, 90 %", "asked"),
    }
    drawn |= {"band90"} if content.bands else set()
    return tuple(Key(role, text, 0, series) for role, (text, series) in texts.items() if role in drawn)


def _met(curve: Mapping[str, Any]) -> list[Key]:
    """Say what the ring on the line of the target means, where there is one."""
    if not needed_at(curve):
        return []
    return [Key("needed", f"meets the target, {needed(curve['forecast']['target']).between}", 0, "law")]


def _data(curve: Mapping[str, Any]) -> Data:
    """Give the values of the figure: measured means, runs, back-test, forecasts and the median with its 90 % band."""
    who, forecast = shown_name(curve), curve["forecast"]
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []

    def add(entry: str, what: str, n: float, *values: Cell) -> None:
        rows.append((who, what, n, *values))
        series.append(entry)

    for point in curve["points"]:
        interval = (point["low"], point["high"]) if point["low"] < point["high"] else (None, None)
        add("measured", f"measured, mean of {point['count']}", point["n"], point["mean"], *interval, "")
        for value in point["values"] if len(point["values"]) > 1 else ():
            add("value", "single run", point["n"], value, None, None, "")
    for row in farthest(curve.get("backtest") or []):
        what = f"back-test from {size(row['used_up_to'])}"
        add("backtest", what, row["n"], row["predicted"], row["low"], row["high"], "inside" if row["inside"] else "outside")
    for row in forecast.get("at") or []:
        add("asked", "forecast of one run", row["n"], row["median"], row["low"], row["high"], row["grade"])
    for values in law_rows(forecast):
        add("law" if values[0] == "fitted" else "ahead", *values)
    heads = ("model", "what", sizes_of(curve), label_of(curve), "90 % low", "90 % high", "grade")
    digits = places(
        [point["mean"] for point in curve["points"]] + [row[3] for row in rows[-5:] if isinstance(row[3], float)]
    )
    return Data(heads, tuple(rows), tuple(series), digits=digits)


def law_rows(forecast: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Give the rows of the band as they are found: what, n, median, 90 % band, grade."""
    if not pieces(forecast):
        return []
    band, largest = forecast["band"], forecast.get("largest") or 0.0
    columns = zip(*(band[name] for name in ("n", "median", "low90", "high90", "grade")), strict=True)
    rows = []
    for n, median, low, high, grade in columns:
        measured = n <= largest * (1 + 1e-9)
        rows.append(("fitted" if measured else "forecast", n, median, low, high, "" if measured else grade))
    return rows


def counts(curve: Mapping[str, Any]) -> str:
    """Say what a curve's sizes count, as it follows a number."""
    return trained_on(curve.get("unit_of_n"))


def shown_name(curve: Mapping[str, Any]) -> str:
    """Give the name of a curve's model."""
    return str(curve.get("model") or "curve")


def _description(curve: Mapping[str, Any]) -> str:
    points, forecast = curve["points"], curve["forecast"]
    if not points:
        return "No size has been measured."
    digits = places(point["mean"] for point in points)
    first, last = points[0], points[-1]
    text = (
        f"The mean of {label_of(curve)} goes from {fixed(first['mean'], digits)} "
        f"at {size(first['n'])} {counts(curve)} to {fixed(last['mean'], digits)} "
        f"at {size(last['n'])}, {counted(len(points), 'size')} in all. "
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
