"""Which run to make next under a budget, for the question at hand, and when to stop.

The posterior's draws tell how much of the question's variance a run at each size would remove. The whole budget is
planned at once, and the plan's largest run goes first; beside it stands the plain rule, one run at the largest
affordable size, which is taken unless the plan is clearly better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kleiber import importers, seeds
from kleiber.backtest import backtest
from kleiber.curve import Caution, Curve
from kleiber.errors import KleiberError
from kleiber.forecast import Forecast, forecast
from kleiber.observations import SHARED
from kleiber.plain import record
from kleiber.posterior import SEARCH
from kleiber.selection import unequal_trials
from kleiber.sentences import given, number, probability, size
from kleiber.sources import check_rate, choose, curves_from, loss_of

Array = NDArray[np.float64]

QUESTIONS = ("largest", "loss", "target", "exponent")
AHEAD = 8.0  # "largest" asks for the loss at this multiple of the largest size, "exponent" for the slope up to it
MOST_RUNS = 10_000  # of one size in a plan
DRAWS = 2000
TRIMMED = 0.005  # of the draws at either end, which heavy tails would let decide a covariance
CLEARLY = 0.8  # beyond reach, the plan is taken where it leaves less than this part of what the plain rule leaves
WORTH = 0.02  # part of the question's variance that a run has to remove
SURE = 0.9
OPEN = 0.01  # share of draws without a size that reaches the target from which a probability is asked instead
FARTHEST = 64.0  # times the largest size: no run is proposed beyond
BEYOND = 2.0  # times it: what runs up to here would bring is looked at even where it is not affordable
TOLERANCE = {"n": 1.5, "loss": 1.1, "slope": 0.05}  # 80 % band that is precise enough: ratio, ratio, width


@dataclass(frozen=True, slots=True)
class Choice:
    """`runs` at size `n`, what they `cost`, and the `cut` in the question's variance that they promise, 0 to 1.

    `low` to `high` is the 90 % bootstrap interval of the cut over the posterior's draws.
    """

    n: float
    runs: int
    cost: float
    cut: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason not to go on: a stable `code` and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NextRun:
    """The next run for a `question` under a `budget`, in the unit of its costs; `run` is None where nothing is affordable.

    `plain` is the rule "largest affordable size", `plan` how the whole budget would be spent, largest size first, and
    `plan_cut` what all of it promises; `rule` says whose `run` is, "design" or "largest-affordable". Each run is on a new
    subset with a new seed, labelled `replicates`, after a search of `trials` (None: not known). `median`, `low`, `high`
    are the answer now with its 80 % band, in `unit` (of a "probability" that of its Monte Carlo error), and `withheld` says
    that it lies beyond the forecast's horizon, so that no sentence tells it; cuts are from `draws` draws of the posterior.
    """

    question: str
    asked: str
    unit: str
    median: float
    low: float
    high: float
    withheld: bool
    budget: float
    run: Choice | None
    rule: str
    plain: Choice | None
    plan: tuple[Choice, ...]
    plan_cut: float
    replicates: tuple[str, ...]
    trials: int | None
    stop: tuple[Stop, ...]
    cautions: tuple[Caution, ...]
    draws: int

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; inf is None."""
        return record({**asdict(self), "sentences": self.sentences})

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say it: whether to stop, what to run, what it promises, and the plain rule beside it."""
        first = [f"The question is {self.asked}; {self._answer()}."]
        stop = [s.message for s in self.stop]
        if self.run is None or self.plain is None:
            return (*first, *stop, *(c.message for c in self.cautions))
        trials = "as many search trials as the other sizes had" if self.trials is None else f"{self.trials} search trials"
        start, end = self.replicates[0], self.replicates[-1]
        label = f"replicate {start}" if start == end else f"replicates {start} to {end}"
        told = (
            f"{'If you go on, make' if stop else 'Make'} {_runs(self.run)} ({label}: a new seed and a new subset each, "
            f"{trials}), at a cost of {number(self.run.cost)} of {number(self.budget)}: that would cut the variance of the "
            f"answer by {_cut(self.run)}, predicted from {self.draws} draws of the posterior."
        )
        same = (self.run.n, self.run.runs) == (self.plain.n, self.plain.runs)
        beside = (
            "This is the largest affordable size."
            if same
            else f"The largest affordable size, {_runs(self.plain)}, would cut it by {_cut(self.plain)}."
        )
        return (*first, *stop, told, beside, *(c.message for c in self.cautions))

    def _answer(self) -> str:
        if self.withheld:
            return "the answer is not told yet, since it lies beyond the horizon of the forecast"
        low, middle, high = (_in_unit(value, self.unit) for value in (self.low, self.median, self.high))
        kind = "Monte Carlo band" if self.unit == "probability" else "80 % band"
        return f"the answer now is {middle} ({kind} {low} to {high})"


def next_run(
    source: Any,
    *,
    budget: float,
    question: str = "largest",
    at: float | None = None,
    target: float | None = None,
    price_per_example: float = 0.0,
    cost_per_example: float = 1.0,
    owned: float | None = None,
    tolerance: float | None = None,
    decided: float | None = None,
    metric: str | None = None,
    model: str | None = None,
    random_state: int = 0,
) -> NextRun:
    """Say which run to make next, of a ledger, a table, a curve or a forecast, and whether to make one at all.

    A run at n costs n * `cost_per_example` to train, and examples beyond those `owned` (the largest measured size where
    not given) `price_per_example` each; `budget` is in the same unit. `question` is "loss" at the size `at`, "largest"
    (the loss at 8 times the largest size), "target" (the size that reaches the loss `target`, or whether `at` does,
    where no size may) or "exponent" (the mean slope of log loss up to 8 times the largest size). `tolerance` is the 80 %
    band that is precise enough: a ratio (1.5 of a size, 1.1 of a loss), a width (0.05) of the exponent. `decided` is the
    probability that the best decision is the best, where it is known. Raises `KleiberError` for arguments that cannot
    be, `Refused` where the curve is refused.
    """
    target = loss_of(metric, target)
    asked = {"budget": budget, "at": at, "target": target, "tolerance": tolerance, "decided": decided}
    _check(question, **asked, price_per_example=price_per_example, cost_per_example=cost_per_example, owned=owned)
    fc, trials, cautions = _read(source, metric, model, random_state)
    check_rate([fc.curve], target)
    largest = float(fc.curve.n[-1])
    costs = Costs(cost_per_example, price_per_example, largest if owned is None else float(owned))
    reach = min(max(costs.reach(budget), BEYOND * largest), FARTHEST * largest)
    sizes_ = candidates(float(fc.curve.n[0]), largest, reach, budget, costs)
    view = look(fc, sizes_, question, at, target)
    plan, plan_cut, wins = proposed(view, costs, budget)
    affordable = _affordable(view, costs, budget)
    plain = _choice(view, costs, affordable[-1], 1, random_state) if affordable else None
    design = [_choice(view, costs, i, runs, random_state) for i, runs in plan]
    run = design[0] if wins else plain
    stop = _stops(fc, view, run, plan_cut, target=target, tolerance=tolerance, decided=decided)
    stop += _too_small(view, costs, sizes_, budget)
    median, low, high = view.told
    return NextRun(
        question=question,
        asked=view.asked,
        unit=view.unit,
        median=median,
        low=low,
        high=high,
        withheld=fc.beyond(view.where),
        budget=float(budget),
        run=run,
        rule="design" if wins else "largest-affordable",
        plain=plain,
        plan=tuple(design),
        plan_cut=plan_cut,
        replicates=_next_labels(fc.curve, run.runs if run else 1),
        trials=trials,
        stop=tuple(stop),
        cautions=cautions,
        draws=DRAWS,
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """What runs cost: `per_example` of training, and `price` of each example beyond those `owned`."""

    per_example: float
    price: float
    owned: float

    def of(self, n: float, runs: int) -> float:
        """Give the cost of runs at size n, whose examples are bought once."""
        return self.per_example * n * runs + self.price * max(n - self.owned, 0.0)

    def reach(self, budget: float) -> float:
        """Give the size of one run that costs the whole budget."""
        free = budget / self.per_example
        return free if free <= self.owned else (budget + self.price * self.owned) / (self.per_example + self.price)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the draws say: covariance `between (c, c)` of log loss at `sizes (c,)`, `cross (c,)` with the question Q.

    `noise (c,)` is the variance of one run's log loss, `variance` that of Q, `log_loss (s, c)` and `quantity (s,)` the
    draws; `told` the median and 80 % band of the answer in its `unit`, which is about the size `where`.
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

    def cut(self, runs: Array) -> float:
        """Give the part of Var(Q) that runs `(c,)` at the sizes remove: kq' (K + diag(s^2 / r))^-1 kq / Var(Q)."""
        return _removed(self, runs)[0] / self.variance if self.variance > 0 else 0.0


