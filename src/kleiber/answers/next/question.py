"""The question that a run is to answer, and what the posterior's draws say of it: its answer now, and its covariances."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.shared import share_of
from kleiber.wording import given, probability, unit_of

Array = NDArray[np.float64]

AHEAD = 8.0  # "largest" asks for the loss at this multiple of the largest size, "exponent" for the slope up to it
DRAWS = 2000
SEARCHED = 16  # sizes, up to the horizon, at which a draw is looked at for passing the target
TRIMMED = 0.005  # of the draws at either end, which heavy tails would let decide a covariance
OPEN = 0.01  # share of draws that do not reach the target by the horizon from which a probability is asked instead


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the draws say: covariance `between (c, c)` of log loss at `sizes (c,)`, `cross (c,)` with the question Q.

    `noise (c,)` is the variance of one run's log loss, `variance` that of Q, `log_loss (s, c)` and `quantity (s,)` the
    draws; `told` the median and 90 % interval of the answer in its `unit`, which is about the size `where`; `note` says how
    a target is asked where the size that reaches it cannot be told, and is empty elsewhere.
    """

    sizes: Array
    between: Array
    cross: Array
    variance: float
    noise: Array
    log_loss: Array
    quantity: Array
    asked: str
    unit: str
    told: tuple[float, float, float]
    where: float
    shared: Array | float = 0.0
    note: str = ""

    def cut(self, runs: Array) -> float:
        """Give the part of Var(Q) that runs `(c,)` at the sizes remove: kq' (K + diag(s^2 / r))^-1 kq / Var(Q)."""
        return variance_removed(self, runs)[0] / self.variance if self.variance > 0 else 0.0


def look(fc: Forecast, sizes_: Array, question: str, at: float | None, target: float | None) -> View:
    """Draw the curve at the candidates and where the question looks, and take its covariances."""
    largest = float(fc.curve.n[-1])
    ahead = float(at) if at is not None and question in ("loss", "target") else AHEAD * largest
    search = np.geomspace(float(fc.curve.n[0]), fc.horizon, SEARCHED) if question == "target" else np.empty(0)
    point = fc.draws(np.concatenate([sizes_, [largest, ahead], search]), DRAWS)
    log_loss = np.log(point)
    inside = log_loss[:, : len(sizes_)]
    here, there = log_loss[:, len(sizes_)], log_loss[:, len(sizes_) + 1]
    what, note = f"{fc.curve.scale.name} of {fc.curve.model}", ""
    if question in ("loss", "largest"):
        quantity, asked, unit = there, f"{what} at n = {given(ahead)}", "loss"
        told = _told(np.exp(there))
    elif question == "exponent":
        quantity = (here - there) / np.log(AHEAD)
        asked, unit = (
            f"how steeply {what} falls from n = {given(largest)} to {given(AHEAD * largest)} on log-log axes",
            "slope",
        )
        told = _told(quantity)
    else:
        assert target is not None
        searched = log_loss[:, len(sizes_) + 2 :]
        goal, word = fc.curve.scale.write_given(target), unit_of(fc.curve.unit_of_n)
        quantity, asked, unit, told, ahead = _of_target(target, search, searched, there, at, (what, goal, word))
        if at is None and unit == "probability":
            reached = float(np.mean((searched <= np.log(target)).any(axis=1)))
            note = _by_horizon(f"{fc.curve.scale.name} {goal}", fc.horizon, reached, word)
    kept = _trimmed(np.column_stack([inside, quantity]) if unit != "probability" else inside)
    q = quantity if unit == "probability" else kept[:, -1]
    both = np.cov(np.column_stack([kept[:, : len(sizes_)], q]), rowvar=False)
    own, shared = _noise(fc, sizes_)
    return View(
        sizes=sizes_,
        between=both[:-1, :-1] + np.diag(shared),
        cross=both[:-1, -1],
        variance=float(both[-1, -1]),
        noise=own,
        shared=shared,
        log_loss=kept[:, : len(sizes_)],
        quantity=q,
        asked=asked,
        unit=unit,
        told=told,
        where=ahead,
        note=note,
    )


