"""An advice on what to buy, and its words: most important first, each number with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from kleiber.answers.plan.advice_words import ADVICE, DOMINANT
from kleiber.answers.plan.economics import Choice
from kleiber.answers.plan.scenarios import point_of
from kleiber.answers.plan.sensitivity import BreakEven, Sensitivity
from kleiber.answers.plan.turning import turning
from kleiber.curves.curve import Caution
from kleiber.forecasting.cautions import FIRST
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import Grade
from kleiber.metric import Metric
from kleiber.plain import record
from kleiber.wording import InWords, counted, given, number, probability, size, unit_of

PLAIN = (
    "status", "reason", "asked", "choice", "neither", "floor_dominates", "most", "beyond",
    "options", "costs", "break_even", "tornado", "sentences",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One way to spend: train on `n` examples, for `spend` in money, engineers included, over `months` of engineering.

    `n_low` to `n_high` is the 90 % interval of the amount that costs least in a draw: what one would buy who knew it.
    `cost` is the expected cost of error and money together, `saving` what it saves against doing nothing, each with its
    90 % interval; `best` the probability that no other option costs less, `regret` the expected cost above the cheapest
    option and amount of each draw in hindsight; `grade` says how far to rely on the forecast at n.
    """

    name: Choice
    n: float
    n_low: float
    n_high: float
    spend: float
    months: float
    cost: float
    low: float
    high: float
    saving: float
    saving_low: float
    saving_high: float
    best: float
    regret: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class CostCurve:
    """Expected cost of error and money together against the size `n` bought to, all `(k,)`, with its 90 % interval.

    `name` is "labels" where none but labels are bought, "both" where engineers are paid too. `saving` is what is saved over
    doing nothing, with its own 90 % interval: error that nothing removes is in the cost, and not in what is saved.
    """

    name: Choice
    n: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    saving: tuple[float, ...]
    saving_low: tuple[float, ...]
    saving_high: tuple[float, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Advice(InWords):
    """What to buy. `choice` is the option of least expected cost; a refused forecast has none, and `reason` says why.

    `neither` says that the floor dominates: its share in the loss at the best n is above 0.8 with the probability
    `floor_dominates`, at least one half; never of a score whose best is nominal. `most` is the largest n that could be
    advised, and `beyond` says that the best lies there since the data carry no forecast further. `forecast` is what it
    rests on, `cautions` what was asked in vain.
    """

    status: Literal["ok", "refused"]
    reason: str | None
    forecast: Forecast
    asked: dict[str, Any]
    choice: Choice | None = None
    neither: bool = False
    floor_dominates: float = 0.0
    most: float = 0.0
    beyond: bool = False
    options: tuple[Option, ...] = ()
    costs: tuple[CostCurve, ...] = ()
    break_even: BreakEven | None = None
    tornado: tuple[Sensitivity, ...] = ()
    cautions: tuple[Caution, ...] = ()

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what to know of the forecast and of what was asked, each with a stable code and a sentence."""
        return (*self.forecast.warnings, *self.cautions)

    @property
    def best(self) -> Option:
        """Give the option that is advised."""
        return next(option for option in self.options if option.name == self.choice)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the advice in words, most important first."""
        return tuple(_sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; what is infinite is None, intervals hold 90 %."""
        found = {name: getattr(self, name) for name in PLAIN}
        for name in ("options", "costs", "tornado"):
            found[name] = [asdict(item) for item in found[name]]
        found["break_even"] = None if self.break_even is None else asdict(self.break_even)
        found["warnings"] = [{"code": w.code, "message": w.message} for w in self.warnings]
        return record(found)


def _sentences(advice: Advice) -> Iterator[str]:
    """Say it, most important first."""
    fc = advice.forecast
    if fc.distrusted is not None:
        yield fc.distrusted.message
    if advice.status == "refused":
        yield f"No advice{', because there is no forecast' if fc.status == 'refused' else ''}: {advice.reason}"
        return
    best, lacks = advice.best, lacking(fc.curve.scale)
    if advice.neither:
        chance = probability(advice.floor_dominates)
        yield ADVICE["neither"].format(share=f"{100 * DOMINANT:.0f}", lacks=lacks, probability=chance)
    grave = [w.message for w in advice.warnings if w.code in FIRST and w is not fc.distrusted]
    yield from (f"Check this first: {text}" for text in grave)
    untold = advice.most <= advice.options[0].n
    if untold:
        yield from _limits(advice)
    if untold and best.name == "nothing" and all(o.name in ("nothing", "labels") for o in advice.options):
        yield ADVICE["until"]
        yield _runs(fc)
        yield from _remarks(advice, grave)
        return
    start = "even so" if advice.neither else "judged" if untold else "cheapest"
    yield ADVICE[start].format(what=_told(advice, best))
    none = {
        option.name for option in advice.options if option.name in ("labels", "both") and option.n <= advice.options[0].n
    }
    yield from (f"Instead: {_told(advice, o)}" for o in advice.options if o.name != best.name and o.name not in none)
    if not untold:
        yield from _limits(advice)
    assert advice.break_even is not None
    yield from turning(advice.break_even, advice.tornado, best.name, asked=advice.asked, metric=lacks, goal=_point(fc))
    yield _runs(fc)
    yield from _remarks(advice, grave)


def lacking(scale: Metric) -> str:
    """Name what more data removes: a loss, or what a score lacks to its best."""
    return f"gap to a perfect {scale.name}" if scale.higher_is_better and "error" not in scale.loss else scale.loss


def _runs(fc: Forecast) -> str:
    """Say what the advice rests on, and how far it goes."""
    sizes = counted(len(np.unique(fc.curve.n)), "size")
    runs = f"from {counted(len(fc.curve.n), 'run')} at {sizes} up to {given(float(fc.curve.n[-1]))}"
    return f"This is for one purchase, {runs}. Measure after it, then plan again."


def _remarks(advice: Advice, told: Sequence[str]) -> Iterator[str]:
    """Say what else there is to know; `told` was said before."""
    first = advice.forecast.distrusted
    told = [*told, *(() if first is None else (first.message,))]
    yield from (w.message for w in advice.warnings if w.code != "read-as" and w.message not in told)


def _point(fc: Forecast) -> str:
    """Say how much of the metric a point is: 1 % of accuracy, 0.01 of loss."""
    scale = fc.curve.scale.shown
    return f"{number(scale.per_loss * point_of(fc))}{' ' + scale.unit if scale.unit else ''} of {scale.name}"


def _told(advice: Advice, option: Option) -> str:
    """Say what an option is and saves, with its chances."""
    more = option.n - advice.options[0].n
    bound = advice.beyond and option.n >= advice.most * (1 - 1e-9)  # the best number is at least this
    amount = ADVICE["at least" if bound else "amount"].format(more=counted(more, "more label", size), n=size(option.n))
    months, spend = counted(option.months, "month", number), number(option.spend)
    name = f"no {option.name}" if option.name in ("labels", "both") and more <= 0 else option.name
    said = ADVICE[name].format(amount=amount, months=months, spend=spend)
    said += "" if option.name == "nothing" else _saving(option)
    regret = ADVICE["regret"].format(regret=number(option.regret))
    chances = ADVICE["best"].format(best=probability(option.best), regret=regret)
    return said if bound else said + chances


def _saving(option: Option) -> str:
    """Say what an option saves over doing nothing, or costs more, with its 90 % interval."""
    low, middle, high = option.saving_low, option.saving, option.saving_high
    if middle >= 0:
        words, ends = ("saves", (low, high)) if low >= 0 else ("saves or loses", (-low, high))
    else:
        words, ends = ("loses", (-high, -low)) if high <= 0 else ("loses or saves", (high, -low))
    one, other = map(number, ends)
    return ADVICE[words].format(saving=number(abs(middle)), low=one, high=other)


def _limits(advice: Advice) -> Iterator[str]:
    owned = advice.options[0].n
    if advice.most <= owned:
        yield ADVICE["untold"].format(owned=given(owned))
    elif advice.beyond:
        yield ADVICE["beyond"].format(most=size(advice.most))
    elif advice.best.n >= advice.most:
        yield f"It pays to buy all {given(advice.most)} {unit_of(advice.forecast.curve.unit_of_n)} that exist."