def candidates(smallest: float, largest: float, most: float, budget: float, costs: Costs) -> Array:
    """Give sizes to choose from, `(c,)` rising: doublings of the smallest measured, and the largest affordable.

    Half steps come between them from a quarter of the largest measured. They go on to `most`, beyond what the budget
    affords, since what is out of reach is told too.
    """
    half = np.arange(int(np.floor(2.0 * np.log2(most / smallest) + 1e-9)) + 1)
    grid = smallest * 2.0 ** (half / 2.0)
    grid = grid[(half % 2 == 0) | (grid >= largest / 4.0)]
    grid = np.floor(grid + 1e-6) if smallest >= 16 else grid
    reach = min(costs.reach(budget), most)
    return np.unique(np.append(grid, np.floor(reach + 1e-9)) if reach >= smallest else grid)


def plan_budget(view: View, costs: Costs, budget: float, affordable: Sequence[int]) -> tuple[list[tuple[int, int]], float]:
    """Plan the whole budget: (place, runs) of each size, largest first, and the cut in Var(Q) that all of it promises.

    Shares of the budget (a softmax) minimise Var(Q) - kq' (K + diag(s^2 / r))^-1 kq by L-BFGS: c-optimal design weighted
    by cost (Elfving 1952). Then whole runs, largest first.
    """
    if not affordable:
        return [], 0.0
    if view.variance <= 0:
        return [(affordable[-1], 1)], 0.0
    place = np.array(affordable)
    price = np.array([costs.of(n, 1) for n in view.sizes[place]])

    def left(logits: Array) -> tuple[float, Array]:
        share = np.exp(logits - logits.max())
        share /= share.sum()
        runs = np.zeros(len(view.sizes))
        runs[place] = share * budget / price
        removed, slope = _removed(view, runs)
        pull = slope[place] * budget / price
        return -removed / view.variance, -share * (pull - share @ pull) / view.variance

    starts = [np.zeros(len(place)), np.linspace(-3.0, 3.0, len(place)), np.linspace(3.0, -3.0, len(place))]
    found = min((minimize(left, start, jac=True, method="L-BFGS-B") for start in starts), key=lambda fit: float(fit.fun))
    share = np.exp(found.x - found.x.max())
    planned = _whole(share / share.sum() * budget / price, view.sizes[place], costs, budget)
    runs = np.zeros(len(view.sizes))
    for i, count in planned:
        runs[place[i]] = count
    return [(int(place[i]), count) for i, count in planned], view.cut(runs)


