"""Several curves of one metric in one figure: means, medians, bands, the target, and where they meet."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kleiber.findings.needed import needed
from kleiber.report.axes import Axis, metric_axis, size_axis
from kleiber.report.content import BAND, best_of, centres, label_of, law, needed_at, on_log, pieces, value_range, widen
from kleiber.report.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Band,
    Cell,
    Data,
    Drawing,
    Key,
    Label,
    Line,
    Marks,
    Panel,
)
from kleiber.report.learning import counts, law_rows, margin, shown_name, sizes_of
from kleiber.report.numbers import distinct, fixed, percent, places, plain, short, shown, size

RIGHT = 118.0
BANDED = 4
"""Bands of more curves than this hide each other; then the medians alone are drawn, and where the best of them end."""
CROSSINGS = 2
"""So many places where the best curve crosses another are marked, the likeliest."""
NAMED = 8
"""So many curves, the best, have a name and a colour of their own in the figure; the others share one."""


def draw_comparison(
    curves: Sequence[Mapping[str, Any]],
    metric: str,
    comparisons: Sequence[Mapping[str, Any]] = (),
    title: str = "",
) -> Drawing:
    """Describe the figure that compares the curves of one metric; curves without a point are left out.

    `comparisons` are those of the findings: where two curves probably cross, the place is marked. `title` stands in place
    of the number of models.
    """
    kept = [curve for curve in curves if curve["points"]]
    best, label = (best_of(kept[0]), label_of(kept[0])) if kept else (None, metric)
    given = [_given(curve, index, len(kept)) for index, curve in enumerate(kept)]
    crossed = list(_crossings(kept, metric, comparisons))
    crossings = tuple(span for span, _ in crossed)
    panels = [_panel(kept, given, crossings, label, log=False, best=best)]
    if all(on_log(y, best) for marks, _, _ in given for y in marks.y):
        panels.insert(0, _panel(kept, given, crossings, label, log=True, best=best))
    keys = [Key("series", short(shown_name(curve), 40), colour(i), f"k{i}") for i, curve in enumerate(kept)]
    keys += [Key("ahead", "forecast", NAMED - 1)] if any(lines for _, _, lines in given) else []
    keys += [Key("band90", "90 % band, paler where less sure", NAMED - 1)] if any(bands for _, bands, _ in given) else []
    met = next((curve["forecast"]["target"] for curve in kept if needed_at(curve)), None)
    keys += [Key("needed", f"meets the target, {needed(met).between}", NAMED - 1)] if met else []
    keys += [Key("cross", f"curves probably cross, {percent(share)} interval") for _, share in crossed[:1]]
    title = title or f"{len(kept)} models compared"
    return Drawing(title, _description(kept), tuple(panels), tuple(keys), _notes(kept), _data(kept, label))


def colour(index: int) -> int:
    """Give the colour of the curve at a place in the order: the ones beyond those with a name share the last."""
    return min(index, NAMED - 1)


def _given(curve: Mapping[str, Any], index: int, count: int) -> tuple[Marks, tuple[Band, ...], tuple[Line, ...]]:
    series = f"k{index}"
    parts = (90,) if count <= BANDED else ()
    bands, lines = law(curve["forecast"], colour=colour(index), series=(series, series, series), parts=parts)
    return Marks("series", *centres(curve["points"], "n", "mean"), colour(index), series), bands, lines


def _panel(
    curves: Sequence[Mapping[str, Any]],
    given: Sequence[tuple[Marks, tuple[Band, ...], tuple[Line, ...]]],
    crossings: Sequence[Marks],
    label: str,
    *,
    log: bool,
    best: float | None,
) -> Panel:
    last = given[::-1]  # the best is drawn last, so that none hides it
    marks = [one for one, _, _ in last]
    bands = [band for _, some, _ in last for band in some]
    lines = [line for _, _, some in last for line in some]
    ends = [span for i, curve in enumerate(curves[:BANDED]) for span in needed_at(curve, colour(i), f"k{i}")][::-1]
    first, largest = min(min(mark.x) for mark in marks), max(max(mark.x) for mark in marks)
    met = [1.15 * span.x[0] for span in ends if span.x[0] < 32 * largest]
    end = max([largest * 1.3, *(line.x[-1] for line in lines), *met])
    end = end if log else min(end, max([4 * largest, *met]))
    bands, lines = [band for band in bands if band.x[0] < end], [line for line in lines if line.x[0] < end]
    target = next((curve["forecast"]["target"]["value"] for curve in curves if curve["forecast"].get("target")), None)
    low, high = value_range(bands, lines, marks, end=end, log=log, best=best)
    low, high = widen(low, high, chance=None, target=target, log=log, best=best)
    x = size_axis(sizes_of(curves[0]), first * 0.82 if log else 0.0, end, log=log, room=WIDTH - LEFT - RIGHT)
    y = metric_axis(short(label, 44), low, high, log=log, room=HEIGHT - TOP - BOTTOM, best=best)
    if target is not None and 0 < y.fraction(target) < 1:
        lines.insert(0, Line("target", (x.low, x.high), (target, target)))
    spans = tuple(span for span in (*ends, *crossings) if x.fraction(span.x[0]) <= 1 and 0 < y.fraction(span.y[0]) < 1)
    name, title = ("log", "Log-log axes") if log else ("plain", "Plain axes")
    labels = tuple(_labels(curves, given, lines, x, y))
    return Panel(name, title, x, y, RIGHT, tuple(bands), tuple(lines), tuple(marks), labels, (), spans)


def _labels(
    curves: Sequence[Mapping[str, Any]],
    given: Sequence[tuple[Marks, tuple[Band, ...], tuple[Line, ...]]],
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
) -> list[Label]:
    """Name the curves and the target in the right margin, each beside its end."""
    wanted: list[tuple[str, str, float, str]] = []
    names = distinct([shown_name(curve) for curve in curves], 14)
    for index, (marks, _, own) in enumerate(given):
        if index < NAMED:
            drawn = [line for line in own if line.x[0] < x.high]
            end = _at(drawn[-1], x.high) if drawn else marks.y[-1]
            wanted.append(("series", names[index], end, f"k{index}"))
    wanted += [("target", f"target {plain(line.y[0])}", line.y[0], "") for line in lines if line.role == "target"]
    return margin(wanted, y, range(min(len(curves), NAMED)))


def _at(line: Line, n: float) -> float:
    """Give the value of a line at a size, that of its end beyond it."""
    after = next((i for i, place in enumerate(line.x) if place >= n), len(line.x) - 1)
    if after == 0 or line.x[after] < n:
        return line.y[after]
    share = math.log(n / line.x[after - 1]) / math.log(line.x[after] / line.x[after - 1])
    return line.y[after - 1] + share * (line.y[after] - line.y[after - 1])


def _crossings(
    curves: Sequence[Mapping[str, Any]], metric: str, comparisons: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Marks, float]]:
    """Give where the best curve probably crosses others, on the mean of the medians, and the interval's probability."""
    medians = {shown_name(curve): _median(curve) for curve in curves}
    names, best = {metric, *(curve["scale"]["loss"] for curve in curves)}, shown_name(curves[0])  # comparisons name losses
    pairs = [pair for one in comparisons if one["metric"] in names for pair in one["pairs"]]
    pairs = [pair for pair in pairs if best in (pair["first"], pair["second"])]
    told = [(pair, pair["crossing"]) for pair in pairs if pair.get("crossing") and pair["crossing"]["place"] is not None]
    likely = sorted((one for one in told if one[1]["crosses"] >= 0.5), key=lambda one: -float(one[1]["crosses"]))
    for pair, cross in likely[:CROSSINGS]:
        both = [medians.get(pair[name]) for name in ("first", "second")]
        if all(both):
            place = cross["place"]
            value = sum(_at(line, place["median"]) for line in both if line) / 2
            span = Marks("cross", (place["median"],), (value,), (place["low"],), (place["high"],))
            yield span, float(place["probability"])


