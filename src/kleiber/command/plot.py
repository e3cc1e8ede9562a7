"""A small log-log plot of characters: what was measured, the forecast with its 90 % band, and a target, in the user's unit.

Written here rather than taken from a library, since bands, a log axis of a score, and plain ASCII are what it is made of.
"""

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.command.terminal import printable
from kleiber.metric import Metric
from kleiber.wording import given

Array = NDArray[np.float64]

WIDEST, NARROWEST = 100, 40  # columns: no plot is wider, and on a narrower terminal there is none
HEIGHT = 14
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a braille character, by row and column."""
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
BRAILLE = {"band": "░", "mark": "●", "target": "╌", "side": "│", "corner": "└", "base": "─"}
ASCII = {"band": ".", "mark": "o", "target": "-", "side": "|", "corner": "+", "base": "-"}


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: losses `loss (m,)` measured at `n (m,)`; at `ahead (k,)` the `median`, `low` and `high` of its forecast."""

    name: str
    n: Array
    loss: Array
    ahead: Array
    median: Array
    low: Array
    high: Array


@dataclass(slots=True)
class Canvas:
    """Cells of characters with a style each, and the braille dots set in them."""

    width: int
    height: int
    cells: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    dots: dict[tuple[int, int], int] = field(default_factory=dict)


def of_findings(curve: Mapping[str, Any], name: str) -> Line:
    """Give a curve of the findings as a line."""
    scale, points, band = Metric.from_dict(curve["scale"]), curve["points"], curve["forecast"]["band"]
    measured = (_array([p["n"] for p in points]), _array([p["loss"]["mean"] for p in points]))
    if band is None:
        return Line(name, *measured, *(np.empty(0),) * 4)
    ends = [scale.loss_of(_array(band[key])) for key in ("low90", "high90")]
    low, high = sorted(ends, key=lambda end: float(end[-1]))
    return Line(name, *measured, _array(band["n"]), scale.loss_of(_array(band["median"])), low, high)


def of_forecast(fc: Any, name: str) -> Line:
    """Give a forecast as a line, up to 8 times its largest size."""
    from kleiber.curves.curve import sizes

    means = sizes(fc.curve) if fc.measured is None else fc.measured
    if fc.status == "refused":
        return Line(name, means.n, means.mean, *(np.empty(0),) * 4)
    ahead = np.geomspace(means.n[0], 8 * means.n[-1], 25)
    low, middle, high = fc.posterior.quantile(ahead, np.array([0.05, 0.5, 0.95]), None).T
    return Line(name, means.n, means.mean, ahead, middle, low, high)


def wanted(plot: bool | None) -> bool:
    """Say whether a plot is to be printed: as somebody says, else on a terminal alone."""
    return sys.stdout.isatty() if plot is None else plot