def proposed(view: View, costs: Costs, budget: float) -> tuple[list[tuple[int, int]], float, bool]:
    """Give the plan, what it promises, and whether it is better than one run at the largest affordable size.

    It has to be clearly so where the question lies beyond that size, since there the design rests on the laws most.
    """
    affordable = _affordable(view, costs, budget)
    plan, plan_cut = plan_budget(view, costs, budget, affordable)
    if not plan:
        return [], 0.0, False
    one = np.zeros(len(view.sizes))
    one[affordable[-1]] = 1.0
    part = 1.0 if view.where <= view.sizes[affordable[-1]] else CLEARLY
    return plan, plan_cut, 1.0 - plan_cut < part * (1.0 - view.cut(one))


def _affordable(view: View, costs: Costs, budget: float) -> list[int]:
    return [i for i, n in enumerate(view.sizes) if costs.of(n, 1) <= budget * (1 + 1e-9)]


def _whole(runs: Array, sizes: Array, costs: Costs, budget: float) -> list[tuple[int, int]]:
    """Round planned runs to whole ones within the budget, largest size first; half a run and more counts as one."""
    planned: list[tuple[int, int]] = []
    for i in range(len(runs) - 1, -1, -1):
        first = costs.of(sizes[i], 1)
        another = costs.of(sizes[i], 2) - first
        paid = 1 + int(min((budget * (1 + 1e-9) - first) / another, MOST_RUNS)) if first <= budget * (1 + 1e-9) else 0
        count = min(int(np.floor(min(runs[i], MOST_RUNS) + 0.5)), paid, MOST_RUNS)
        if count:
            planned.append((i, count))
            budget -= costs.of(sizes[i], count)
            costs = replace(costs, owned=max(costs.owned, float(sizes[i])))  # smaller sizes take subsets of these
    return planned


