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
SURE = 0.05  # p-value below which the F-test is said to show a difference of exponents
FAVOURED, STRONG = 3.0, 20.0  # Bayes factors of positive and of strong evidence (Kass and Raftery 1995)


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
            yield f"No forecast of {scale.name} of {name}. {fc.reason} {fc.help} Only its measured sizes are compared."
    for pair in _nearest(pairs):
        yield from _of_pair(scale, pair)
    for name, fc in forecasts.items():
        why = [text for text in left_out if text.startswith(f"{name}: ")]
        if why and fc.status != "refused":
            yield f"We can't compare the exponent of {why[0]}."
    if exponents is not None:
        yield _of_evidence(exponents)
        for one in exponents.pairs:
            yield _of_exponents(one)


def _best(scale: Metric, forecasts: Mapping[str, Forecast], pairs: Sequence[PairComparison]) -> str:
    """Say which model is best at the smallest and the largest size at which all of them are compared."""
    told, names, sizes = _common(pairs)
    if not sizes:
        return f"We can't say which of {listed(list(forecasts))} is best: their forecasts share no size."
    last = _winner(told, names, sizes[-1])
    if len(sizes) == 1:
        expected = f" {_expected(scale, forecasts[last.name], sizes[0])}" if last.sure else ""
        return f"At {given(sizes[0])} {_said(last)}.{expected}"
    first = _winner(told, names, sizes[0])
    if first.name == last.name and first.sure and last.sure:
        chance = probability(min(first.chance, last.chance))
        least = chance if chance.startswith("over") else f"{chance} or more"
        where = f"from {given(sizes[0])} to {given(sizes[-1])} (probability {least}; {last.grade})"
        expected = _expected(scale, forecasts[last.name], sizes[-1])
        return f"{last.name} is the best of {len(names)} models {where}. {expected}"
    return f"At {given(sizes[-1])} {_said(last)}. At {given(sizes[0])} {_said(first)}."


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
    return f"Expect {scale.name} {scale.write(one.median, one.low, one.high)} at {given(n)} ({between})."


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
            f"{one.name} and {one.rival} are too close to call "
            f"(probability {probability(max(one.chance, 0.5))}; {one.grade})"
        )
    return f"{one.name} is best (better than {one.rival} with probability {probability(one.chance)}; {one.grade})"


def _of_pair(scale: Metric, pair: PairComparison) -> Iterator[str]:
    first, second = pair.first, pair.second
    if pair.apart:
        yield f"{first} and {second} share no measured size: only their forecasts are compared."
    measured = pair.paired[-1] if pair.paired else None
    against = next((place for place in pair.at if measured is not None and _disagree(measured, place)), None)
    if measured is not None and against is not None:
        yield (
            f"At {given(against.n)} runs and curves disagree. Measured: {_of_paired(scale, pair, measured)}. "
            f"By the curves of all sizes, {_of_size(scale, pair, against)}."
        )
    elif measured is not None:
        yield f"Measured at {given(measured.n)}: {_of_paired(scale, pair, measured)}."
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
        f"The curves of {pair.first} and {pair.second} cross between {given(crossing.start)} and {size(crossing.end)} "
        f"with probability {probability(crossing.crosses)}"
    )
    if crossing.place is None:
        return f"{text}."
    where = crossing.place
    low, high = size(where.low), size(where.high)
    return f"{text}. If so, they cross near {size(where.median)} (90 % interval {low} to {high})."


def _of_multiplier(scale: Metric, pair: PairComparison, level: Multiplier) -> str:
    first, second, ratio = pair.first, pair.second, level.ratio
    end = pair.horizon or pair.largest_common
    reach = (
        f"With {size(end)} examples {pair.first} reaches it with probability {probability(level.first_within)}, "
        f"{pair.second} with {probability(level.second_within)}."
    )
    goal = f"{scale.name} {scale.write(level.loss)}"
    if not np.isfinite(ratio.median) or ratio.median <= 0:
        return f"We can't compare how much data {first} and {second} need for {goal}. {reach}"
    if ratio.median > 1:
        first, second = second, first
        ratio = Interval(1 / ratio.median, _inverse(ratio.high), _inverse(ratio.low), ratio.probability)
    ends = f"{number(ratio.low)} to {number(ratio.high)}" if np.isfinite(ratio.high) else f"{number(ratio.low)} and more"
    return (
        f"For {goal}, {second} needs {number(ratio.median)} times the data of {first} ({level.grade}; "
        f"90 % interval {ends}). {reach}"
    )


def _inverse(value: float) -> float:
    return float("inf") if value == 0 else 1.0 / value


def _of_exponents(pair: ExponentPair) -> str:
    """Say by how much two exponents differ, and how small a difference the study could detect."""
    first, second, d = pair.first, pair.second, pair.difference
    if d.median > 0:
        first, second, d = second, first, Interval(-d.median, -d.high, -d.low, d.probability)
    between = f"90 % interval {number(-d.high)} to {number(-d.low)}"
    seen = (
        f"This study could detect a difference of {number(pair.detectable)} or more."
        if np.isfinite(pair.detectable)
        else "This study could not detect a difference of any size."
    )
    return (
        f"The exponent of {first} is {number(-d.median)} lower than that of {second} ({between}). They differ by more "
        f"than {number(pair.differ)} with probability {probability(pair.probability)}. {seen}"
    )


def _of_evidence(found: Exponents) -> str:
    """Say whether the models share one exponent, by how much the data favour it, and what test and prior say of it."""
    factors = [found.bayes_factor, found.bayes_factor_narrow, found.bayes_factor_wide]
    turned = factors[0] < 1.0
    middle, narrow, wide = (_inverse(factor) if turned else factor for factor in factors)
    verb = "have different exponents" if turned else "share one exponent"
    said = f"The models {'probably ' if middle < STRONG else ''}{verb}"
    if middle < FAVOURED or _conflict(found):
        said = "We can't say whether the models share one exponent"
    against = "different exponents" if turned else "one shared exponent"
    shows = "shows" if found.test.p_bootstrap < SURE else "does not show"
    return (
        f"{said} (Bayes factor {_times(middle)} for {against}). An F-test {shows} a difference "
        f"(p = {number(found.test.p_bootstrap)}). Half or twice the prior's spread makes the Bayes factor {_times(narrow)} "
        f"or {_times(wide)}."
    )


def _conflict(found: Exponents) -> bool:
    """Say whether the F-test shows a difference that the Bayes factor, or the interval of the only pair, does not."""
    spans = any(pair.difference.low < 0 < pair.difference.high for pair in found.pairs)
    return found.test.p_bootstrap < SURE and (found.bayes_factor > 1.0 or (len(found.pairs) == 1 and spans))


def _times(factor: float) -> str:
    return "over 1,000" if factor > 1000 else number(factor)
