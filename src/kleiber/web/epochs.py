"""Loss against epochs while trials come in: a small picture beside each size, and the report's chart of the newest."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kleiber.report.epochs import draw_epochs
from kleiber.report.figures import figure
from kleiber.report.numbers import fixed, places
from kleiber.web.reading import NONE, Attempt, Losses
from kleiber.wording import counted

MOST, POINTS = 10, 60  # lines of a chart, and epochs of each that are drawn

WIDTH, HEIGHT, EDGE = 168, 34, 3
History = Sequence[float | None]
LOSS = "loss"  # what trials report after each epoch, whichever metric the study is of


def spark(lines: Mapping[int, History], best: int | None, newest: int | None) -> Markup:
    """Draw each attempt's validation loss after each epoch; the best attempt's line and the newest one's stand out.

    What is worse than the start of most lines is cut off at the upper edge, so that one that explodes hides no other.
    """
    told = {seq: line for seq, line in lines.items() if sum(value is not None for value in line) > 1}
    if not told:
        return Markup("")
    last = max(len(line) for line in told.values())
    starts = sorted(line[0] for line in told.values() if line and line[0] is not None)
    values = [value for line in told.values() for value in line if value is not None]
    digits = places([min(values)])
    lowest = fixed(min(values), digits)
    said = f"validation loss against epochs of {counted(len(told), 'trial')}, up to epoch {last}; lowest {lowest}"
    scale = math.log if min(values) > 0 else float
    low, high = scale(min(values)), scale(max(starts[len(starts) // 2] if starts else max(values), min(values)))
    high = high if high > low else low + 1.0
    told = {seq: [None if value is None else scale(value) for value in line] for seq, line in told.items()}
    order = sorted(told, key=lambda seq: (seq == best, seq == newest, seq))
    kinds = {seq: "best" if seq == best else "newest" if seq == newest else "" for seq in order}
    paths = [
        Markup('<path class="{}" d="{}"/>').format(f"epochs {kinds[seq]}".strip(), _path(told[seq], last, low, high))
        for seq in order
    ]
    return Markup(
        '<svg class="spark" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-label="{2}">{3}</svg>'
    ).format(WIDTH, HEIGHT, said, Markup("").join(paths))


def chart(attempts: Iterable[Attempt], histories: Mapping[int, Losses], identifier: str) -> Markup:
    """Give the report's chart of the newest attempts that told a loss after two epochs or more; nothing without one."""
    newest = sorted(attempts, key=lambda one: one.seq, reverse=True)
    told = [one for one in newest if len(histories.get(one.seq, NONE)) > 1][:MOST]
    drawing = draw_epochs([_run(one, histories[one.seq]) for one in reversed(told)], LOSS)
    if drawing is None:
        return Markup("")
    which = f"The {len(told)} newest trials that reported a loss after each epoch, with those that still run."
    caption = "" if len(told) < 2 else which
    return figure(drawing, identifier, caption)


def _run(one: Attempt, losses: Losses) -> Mapping[str, Any]:
    """Give an attempt as the chart wants a run; of many epochs, evenly spaced ones and the last."""
    last = len(losses)
    step = max(-(-last // POINTS), 1)
    epochs = sorted({*range(1, last + 1, step), last})
    place = {"n": one.n, "purpose": str(one.purpose), "replicate": one.replicate, "number": one.number}
    known = {"validation": losses.validation, **({"training": losses.training} if losses.training else {})}
    return {**place, "epoch": epochs, **{name: [one[epoch - 1] for epoch in epochs] for name, one in known.items()}}


def _path(line: History, last: int, low: float, high: float) -> str:
    """Give the path of a line; an epoch without a finite loss is a gap."""
    step, room = (WIDTH - 2 * EDGE) / max(last - 1, 1), HEIGHT - 2 * EDGE
    parts, down = [], False
    for epoch, value in enumerate(line):
        if value is None:
            down = False
            continue
        y = EDGE + room * (1 - min(max((value - low) / (high - low), 0.0), 1.0))
        parts.append(f"{'L' if down else 'M'}{EDGE + step * epoch:.1f} {y:.1f}")
        down = True
    return "".join(parts)