def _removed(view: View, runs: Array) -> tuple[float, Array]:
    """Give what runs `(c,)` remove of Var(Q), and its slope with each, `(c,)`; sizes without a run cost nothing."""
    root = np.sqrt(runs / view.noise)
    inner = np.eye(len(runs)) + root[:, None] * view.between * root
    weight = root * np.linalg.solve(inner, root * view.cross)  # (K + diag(s^2 / r))^-1 kq
    return float(view.cross @ weight), (view.cross - view.between @ weight) ** 2 / view.noise


def look(fc: Forecast, sizes_: Array, question: str, at: float | None, target: float | None) -> View:
    """Draw the curve at the candidates and where the question looks, and take its covariances."""
    largest = float(fc.curve.n[-1])
    ahead = float(at) if at is not None and question in ("loss", "target") else AHEAD * largest
    search = largest * np.geomspace(float(fc.curve.n[0]) / largest, SEARCH, 16) if question == "target" else np.empty(0)
    point = fc.draws(np.concatenate([sizes_, [largest, ahead], search]), DRAWS)
    log_loss = np.log(point)
    inside = log_loss[:, : len(sizes_)]
    here, there = log_loss[:, len(sizes_)], log_loss[:, len(sizes_) + 1]
    what = f"the {fc.curve.metric} of {fc.curve.model}"
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
        quantity, asked, unit, told, ahead = _of_target(target, np.log(search), searched, there, at)
        asked = f"{asked} {what}"
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
    )


def _of_target(
    target: float, log_n: Array, log_loss: Array, there: Array, at: float | None
) -> tuple[Array, str, str, tuple[float, float, float], float]:
    """Give Q of a target: log n where each draw passes it, or, where some never do, whether it is reached at a size.

    That size is `at`, or the one searched whose probability is nearest to a half. Gives Q, words, unit, answer, size.
    """
    below = log_loss <= np.log(target)
    some = below.any(axis=1)
    if at is None and np.mean(~some) <= OPEN:
        first = np.argmax(below, axis=1)
        row = np.arange(len(below))
        before = np.maximum(first - 1, 0)
        fall = log_loss[row, before] - log_loss[row, first]
        share = np.clip((log_loss[row, before] - np.log(target)) / np.where(fall > 0, fall, 1.0), 0.0, 1.0)
        passed = np.where(some, log_n[before] + share * (log_n[first] - log_n[before]), log_n[-1])
        told = _told(np.exp(np.where(some, passed, np.inf)))
        return passed, f"how many examples bring {number(target)} of", "n", told, told[0]
    if at is None:
        place = len(log_n) - 1 - int(np.argmin(np.abs(below.mean(axis=0) - 0.5)[::-1]))
        at, there = float(np.exp(log_n[place])), log_loss[:, place]
    reached = (there <= np.log(target)).astype(np.float64)
    return reached, f"whether {size(at)} examples bring {number(target)} of", "probability", _binomial(reached), at


def _binomial(reached: Array) -> tuple[float, float, float]:
    """Give a probability with the 80 % band of its Monte Carlo error."""
    p = float(reached.mean())
    half = 1.2816 * float(np.sqrt(p * (1.0 - p) / len(reached)))
    return p, max(p - half, 0.0), min(p + half, 1.0)


