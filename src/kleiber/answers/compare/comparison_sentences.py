"""The comparison of models in the words of a person who has to decide between them.

No number without its interval; nothing beyond the horizon of either forecast.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kleiber.answers.compare.exponents import ExponentPair, Exponents
from kleiber.answers.compare.model_pair import AtSize, Crossing, Multiplier, PairComparison
from kleiber.answers.compare.paired import Paired
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.wording import given, number, probability, size, with_article

SURE = 0.05  # p-value below which exponents are said to differ


def sentences_of(
    metric: str,
    forecasts: Mapping[str, Forecast],
    pairs: Sequence[PairComparison],
    exponents: Exponents | None,
    left_out: Sequence[str],
) -> Iterator[str]:
    """Give the sentences of a comparison: forecasts by model, pairs, exponents, and who has none ("model: why")."""
    for name, fc in forecasts.items():
        if fc.status == "refused":
            yield f"No forecast for the {metric} of {name}: {fc.reason} {fc.help} What was measured is compared."
    for pair in pairs:
        yield from _of_pair(metric, pair)
    for name, fc in forecasts.items():
        why = [text for text in left_out if text.startswith(f"{name}: ")]
        if why and fc.status != "refused":
            yield f"The exponent of {why[0]}, so it is not compared."
    if exponents is not None:
        for one in exponents.pairs:
            yield _of_exponents(one, exponents)
        yield _of_evidence(exponents)


def _of_pair(what: str, pair: PairComparison) -> Iterator[str]:
    first, second = pair.first, pair.second
    if pair.apart:
        yield f"{first} and {second} have no size in common: they are compared by their forecasts alone."
    measured = pair.paired[-1] if pair.paired else None
    told = [place for place in pair.at if not place.withheld]
    against = next((place for place in told if measured is not None and _disagree(measured, place)), None)
    if measured is not None and against is not None:
        yield _of_disagreement(what, pair, measured, against)
    elif measured is not None:
        yield f"Measured at n = {given(measured.n)}, {_of_paired(what, pair, measured)}."
    for place in told:
        if place is not against:
            yield f"At n = {given(place.n)} {_of_size(what, pair, place)}."
    beyond = [given(place.n) for place in pair.at if place.withheld]
    if beyond:
        yield f"At n = {', '.join(beyond)} {first} and {second} are not compared: that is beyond what both forecasts carry."
    if pair.crossing is not None:
        yield _of_crossing(pair, pair.crossing)
    for level in pair.multipliers:
        yield _of_multiplier(what, pair, level)


def _disagree(measured: Paired, place: AtSize) -> bool:
    """Say whether runs and curves call another model the better one at one size, and either of them is sure of it."""
    runs, curves = measured.difference, place.difference
    sure = runs.low * runs.high > 0 or curves.low * curves.high > 0
    return measured.n == place.n and runs.median * curves.median < 0 and sure


def _of_disagreement(what: str, pair: PairComparison, measured: Paired, place: AtSize) -> str:
    return (
        f"At n = {given(place.n)} runs and curves disagree: measured, {_of_paired(what, pair, measured)}; by the curves, "
        f"which draw on all sizes, {_of_size(what, pair, place)}."
    )


def _of_paired(what: str, pair: PairComparison, measured: Paired) -> str:
    return (
        f"{what} of {pair.first} minus that of {pair.second}, paired over {measured.count} replicates: "
        f"{_within(measured.difference)}"
    )


def _of_size(what: str, pair: PairComparison, place: AtSize) -> str:
    first, second, ratio, chance = pair.first, pair.second, place.ratio, place.beats
    if chance < 0.5:
        first, second, chance = second, first, 1.0 - chance
        ratio = Interval(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.probability)
    return (
        f"the {what} of {first} is lower than that of {second} with probability {probability(chance)}; "
        f"it is {_within(ratio, 'times')} the other"
    )


def _of_crossing(pair: PairComparison, crossing: Crossing) -> str:
    text = (
        f"Between n = {given(crossing.start)} and {size(crossing.end)} the curves of {pair.first} and {pair.second} "
        f"cross with probability {probability(crossing.crosses)}"
    )
    if crossing.place is None:
        return f"{text}."
    where = crossing.place
    low, high = size(where.low), size(where.high)
    return f"{text}; if so, near n = {size(where.median)} ({where.probability:.0%} interval {low} to {high})."


def _of_multiplier(what: str, pair: PairComparison, level: Multiplier) -> str:
    first, second, ratio = pair.first, pair.second, level.ratio
    end = pair.horizon or pair.largest_common
    reach = (
        f"by n = {size(end)} {pair.first} gets there with probability {probability(level.first_within)}, "
        f"{pair.second} with {probability(level.second_within)}"
    )
    if level.withheld:
        return f"For {with_article(what)} of {number(level.loss)} the data needs are not compared: {reach}."
    if ratio.median > 1:
        first, second = second, first
        ratio = Interval(1 / ratio.median, _inverse(ratio.high), _inverse(ratio.low), ratio.probability)
    high = number(ratio.high) if np.isfinite(ratio.high) else "no end"
    goal = f"For {with_article(what)} of {number(level.loss)}"
    return (
        f"{goal}, {second} needs {number(ratio.median)} ({number(ratio.low)} to {high}, "
        f"{ratio.probability:.0%} interval) of the data of {first}; {reach}."
    )


def _within(found: Interval, unit: str = "") -> str:
    """Write a median with its interval."""
    middle = f"{number(found.median)} {unit}".strip()
    return f"{middle} ({found.probability:.0%} interval {number(found.low)} to {number(found.high)})"


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
    return (
        f"The data speak {middle} times as much for {favoured} as for {other} "
        f"({narrow} and {wide} times with half and twice the prior's spread of exponents)."
    )


def _times(factor: float) -> str:
    return "over 1,000" if factor > 1000 else number(factor)
