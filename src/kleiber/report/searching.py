"""The charts of a search: losses against each hyper-parameter, against the number of the trial, and the best of k trials.

`tried` is that of a study in the findings: of each size every so many trials as they were measured, and the best.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kleiber.report.axes import Axis
from kleiber.report.drawing import Band, Data, Drawing, Key, Line, Marks
from kleiber.report.numbers import places, plain, size
from kleiber.report.plots import across, around, of_words, panel, spread_out, upright
from kleiber.wording import agreed, counted

Tried = Sequence[Mapping[str, Any]]
PARTS = ("k", "expected", "low", "high")
MOST = 8
"""Of so many sizes, the largest, the best of k trials is drawn: more bands hide each other."""
CHOICES = 6
"""Up to so many values of a hyper-parameter stand side by side, however far apart they are."""


def searched_params(tried: Tried) -> list[str]:
    """List the hyper-parameters that were searched: those with two values or more, in the order of the study."""
    names = dict.fromkeys(name for one in tried for name in one["params"])
    return [name for name in names if len({plain(value) for one in tried for value in one["params"].get(name, ())}) > 1]


def draw_param(tried: Tried, name: str, metric: str) -> Drawing | None:
    """Describe the losses of trials against one hyper-parameter; None where no trial that has it has a loss."""
    found = [
        [row for row in zip(one["number"], one["params"].get(name, ()), one["loss"], strict=False) if None not in row]
        for one in tried
    ]
    values = [value for rows in found for _, value, _ in rows]
    if not values:
        return None
    x, place = _axis(name, values)
    marks, data, series = [], [], []
    for index, (one, rows) in enumerate(zip(tried, found, strict=True)):
        at, loss = tuple(place(value) for _, value, _ in rows), tuple(loss for _, _, loss in rows)
        best = tuple((x, y) for (number, _, _), x, y in zip(rows, at, loss, strict=True) if number == one["best"])
        top, low = tuple(x for x, _ in best), tuple(y for _, y in best)
        marks.append(Marks("trial", at, loss, loss, loss, index, _name(one)))
        marks.append(Marks("series", top, low, low, low, index, _name(one)))
        data += [(*_who(one, number), number + 1, x, y) for (number, _, _), x, y in zip(rows, at, loss, strict=True)]
        series += [_name(one)] * len(rows)
    told = Data(("size", "what", "trial", name, metric), tuple(data), tuple(series), x=3, y=4)
    return _drawing(f"Search over {name}", marks, [], x, metric, tried, told)


def _axis(name: str, values: Sequence[Any]) -> tuple[Axis, Callable[[Any], float]]:
    """Give the axis of a hyper-parameter and the place of a value on it: few values are choices, many are a scale."""
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    known = sorted(set(values)) if numeric else []
    if len(known) > CHOICES:
        log = spread_out(known)
        return across(name, *around(known, log=log), log=log), float
    words = [plain(value) for value in known] if numeric else sorted({plain(value) for value in values})
    return of_words(name, words), lambda value: float(words.index(plain(value)))


def draw_history(tried: Tried, metric: str) -> Drawing | None:
    """Describe the losses of trials in their order, with the best so far as steps; None where no trial has a loss."""
    marks, lines, data, series = [], [], [], []
    for index, one in enumerate(tried):
        own = _name(one)
        rows = [(number + 1, loss) for number, loss in zip(one["number"], one["loss"], strict=True) if loss is not None]
        at, loss = tuple(float(number) for number, _ in rows), tuple(loss for _, loss in rows)
        marks.append(Marks("trial", at, loss, loss, loss, index, own))
        lines += [Line("line", *_steps(one), index, "fit", own)] if one["fell_at"] else []
        data += [(*_who(one, number - 1), float(number), loss) for number, loss in rows]
        series += [own] * len(rows)
    if not data:
        return None
    x = across("trial", 0.5, max(one["trials"] for one in tried) + 0.5)
    told = Data(("size", "what", "trial", metric), tuple(data), tuple(series))
    return _drawing("History of the search", marks, lines, x, metric, tried, told)


def _steps(one: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the best so far as a line of steps, to the last trial."""
    at, to = [number + 1 for number in one["fell_at"]], one["fell_to"]
    x, y = [at[0]], [to[0]]
    for number, loss in zip(at[1:], to[1:], strict=True):
        x += [number, number]
        y += [y[-1], loss]
    return (*map(float, x), float(one["trials"])), (*y, y[-1])


