"""The comparison of models in the words of a person who has to decide between them.

No number without its interval, no forecast without its grade.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kleiber.answers.compare.data_sentences import inverse, needs, of_multiplier
from kleiber.answers.compare.exponents import ExponentPair, Exponents
from kleiber.answers.compare.model_pair import AtSize, Crossing, PairComparison
from kleiber.answers.compare.paired import Paired
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.grades import GRADES, Grade
from kleiber.metric import Metric
from kleiber.wording import called, counted, given, listed, number, probability, size

LIKELIER = 0.6  # probability from which one model is said to be the better one
SURE = 0.05  # p-value below which the F-test is said to show a difference of exponents
FAVOURED, STRONG = 3.0, 20.0  # Bayes factors of positive and of strong evidence (Kass and Raftery 1995)


def sentences_of(
    scale: Metric,
    forecasts: Mapping[str, Forecast],
    pairs: Sequence[PairComparison],
    exponents: Exponents | None,
    left_out: Sequence[str],
    target: float | None = None,
) -> Iterator[str]:
    """Give the sentences of a comparison, the answer first: forecasts by model, pairs, exponents, and who has none.

    `target` is the loss of which somebody asks what each model needs.
    """
    forecasts = {called(name): fc for name, fc in forecasts.items()}
    pairs = [replace(pair, first=called(pair.first), second=called(pair.second)) for pair in pairs]
    order = _order(forecasts, pairs)
    yield _best(scale, forecasts, pairs)
    if target is not None:
        yield (
            " ".join(needs(scale, forecasts, target))
            or f"No curve shows what {scale.name} {scale.write_given(target)} takes."
        )
    if len(order) > 1 and order[0][1] > 0:
        yield _ranked(scale, forecasts, order)
    for name, fc in forecasts.items():
        if fc.status == "refused":
            yield f"No forecast of {scale.name} of {name}. {fc.reason} {fc.help} Only its measured sizes are compared."
    for pair in _nearest(pairs, order):
        yield from _of_pair(scale, pair, forecasts)
    for name, fc in forecasts.items():
        why = [text for text in map(_called_first, left_out) if text.startswith(f"{name}: ")]
        if why and fc.status != "refused":
            yield f"We can't compare the exponent of {why[0]}."
    if exponents is not None:
        yield _of_evidence(exponents)
        place = {name: i for i, (name, _) in enumerate(order)}
        told = [replace(one, first=called(one.first), second=called(one.second)) for one in exponents.pairs]
        for one in sorted(told, key=lambda one: sorted((place[one.first], place[one.second]))):
            yield _of_exponents(one)


def _called_first(text: str) -> str:
    """Give "model: why" with the model as it is called in a sentence."""
    name, colon, why = text.partition(": ")
    return f"{called(name)}{colon}{why}"


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


def _order(forecasts: Mapping[str, Forecast], pairs: Sequence[PairComparison]) -> list[tuple[str, float]]:
    """Give the models, each with the largest size at which all are compared, the best there first; 0 without a forecast."""
    _, names, sizes = _common(pairs)
    n = sizes[-1] if sizes else 0.0
    told = {name: forecasts[name].intervals(np.array([n]))[0].median for name in names} if sizes else {}
    return [(name, n if name in told else 0.0) for name in sorted(forecasts, key=lambda name: told.get(name, np.inf))]


def _nearest(pairs: Sequence[PairComparison], order: Sequence[tuple[str, float]]) -> list[PairComparison]:
    """Give the pairs, those first that a choice is between: the best and its rivals, the nearest first; then others."""
    place = {name: i for i, (name, _) in enumerate(order)}
    return sorted(pairs, key=lambda pair: sorted((place[pair.first], place[pair.second])))


def _ranked(scale: Metric, forecasts: Mapping[str, Forecast], order: Sequence[tuple[str, float]]) -> str:
    """Say what each model is expected to have at the largest size at which all are compared, the best first."""
    told = []
    for name, n in order:
        if n > 0:
            (one,) = forecasts[name].intervals(np.array([n]))
            value, between = scale.write(one.median, one.low, one.high), scale.write_interval(one.low, one.high)
            told.append(f"{name} {value} ({forecasts[name].graded(n)}; {between})")
    text = f"Expected {scale.name} at {given(order[0][1])} with its 90 % interval, best first: {'; '.join(told[:2])}."
    rest = [told[i : i + 4] for i in range(2, len(told), 4)]
    return " ".join([text, *(f"Then {'; '.join(part)}." for part in rest)])


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


def _of_pair(scale: Metric, pair: PairComparison, forecasts: Mapping[str, Forecast]) -> Iterator[str]:
    first, second = pair.first, pair.second
    if pair.apart:
        yield f"{first} and {second} share no measured size: only their forecasts are compared."
    measured = pair.paired[-1] if pair.paired else None
    alike = next((place for place in pair.at if measured is not None and place.n == measured.n), None)
    against = next((place for place in pair.at if measured is not None and _disagree(measured, place)), None)
    if measured is not None and against is not None:
        yield (
            f"At {given(against.n)} runs and curves disagree. Measured: {_of_paired(scale, pair, measured)}. "
            f"By the curves of all sizes, {_of_size(scale, pair, against)}."
        )
    elif measured is not None:
        by_curves = "" if alike is None else f" By their curves, {_better(pair, alike)}."
        yield f"Measured at {given(measured.n)}: {_of_paired(scale, pair, measured)}.{by_curves}"
    for level in pair.multipliers:  # what a budget asks: before the sizes, of which the first sentence has the ends
        yield of_multiplier(scale, pair, level, forecasts)
    for place in pair.at:
        if place is not against and place is not alike:
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
    d = place.difference
    if place.beats < 0.5:
        d = Interval(-d.median, -d.high, -d.low, d.probability)
    return f"{_better(pair, place)}: {scale.name} {scale.write_lead(-d.median, -d.high, -d.low)}"


def _better(pair: PairComparison, place: AtSize) -> str:
    """Say which curve is the better one at a size, and how probably."""
    first, second, chance = pair.first, pair.second, place.beats
    if chance < 0.5:
        first, second, chance = second, first, 1.0 - chance
    return f"{first} is better than {second} with probability {probability(chance)} ({place.grade})"


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
    middle, narrow, wide = (inverse(factor) if turned else factor for factor in factors)
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