def _by_horizon(goal: str, horizon: float, chance: float, word: str) -> str:
    """Say what the horizon leaves open of a target that is reached by then with this `chance`."""
    reached = f"{goal} is reached with probability {probability(chance)}"
    if chance < 0.5:
        return f"Up to {given(horizon)} {word} {reached}. Beyond that any forecast is a guess."
    return f"We can't give one number of {word} for it: up to {given(horizon)}, {reached}."


def _of_target(
    target: float, n: Array, log_loss: Array, there: Array, at: float | None, goal: tuple[str, str, str]
) -> tuple[Array, str, str, tuple[float, float, float], float]:
    """Give Q of a target: log n where each draw passes it, or, where some do not by the horizon, whether a size reaches it.

    `goal` says what is to reach which value, and what sizes count. That size is `at`, or the one within the horizon whose
    probability is nearest to a half. Gives Q, words, unit, answer and size.
    """
    what, value, word = goal
    below = log_loss <= np.log(target)
    some = below.any(axis=1)
    if at is None and np.mean(~some) <= OPEN:
        first, log_n = np.argmax(below, axis=1), np.log(n)
        row = np.arange(len(below))
        before = np.maximum(first - 1, 0)
        fall = log_loss[row, before] - log_loss[row, first]
        share = np.clip((log_loss[row, before] - np.log(target)) / np.where(fall > 0, fall, 1.0), 0.0, 1.0)
        passed = np.where(some, log_n[before] + share * (log_n[first] - log_n[before]), log_n[-1])
        told = _told(np.exp(np.where(some, passed, np.inf)))
        return passed, f"how many {word} {what} needs to reach {value}", "n", told, told[0]
    if at is None:
        place = len(n) - 1 - int(np.argmin(np.abs(below.mean(axis=0) - 0.5)[::-1]))
        at, there = float(n[place]), log_loss[:, place]
    reached = (there <= np.log(target)).astype(np.float64)
    return reached, f"whether {what} reaches {value} with {given(at)} {word}", "probability", _binomial(reached), at


def _binomial(reached: Array) -> tuple[float, float, float]:
    """Give a probability with the 90 % interval of its Monte Carlo error."""
    p = float(reached.mean())
    half = 1.6449 * float(np.sqrt(p * (1.0 - p) / len(reached)))
    return p, max(p - half, 0.0), min(p + half, 1.0)


def _noise(fc: Forecast, sizes_: Array) -> tuple[Array, Array]:
    """Give the variance of one run's log loss at sizes `(c,)`, its own and what all runs of a size share.

    As at the largest size beyond it, measured ones followed.
    """
    known = fc.posterior
    assert fc.measured is not None
    start = known.group[:-1]
    one = float(np.add.reduceat(known.weight, start) @ known.run_noise(1.0))
    of_mean = np.interp(known.data.t[0], np.log(fc.measured.n / known.n_unit), share_of(fc.measured))
    relative = known.data.noise[0] / known.data.y[0] ** 2 / of_mean
    profile = np.interp(np.log(sizes_ / known.n_unit), known.data.t[0], np.log(relative / relative[-1]))
    endless = float(np.add.reduceat(known.weight, start) @ known.run_noise(1e9))
    shared = endless if known.data.scatter_dof[0] else 0.0  # without repeats nothing tells of luck that runs share
    shape = np.exp(np.clip(profile, -6.0, 6.0))
    return np.maximum(one - shared, 1e-8) * shape, shared * shape


def _told(values: Array) -> tuple[float, float, float]:
    """Give median and 90 % interval of draws, some of which may be inf."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], method="inverted_cdf")
    return float(middle), float(low), float(high)


def _trimmed(values: Array) -> Array:
    """Give columns with their tails pulled in to the quantiles `TRIMMED` and one less that."""
    low, high = np.quantile(values, [TRIMMED, 1.0 - TRIMMED], axis=0, method="inverted_cdf")
    return np.clip(values, low, high)


def variance_removed(view: View, runs: Array) -> tuple[float, Array]:
    """Give what runs `(c,)` remove of Var(Q), and its slope with each, `(c,)`; sizes without a run cost nothing."""
    root = np.sqrt(runs / view.noise)
    inner = np.eye(len(runs)) + root[:, None] * view.between * root
    weight = root * np.linalg.solve(inner, root * view.cross)  # (K + diag(s^2 / r))^-1 kq
    return float(view.cross @ weight), (view.cross - view.between @ weight) ** 2 / view.noise