def _noise(fc: Forecast, sizes_: Array) -> tuple[Array, Array]:
    """Give the variance of one run's log loss at sizes `(c,)`, its own and what all runs of a size share.

    As at the largest size beyond it, measured ones followed.
    """
    known = fc.posterior
    assert fc.measured is not None
    start = known.group[:-1]
    one = float(np.add.reduceat(known.weight, start) @ known.run_noise(1.0))
    counts = np.interp(known.data.t[0], np.log(fc.measured.n / known.n_unit), fc.measured.count)
    relative = known.data.noise[0] / known.data.y[0] ** 2 / (SHARED + (1.0 - SHARED) / counts)
    profile = np.interp(np.log(sizes_ / known.n_unit), known.data.t[0], np.log(relative / relative[-1]))
    endless = float(np.add.reduceat(known.weight, start) @ known.run_noise(1e9))
    shared = endless if known.data.scatter_dof[0] else 0.0  # without repeats nothing tells of luck that runs share
    shape = np.exp(np.clip(profile, -6.0, 6.0))
    return np.maximum(one - shared, 1e-8) * shape, shared * shape


def _choice(view: View, costs: Costs, place: int, runs: int, random_state: int) -> Choice:
    """Give runs at one candidate with their cut in Var(Q) and its bootstrap interval over draws."""
    count = np.zeros(len(view.sizes))
    count[place] = runs
    chance = seeds.generator(random_state, "design", place, runs)
    pick = chance.integers(0, DRAWS, size=(100, DRAWS))
    x, q = view.log_loss[pick, place], view.quantity[pick]
    x, q = x - x.mean(axis=1, keepdims=True), q - q.mean(axis=1, keepdims=True)
    square = np.mean(x**2, axis=1) + np.broadcast_to(view.shared, view.noise.shape)[place] + view.noise[place] / runs
    cuts = np.mean(x * q, axis=1) ** 2 / (square * np.maximum(np.mean(q**2, axis=1), 1e-300))
    low, high = np.quantile(cuts, [0.05, 0.95], method="inverted_cdf")
    n = float(view.sizes[place])
    return Choice(n, runs, costs.of(n, runs), view.cut(count), float(low), float(high))


