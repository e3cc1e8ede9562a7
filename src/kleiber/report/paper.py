"""The same figure for a paper: matplotlib draws the description that the page shows as SVG.

Functions take `ax=None` and return the Axes. Text is never read as mathematics, since names come from users.
"""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from matplotlib.transforms import Affine2D, ScaledTranslation, blended_transform_factory

from kleiber.errors import KleiberError
from kleiber.report.drawing import LANE, LANES_AT, Drawing, Key, Label, Line, Marks, Panel
from kleiber.report.learning import draw_curve
from kleiber.report.numbers import short, shown
from kleiber.report.reading import for_reader, read, write_whole

INK, SOFT, GRID = "#16202b", "#55616e", "#e3e7ec"
BLUE, ORANGE, GREEN, PURPLE = "#1c5d99", "#b3480a", "#1b7a56", "#8a3b8f"
FORMATS = ("png", "svg", "pdf")
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "kleiber",
    "pdf.fonttype": 42,
    "axes.unicode_minus": True,
}
_LINES: dict[str, dict[str, Any]] = {
    "median": {"color": BLUE, "linewidth": 1.5},
    "ahead": {"color": BLUE, "linewidth": 1.4, "linestyle": (0, (4, 2.5))},
    "chance": {"color": SOFT, "linewidth": 0.9, "linestyle": (0, (1, 2.5))},
    "target": {"color": GREEN, "linewidth": 0.9, "linestyle": (0, (8, 3))},
    "horizon": {"color": PURPLE, "linewidth": 0.9, "linestyle": (0, (2, 3))},
    "advised": {"color": INK, "linewidth": 0.9},
}
_BANDS = {"band90": 0.13, "band50": 0.2}
_PALER = {"fit": 1.0, "firm": 1.0, "rough": 0.65, "guess": 0.35}
_MARKS: dict[str, dict[str, Any]] = {
    "measured": {"color": INK, "marker": "o", "markersize": 5, "markeredgecolor": "white", "markeredgewidth": 0.6},
    "value": {"color": INK, "marker": "o", "markersize": 2.4, "alpha": 0.38, "markeredgewidth": 0},
    "backtest": {"color": ORANGE, "marker": "D", "markersize": 4.6, "markerfacecolor": "white", "markeredgewidth": 1.2},
    "needed": {"color": GREEN, "marker": "o", "markersize": 6.5, "markerfacecolor": "white", "markeredgewidth": 1.4},
    "asked": {"color": BLUE, "marker": "s", "markersize": 5.2, "markerfacecolor": "white", "markeredgewidth": 1.4},
}
_BOX: dict[str, Any] = {"fontsize": 8, "labelcolor": SOFT, "facecolor": "white", "edgecolor": "none", "framealpha": 0.9}
_LABELS = {"chance": SOFT, "target": GREEN, "horizon": PURPLE}


def draw(curve: Mapping[str, Any], ax: Axes | None = None, *, log: bool = True) -> Axes:
    """Draw one curve of the findings into the given or new Axes, and return them.

    Where some losses are not positive there are no logarithmic axes, and plain ones are drawn.
    """
    drawing = draw_curve(curve)
    panels = {panel.name: panel for panel in drawing.panels}
    with matplotlib.rc_context(STYLE):
        target = pyplot.subplots(figsize=(5.2, 3.9), layout="constrained")[1] if ax is None else ax
        _panel(target, panels.get("log" if log else "plain", panels["plain"]))
        _legend(target, drawing.keys)
    return target