def draw_best_of(sizes: Sequence[Mapping[str, Any]], metric: str) -> Drawing | None:
    """Describe the expected best loss of k trials against k, with its interval; `sizes` are those of the search."""
    bands, lines, keys, rows, series = [], [], [], [], []
    for index, one in list(enumerate(sizes))[-MOST:]:
        curve = one.get("best_of") or {}
        known = [row for row in zip(*(curve.get(part, ()) for part in PARTS), strict=True) if None not in row]
        if len(known) < 2:
            continue
        k, expected, low, high = (tuple(map(float, column)) for column in zip(*known, strict=True))
        bands.append(Band("band90", k, low, high, index, "rough", _name(one)))
        lines.append(Line("line", k, expected, index, "fit", _name(one)))
        keys.append(Key("line", f"n = {size(one['n'])}", index, _name(one)))
        rows += [(f"n = {size(one['n'])}", "expected best", *row) for row in known]
        series += [_name(one)] * len(known)
    if not rows:
        return None
    values = [value for band in bands for value in (*band.low, *band.high)]
    log = spread_out(values)
    x = across("best of k trials", 0.9, max(max(line.x) for line in lines) * 1.1, log=True)
    y = upright(f"validation {metric}", *around(values, log=log), log=log)
    heads = ("size", "what", "k", metric, "90 % low", "90 % high")
    data = Data(heads, tuple(rows), tuple(series), digits=places(row[3] for row in rows))
    text = "; ".join(f"n = {line.series[1:]}: {line.y[-1]:.4g} with {counted(line.x[-1], 'trial')}" for line in lines)
    drawn = panel("log", "Logarithmic trials", x, y, bands=bands, lines=lines)
    return Drawing("Best of k trials", f"Expected best validation {metric}. {text}.", (drawn,), tuple(keys), (), data)


def thinning(tried: Tried) -> str:
    """Say which trials are drawn and which are not, in whole sentences; nothing where all are."""
    total, diverged = sum(one["trials"] for one in tried), sum(one["diverged"] for one in tried)
    step = max((one["every"] for one in tried), default=1)
    said = []
    if step > 1:
        drawn = sum(len(one["number"]) for one in tried)
        are = agreed("is", one=drawn == 1)
        said.append(
            f"Of {total:,} trials {drawn:,} {are} drawn: one in {step:,} by number, whatever its loss, and "
            "each size's best."
        )
    if diverged:
        said.append(f"{counted(diverged, 'diverged trial', verb='has')} no loss to draw.")
    return " ".join(said)


def _name(one: Mapping[str, Any]) -> str:
    """Give the entry of the legend that a size has."""
    return f"n{one['n']:g}"


def _who(one: Mapping[str, Any], number: int) -> tuple[str, str]:
    return f"n = {size(one['n'])}", "the best trial" if number == one["best"] else "trial"


def _drawing(title: str, marks: list[Marks], lines: list[Line], x: Axis, metric: str, tried: Tried, data: Data) -> Drawing:
    values = [loss for one in marks for loss in one.y] + [loss for line in lines for loss in line.y]
    log = spread_out(values)
    y = upright(f"validation {metric}", *around(values, log=log), log=log)
    keys = tuple(Key("series", f"n = {size(one['n'])}", index, _name(one)) for index, one in enumerate(tried))
    losses = [float(row[data.y] or 0.0) for row in data.rows]
    best = data.rows[losses.index(min(losses))]
    said = f"{counted(len(losses), 'trial')}. The lowest {metric} is {min(losses):.4g}, of {best[0]}, trial {best[2]:g}."
    drawn = panel("trials", title, x, y, lines=lines, marks=[one for one in marks if one.x])
    return Drawing(title, said, (drawn,), keys, (), replace(data, digits=places(losses)))