def _stops(
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
    withheld = fc.beyond(view.where)
    found = [stop for stop in _settled(fc, view, target, decided) if stop.code != "stable" or not withheld]
    found += [] if withheld else _precise(view, tolerance)
    if run is not None and run.cut < WORTH and plan_cut < WORTH:
        text = f"The next run would cut the variance of the answer by {_cut(run)}: it is not worth it."
        found.append(Stop("not-worth", text))
    return found + _misfit(fc)


def _settled(fc: Forecast, view: View, target: float | None, decided: float | None) -> list[Stop]:
    never = 0.0 if target is None else fc.never(target)
    if target is not None and never >= SURE:
        text = f"With probability {probability(never)} no amount of data brings {number(target)}"
        return [Stop("unreachable", f"{text}: change labels, task or model.")]
    sure = max(view.told[0], 1.0 - view.told[0]) if view.unit == "probability" else 0.0
    if target is not None and view.unit != "probability":
        sure = float(fc.posterior.reached(fc.curve.n[-1:], target)[0])
    sure = sure if decided is None else float(decided)
    return [Stop("stable", f"The answer is settled with probability {probability(sure)}.")] if sure >= SURE else []


def _precise(view: View, tolerance: float | None) -> list[Stop]:
    _, low, high = view.told
    if view.unit == "probability" or not np.isfinite(high):
        return []
    wide = TOLERANCE[view.unit] if tolerance is None else tolerance
    if not (high - low < wide if view.unit == "slope" else high < wide * low):
        return []
    width = f"a width of {wide:g}" if view.unit == "slope" else f"a ratio of {wide:g}"
    text = f"The 80 % band of the answer, {number(low)} to {number(high)}, is within {width}: it is precise enough."
    return [Stop("precise", text)]


def _misfit(fc: Forecast) -> list[Stop]:
    """Say where each of the last two sizes lay outside the 95 % interval that the sizes before it gave."""
    checks = backtest(fc.curve, probability=0.95, cuts=2, calibration=fc.posterior.calibration)
    following = {check.used_up_to: check for check in reversed(checks)}  # of each cut, the size after it
    if len(following) < 2 or any(check.inside for check in following.values()):
        return []
    told = " and ".join(f"{number(check.measured)} at n = {given(check.n)}" for check in reversed(following.values()))
    text = (
        f"The last two sizes, {told}, lay outside the 95 % interval from the sizes before: find out why before you go on."
    )
    return [Stop("misfit", text)]


def _too_small(view: View, costs: Costs, sizes_: Array, budget: float) -> list[Stop]:
    """Say what the cheapest informative run costs, where the budget does not pay for it."""
    alone = view.cross**2 / (np.diag(view.between) + view.noise) / max(view.variance, 1e-300)
    informative = [n for n, cut in zip(sizes_, alone, strict=True) if cut >= WORTH]
    if not informative or costs.of(informative[0], 1) <= budget:
        return []
    cost = costs.of(informative[0], 1)
    text = f"The budget of {number(budget)} is below the cheapest run that tells something"
    return [Stop("budget-too-small", f"{text}, one at n = {given(informative[0])} for {number(cost)}.")]


def _read(
    source: Any, metric: str | None, model: str | None, random_state: int
) -> tuple[Forecast, int | None, tuple[Caution, ...]]:
    """Give the forecast of a source, the search trials of each size where they are known, and what to warn of."""
    if isinstance(source, Forecast):
        return source, None, source.warnings
    table = source if isinstance(source, Curve | list | tuple) else importers.read(source)
    curve = choose(curves_from(table), metric=metric, model=model)
    fc = forecast(curve, random_state=random_state)
    winners: Sequence[Mapping[str, Any]] = (getattr(table, "study", None) or {}).get("winners", ())
    counts = {float(w["n"]): int(w["trials"]) for w in winners}
    caution = unequal_trials(counts)
    return fc, min(counts.values(), default=None), fc.warnings + (() if caution is None else (caution,))


def _next_labels(curve: Curve, runs: int) -> tuple[str, ...]:
    """Give the next free labels of subsets, whole numbers above all that are there."""
    taken = [int(label) for label in curve.replicate if label.isdigit()]
    return tuple(str(max(taken, default=0) + 1 + i) for i in range(runs))


def _check(question: str, **given: float | None) -> None:
    """Raise `KleiberError` for a question that there is not, what it lacks, and numbers that cannot be."""
    if question not in QUESTIONS:
        raise KleiberError(f"question is {question!r}: it is one of {', '.join(map(repr, QUESTIONS))}")
    for name, value in given.items():
        if value is None:
            if (question, name) in (("loss", "at"), ("target", "target")):
                raise KleiberError(f"question={question!r} needs {name}=, a positive number")
            continue
        free = name in ("price_per_example", "owned", "decided")
        if not np.isfinite(value) or value < 0 or (value == 0 and not free):
            raise KleiberError(f"{name} is {value!r}: it is a {'number from 0 on' if free else 'positive number'}")


def _told(values: Array) -> tuple[float, float, float]:
    """Give median and 80 % band of draws, some of which may be inf."""
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], method="inverted_cdf")
    return float(middle), float(low), float(high)


def _trimmed(values: Array) -> Array:
    """Give columns with their tails pulled in to the quantiles `TRIMMED` and one less that."""
    low, high = np.quantile(values, [TRIMMED, 1.0 - TRIMMED], axis=0, method="inverted_cdf")
    return np.clip(values, low, high)


def _in_unit(value: float, unit: str) -> str:
    if not np.isfinite(value):
        return "more than any size searched"
    return size(value) if unit == "n" else probability(value) if unit == "probability" else number(value)


def _runs(choice: Choice) -> str:
    return f"{choice.runs} run{'s' if choice.runs > 1 else ''} at n = {given(choice.n)}"


def _cut(choice: Choice) -> str:
    return f"{probability(choice.cut)} (90 % interval {probability(choice.low)} to {probability(choice.high)})"
