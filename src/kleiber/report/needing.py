"""The chart of needed data against the target: how many examples are enough, with their interval, paler for a guess."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from kleiber.report.content import label_of
from kleiber.report.drawing import Band, Cell, Data, Drawing, Key, Label, Line, Marks
from kleiber.report.numbers import fixed, places, rough_size
from kleiber.report.plots import across, around, compact, panel, upright
from kleiber.report.reading import curve_name

ENDLESS = 1e3
"""Times the top of the chart: where a band is drawn to that no size searched ends."""


def draw_needed(curve: Mapping[str, Any]) -> Drawing | None:
    """Describe the chart of one curve of the findings; None where no target is answered."""
    forecast = curve["forecast"]
    needed = forecast.get("needed")
    if not needed:
        return None
    sizes = [n for name in ("n10", "n50") for n in needed[name] if n is not None]
    low, high = around(sizes, log=True)
    rows = list(zip(*(needed[name] for name in ("value", "n10", "n50", "n90", "grade")), strict=True))
    rows = sorted((row for row in rows if row[2] is not None), key=lambda row: float(row[0]))
    x = across(f"target {label_of(curve)}", *around([row[0] for row in rows], log=False, pad=0.02))
    unit = str(curve.get("unit_of_n") or "examples")
    y = upright(f"{unit} needed", low, high, log=True, write=compact)
    bands, lines = [], []
    for grade, part in _pieces(rows):
        at = tuple(row[0] for row in part)
        ends = tuple(high * ENDLESS if row[3] is None else row[3] for row in part)
        starts = tuple(row[2] if row[1] is None else row[1] for row in part)
        bands.append(Band("band90", at, starts, ends, 0, grade))
        lines.append(Line("ahead", at, tuple(row[2] for row in part), 0, grade))
    horizon, labels = forecast["horizon"], []
    if 0.02 < y.fraction(horizon) < 0.98:
        lines.append(Line("horizon", (x.low, x.high), (horizon, horizon)))
        left = rows[0][2] < rows[-1][2]  # the free corner is above the line's low end
        text = f"a guess above {rough_size(horizon)}"
        labels = [
            Label("horizon", x.low, horizon, text, "start", 6.0, -6.0)
            if left
            else Label("horizon", x.high, horizon, text, "end", -6.0, -6.0)
        ]
    marks = _asked(forecast, high)
    keys = [Key("ahead", "enough with even chances"), Key("band90", "80 % interval")]
    keys += [Key("needed", "the target asked for")] if marks else []
    drawn = panel("log", "Logarithmic sizes", x, y, bands=bands, lines=lines, marks=marks, labels=labels)
    return Drawing(
        f"Needed data of {curve_name(curve)}", _description(rows, unit), (drawn,), tuple(keys), (), _data(curve, rows, unit)
    )


def _pieces(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Cut rows where the grade changes; each piece but the first begins where the one before ends, so that none is torn."""
    found: list[tuple[str, list[tuple[Any, ...]]]] = []
    for grade, part in groupby(rows, key=lambda row: str(row[4])):
        found.append((grade, [*(found[-1][1][-1:] if found else []), *part]))
    return [(grade, part) for grade, part in found if len(part) > 1]


def _asked(forecast: Mapping[str, Any], high: float) -> list[Marks]:
    """Give the target asked for with its interval, where its size is on the chart."""
    target = forecast.get("target")
    if not target:
        return []
    n = {row["probability"]: row["n"] for row in target["needed"]}
    if n[0.5] is None or n[0.1] is None or n[0.5] > high:
        return []
    return [Marks("needed", (target["value"],), (n[0.5],), (n[0.1],), (n[0.9] or high * ENDLESS,))]


def _description(rows: Sequence[tuple[Any, ...]], unit: str) -> str:
    digits = places(row[0] for row in rows)
    text = "; ".join(
        f"{fixed(value, digits)}: {rough_size(middle)} {unit}, 80 % interval "
        f"{'few' if low is None else rough_size(low)} to {'no end' if high is None else rough_size(high)}"
        for value, low, middle, high, _ in (rows[0], rows[len(rows) // 2], rows[-1])
    )
    return f"How much data a target needs, with even chances. {text}."


def _data(curve: Mapping[str, Any], rows: Sequence[tuple[Any, ...]], unit: str) -> Data:
    told: list[tuple[Cell, ...]] = [
        (curve_name(curve), "enough with even chances", row[0], row[2], row[1], row[3], row[4]) for row in rows
    ]
    heads = ("curve", "what", f"target {label_of(curve)}", f"{unit} needed", "80 % low", "80 % high", "grade")
    return Data(heads, tuple(told), ("",) * len(told), digits=0)
