"""The description of a figure: what is drawn where, in the units of the data, with no word on how.

`charts.py` makes SVG of it and `paper.py` matplotlib, so the page and the paper show the same. A role ("median",
"backtest" ...) says what a thing means; the renderers alone know colours. Sizes are those of a panel of 460 by 340.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kleiber.report.axes import Axis

WIDTH, HEIGHT = 460.0, 340.0
LEFT, TOP, BOTTOM = 54.0, 34.0, 48.0
LANE, LANES_AT = 11.0, 9.0
"""The height of a lane of the strip under the axis, and how far below the axis the first one begins."""

Anchor = Literal["start", "middle", "end"]
Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Band:
    """An area between two lines over x; roles "band50" and "band90".

    `grade` says how far to rely on it: "fit" where it was measured, "firm", "rough" or "guess" beyond. `series` names the
    entry of the legend that switches it.
    """

    role: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    colour: int = 0
    grade: str = "fit"
    series: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points: "median" where it was measured, "ahead" (dashed) beyond; "chance", "target", "horizon".

    Role "series" is any other curve, drawn solid.
    """

    role: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: int = 0
    grade: str = "fit"
    series: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """Points with bars, each at its own place: upright ones in `Panel.marks`, lying ones in `Panel.spans`.

    Roles of upright ones are "measured", "value", "backtest", "asked", "needed", "trial" and "series"; of those that lie
    "needed", where a curve meets the target, and "cross", where two curves meet. `low` and `high` are the bar's ends.
    """

    role: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    colour: int = 0
    series: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place in the units of the data, moved by `dx` to the right and `dy` downwards; it never lies on data."""

    role: str
    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    dx: float = 0.0
    dy: float = 0.0
    colour: int = 0
    series: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the strip under the horizontal axis: cells from `start` to `end`, each filled to its `share` of 1."""

    role: str
    text: str
    start: tuple[float, ...]
    end: tuple[float, ...]
    share: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes and what is on it; `right` is the margin kept for labels at the ends of lines.

    `lanes` are a strip between the axis and the labels of its ticks, none where it is empty.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    right: float
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    marks: tuple[Marks, ...]
    labels: tuple[Label, ...]
    lanes: tuple[Lane, ...] = ()
    spans: tuple[Marks, ...] = ()

    @property
    def strip(self) -> float:
        """The height that the lanes take below the axis."""
        return LANES_AT + LANE * len(self.lanes) if self.lanes else 0.0

    @property
    def width(self) -> float:
        """The length of the horizontal axis."""
        return WIDTH - LEFT - self.right

    @property
    def height(self) -> float:
        """The length of the vertical axis."""
        return HEIGHT - TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Key:
    """What a mark means; `series` names what its entry of the legend switches off and on, nothing where it is empty."""

    role: str
    text: str
    colour: int = 0
    series: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """What a figure shows, as a table: a row for each value that a reader may point at, and that a download holds.

    The first column names the curve and the second what the row is. `x` and `y` are the columns of its place, `digits` the
    decimal places of what is not x. `series` of each row is the entry of the legend that switches it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    series: tuple[str, ...]
    x: int = 2
    y: int = 3
    digits: int = 3


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure: panels with the same content, the meaning of its marks, and the words for who cannot see it."""

    title: str
    description: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...]
    notes: tuple[str, ...] = ()
    data: Data | None = None


def spread(places: Sequence[float], gap: float, weights: Sequence[float] = ()) -> list[float]:
    """Move places on a line apart until neighbours are `gap` apart, as little as possible, keeping their order.

    Neighbours that are too close become a block around their mean (pool adjacent violators); the heavier a place, the
    nearer it stays. Without `weights` all weigh the same.
    """
    heavy = weights or (1.0,) * len(places)
    order = sorted(range(len(places)), key=lambda index: (places[index], index))
    blocks: list[tuple[float, float, int]] = []  # place, weight and number of each block
    for rank, index in enumerate(order):
        blocks.append((places[index] - rank * gap, heavy[index], 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (at, weight, count), (other, more, number) = blocks.pop(), blocks.pop()
            blocks.append(((at * weight + other * more) / (weight + more), weight + more, count + number))
    moved = [at for at, _, count in blocks for _ in range(count)]
    result = [0.0] * len(places)
    for rank, index in enumerate(order):
        result[index] = moved[rank] + rank * gap
    return result
