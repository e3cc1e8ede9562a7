"""What models need in data, in words: each for a target that somebody names, and one in multiples of another."""

from collections.abc import Iterator, Mapping

import numpy as np

from kleiber.answers.compare.model_pair import Multiplier, PairComparison
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.grades import of_need
from kleiber.metric import Metric
from kleiber.wording import counted, graded, number, probability, size, unit_of

LIKELY = 0.5  # probability from which a model is said to reach a value
SURE = 0.99  # and from which nobody needs to hear of it
ENDS = (0.05, 0.5, 0.95)


def needs(scale: Metric, forecasts: Mapping[str, Forecast], target: float) -> Iterator[str]:
    """Say how many examples each model takes for a loss, the least first, with its interval."""
    told = {name: fc for name, fc in forecasts.items() if fc.status == "ok" and not (fc.flat or fc.turned)}
    sizes = {name: tuple(fc.posterior.needed(target, p) for p in ENDS) for name, fc in told.items()}
    for name in sorted(sizes, key=lambda name: sizes[name][1::-1]):
        low, middle, high = sizes[name]
        goal, unit = f"{scale.name} {scale.write_given(target)}", unit_of(told[name].curve.unit_of_n)
        if np.isinf(middle):
            chance = float(told[name].posterior.reached(np.array([_searched(told[name])]), target)[0])
            end = f"{size(_searched(told[name]))} {unit} (probability {probability(chance)})"
            yield f"{name} is unlikely to reach {goal} even with {end}."
            continue
        grade = graded(of_need(low, high, told[name].graded(middle)))
        if np.isinf(high):
            about = f"at least {size(low)} {unit} for {goal}, about {size(middle)} with even chances"
            yield f"{name} takes {about} ({grade}; the 90 % interval has no upper end)."
            continue
        yield f"{name} takes about {size(middle)} {unit} for {goal} ({grade}; 90 % interval {size(low)} to {size(high)})."


def _searched(fc: Forecast) -> float:
    return 1e4 * float(fc.curve.n[-1])


def of_multiplier(scale: Metric, pair: PairComparison, level: Multiplier, forecasts: Mapping[str, Forecast]) -> str:
    """Say what one model needs for a loss as a multiple of what the other needs; or who alone is likely to reach it."""
    first, second, ratio = pair.first, pair.second, level.ratio
    within = {first: level.first_within, second: level.second_within}
    goal = f"{scale.name} {scale.write(level.loss)}"
    if not np.isfinite(ratio.median) or ratio.median <= 0:
        better, worse = (first, second) if ratio.median > 0 else (second, first)
        if within[worse] < LIKELY and _there(forecasts[better], level.loss):
            end = counted(pair.horizon or pair.largest_common, "example", size)
            chance = f"with {end} it does so with probability {probability(within[worse])}"
            return f"{better} has reached {goal} already. {worse} is unlikely to reach it: {chance}."
        return _of_one(pair, goal, (better, within[better]), (worse, within[worse]))
    if ratio.median > 1:
        first, second = second, first
        ratio = Interval(1 / ratio.median, inverse(ratio.high), inverse(ratio.low), ratio.probability)
    ends = f"{number(ratio.low)} to {number(ratio.high)}" if np.isfinite(ratio.high) else f"{number(ratio.low)} or more"
    reach = "" if min(within.values()) > SURE else f" {_reach(pair, pair.first, pair.second, within)}"
    return (
        f"For {goal}, {second} needs {number(ratio.median)} times the data of {first} ({level.grade}; "
        f"90 % interval {ends}).{reach}"
    )


def _there(fc: Forecast, loss: float) -> bool:
    """Say whether a curve has a loss at its largest size already, as it has the one that it is at there."""
    return float(fc.posterior.reached(fc.curve.n[-1:], loss)[0]) >= LIKELY - 0.01


def _of_one(pair: PairComparison, goal: str, better: tuple[str, float], worse: tuple[str, float]) -> str:
    """Say that no multiple is known: where one reaches it or none, or one has reached it at every size that it has."""
    reach = _reach(pair, better[0], worse[0], dict((better, worse)))
    if better[1] < LIKELY:
        return f"Neither {better[0]} nor {worse[0]} is likely to reach {goal}. {reach}"
    if worse[1] < LIKELY:
        return f"Only {better[0]} is likely to reach {goal}. {reach}"
    return f"{better[0]} has {goal} at every size compared, so how little it needs is not known. {reach}"


def _reach(pair: PairComparison, one: str, other: str, within: Mapping[str, float]) -> str:
    end = pair.horizon or pair.largest_common
    return (
        f"With {counted(end, 'example', size)} {one} reaches it with probability {probability(within[one])}, "
        f"{other} with {probability(within[other])}."
    )


def inverse(value: float) -> float:
    """Give one over a ratio or a factor, inf of 0."""
    return float("inf") if value == 0 else 1.0 / value
