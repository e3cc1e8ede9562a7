"""The chart of a decision: what error and money cost together against the number of examples bought to, with intervals."""

from collections.abc import Mapping
from typing import Any

from kleiber.report.drawing import Band, Cell, Data, Drawing, Key, Line, Spans
from kleiber.report.numbers import rough_size, size
from kleiber.report.plots import across, around, panel, upright

NAMES = {"labels": "labels alone", "both": "engineers and labels"}
UNITS = ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands"), (1.0, ""))


def draw_costs(advice: Mapping[str, Any], unit_of_n: str = "examples") -> Drawing | None:
    """Describe the chart of one advice of the findings; None where it has no curve of costs, as where it is refused."""
    curves = advice.get("costs") or []
    if not curves:
        return None
    unit, word = next((one for one in UNITS if max(max(curve["mean"]) for curve in curves) >= one[0]), UNITS[-1])
    first, last = curves[0]["n"][0], curves[0]["n"][-1]
    ends = [value / unit for curve in curves for name in ("low", "high") for value in curve[name]]
    low, high = around(ends, log=False)
    x = across(f"{unit_of_n} in all", first * (first / last) ** 0.03, last * (last / first) ** 0.03, log=True, write=size)
    y = upright(f"error and money together{', ' + word if word else ''}", max(low, 0.0) if min(ends) >= 0 else low, high)
    bands, lines, keys = [], [], []
    for index, curve in enumerate(curves):
        name, n = curve["name"], tuple(curve["n"])
        mean, bottom, top = (tuple(value / unit for value in curve[part]) for part in ("mean", "low", "high"))
        bands.append(Band("band90", n, bottom, top, index, "firm", name))
        lines.append(Line("ahead", n, mean, index, "firm", name))
        keys.append(Key("ahead", f"{NAMES[name]}, with its 90 % interval", index, name))
    best = _best(advice, unit)
    keys += [Key("needed", "least expected cost, 90 % interval of the best amount")] if best else []
    end = f"Beyond {rough_size(last)} any forecast is a guess." if _ends_there(advice) else "All that exist end there."
    drawn = panel("log", "Logarithmic sizes", x, y, bands=bands, lines=lines, spans=best)
    return Drawing("Expected cost", _description(advice), (drawn,), tuple(keys), (end,), _data(curves, unit_of_n))


def _best(advice: Mapping[str, Any], unit: float) -> list[Spans]:
    """Mark the option that is advised where it buys labels."""
    return [
        Spans("needed", (one["n"],), (one["cost"] / unit,), (one["n_low"],), (one["n_high"],), int(one["name"] == "both"))
        for one in advice["options"]
        if one["name"] == advice["choice"] and one["name"] in NAMES
    ]


def _ends_there(advice: Mapping[str, Any]) -> bool:
    """Say whether the forecast, and not what exists, ends the curve of costs."""
    available = advice["asked"].get("available")
    return available is None or advice["most"] < available * (1 - 1e-9)


def _description(advice: Mapping[str, Any]) -> str:
    parts = []
    for curve in advice["costs"]:
        place = min(range(len(curve["mean"])), key=curve["mean"].__getitem__)
        parts.append(
            f"{NAMES[curve['name']]}: {curve['mean'][0]:,.0f} at {size(curve['n'][0])} examples, least near "
            f"{rough_size(curve['n'][place])} with {curve['mean'][place]:,.0f}, 90 % interval {curve['low'][place]:,.0f} "
            f"to {curve['high'][place]:,.0f}"
        )
    return f"Expected cost of error and money together. {'; '.join(parts)}."


def _data(curves: list[Mapping[str, Any]], unit_of_n: str) -> Data:
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []
    for curve in curves:
        for n, *cost in zip(curve["n"], curve["mean"], curve["low"], curve["high"], strict=True):
            rows.append((NAMES[curve["name"]], "expected cost", n, *cost))
            series.append(curve["name"])
    return Data(("option", "what", unit_of_n, "cost", "90 % low", "90 % high"), tuple(rows), tuple(series), digits=0)
