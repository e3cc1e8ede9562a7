"""The chart of the classes: what was measured of each, and how its curve goes on, those that gain most first."""

from collections.abc import Mapping
from typing import Any

from kleiber.report.drawing import Data, Drawing, Key, Line, Marks
from kleiber.report.numbers import places, short
from kleiber.report.plots import across, around, panel, spread_out, upright

MOST = 6
"""Classes that are drawn: more lines hide each other, and the table has all."""


def draw_classes(found: Mapping[str, Any]) -> Drawing | None:
    """Describe the curves of the classes that gain most; None where none has a forecast."""
    told = [part for part in found["parts"] if part["refused"] is None][:MOST]
    if not told:
        return None
    marks, lines, keys, rows, series = [], [], [], [], []
    for index, part in enumerate(told):
        curve, name = part["curve"], f"c{index}"
        n, mean, at, median = (tuple(map(float, curve[key])) for key in ("n", "mean", "at", "median"))
        seen = sum(size <= n[-1] * (1 + 1e-9) for size in at)
        ahead = slice(seen - 1, None)
        marks.append(Marks("series", n, mean, mean, mean, index, name))
        lines += [
            Line("line", at[:seen], median[:seen], index, "fit", name),
            Line("ahead", at[ahead], median[ahead], index, "rough", name),
        ]
        keys.append(Key("series", short(part["name"], 24), index, name))
        rows += [(part["name"], "measured", *row) for row in zip(n, mean, strict=True)]
        rows += [(part["name"], "expected", size, level) for size, level in list(zip(at, median, strict=True))[ahead]]
        series += [name] * (len(n) + len(at[ahead]))
    values = [value for one in marks for value in one.y] + [value for line in lines for value in line.y]
    log = spread_out(values)
    x = across(f"{found['unit_of_n']} in all", min(m.x[0] for m in marks) / 1.1, found["to"] * 1.1, log=True)
    y = upright(f"test {found['loss']} of the {found['by']}", *around(values, log=log), log=log)
    said = "; ".join(f"{part['name']}: {part['then']['median']:.4g} expected with {found['to']:,.0f}" for part in told)
    data = Data(
        (found["by"], "what", "n", found["loss"]), tuple(rows), tuple(series), digits=places(row[3] for row in rows)
    )
    drawn = panel("classes", f"Curve of each {found['by']}", x, y, lines=lines, marks=marks)
    return Drawing(f"Curves by {found['by']}", said, (drawn,), tuple(keys), (), data)
