"""SVG from the description of a figure: static, coloured by the classes of the page's style sheet, read aloud by title.

No attribute `style` is used, so that the page's content security policy need not allow any. Each text is escaped here.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from kleiber.report.axes import Axis
from kleiber.report.drawing import (
    HEIGHT,
    LANE,
    LANES_AT,
    LEFT,
    TOP,
    WIDTH,
    Band,
    Drawing,
    Key,
    Label,
    Line,
    Marks,
    Panel,
)
from kleiber.report.numbers import shown

COLOURS = 8
"""So many colours has the style sheet; further curves take them again with another shape."""

TRIALS = (((-2, -2), "h4v4h-4z"), ((0, -3), "l3 3-3 3-3-3z"), ((0, -3), "l3 5h-6z"), ((0, 3), "l3-5h-6z"))
"""The small marks of trials: where their outline begins, from their place, and how it goes on."""

LINES = ("median", "ahead", "chance", "target", "horizon", "line", "run")


def svg(drawing: Drawing, name: str) -> Markup:
    """Give the panels of a figure as SVG elements; `name` makes the identifiers in the page unique."""
    return Markup("\n").join(_panel(drawing, panel, f"{name}-{panel.name}", name) for panel in drawing.panels)


def swatch(key: Key) -> Markup:
    """Give the small picture of a mark, a line or a band that stands before its meaning."""
    role, colour = key.role, f"k{key.colour % COLOURS}"
    if role.startswith("band"):
        inner = f'<path class="{role} fit {colour}" d="M0 3H16V13H0Z"/>'
    elif role in LINES:
        inner = f'<path class="{role} fit {colour}" d="M0 8H16"/>'
    else:
        bar = "" if role in ("value", "series") else f'<path class="bar {role} {colour}" d="M8 1V15"/>'
        inner = bar + _shape(role, 8, 8, key.colour)
    return Markup(f'<svg class="swatch">{inner}</svg>')


def _panel(drawing: Drawing, panel: Panel, name: str, whole: str) -> Markup:
    """Give one panel; the panels of a figure, which is called `whole`, share its description."""
    parts = [
        f'<svg class="panel" role="img" viewBox="0 0 {WIDTH:g} {HEIGHT + panel.strip:g}" '
        f'aria-labelledby="{name}-t {whole}-d" data-frame="{_frame(panel)}">',
        f'<title id="{name}-t">{_text(drawing.title)}: {_text(panel.y.label)} against {_text(panel.x.label)}, '
        f"{_text(panel.title.lower())}</title>",
        f'<desc id="{whole}-d">{_text(drawing.description)}</desc>' if panel is drawing.panels[0] else "",
        f'<clipPath id="{name}-c"><rect x="{LEFT:g}" y="{TOP:g}" width="{panel.width:g}" height="{panel.height:g}"/>'
        "</clipPath>",
        *_strip(panel),
        *_grid(panel),
        f'<g clip-path="url(#{name}-c)">',
        *(_band(panel, band) for band in panel.bands),
        *(_line(panel, line) for line in panel.lines),
        "</g>",
        *(part for spans in panel.spans for part in _spans(panel, spans)),
        *(_group(marks.series, _marks(panel, marks)) for marks in panel.marks),
        *(_label(panel, label) for label in panel.labels),
        "</svg>",
    ]
    return Markup("".join(parts))


def _frame(panel: Panel) -> str:
    """Give where the axes lie and what they span, for the script that reads values: left, top, width, height, x, y.

    An axis is low, high, whether it is logarithmic, and the best value of a score whose lack it is logarithmic in.
    """
    numbers = [LEFT, TOP, panel.width, panel.height]
    for axis in (panel.x, panel.y):
        numbers += [axis.low, axis.high, float(axis.log)]
    numbers += [] if panel.y.best is None else [panel.y.best]
    return " ".join(f"{number:.7g}" for number in numbers)


def _series(name: str) -> str:
    """Give the attribute by which the legend finds what belongs to an entry."""
    return f' data-s="{escape(name)}"' if name else ""


def _group(series: str, parts: Sequence[str]) -> str:
    return f"<g{_series(series)}>{''.join(parts)}</g>"


def _text(value: object) -> Markup:
    return escape(shown(value))


def _px(panel: Panel, x: float) -> float:
    return LEFT + panel.width * panel.x.fraction(x)


def _py(panel: Panel, y: float, *, limit: bool = False) -> float:
    """Give the height of a loss; with `limit`, what leaves the panel stays at its edge."""
    fraction = panel.y.fraction(y)
    fraction = min(max(fraction, 0.0), 1.0) if limit else min(max(fraction, -1.0), 2.0)
    return TOP + panel.height * (1 - fraction)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _grid(panel: Panel) -> list[str]:
    left, right, top, bottom = LEFT, LEFT + panel.width, TOP, TOP + panel.height
    up = [(_py(panel, tick.value), tick.label) for tick in panel.y.ticks if tick.label]
    along = [(_px(panel, tick.value), tick.label) for tick in panel.x.ticks]
    base = _n(bottom + 20 + panel.strip)
    rules = "".join(f"M{_n(left)} {_n(y)}H{_n(right)}" for y, _ in up)
    strokes = "".join(f"M{_n(x)} {_n(bottom)}v{6 if label else 3}" for x, label in along)
    parts = [
        f'<path class="grid" d="{rules}"/>' if up else "",
        _ticks("end", [(_n(left - 8), _n(y + 4.5), label) for y, label in up]),
        f'<path class="axis" d="{strokes}M{_n(left)} {_n(bottom)}H{_n(right)}"/>',
        _ticks("middle", [(_n(x), base, label) for x, label in along if label]),
    ]
    middle = _n((left + right) / 2)
    parts.append(f'<text class="name middle" x="{middle}" y="{_n(bottom + 40 + panel.strip)}">{_axis_name(panel.x)}</text>')
    parts.append(f'<text class="name" x="2" y="{_n(top - 21)}">{_axis_name(panel.y)}</text>')
    return parts


def _ticks(anchor: str, ticks: Sequence[tuple[str, str, str]]) -> str:
    """Give the labels of an axis: their places and texts."""
    texts = "".join(f'<text x="{x}" y="{y}">{_text(label)}</text>' for x, y, label in ticks)
    return f'<g class="tick {anchor}">{texts}</g>' if texts else ""


def _strip(panel: Panel) -> list[str]:
    """Draw the lanes under the axis: the darker a cell, the more probable; their names stand behind the last cell."""
    parts = []
    for row, lane in enumerate(panel.lanes):
        top = TOP + panel.height + LANES_AT + row * LANE
        left, right = max(_px(panel, lane.start[0]), LEFT), min(_px(panel, lane.end[-1]), LEFT + panel.width)
        cells = [
            (max(_px(panel, start), left), min(_px(panel, end), right))
            for start, end in zip(lane.start, lane.end, strict=True)
        ]
        parts.append(f'<path class="lane" d="M{_n(left)} {_n(top)}H{_n(right)}v{LANE - 2:g}H{_n(left)}Z"/>')
        for (start, end), share in zip(cells, lane.share, strict=True):
            if share >= 0.005:
                shape = f"M{_n(start)} {_n(top)}H{_n(end)}v{LANE - 2:g}H{_n(start)}Z"
                parts.append(f'<path class="cell" fill-opacity="{share:.2f}" d="{shape}"/>')
        parts.append(f'<text class="lane" x="{_n(right + 5)}" y="{_n(top + LANE - 2.5)}">{_text(lane.text)}</text>')
    return parts


def _axis_name(axis: Axis) -> Markup:
    scale = Markup('<tspan class="scale" dx="5">{}</tspan>').format(axis.scale) if axis.log else Markup("")
    plain = all(ord(character) < 0x590 for character in axis.label)  # else its writing direction ends where it ends
    return Markup("{}{}" if plain else '<tspan class="isolate">{}</tspan>{}').format(_text(axis.label), scale)


def _points(panel: Panel, xs: Sequence[float], ys: Sequence[float]) -> str:
    """Give a path through points: the first as it lies, each further one by its tenths of a pixel from the one before."""
    tenths = [(round(10 * _px(panel, x)), round(10 * _py(panel, y))) for x, y in zip(xs, ys, strict=True)]
    steps = "".join(_step(b - a) for one, other in pairwise(tenths) for a, b in zip(one, other, strict=True))
    return f"M{_n(tenths[0][0] / 10)} {_n(tenths[0][1] / 10)}" + (f"l{steps.lstrip()}" if steps else "")


def _step(tenths: int) -> str:
    """Write a number of tenths so that it stands apart from the number before it."""
    return f"{'' if tenths < 0 else ' '}{_n(tenths / 10)}"


def _band(panel: Panel, band: Band) -> str:
    outline = _points(panel, (*band.x, *band.x[::-1]), (*band.high, *band.low[::-1]))
    kind = f"{band.role} {band.grade} k{band.colour % COLOURS}"
    return f'<path class="{kind}"{_series(band.series)} d="{outline}Z"/>'


def _line(panel: Panel, line: Line) -> str:
    kind = f"{line.role} {line.grade} k{line.colour % COLOURS}"
    return f'<path class="{kind}"{_series(line.series)} d="{_points(panel, line.x, line.y)}"/>'


def _marks(panel: Panel, marks: Marks) -> list[str]:
    if marks.role == "trial":
        return [_trials(panel, marks)]
    parts = []
    colour = f"k{marks.colour % COLOURS}"
    bars = "".join(
        f"M{_n(_px(panel, x))} {_n(_py(panel, low, limit=True))}V{_n(_py(panel, high, limit=True))}"
        for x, low, high in zip(marks.x, marks.low, marks.high, strict=True)
        if low < high
    )
    if bars:
        parts.append(f'<path class="bar {marks.role} {colour}" d="{bars}"/>')
    if marks.role != "value":
        places = zip(marks.x, marks.y, strict=True)
        parts += [_shape(marks.role, _px(panel, x), _py(panel, y), marks.colour) for x, y in places]
    if marks.role == "value" and marks.x:
        parts.append(f'<path class="mark value {colour}" d="{_dots(panel, marks)}"/>')
    return parts


def _trials(panel: Panel, marks: Marks) -> str:
    """Draw many small marks as one path, of a shape for each colour's place, so that hundreds cost little."""
    start, shape = TRIALS[marks.colour % len(TRIALS)]
    at = [(round(10 * _px(panel, x)), round(10 * _py(panel, y))) for x, y in zip(marks.x, marks.y, strict=True)]
    steps = (f"m{_step(c - a).lstrip()}{_step(d - b)}{shape}" for (a, b), (c, d) in pairwise(at))
    first = f"M{_n(at[0][0] / 10 + start[0])} {_n(at[0][1] / 10 + start[1])}{shape}" if at else ""
    return f'<path class="trial k{marks.colour % COLOURS}" d="{first}{"".join(steps)}"/>'


