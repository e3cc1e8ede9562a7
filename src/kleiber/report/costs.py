"""The chart of a decision: what buying saves over doing nothing against the number of examples bought to, with intervals.

Error that nothing removes is in no number here. `scripts/costs.js` draws the same for other terms into `draw_frame`.
"""

from collections.abc import Mapping
from typing import Any

from kleiber.report.axes import Axis
from kleiber.report.drawing import Band, Cell, Data, Drawing, Key, Line, Marks
from kleiber.report.numbers import plain, rough_size, size
from kleiber.report.plots import across, around, panel, upright

NAMES = {"labels": "labels alone", "both": "engineers and labels"}
UNITS = ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands"), (1.0, ""))
CUT, WORTH = 2.0, 0.02
"""To how many times the largest saving a loss is shown; from which share of the largest loss on a saving is one."""
LABEL = "saved over doing nothing"
TITLE = "Expected saving"
BEST = Key("needed", "largest expected saving, 90 % interval of the best amount")


def draw_costs(advice: Mapping[str, Any], unit_of_n: str = "examples") -> Drawing | None:
    """Describe the chart of one advice of the findings; None where it has no curve of costs, as where it is refused."""
    curves = advice.get("costs") or []
    if not curves:
        return None
    ends = [value for curve in curves for name in ("saving_low", "saving_high") for value in curve[name]]
    unit, word = next((one for one in UNITS if max(map(abs, ends)) >= one[0]), UNITS[-1])
    label, write = f"{LABEL}{', ' + word if word else ''}", lambda value: plain(value / unit)
    x, y = _across(curves[0]["n"], unit_of_n), upright(label, *around(_ends(ends), log=False), write=write)
    bands, lines = [], [Line("target", (x.low, x.high), (0.0, 0.0))]
    for index, curve in enumerate(curves):
        name, n = curve["name"], tuple(curve["n"])
        mean, bottom, top = (tuple(curve[part]) for part in ("saving", "saving_low", "saving_high"))
        bands.append(Band("band90", n, bottom, top, index, "firm", name))
        lines.append(Line("ahead", n, mean, index, "firm", name))
    best = _best(advice)
    keys = [*_keys([curve["name"] for curve in curves]), *([BEST] if best else [])]
    end = f"Beyond {rough_size(curves[0]['n'][-1])} any forecast is a guess." if _ends_there(advice) else ""
    drawn = panel("log", "Logarithmic sizes", x, y, bands=bands, lines=lines, spans=best)
    notes = (end or "All that exist end there.",)
    return Drawing(TITLE, _description(advice), (drawn,), tuple(keys), notes, _data(curves, unit_of_n))


def _ends(values: list[float]) -> tuple[float, float]:
    """Give the range of savings with nothing in it; where something is saved, losses are cut so that it is seen."""
    low, high = min(0.0, *values), max(0.0, *values)
    return max(low, -CUT * high) if high > -WORTH * low else low, high


def draw_frame(first: float, last: float, unit_of_n: str) -> Drawing:
    """Describe the chart without its values: the axis of sizes, and a legend; a script draws the rest for any terms."""
    y = Axis(LABEL, 0.0, 1.0, False, ())
    drawn = panel("log", "Logarithmic sizes", _across((first, last), unit_of_n), y)
    data = Data(_heads(unit_of_n), (), (), digits=0)
    return Drawing(TITLE, "What buying saves, in these terms.", (drawn,), (*_keys(list(NAMES)), BEST), (), data)


def _across(n: Any, unit_of_n: str) -> Axis:
    first, last = n[0], n[-1]
    return across(
        f"{unit_of_n} in all", first * (first / last) ** 0.03, last * (last / first) ** 0.03, log=True, write=size
    )


def _keys(names: list[str]) -> list[Key]:
    return [Key("ahead", f"{NAMES[name]}, with its 90 % interval", index, name) for index, name in enumerate(names)]


def _best(advice: Mapping[str, Any]) -> list[Marks]:
    """Mark the option that is advised where it buys labels."""
    return [
        Marks("needed", (one["n"],), (one["saving"],), (one["n_low"],), (one["n_high"],), int(one["name"] == "both"))
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
        saved = curve["saving"]
        place = max(range(len(saved)), key=saved.__getitem__)
        parts.append(
            f"{NAMES[curve['name']]}: most near {rough_size(curve['n'][place])} with {saved[place]:,.0f}, 90 % interval "
            f"{curve['saving_low'][place]:,.0f} to {curve['saving_high'][place]:,.0f}"
        )
    return f"What buying saves over doing nothing, in expectation. {'; '.join(parts)}."


def _heads(unit_of_n: str) -> tuple[str, ...]:
    return ("option", "what", unit_of_n, "saving", "90 % low", "90 % high")


def _data(curves: list[Mapping[str, Any]], unit_of_n: str) -> Data:
    rows: list[tuple[Cell, ...]] = []
    series: list[str] = []
    for curve in curves:
        parts = (curve[name] for name in ("n", "saving", "saving_low", "saving_high"))
        for n, *saved in zip(*parts, strict=True):
            rows.append((NAMES[curve["name"]], "expected saving", n, *saved))
            series.append(curve["name"])
    return Data(_heads(unit_of_n), tuple(rows), tuple(series), digits=0)
