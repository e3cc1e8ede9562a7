"""The comparison of models in the words of a person who has to decide between them.

No number without its interval, no forecast without its grade.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kleiber.answers.compare.exponents import ExponentPair, Exponents
from kleiber.answers.compare.model_pair import AtSize, Crossing, Multiplier, PairComparison
from kleiber.answers.compare.paired import Paired
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.grades import GRADES, Grade
from kleiber.metric import Metric
from kleiber.wording import counted, given, listed, number, probability, size

LIKELIER = 0.6  # probability from which one model is said to be the better one
SURE = 0.05  # p-value below which exponents are said to differ


def sentences_of(
    scale: Metric,
    forecasts: Mapping[str, Forecast],
    pairs: Sequence[PairComparison],
    exponents: Exponents | None,
    left_out: Sequence[str],
) -> Iterator[str]:
    """Give the sentences of a comparison, the answer first: forecasts by model, pairs, exponents, and who has none."""
    yield _best(scale, forecasts, pairs)
    for name, fc in forecasts.items():
        if fc.status == "refused":
            yield f"No forecast of {scale.name} of {name}: {fc.reason} {fc.help} What was measured is compared."
    for pair in _nearest(pairs):
        yield from _of_pair(scale, pair)
    for name, fc in forecasts.items():
        why = [text for text in left_out if text.startswith(f"{name}: ")]
        if why and fc.status != "refused":
            yield f"The exponent of {why[0]}, so it is not compared."
    if exponents is not None:
        for one in exponents.pairs:
            yield _of_exponents(one, exponents)
        yield _of_evidence(exponents)


def _best(scale: Metric, forecasts: Mapping[str, Forecast], pairs: Sequence[PairComparison]) -> str:
    """Say which model is best at the smallest and the largest size at which all of them are compared."""
    told, names, sizes = _common(pairs)
    if not sizes:
        return f"Which of {listed(list(forecasts))} is best can't be told: there is no size at which their forecasts meet."
    last = _winner(told, names, sizes[-1])
    if len(sizes) == 1:
        expected = f": {_expected(scale, forecasts[last.name], sizes[0])}" if last.sure else ""
        return f"At {given(sizes[0])} {_said(last)}{expected}."
    first = _winner(told, names, sizes[0])
    if first.name == last.name and first.sure and last.sure:
        chance = probability(min(first.chance, last.chance))
        least = chance if chance.startswith("over") else f"{chance} or more"
        where = f"from {given(sizes[0])} to {given(sizes[-1])} (probability {least}; {last.grade} there)"
        return f"{last.name} is the best of {len(names)} {where}: {_expected(scale, forecasts[last.name], sizes[-1])}."
    return f"At {given(sizes[-1])} {_said(last)}; at {given(sizes[0])} {_said(first)}."


def _common(pairs: Sequence[PairComparison]) -> tuple[list[PairComparison], list[str], list[float]]:
    """Give the pairs that meet, their models, and the sizes at which all of them do."""
    told = [pair for pair in pairs if pair.at]
    names = list(dict.fromkeys(name for pair in told for name in (pair.first, pair.second)))
    sizes = sorted(set.intersection(*({place.n for place in pair.at} for pair in told))) if told else []
    return told, names, sizes


def _nearest(pairs: Sequence[PairComparison]) -> list[PairComparison]:
    """Give the pairs, those first that a choice is between: the best at the largest size and its rival, then its others."""
    told, names, sizes = _common(pairs)
    if not sizes:
        return list(pairs)
    best = _winner(told, names, sizes[-1])
    return sorted(
        pairs, key=lambda pair: (best.name not in (pair.first, pair.second), best.rival not in (pair.first, pair.second))
    )


def _expected(scale: Metric, fc: Forecast, n: float) -> str:
    (one,) = fc.intervals(np.array([n]))
    between = f"90 % interval {scale.write_interval(one.low, one.high)}"
    return f"{scale.name} {scale.write(one.median, one.low, one.high)} there ({between})"


@dataclass(frozen=True, slots=True)
class _Winner:
    """The model that most probably is best at a size, the least probability that it beats another, and which that is."""

    name: str
    chance: float
    rival: str
    grade: Grade

    @property
    def sure(self) -> bool:
        return self.chance >= LIKELIER


def _winner(pairs: Sequence[PairComparison], names: Sequence[str], n: float) -> _Winner:
    beats = {name: dict[str, float]() for name in names}
    grades: list[Grade] = []
    for pair in pairs:
        place = next(place for place in pair.at if place.n == n)
        beats[pair.first][pair.second], beats[pair.second][pair.first] = place.beats, 1.0 - place.beats
        grades.append(place.grade)
    best = max(names, key=lambda name: (min(beats[name].values()), sum(beats[name].values())))
    rival = min(beats[best], key=lambda name: beats[best][name])
    return _Winner(best, beats[best][rival], rival, max(grades, key=GRADES.index))


def _said(one: _Winner) -> str:
    if not one.sure:
        return (
            f"{one.name} and {one.rival} can't be told apart (probability {probability(max(one.chance, 0.5))}; {one.grade})"
        )
    return f"{one.name} is best (better than {one.rival} with probability {probability(one.chance)}; {one.grade})"


def _of_pair(scale: Metric, pair: PairComparison) -> Iterator[str]:
    first, second = pair.first, pair.second
    if pair.apart:
        yield f"{first} and {second} have no size in common: they are compared by their forecasts alone."
    measured = pair.paired[-1] if pair.paired else None
    against = next((place for place in pair.at if measured is not None and _disagree(measured, place)), None)
    if measured is not None and against is not None:
        yield (
            f"At {given(against.n)} runs and curves disagree: measured, {_of_paired(scale, pair, measured)}; by the "
            f"curves, which draw on all sizes, {_of_size(scale, pair, against)}."
        )
    elif measured is not None:
        yield f"Measured at {given(measured.n)}, {_of_paired(scale, pair, measured)}."
    for level in pair.multipliers:  # what a budget asks: before the sizes, of which the first sentence has the ends
        yield _of_multiplier(scale, pair, level)
    for place in pair.at:
        if place is not against:
            yield f"At {given(place.n)} {_of_size(scale, pair, place)}."
    if pair.crossing is not None:
        yield _of_crossing(pair, pair.crossing)


def _disagree(measured: Paired, place: AtSize) -> bool:
    """Say whether runs and curves call another model the better one at one size, and either of them is sure of it."""
    runs, curves = measured.difference, place.difference
    sure = runs.low * runs.high > 0 or curves.low * curves.high > 0
    return measured.n == place.n and runs.median * curves.median < 0 and sure


def _of_paired(scale: Metric, pair: PairComparison, measured: Paired) -> str:
    first, second, d = pair.first, pair.second, measured.difference
    if d.median > 0:
        first, second, d = second, first, Interval(-d.median, -d.high, -d.low, d.probability)
    lead = scale.write_lead(-d.median, -d.high, -d.low)
    return f"{scale.name} of {first} is {lead} than that of {second}, over {counted(measured.count, 'pair')} of runs"


def _of_size(scale: Metric, pair: PairComparison, place: AtSize) -> str:
    first, second, d, chance = pair.first, pair.second, place.difference, place.beats
    if chance < 0.5:
        first, second, chance = second, first, 1.0 - chance
        d = Interval(-d.median, -d.high, -d.low, d.probability)
    lead = scale.write_lead(-d.median, -d.high, -d.low)
    return f"{first} is better than {second} with probability {probability(chance)} ({place.grade}): {scale.name} {lead}"


def _of_crossing(pair: PairComparison, crossing: Crossing) -> str:
    text = (
        f"Between {given(crossing.start)} and {size(crossing.end)} the curves of {pair.first} and {pair.second} "
        f"cross with probability {probability(crossing.crosses)}"
    )
    if crossing.place is None:
        return f"{text}."
    where = crossing.place
    low, high = size(where.low), size(where.high)
    return f"{text}; if so, near {size(where.median)} (90 % interval {low} to {high})."


def _of_multiplier(scale: Metric, pair: PairComparison, level: Multiplier) -> str:
    first, second, ratio = pair.first, pair.second, level.ratio
    end = pair.horizon or pair.largest_common
    reach = (
        f"by {size(end)} {pair.first} gets there with probability {probability(level.first_within)}, "
        f"{pair.second} with {probability(level.second_within)}"
    )
    goal = f"For {scale.name} {scale.write(level.loss)}"
    if not np.isfinite(ratio.median) or ratio.median <= 0:
        return f"{goal} the data that each needs can't be compared: {reach}."
    if ratio.median > 1:
        first, second = second, first
        ratio = Interval(1 / ratio.median, _inverse(ratio.high), _inverse(ratio.low), ratio.probability)
    high = number(ratio.high) if np.isfinite(ratio.high) else "no end"
    return (
        f"{goal}, {second} needs {number(ratio.median)} ({number(ratio.low)} to {high}, 90 % interval; {level.grade}) "
        f"of the data of {first}; {reach}."
    )


def _within(found: Interval, unit: str = "") -> str:
    """Write a median with its interval."""
    middle = f"{number(found.median)} {unit}".strip()
    return f"{middle} (90 % interval {number(found.low)} to {number(found.high)})"


def _inverse(value: float) -> float:
    return float("inf") if value == 0 else 1.0 / value


def _of_exponents(pair: ExponentPair, found: Exponents) -> str:
    d, test = pair.difference, found.test
    seen = (
        f"the least difference that this study could have seen is {number(pair.detectable)}"
        if np.isfinite(pair.detectable)
        else "this study could have seen no difference at all"
    )
    differ = "are not shown to differ" if test.p_bootstrap >= SURE else "differ"
    if test.p_bootstrap < SURE and d.low < 0 < d.high and len(found.models) == 2:
        differ = "differ by an F-test, and by this interval may not: take it as open"
    among = "" if len(found.models) == 2 else " of all models"
    return (
        f"Exponent of {pair.first} minus that of {pair.second}: {_within(d)}, more than {number(pair.differ)} apart with "
        f"probability {probability(pair.probability)}; the exponents{among} {differ} (p = {number(test.p_bootstrap)}), and "
        f"{seen}."
    )


def _of_evidence(found: Exponents) -> str:
    """Say how the data weigh one exponent for all against one each, and how far that hangs on the prior."""
    factors = [found.bayes_factor, found.bayes_factor_narrow, found.bayes_factor_wide]
    ends, turned = ("one exponent for all", "one each"), factors[0] < 1.0
    favoured, other = ends[::-1] if turned else ends
    middle, narrow, wide = (_times(_inverse(factor) if turned else factor) for factor in factors)
    said = "The models share one exponent" if favoured == ends[0] else "The models have different exponents"
    text = f"{said} (Bayes factor {middle} over {other}"
    return f"{text}; {narrow} and {wide} with half and twice the prior's spread of exponents)."


def _times(factor: float) -> str:
    return "over 1,000" if factor > 1000 else number(factor)