def _dots(panel: Panel, marks: Marks) -> str:
    """Give single runs, of which there are many, as one path of round dots without length."""
    return "".join(f"M{_n(_px(panel, x))} {_n(_py(panel, y))}h0" for x, y in zip(marks.x, marks.y, strict=True))


def _spans(panel: Panel, spans: Marks) -> list[str]:
    """Draw marks with horizontal bars, cut where the axis ends."""
    parts = []
    colour = f"k{spans.colour % COLOURS}"
    left, right = LEFT, LEFT + panel.width
    for x, y, low, high in zip(spans.x, spans.y, spans.low, spans.high, strict=True):
        start, end = (min(max(_px(panel, place), left), right) for place in (low, high))
        parts.append(f'<path class="bar {spans.role} {colour}" d="M{_n(start)} {_n(_py(panel, y))}H{_n(end)}"/>')
        parts.append(_shape(spans.role, _px(panel, x), _py(panel, y), spans.colour))
    return [_group(spans.series, parts)]


def _shape(role: str, x: float, y: float, colour: int) -> str:
    """Give a mark: each role has its shape, and each compared curve another, so that colour is never alone."""
    shapes = {"measured": "circle", "value": "dot", "backtest": "diamond", "asked": "square"}
    shapes |= {"needed": "ring", "cross": "cross"}
    shape = shapes.get(role) or ("circle", "square", "triangle", "diamond")[colour % 4]
    kind = f'class="mark {role} k{colour % COLOURS}"'
    if shape == "circle":
        return f'<circle {kind} cx="{_n(x)}" cy="{_n(y)}" r="3.8"/>'
    if shape == "ring":
        return f'<circle {kind} cx="{_n(x)}" cy="{_n(y)}" r="5"/>'
    if shape == "dot":
        return f'<path {kind} d="M{_n(x)} {_n(y)}h0"/>'
    outlines = {
        "cross": "m-4 -4l8 8m0 -8l-8 8",
        "diamond": "m0 -5l5 5l-5 5l-5 -5Z",
        "square": "m-3.6 -3.6h7.2v7.2h-7.2Z",
        "triangle": "m0 -4.8l4.6 8h-9.2Z",
    }
    return f'<path {kind} d="M{_n(x)} {_n(y)}{outlines[shape]}"/>'


def _label(panel: Panel, label: Label) -> str:
    place = min(panel.x.fraction(label.x), 1.0) if math.isfinite(label.x) else 1.0  # without end: the right margin
    x, y = LEFT + panel.width * place + label.dx, _py(panel, label.y, limit=True) + label.dy
    kind = f"label {label.role} k{label.colour % COLOURS} {label.anchor}"
    return f'<text class="{kind}"{_series(label.series)} x="{_n(x)}" y="{_n(y)}">{_text(label.text)}</text>'
