"""The noise of rows that are means of runs: standard deviations and intervals beside a metric, over the number of runs.

A standard error is sd / sqrt(k) of k runs, or half the width of an interval of the mean over its normal quantile, in the
unit of the metric. Without a number of runs neither tells it, and the notes say which column to add.
"""

from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from kleiber.importers import Rows
from kleiber.importers._beside import grouped, sizes_of
from kleiber.importers._cells import Cells, typed
from kleiber.importers._metrics import is_rate
from kleiber.importers._reading import Reading
from kleiber.importers._spread_columns import Source, UnusedError, count_for, counts, source_of, spreads
from kleiber.importers._spread_names import ERROR, INTERVAL, LEVEL, SIGN, VARIANCE, counts_folds
from kleiber.importers._wanted import Wanted
from kleiber.wording import agreed, counted

Array = NDArray[np.float64]
Codes = NDArray[np.int32]

WIDEST = 0.5
"""The largest standard deviation that values between 0 and 1 can have."""


@dataclass(slots=True)
class Noise:
    """What was found of the noise: a sentence for each metric's code where there is one, and why columns are not used."""

    used: dict[int, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


def with_noise(rows: Rows, reading: Reading, cells: Cells, found: Wanted) -> tuple[Rows, Noise]:
    """Give the rows with standard errors, NaN where there is none, and what was found; `cells` are those that count.

    A column `se` stands alone. `settled` says in the end what is used.
    """
    noise = Noise()
    if "se" in found.place or not len(rows):
        return rows, noise
    errors = np.full(len(rows), np.nan)
    entry, of_loss = reading.entries(), reading.columns()
    for k, loss in enumerate(reading.losses):
        members = np.flatnonzero(of_loss == k)
        part = rows.take(members)
        try:
            source = source_of(cells, found, loss, alone=len(reading.losses) == 1, inside=loss in reading.inside)
            if source is None or not len(members):
                continue
            errors[members], told = _errors(part, entry[members], cells, found, source)
        except UnusedError as error:
            noise.unused.append(str(error))
            continue
        noise.used |= dict.fromkeys(np.unique(part.metric.codes).tolist(), told)
    return (replace(rows, se=errors) if noise.used else rows), noise


def settled(rows: Rows, noise: Noise) -> tuple[Rows, list[str]]:
    """Give the rows that count, with the standard errors of those curves that have all of theirs, and what is used."""
    if rows.se is None or not noise.used:
        return rows, noise.unused
    errors, said, gaps = rows.se.copy(), dict[str, None](), list[str]()
    curve = grouped(rows.model.codes, rows.metric.codes)
    for one in np.unique(curve).tolist():
        members = np.flatnonzero(curve == one)
        told = noise.used.get(int(rows.metric.codes[members[0]]))
        if told is None:
            continue
        if none := int(np.isnan(errors[members]).sum()):
            errors[members] = np.nan
            model = rows.model[int(members[0])]
            have = f"{counted(len(members), 'row')} of {model!r} {agreed('has', one=none == 1)}"
            gaps.append(f"{none} of {have} no spread, so none of its spreads is used.")
        else:
            said[told] = None
    return replace(rows, se=None if np.isnan(errors).all() else errors), [*said, *gaps, *noise.unused]


def _errors(rows: Rows, entry: Codes, cells: Cells, found: Wanted, source: Source) -> tuple[Array, str]:
    """Give each row's standard error and a sentence on it; raises `UnusedError`."""
    spread, percent = spreads(cells, source)
    spread = np.sqrt(spread) if source.kind == VARIANCE else spread
    sd = _in_unit(rows, spread[entry], percent[entry], source)
    if source.kind == ERROR:
        return sd, f"the noise is {source.name}, read as standard errors."
    place = count_for(cells, found, source)
    count = np.full(len(entry), np.nan) if place is None else counts(cells, place)[entry]
    if place is None or np.isnan(count).all():
        raise UnusedError(_without_count(source, cells))
    size = sizes_of(grouped(rows.model.codes, rows.metric.codes, rows.n))
    if (size > 1).any() and (size == count)[size > 1].all():
        raise UnusedError(f"{source.name} was not used as noise: the runs themselves are there.")
    quantile = NormalDist().inv_cdf(0.5 + 0.5 * (source.level or LEVEL))
    se = sd / quantile if source.kind == INTERVAL else sd / np.sqrt(count)
    return _filled(rows, se, count), _told(source, cells, cells.names[place], count, quantile)


def _in_unit(rows: Rows, spread: Array, percent: NDArray[np.bool_], source: Source) -> Array:
    """Give spreads in the unit of their metric: of fractions, those in percent become fractions."""
    if not is_rate(rows.metric[0]) or (rows.loss > 1).any():
        return spread
    found = np.where(percent, spread / 100, spread)
    if (found > WIDEST).any():
        most = float(np.nanmax(found))
        raise UnusedError(f"{source.name} was not used as noise: {most:g} is too much for values between 0 and 1.")
    return found


def _filled(rows: Rows, se: Array, count: Array) -> Array:
    """Give the standard errors, and to a row of one run, which shows no spread, that of one run of the nearest size."""
    single = count == 1
    found = np.where(single, np.nan, se)
    for one in np.flatnonzero(single).tolist():
        like = np.flatnonzero((rows.model.codes == rows.model.codes[one]) & ~np.isnan(found) & ~single)
        if len(like):
            near = like[np.argmin(np.abs(np.log(rows.n[like] / rows.n[one])))]
            found[one] = found[near] * np.sqrt(count[near])
    return found


def _told(source: Source, cells: Cells, count: str, runs: Array, quantile: float) -> str:
    """Say what was taken as noise, and what to write where this may be wrong."""
    few, many = int(np.nanmin(runs)), int(np.nanmax(runs))
    of = f"{count!r} ({few if few == many else f'{few} to {many}'})"
    if source.kind == INTERVAL:
        level = 100 * (source.level or LEVEL)
        told = f"the noise is {source.name} over {quantile:.3g}, as of a {level:g} % interval of the mean of {of}."
    else:
        square = "the square root of " if source.kind == VARIANCE else ""
        told = f"the noise is {square}{source.name} over the square root of {of}."
    if source.kind == SIGN:
        told += f" It was read as standard deviations. {_if_errors(source, cells)}"
    told += " Intervals are for a new mean of so many."
    if few == 1 < many:
        told += " A single run has the spread of the nearest size."
    if counts_folds(count):
        told += " Folds share their data, so runs with new data vary more."
    return told


def _without_count(source: Source, cells: Cells) -> str:
    told = f"{source.name} was not used as noise: nothing says of how many runs it is. Add a column 'runs' that does."
    return f"{told} {_if_errors(source, cells)}" if source.kind != INTERVAL else told


def _if_errors(source: Source, cells: Cells) -> str:
    """Give the way out where spreads are standard errors."""
    if source.inside:
        return "If these are standard errors, give them in a column 'se'."
    return f"If these are standard errors, write {typed('--column', f'se={cells.names[source.places[0]]}')}."
