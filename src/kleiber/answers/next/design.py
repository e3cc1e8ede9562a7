"""Which run to make next under a budget, for the question at hand, and when to stop.

The posterior's draws tell how much of the question's variance a run at each size would remove. The whole budget is
planned at once, and the plan's largest run goes first; beside it stands the plain rule, one run at the largest
affordable size, which is taken unless the plan is clearly better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kleiber import importers
from kleiber.answers.next.budget import Choice, Costs, affordable_places, candidates, chosen, proposed
from kleiber.answers.next.question import DRAWS, look
from kleiber.answers.next.stopping import Stop, cut_in_words, reasons, too_small
from kleiber.answers.tuning.luck import beyond_repeats
from kleiber.answers.tuning.selection import unequal_trials
from kleiber.curves.curve import Caution, Curve
from kleiber.curves.shares import require_examples
from kleiber.curves.sources import as_asked, choose, curves_from, target_loss
from kleiber.errors import KleiberError
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.forecasts import forecast
from kleiber.forecasting.grades import Grade
from kleiber.metric import Metric
from kleiber.plain import record
from kleiber.wording import InWords, counted, given, number, probability, size

QUESTIONS = ("largest", "loss", "target", "exponent")
FARTHEST = 64.0  # times the largest size: no run is proposed beyond
BEYOND = 2.0  # times it: what runs up to here would bring is looked at even where it is not affordable


@dataclass(frozen=True, slots=True, repr=False)
class NextRun(InWords):
    """The next run for a `question` under a `budget`, in the unit of its costs; `run` is None where nothing is affordable.

    `plain` is the rule "largest affordable size", `plan` how the whole budget would be spent, largest size first, and
    `plan_cut` what all of it promises; `rule` says whose `run` is, "design" or "largest-affordable". Each run is on a new
    subset with a new seed, labelled `replicates`, after a search of `trials` (None: not known). `median`, `low`, `high`
    are the answer now with its 90 % interval, in `unit` (of a "probability" that of its Monte Carlo error), about the size
    `where`, with the `grade` of the forecast there and the `scale` of a loss; `note` says how a target is asked that the
    forecast's `horizon` leaves open. Cuts are from `draws` draws.
    """

    question: str
    asked: str
    unit: str
    median: float
    low: float
    high: float
    grade: Grade
    scale: Metric
    where: float
    horizon: float
    note: str
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
        """Say it: whether to stop, what to run, what it promises, the plain rule beside it, and what was asked."""
        question = [f"The question is {self.asked}. {self._answer()}."] + [self.note] * bool(self.note)
        stop = [s.message for s in self.stop]
        if self.run is None or self.plain is None:
            return (*stop, *question, *(c.message for c in self.cautions))
        trials = "as many search trials as the other sizes" if self.trials is None else counted(self.trials, "search trial")
        start, end = self.replicates[0], self.replicates[-1]
        label = f"replicate {start}" if start == end else f"replicates {start} to {end}"
        told = (
            f"{'If you continue, make' if stop else 'Make'} {_runs(self.run)}, for {number(self.run.cost)} of "
            f"{number(self.budget)}. We expect it to cut the variance of the answer by {cut_in_words(self.run)}."
        )
        how = f"Use a new seed and a new subset for each run ({label}), and {trials}."
        same = (self.run.n, self.run.runs) == (self.plain.n, self.plain.runs)
        beside = (
            "This is the largest affordable size."
            if same
            else f"The largest affordable size, {_runs(self.plain)}, would cut it by {cut_in_words(self.plain)}."
        )
        return (*stop, told, beside, *question, how, *(c.message for c in self.cautions))

    def _answer(self) -> str:
        if self.unit == "loss":
            middle, ends = (
                self.scale.write(self.median, self.low, self.high),
                self.scale.write_interval(self.low, self.high),
            )
        else:
            low, middle, high = (_in_unit(value, self.unit) for value in (self.low, self.median, self.high))
            ends = f"{low} to {high}"
        kind = "Monte Carlo interval" if self.unit == "probability" else "90 % interval"
        return f"The answer now is {middle} ({self.grade}; {kind} {ends})"


def next_run(
    source: Any,
    *,
    budget: float,
    question: str = "largest",
    at: float | None = None,
    target: float | str | None = None,
    price_per_example: float = 0.0,
    cost_per_example: float = 1.0,
    owned: float | None = None,
    tolerance: float | None = None,
    decided: float | None = None,
    metric: str | None = None,
    model: str | None = None,
    column: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> NextRun:
    """Say which run to make next, of a ledger, a table, a curve or a forecast, and whether to make one at all.

    A run at n costs n * `cost_per_example` to train, and examples beyond those `owned` (the largest measured size where
    not given) `price_per_example` each; `budget` is in the same unit. `question` is "loss" at the size `at`, "largest"
    (the loss at 8 times the largest size), "target" (the size that reaches the loss `target`, or whether `at` does; where
    the forecast's horizon may come first, whether a size up to there does) or "exponent" (the mean slope of log loss up to
    8 times the largest size). `tolerance` is the 90 % interval that is precise enough: a ratio (1.7 of a size, 1.13 of a
    loss), a width (0.064) of the exponent. `decided` is the probability that the best decision is the best, where known.
    Raises `KleiberError` for arguments that cannot be, `Refused` where the curve is refused.
    """
    asked = {"budget": budget, "at": at, "tolerance": tolerance, "decided": decided}
    named = None if target is None else 1.0
    _check(
        question, **asked, target=named, price_per_example=price_per_example, cost_per_example=cost_per_example, owned=owned
    )
    fc, trials, cautions = _read(source, metric, model, column, random_state)
    require_examples(fc.curve, price_per_example=price_per_example, at=at, owned=owned)
    loss = None if target is None else target_loss([fc.curve], metric, target)
    if loss is not None and not loss > 0:
        raise KleiberError(
            f"target is {target!r}: no {fc.curve.scale.name!r} is as good as that; give one that can be reached"
        )
    largest = float(fc.curve.n[-1])
    costs = Costs(cost_per_example, price_per_example, largest if owned is None else float(owned))
    reach = min(max(costs.reach(budget), BEYOND * largest), FARTHEST * largest)
    sizes_ = candidates(float(fc.curve.n[0]), largest, reach, budget, costs)
    view = look(fc, sizes_, question, at, loss)
    plan, plan_cut, wins = proposed(view, costs, budget)
    affordable = affordable_places(view, costs, budget)
    plain = chosen(view, costs, affordable[-1], 1, random_state) if affordable else None
    design = [chosen(view, costs, i, runs, random_state) for i, runs in plan]
    run = design[0] if wins else plain
    stop = reasons(fc, view, run, plan_cut, target=loss, tolerance=tolerance, decided=decided)
    stop += too_small(view, costs, sizes_, budget)
    median, low, high = view.told
    return NextRun(
        question=question,
        asked=view.asked,
        unit=view.unit,
        median=median,
        low=low,
        high=high,
        grade=fc.grade(view.where) if np.isfinite(view.where) else "guess",
        scale=fc.curve.scale,
        where=view.where,
        horizon=fc.horizon,
        note=view.note,
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


def _read(
    source: Any, metric: str | None, model: str | None, column: Mapping[str, str] | None, random_state: int
) -> tuple[Forecast, int | None, tuple[Caution, ...]]:
    """Give the forecast of a source, the search trials of each size where they are known, and what to warn of."""
    if isinstance(source, Forecast):
        return source, None, source.warnings
    table = source if isinstance(source, Curve | list | tuple) else importers.read(source, column=column)
    curves = curves_from(table, column if table is source else None, metric=metric)
    curve = as_asked([choose(curves, metric=metric, model=model)], metric)[0]
    fc = forecast(curve, random_state=random_state)
    winners: Sequence[Mapping[str, Any]] = (getattr(table, "study", None) or {}).get("winners", ())
    counts = {float(w["n"]): int(w["trials"]) for w in winners}
    cautions = [unequal_trials(counts), None if fc.measured is None else beyond_repeats(fc.measured)]
    return fc, min(counts.values(), default=None), (*fc.warnings, *(one for one in cautions if one is not None))


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


def _in_unit(value: float, unit: str) -> str:
    if not np.isfinite(value):
        return "more than any size searched"
    return size(value) if unit == "n" else probability(value) if unit == "probability" else number(value)


def _runs(choice: Choice) -> str:
    return f"{counted(choice.runs, 'run')} at n = {given(choice.n)}"
