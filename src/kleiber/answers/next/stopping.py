"""When to stop measuring: every reason that holds, with its code and a sentence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.answers.next.budget import Choice, Costs
from kleiber.answers.next.question import View
from kleiber.forecasting.backtest import backtest
from kleiber.forecasting.forecast import Forecast
from kleiber.wording import given, number, probability

Array = NDArray[np.float64]

WORTH = 0.02  # part of the question's variance that a run has to remove
SURE = 0.9
TOLERANCE = {"n": 1.7, "loss": 1.13, "slope": 0.064}  # 90 % interval that is precise enough: ratio, ratio, width


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason not to go on: a stable `code` and a sentence."""

    code: str
    message: str


def reasons(
    fc: Forecast,
    view: View,
    run: Choice | None,
    plan_cut: float,
    *,
    target: float | None,
    tolerance: float | None,
    decided: float | None,
) -> list[Stop]:
    """Give every reason to stop that holds."""
    guess = fc.beyond(view.where)
    found = [stop for stop in _settled(fc, view, target, decided) if stop.code != "stable" or not guess]
    found += [] if guess else _precise(fc, view, tolerance)
    if run is not None and run.cut < WORTH and plan_cut < WORTH:
        text = f"Stop: the next run would cut the variance of the answer by only {cut_in_words(run)}."
        found.append(Stop("not-worth", text))
    return found + misfit(fc)


def _settled(fc: Forecast, view: View, target: float | None, decided: float | None) -> list[Stop]:
    never = 0.0 if target is None else fc.never(target)
    if target is not None and never >= SURE:
        goal = f"{fc.curve.scale.name} {fc.curve.scale.write_given(target)}"
        text = f"Stop: no amount of data reaches {goal} (probability {probability(never)})"
        return [Stop("unreachable", f"{text}. Change labels, task or model.")]
    sure = max(view.told[0], 1.0 - view.told[0]) if view.unit == "probability" else 0.0
    if target is not None and (view.unit != "probability" or view.note):  # the size was not the asker's
        sure = float(fc.posterior.reached(fc.curve.n[-1:], target)[0])
    sure = sure if decided is None else float(decided)
    return [Stop("stable", f"Stop: the answer is settled (probability {probability(sure)}).")] if sure >= SURE else []


def _precise(fc: Forecast, view: View, tolerance: float | None) -> list[Stop]:
    _, low, high = view.told
    if view.unit == "probability" or not np.isfinite(high):
        return []
    wide = TOLERANCE[view.unit] if tolerance is None else tolerance
    if not (high - low < wide if view.unit == "slope" else high < wide * low):
        return []
    width = f"a width of {wide:g}" if view.unit == "slope" else f"a ratio of {wide:g}"
    band = fc.curve.scale.write_interval(low, high) if view.unit == "loss" else f"{number(low)} to {number(high)}"
    if fc.curve.scale.higher_is_better and view.unit == "loss":
        width = f"{width} of what it lacks to {fc.curve.scale.shown.best:g}"
    text = f"Stop: the answer is precise enough. Its 90 % interval, {band}, is within {width}."
    return [Stop("precise", text)]


def misfit(fc: Forecast) -> list[Stop]:
    """Say where each of the last two sizes lay outside the 95 % interval that the sizes before it gave."""
    checks = backtest(fc.curve, probability=0.95, cuts=2, calibration=fc.posterior.calibration, outliers="keep")
    following = {check.used_up_to: check for check in reversed(checks)}  # of each cut, the size after it
    if len(following) < 2 or any(check.inside for check in following.values()):
        return []
    scale = fc.curve.scale
    told = " and ".join(f"{scale.write(check.measured)} at n = {given(check.n)}" for check in reversed(following.values()))
    text = f"Find out first why the last two sizes, {told}, left the 95 % interval forecast from the sizes before."
    return [Stop("misfit", text)]


def too_small(view: View, costs: Costs, sizes_: Array, budget: float) -> list[Stop]:
    """Say what the cheapest informative run costs, where the budget does not pay for it."""
    alone = view.cross**2 / (np.diag(view.between) + view.noise) / max(view.variance, 1e-300)
    informative = [n for n, cut in zip(sizes_, alone, strict=True) if cut >= WORTH]
    if not informative or costs.of(informative[0], 1) <= budget:
        return []
    cost = costs.of(informative[0], 1)
    text = f"The budget of {number(budget)} is too small: the cheapest useful run, at n = {given(informative[0])}"
    return [Stop("budget-too-small", f"{text}, costs {number(cost)}.")]


def cut_in_words(choice: Choice) -> str:
    """Write the cut that runs promise, with its interval."""
    return f"{probability(choice.cut)} (90 % interval {probability(choice.low)} to {probability(choice.high)})"
