"""A forecast as one meets it at a prompt and in a notebook: three lines, a small table, a data frame, a picture.

All in the user's metric. Data frames and pictures need their packages, which are loaded when asked for.
"""

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kleiber import plugins
from kleiber.curves.curve import Caution
from kleiber.errors import KleiberError
from kleiber.forecasting.robust import caution
from kleiber.wording import counted, given

if TYPE_CHECKING:
    from kleiber.forecasting.forecast import Forecast

SOON = 2.0  # times the largest size: where a forecast is shown without its outliers and with them
AHEAD = (2.0, 4.0, 8.0)  # times the largest size, where nobody says at which sizes to forecast


def lines(fc: "Forecast") -> list[str]:
    """Give what was measured, what is forecast, and what to know of it: three lines, two of a refused forecast."""
    curve, scale = fc.curve, fc.curve.scale
    sizes = np.unique(curve.n)
    ends = f", {given(sizes[0])} to {given(sizes[-1])}" if len(sizes) > 1 else ""
    first = f"{scale.name} of {curve.model}: {counted(len(curve.n), 'run')} at {counted(len(sizes), 'size')}{ends}"
    if fc.status == "refused":
        return [first, f"no forecast: {fc.reason} {fc.help}"]
    known = "; ".join(f"{given(n)}: {value} ({grade}; 90 % interval {ends})" for n, value, ends, grade in _rows(fc))
    codes = ", ".join(dict.fromkeys(warning.code for warning in fc.warnings))
    return [first, known, f"good to act on up to {given(round(fc.horizon))}; warnings: {codes or 'none'}"]


def page(fc: "Forecast") -> str:
    """Give a small table in HTML, all text escaped."""
    first, *rest = map(html.escape, lines(fc))
    if fc.status == "refused":
        return f"<div><p><b>{first}</b></p><p>{rest[0]}</p></div>"
    cells = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in (given(n), value, ends, grade))}</tr>"
        for n, value, ends, grade in _rows(fc)
    )
    head = "<tr><th>n</th><th>median</th><th>90 % interval</th><th>grade</th></tr>"
    return f"<div><p><b>{first}</b></p><table>{head}{cells}</table><p>{rest[-1]}</p></div>"


def frame(fc: "Forecast", n: Any = None) -> Any:
    """Give sizes, medians, 90 % intervals and grades as a data frame: of pandas, or else of polars.

    `n` are the sizes, the measured ones and 2, 4 and 8 times the largest where nobody says.
    """
    measured = np.unique(fc.curve.n)
    sizes = np.append(measured, measured[-1] * np.array(AHEAD)) if n is None else np.atleast_1d(np.asarray(n, dtype=float))
    scale, found = fc.curve.scale, fc.intervals(sizes)
    low, high = np.array([scale.ends(one.low, one.high) for one in found]).T
    middle = scale.value(np.array([one.median for one in found]))
    return data_frame({"n": sizes, "median": middle, "low": low, "high": high, "grade": fc.grade(sizes)})


def data_frame(columns: Mapping[str, Any]) -> Any:
    """Give columns as a data frame of pandas, or else of polars."""
    for package in ("pandas", "polars"):
        try:
            return plugins.load_attribute(f"{package}:DataFrame")(dict(columns))
        except KleiberError:
            continue
    raise KleiberError("a data frame needs pandas or polars: pip install pandas")


def picture(fc: "Forecast", ax: Any, *, log: bool) -> Any:
    """Draw measurements, forecast and band into Axes of matplotlib, new ones where none are given, and give the Axes."""
    judged = plugins.load_attribute("kleiber.findings.findings:Judged")(fc, ())
    curve = plugins.load_attribute("kleiber.findings.findings:of_curve")(judged, None, None)
    return plugins.load_attribute("kleiber.report:figure")(curve, ax, log=log)


def of_outliers(fc: "Forecast", found: Caution | None) -> Caution | None:
    """Say which runs were left out and what the forecast is with them; `found` where a run is far off and stays in."""
    if fc.kept is None:
        return found
    n = SOON * float(fc.curve.n[-1])
    text = f"With {'it' if len(fc.outliers) == 1 else 'them'} "
    if fc.kept.status == "refused":
        return caution(fc.curve, fc.outliers, f"{text}nothing would be forecast.")
    known, other = (of.intervals(np.array([n]))[0] for of in (fc, fc.kept))
    scale = fc.curve.scale
    would, now = (
        f"{scale.write(one.median, one.low, one.high)} ({scale.write_interval(one.low, one.high)})"
        for one in (other, known)
    )
    text += f"{scale.name} at {given(n)} would be {would} in place of {now}."
    return caution(fc.curve, fc.outliers, text)


def _rows(fc: "Forecast") -> list[tuple[float, str, str, str]]:
    n, scale = float(fc.curve.n[-1]) * np.array(AHEAD), fc.curve.scale
    return [
        (size, scale.write(one.median, one.low, one.high), scale.write_interval(one.low, one.high), grade)
        for size, one, grade in zip(n.tolist(), fc.intervals(n), fc.grade(n), strict=True)
    ]
