"""The chart of needed data against the target: how many examples are enough, with their intervals, paler for a guess."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from kleiber.report.axes import Axis
from kleiber.report.comparing import BANDED, NAMED, colour
from kleiber.report.content import label_of
from kleiber.report.drawing import Band, Cell, Data, Drawing, Key, Label, Line, Marks
from kleiber.report.learning import shown_name
from kleiber.report.numbers import fixed, places, rough_size, short
from kleiber.report.plots import across, around, compact, panel, upright

ENDLESS = 1e3
"""Times the top of the chart: where a band is drawn to that no size searched ends."""
Row = tuple[float, float | None, float, float | None, str]
"""A target, the sizes that are enough with 10, 50 and 90 % probability, and the grade."""


def draw_needed(curves: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Describe the chart of curves of one metric in the findings, the best first; None where none answers a target."""
    told = [(curve, _rows(curve["forecast"]["needed"])) for curve in curves if curve["forecast"].get("needed")]
    answered = [(curve, rows) for curve, rows in told if len(rows) > 1]
    told = answered[:NAMED]
    if not told:
        return None
    several = len(told) > 1
    low, high = around([n for _, rows in told for row in rows for n in row[1:3] if n is not None], log=True)
    x = across(f"target {label_of(told[0][0])}", *around([row[0] for _, rows in told for row in rows], log=False, pad=0.02))
    unit = str(told[0][0].get("unit_of_n") or "examples")
    y = upright(f"{unit} needed", low, high, log=True, write=compact)
    bands, lines, marks = [], [], []
    for index, (curve, rows) in enumerate(told):
        who, own = colour(index), f"k{index}" if several else ""
        some, median = _drawn(rows, high, who, own)
        bands += some if len(told) <= BANDED else []
        lines += median
        marks += _asked(curve["forecast"], x, y, who, own)
    keys = _keys([curve for curve, _ in told], asked=bool(marks))
    rule, labels = ([], []) if several else _horizon(told[0][0], told[0][1], x, y)
    drawn = panel("log", "Logarithmic sizes", x, y, bands=bands, lines=[*lines, *rule], marks=marks, labels=labels)
    title = f"Needed data of {f'{len(told)} models' if several else shown_name(told[0][0])}"
    notes = (f"The best {NAMED} of {len(answered)} models are drawn.",) if len(answered) > NAMED else ()
    return Drawing(title, _description(told, unit), (drawn,), tuple(keys), notes, _data(told, unit))


def _drawn(rows: Sequence[Row], top: float, who: int, own: str) -> tuple[list[Band], list[Line]]:
    """Give the bands and the lines of one curve, a piece for each grade; a size without end lies far above the `top`."""
    bands, lines = [], []
    for grade, part in _pieces(rows):
        at = tuple(row[0] for row in part)
        ends = tuple(top * ENDLESS if row[3] is None else row[3] for row in part)
        starts = tuple(row[2] if row[1] is None else row[1] for row in part)
        bands.append(Band("band90", at, starts, ends, who, grade, own))
        lines.append(Line("ahead", at, tuple(row[2] for row in part), who, grade, own))
    return bands, lines


def _keys(curves: Sequence[Mapping[str, Any]], *, asked: bool) -> list[Key]:
    """Say what lines, bands and the mark of the target mean; several curves go by their names."""
    keys = [Key("ahead", "enough with even chances"), Key("band90", "90 % interval")]
    if len(curves) > 1:
        keys = [Key("ahead", short(shown_name(curve), 24), colour(i), f"k{i}") for i, curve in enumerate(curves)]
    return [*keys, *([Key("needed", "the target asked for, 90 % interval")] if asked else [])]


def _rows(needed: Mapping[str, Any]) -> list[Row]:
    """Give the targets that a size searched is enough for, upwards."""
    columns = zip(*(needed[name] for name in ("value", "n5", "n50", "n95", "grade")), strict=True)
    return sorted((row for row in columns if row[2] is not None), key=lambda row: float(row[0]))


def _pieces(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Cut rows where the grade changes; each piece but the first begins where the one before ends, so that none is torn."""
    found: list[tuple[str, list[Row]]] = []
    for grade, part in groupby(rows, key=lambda row: row[4]):
        found.append((grade, [*(found[-1][1][-1:] if found else []), *part]))
    return [(grade, part) for grade, part in found if len(part) > 1]


def _horizon(curve: Mapping[str, Any], rows: Sequence[Row], x: Axis, y: Axis) -> tuple[list[Line], list[Label]]:
    """Give the rule above which sizes are a guess, named in the corner that the line leaves free."""
    horizon = curve["forecast"]["horizon"]
    if not 0.02 < y.fraction(horizon) < 0.95:
        return [], []
    text, rises = f"a guess above {rough_size(horizon)}", rows[0][2] < rows[-1][2]
    left = Label("horizon", x.low, horizon, text, "start", 6.0, -6.0)
    right = Label("horizon", x.high, horizon, text, "end", -6.0, -6.0)
    return [Line("horizon", (x.low, x.high), (horizon, horizon))], [left if rises else right]


def _asked(forecast: Mapping[str, Any], x: Axis, y: Axis, who: int, own: str) -> list[Marks]:
    """Give the target asked for with its interval, where it is on the chart."""
    target = forecast.get("target")
    n = {row["probability"]: row["n"] for row in target["needed"]} if target else {}
    if not target or n[0.5] is None or n[0.05] is None:
        return []
    if not (0 <= x.fraction(target["value"]) <= 1 and 0 <= y.fraction(n[0.5]) <= 1):
        return []
    return [Marks("needed", (target["value"],), (n[0.5],), (n[0.05],), (n[0.95] or y.high * ENDLESS,), who, own)]


def _description(told: Sequence[tuple[Mapping[str, Any], Sequence[Row]]], unit: str) -> str:
    digits = places(row[0] for _, rows in told for row in rows)
    parts = []
    for curve, rows in told:
        value, low, middle, high, _ = rows[len(rows) // 2]
        ends = f"{'few' if low is None else rough_size(low)} to {'no end' if high is None else rough_size(high)}"
        parts.append(f"{shown_name(curve)}: {fixed(value, digits)} takes {rough_size(middle)} {unit}, 90 % interval {ends}")
    return f"How much data a target needs, with even chances. {'; '.join(parts)}."


def _data(told: Sequence[tuple[Mapping[str, Any], Sequence[Row]]], unit: str) -> Data:
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []
    for index, (curve, found) in enumerate(told):
        rows += [(shown_name(curve), "even chances", row[0], row[2], row[1], row[3], row[4]) for row in found]
        series += [f"k{index}" if len(told) > 1 else ""] * len(found)
    heads = ("model", "what", f"target {label_of(told[0][0])}", f"{unit} needed", "90 % low", "90 % high", "grade")
    return Data(heads, tuple(rows), tuple(series), digits=0)