def write_figure(findings: Any, path: Path) -> Path:
    """Write all curves, a row of panels each, as .png, .svg or .pdf; the same findings give the same bytes."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise KleiberError(f"{path.name}: a figure is written as {', '.join(FORMATS)}; end its name with one of them")
    plain = read(findings)
    if not plain.get("curves"):
        raise KleiberError("these findings hold no curve, so there is no figure to write")
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure = _sheet([draw_curve(curve) for curve in for_reader(plain)["curves"]])
        figure.savefig(buffer, format=kind, dpi=200, metadata=_metadata(kind))
    return write_whole(path, buffer.getvalue())


def _metadata(kind: str) -> dict[str, str | None]:
    """Leave out what changes from run to run."""
    changing = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}
    return {changing[kind]: None}


def _sheet(drawings: Sequence[Drawing]) -> Figure:
    """Give the sheet: the meaning of the marks on top, then a row of panels for each curve, under its name."""
    figure = Figure(figsize=(10, 0.75 + 4.1 * len(drawings)), layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.1))
    FigureCanvasAgg(figure)
    rows = figure.subfigures(len(drawings), 1, squeeze=False)[:, 0]
    for index, (row, drawing) in enumerate(zip(rows, drawings, strict=True)):
        axes = row.subplots(1, len(drawing.panels), squeeze=False)[0]
        for target, panel in zip(axes, drawing.panels, strict=True):
            _panel(target, panel)
        title = row.suptitle(short(drawing.title, 80), x=0.012, ha="left", fontweight="bold", fontsize=11, color=INK)
        title.set_parse_math(False)
        if index == 0 or drawing.keys != drawings[0].keys:
            handles = [_handle(key) for key in drawing.keys]
            row.legend(
                handles=handles,
                loc="outside lower left",
                ncols=4,
                frameon=False,
                fontsize=8,
                columnspacing=1.4,
                labelcolor=SOFT,
            )
    return figure


def _panel(ax: Axes, panel: Panel) -> None:
    """Draw a panel in named steps: scales, areas, lines, marks, labels."""
    _scales(ax, panel)
    _strip(ax, panel)
    for band in panel.bands:
        alpha = _BANDS[band.role] * _PALER[band.grade]
        ax.fill_between(band.x, band.low, band.high, color=BLUE, alpha=alpha, linewidth=0, zorder=1)
    for line in panel.lines:
        _line(ax, line)
    for spans in panel.spans:
        _spans(ax, spans)
    for marks in panel.marks:
        _marks(ax, marks)
    for label in panel.labels:
        _label(ax, panel, label)


def _scales(ax: Axes, panel: Panel) -> None:
    ax.set_xscale("log" if panel.x.log else "linear")
    if panel.y.log and panel.y.best is not None:
        ax.set_yscale("function", functions=_of_score(panel.y.best))
    else:
        ax.set_yscale("log" if panel.y.log else "linear")
    for axis, scale in ((ax.xaxis, panel.x), (ax.yaxis, panel.y)):
        labelled = [tick for tick in scale.ticks if tick.label]
        axis.set_major_locator(FixedLocator([tick.value for tick in labelled]))
        axis.set_major_formatter(FixedFormatter([tick.label for tick in labelled]))
        small = [tick.value for tick in scale.ticks if not tick.label]
        axis.set_minor_locator(FixedLocator(small) if small else NullLocator())
        axis.set_minor_formatter(FixedFormatter([""] * len(small)))
    ax.set_xlim(panel.x.low, panel.x.high)
    ax.set_ylim(panel.y.low, panel.y.high)
    ax.grid(axis="y", color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(SOFT)
    ax.tick_params(colors=SOFT, which="both")
    ax.tick_params(axis="y", which="both", length=0)
    across, upright = (", ".join(filter(None, (axis.label, axis.scale))) for axis in (panel.x, panel.y))
    ax.set_xlabel(across, color=INK)
    title = ax.set_title(upright, loc="left", fontsize=9.5, color=INK, pad=9)
    title.set_parse_math(False)


def _of_score(best: float) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Give the scale of a score, logarithmic in what it lacks to its best value, and its inverse."""
    return lambda value: -np.log(np.maximum(best - value, 1e-300)), lambda place: best - np.exp(-place)