def print_plot(lines: Sequence[Line], scale: Metric, target: float | None = None) -> None:
    """Print curves of one metric as wide as the terminal, with a legend where there are several; `target` is a loss.

    Rich decides on colours: none in a pipe, nor where NO_COLOR is set.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for row in drawn(lines, scale, target, width=console.width, braille=_encodes(sys.stdout.encoding)):
        console.print(Text.assemble(*row))


def drawn(
    lines: Sequence[Line], scale: Metric, target: float | None, *, width: int, braille: bool
) -> Iterator[list[tuple[str, str]]]:
    """Give the rows of a plot, each as pieces of text with their styles; none on a terminal that is too narrow."""
    lines = [line for line in lines if len(line.n) and np.all(line.loss > 0) and np.all(np.isfinite(line.loss))]
    if width < NARROWEST or not lines:
        return
    marks, target = BRAILLE if braille else ASCII, target if target is not None and target > 0 else None
    x = _ends([line.n for line in lines] + [line.ahead for line in lines])
    losses = [part for line in lines for part in (line.loss, line.low, line.high)]
    y = _ends(losses if target is None else [*losses, _array([target])])
    ticks = dict(_value_ticks(scale, y, HEIGHT))
    left = max((len(text) for text in ticks.values()), default=0)
    canvas = Canvas(min(width, WIDEST) - left - 3, HEIGHT)
    _fill(canvas, lines, (x, y), scale, target, braille)
    for row in range(HEIGHT):
        yield [(f"{ticks.get(row, ''):>{left}} {marks['side']}", ""), *_cells(canvas, row)]
    yield [(" " * (left + 1) + marks["corner"] + marks["base"] * canvas.width, "")]
    yield [(" " * (left + 2) + _size_ticks(x, canvas.width), "")]
    margin = (" " * (left + 2), "")
    for row_of in _below(lines, scale, target, canvas.width, braille):
        yield [margin, *row_of]


def _fill(
    canvas: Canvas,
    lines: Sequence[Line],
    ends: tuple[tuple[float, float], tuple[float, float]],
    scale: Metric,
    target: float | None,
    braille: bool,
) -> None:
    """Draw bands, the target, the forecasts and what was measured, each over what came before."""
    marks, (x, y) = BRAILLE if braille else ASCII, ends
    for line in lines:
        _band(canvas, line, ends, scale, marks["band"] if len(lines) == 1 else " ")
    if target is not None:
        row = _row(scale, y, target, HEIGHT)
        canvas.cells |= {(row, column): (marks["target"], "yellow") for column in range(canvas.width)}
    for i, line in enumerate(lines):
        _curve(canvas, line, ends, scale, COLOURS[i % len(COLOURS)], braille)
    for i, line in enumerate(lines):
        mark = marks["mark"] if len(lines) == 1 else _letter(i)
        for n, loss in zip(line.n.tolist(), line.loss.tolist(), strict=True):
            place = (_row(scale, y, loss, HEIGHT), _column(x, n, canvas.width))
            canvas.cells[place] = (mark, f"bold {COLOURS[i % len(COLOURS)]}")


def _below(
    lines: Sequence[Line], scale: Metric, target: float | None, width: int, braille: bool
) -> Iterator[list[tuple[str, str]]]:
    """Give the rows below the axis: the name of each of several curves, and what is drawn how."""
    for i, line in enumerate(lines if len(lines) > 1 else ()):
        yield [(_letter(i), f"bold {COLOURS[i % len(COLOURS)]}"), (f" {printable(line.name)[: width - 2]}", "")]
    for text in _legend(scale, BRAILLE if braille else ASCII, target, len(lines), braille):
        yield from ([(part, "dim")] for part in textwrap.wrap(text, width))


def _legend(scale: Metric, marks: Mapping[str, str], target: float | None, several: int, braille: bool) -> Iterator[str]:
    line = "dots" if braille else "*"
    if several > 1:
        yield f"letters: measured {printable(scale.name)}; {line}: forecast"
    else:
        yield f"{marks['mark']} measured {printable(scale.name)}; {line}: forecast; {marks['band']} its 90 % band"
    if target is not None:
        yield f"{marks['target']} target {scale.write_given(target)}"


def _letter(i: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 26]


def _cells(canvas: Canvas, row: int) -> Iterator[tuple[str, str]]:
    for column in range(canvas.width):
        yield canvas.cells.get((row, column), (" ", ""))


def _curve(
    canvas: Canvas, line: Line, ends: tuple[tuple[float, float], ...], scale: Metric, style: str, braille: bool
) -> None:
    """Draw the median: in braille two dots a column and four a row, else a star in each column."""
    if not len(line.ahead):
        return
    x, y = ends
    across, down = (2, 4) if braille else (1, 1)
    dots: dict[tuple[int, int], int] = {}
    first, last = (_column(x, n, canvas.width * across) for n in (line.ahead[0], line.ahead[-1]))
    for place in range(first, last + 1):
        n = np.exp(x[0] + (x[1] - x[0]) * place / max(canvas.width * across - 1, 1))
        loss = float(np.exp(np.interp(np.log(n), np.log(line.ahead), np.log(np.maximum(line.median, 1e-300)))))
        row = _row(scale, y, loss, canvas.height * down)
        cell = (row // down, place // across)
        dots[cell] = dots.get(cell, 0) | DOTS[row % down][place % across] if braille else 0
    canvas.cells |= {cell: (chr(0x2800 + bits) if braille else "*", style) for cell, bits in dots.items()}


def _band(canvas: Canvas, line: Line, ends: tuple[tuple[float, float], ...], scale: Metric, mark: str) -> None:
    """Shade the 90 % band beyond the largest size measured, where it is forecast."""
    if not len(line.ahead) or not mark.strip():
        return
    x, y = ends
    for column in range(_column(x, float(line.n[-1]), canvas.width), _column(x, line.ahead[-1], canvas.width) + 1):
        log_n = x[0] + (x[1] - x[0]) * column / max(canvas.width - 1, 1)
        low, high = (
            float(np.exp(np.interp(log_n, np.log(line.ahead), np.log(np.maximum(end, 1e-300)))))
            for end in (line.low, line.high)
        )
        rows = sorted(_row(scale, y, loss, canvas.height) for loss in (low, high))
        canvas.cells |= {(row, column): (mark, "dim") for row in range(rows[0], rows[1] + 1)}


def _ends(parts: Sequence[Array]) -> tuple[float, float]:
    """Give the ends of an axis, as logs."""
    values = np.concatenate([part[np.isfinite(part) & (part > 0)] for part in parts])
    low, high = float(np.log(values.min())), float(np.log(values.max()))
    return (low, high) if high > low else (low - 0.1, high + 0.1)


def _column(x: tuple[float, float], n: float, width: int) -> int:
    return round((width - 1) * (float(np.log(n)) - x[0]) / (x[1] - x[0]))


def _row(scale: Metric, y: tuple[float, float], loss: float, height: int) -> int:
    """Give the row of a loss, the top one first; what is better is lower, of a score higher."""
    share = (float(np.log(max(loss, 1e-300))) - y[0]) / (y[1] - y[0])
    share = min(max(share, 0.0), 1.0)
    return round((height - 1) * (share if scale.higher_is_better else 1.0 - share))


def _value_ticks(scale: Metric, y: tuple[float, float], height: int) -> Iterator[tuple[int, str]]:
    """Give rows with values of the metric that are round numbers, as many as stand two rows apart."""
    shown = scale.shown
    low, high = sorted(float(shown.value(float(np.exp(end)))) for end in y)
    taken: list[int] = []
    top = int(np.ceil(np.log10(high - low)))
    for power in range(top, top - 3, -1):
        for step in (5.0, 2.0, 1.0):
            width = step * 10.0**power
            for k in range(int(np.ceil(low / width)), int(np.floor(high / width)) + 1):
                row = _row(scale, y, float(shown.loss_of(k * width)), height)
                if len(taken) < height // 3 and all(abs(row - other) > 2 for other in taken):
                    taken.append(row)
                    yield row, f"{k * width:,.{max(-power, 0)}f}{' ' + shown.unit if shown.unit else ''}"


def _size_ticks(x: tuple[float, float], width: int) -> str:
    """Give the sizes below the axis, round numbers that do not touch."""
    text = [" "] * width
    first, last = (int(np.floor(end / np.log(10.0))) for end in x)
    for digit in (1, 2, 5):
        for power in range(first, last + 1):
            n = digit * 10.0**power
            if not x[0] - 1e-9 <= np.log(n) <= x[1] + 1e-9:
                continue
            word = given(n)
            start = min(max(_column(x, n, width) - len(word) // 2, 0), width - len(word))
            if all(one == " " for one in text[max(start - 2, 0) : start + len(word) + 2]):
                text[start : start + len(word)] = word
    return "".join(text).rstrip()


def _encodes(encoding: str | None) -> bool:
    try:
        "⣿░●╌│└─".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _array(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)
