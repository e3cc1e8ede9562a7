"""The chart of the hyper-parameters: what moving each of them does to the loss at a larger size, with its interval."""

from collections.abc import Mapping
from typing import Any

from kleiber.report.drawing import Data, Drawing, Key, Line, Marks
from kleiber.report.numbers import size
from kleiber.report.plots import around, of_words, panel, spread_out, upright

MOST = 10
"""Hyper-parameters that are drawn, those of the largest effects; the table has all."""
APART = {"lower": -0.12, "higher": 0.12, "other": 0.0}
"""Where the mark of a way stands beside the middle of its hyper-parameter."""
WAYS = {"lower": "a quarter of its range lower", "higher": "a quarter of its range higher", "other": "another choice"}


def draw_settings(found: Mapping[str, Any]) -> Drawing:
    """Describe the effects as points with bars, by hyper-parameter and way."""
    names = ordered(found)[:MOST]
    rows, series, marks = [], [], []
    ways = [way for way in WAYS if any(one["way"] == way for one in found["effects"])]
    for index, way in enumerate(ways):
        own = [one for one in found["effects"] if one["way"] == way and one["name"] in names]
        x = tuple(names.index(one["name"]) + APART[way] for one in own)
        middle, low, high = (tuple(1 + one["change"][end] for one in own) for end in ("median", "low", "high"))
        marks.append(Marks("series", x, middle, low, high, index, way))
        rows += [
            (one["name"], WAYS[way], place, *ends) for one, place, *ends in zip(own, x, middle, low, high, strict=True)
        ]
        series += [way] * len(own)
    values = [value for one in marks for value in (*one.low, *one.high)]
    log = spread_out(values, 4.0)
    y = upright(f"{found['metric']}, times that of the best", *around([*values, 1.0], log=log), log=log)
    across = of_words("hyper-parameter", names)
    zero = Line("chance", (across.low, across.high), (1.0, 1.0))
    drawn = panel("settings", "Effect of each hyper-parameter", across, y, lines=[zero], marks=marks)
    keys = tuple(Key("series", WAYS[way], index, way) for index, way in enumerate(ways))
    heads = ("hyper-parameter", "moved", "place", "times the loss", "90 % low", "90 % high")
    data = Data(heads, tuple(rows), tuple(series), digits=3)
    said = "; ".join(f"{row[0]}, {row[1]}: {row[3]:.3g} times ({row[4]:.3g} to {row[5]:.3g})" for row in rows)
    return Drawing(f"Effects at n = {size(found['at'])}", f"{said}.", (drawn,), keys, (), data)


def ordered(found: Mapping[str, Any]) -> list[str]:
    """Give the names of the hyper-parameters, that with the largest effect first."""
    largest: dict[str, float] = {}
    for one in found["effects"]:
        largest[one["name"]] = max(largest.get(one["name"], 0.0), abs(one["change"]["median"]))
    return sorted(largest, key=lambda name: -largest[name])