def _strip(ax: Axes, panel: Panel) -> None:
    """Draw the lanes under the axis, and move the labels of its ticks below them."""
    if not panel.lanes:
        return
    ax.tick_params(axis="x", which="major", pad=0.72 * panel.strip)
    foot: Any = ax.transAxes
    below = Affine2D().scale(0.01) + ax.figure.dpi_scale_trans + ScaledTranslation(0, 0, foot)
    place = blended_transform_factory(ax.transData, below)
    for row, lane in enumerate(panel.lanes):
        bottom, last = -(LANES_AT + (row + 1) * LANE - 2), min(lane.end[-1], panel.x.high)
        for start, end, share in zip(lane.start, lane.end, lane.share, strict=True):
            left, right = max(start, panel.x.low), min(end, panel.x.high)
            for colour, alpha in ((INK, 0.05), (BLUE, share)):
                cell = Rectangle((left, bottom), right - left, LANE - 2, color=colour, alpha=alpha, linewidth=0)
                cell.set_transform(place)
                cell.set_clip_on(False)
                ax.add_artist(cell)
        name = place + ScaledTranslation(0.05, 0, ax.figure.dpi_scale_trans)
        ax.text(last, bottom + 1, lane.text, transform=name, fontsize=7.5, color=SOFT, va="baseline", clip_on=False)


def _line(ax: Axes, line: Line) -> None:
    """Draw a line; a rule is given by the ends of the axis and must not move the limits."""
    ax.plot(line.x, line.y, scalex=False, scaley=False, zorder=2, **_LINES[line.role])


def _marks(ax: Axes, marks: Marks) -> None:
    """Draw each mark with its bar at its own place."""
    style = _MARKS[marks.role]
    options: dict[str, Any] = {"scalex": False, "scaley": False, "clip_on": False}
    bottom, top = ax.get_ylim()
    for x, y, low, high in zip(marks.x, marks.y, marks.low, marks.high, strict=True):
        if low < high:
            ax.plot((x, x), (max(low, bottom), min(high, top)), color=style["color"], linewidth=1.2, zorder=3, **options)
        ax.plot((x,), (y,), linestyle="none", zorder=4, **options, **style)


def _spans(ax: Axes, spans: Marks) -> None:
    """Draw each mark with its horizontal bar, cut where the axis ends."""
    style = _MARKS[spans.role]
    options: dict[str, Any] = {"scalex": False, "scaley": False, "clip_on": False}
    left, right = ax.get_xlim()
    for x, y, low, high in zip(spans.x, spans.y, spans.low, spans.high, strict=True):
        ax.plot((max(low, left), min(high, right)), (y, y), color=style["color"], linewidth=1.4, zorder=3, **options)
        ax.plot((x,), (y,), linestyle="none", zorder=4, **options, **style)


def _label(ax: Axes, panel: Panel, label: Label) -> None:
    low, high = panel.y.low, panel.y.high
    text = ax.annotate(
        shown(label.text),
        (min(label.x, panel.x.high), min(max(label.y, low), high)),
        xytext=(label.dx * 0.72, -label.dy * 0.72),
        textcoords="offset points",
        ha={"start": "left", "middle": "center", "end": "right"}[label.anchor],
        va="baseline",
        color=_LABELS.get(label.role, BLUE),
        fontsize=9,
        fontweight="bold" if label.role in ("median", "asked") else "normal",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        annotation_clip=False,
        zorder=5,
    )
    text.set_parse_math(False)


def _legend(ax: Axes, keys: Sequence[Key]) -> None:
    """Give the meaning of the marks inside the panel, where a falling curve leaves room."""
    ax.legend(handles=[_handle(key) for key in keys], loc="upper right", **_BOX)


def _handle(key: Key) -> Line2D:
    if key.role in _LINES:
        return Line2D([], [], label=key.text, **_LINES[key.role])
    if key.role in _BANDS:
        return Line2D([], [], label=key.text, color=BLUE, alpha=_BANDS[key.role], linewidth=6)
    return Line2D([], [], label=key.text, linestyle="none", **_MARKS[key.role])