def _median(curve: Mapping[str, Any]) -> Line | None:
    rows = [pair for piece in pieces(curve["forecast"]) for pair in zip(piece.n, piece.columns[BAND[0]], strict=True)]
    return Line("median", tuple(n for n, _ in rows), tuple(value for _, value in rows)) if rows else None


def _notes(curves: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    more = len(curves) - NAMED
    return (
        (f"The best {NAMED} models have a name; {'the other is' if more == 1 else f'the other {more} are'} grey.",)
        if more > 0
        else ()
    )


def _data(curves: Sequence[Mapping[str, Any]], label: str) -> Data:
    """Give the values of the figure: measured means, the medians with their 90 % bands."""
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []
    for index, curve in enumerate(curves):
        who, name = shown_name(curve), f"k{index}"
        for point in curve["points"]:
            interval = (point["low"], point["high"]) if point["low"] < point["high"] else (None, None)
            rows.append((who, f"measured, mean of {point['count']}", point["n"], point["mean"], *interval, ""))
        rows += [(who, *values) for values in law_rows(curve["forecast"])]
        series += [name] * (len(rows) - len(series))
    heads = ("model", "what", sizes_of(curves[0]) if curves else "n", label, "90 % low", "90 % high", "grade")
    digits = places([point["mean"] for curve in curves for point in curve["points"]])
    return Data(heads, tuple(rows), tuple(series), digits=digits)


def _description(curves: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for curve in curves:
        point = curve["points"][-1]
        digits = places([point["mean"]])
        parts.append(f"{shown(curve.get('model'))}: {fixed(point['mean'], digits)} at {size(point['n'])} {counts(curve)}")
    return "; ".join(parts) + "."
