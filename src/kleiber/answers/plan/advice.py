"""An advice on what to buy, and its words: most important first, each number with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from kleiber.answers.plan.economics import Choice
from kleiber.answers.plan.scenarios import point_of
from kleiber.answers.plan.sensitivity import BreakEven, Sensitivity
from kleiber.answers.plan.turning import turning
from kleiber.curves.curve import Caution
from kleiber.forecasting.cautions import FIRST
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.grades import Grade
from kleiber.plain import record
from kleiber.wording import few, given, number, paragraphs, probability, size

DOMINANT = 0.8  # share of the floor in the loss from which it dominates
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

    `name` is "labels" where none but labels are bought, "both" where engineers are paid too.
    """

    name: Choice
    n: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Advice:
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

    def __repr__(self) -> str:
        """Give the first sentences, one a line; the numbers are in its fields, and in `to_dict`."""
        return few(self.sentences)

    def _repr_html_(self) -> str:
        """Give the same for a notebook."""
        return paragraphs(self.sentences)

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
    best, scale = advice.best, fc.curve.scale
    lacks = f"gap to a perfect {scale.name}" if scale.higher_is_better and "error" not in scale.loss else scale.loss
    if advice.neither:
        yield (
            f"Buy neither labels nor engineers: change labels, task or metric. The floor is more than "
            f"{100 * DOMINANT:.0f} % of the {lacks} (probability {probability(advice.floor_dominates)})."
        )
    grave = [w.message for w in advice.warnings if w.code in FIRST and w is not fc.distrusted]
    yield from (f"Check this first: {text}" for text in grave)
    untold = advice.most <= advice.options[0].n
    if untold:
        yield from _limits(advice)
    if untold and best.name == "nothing" and all(o.name in ("nothing", "labels") for o in advice.options):
        yield f"Until then buy nothing.{_cost(advice, best)}"
        yield _runs(fc)
        yield from _remarks(advice, grave)
        return
    start = "Cheapest of what we can judge" if untold else "Cheapest in expectation"
    start = "Cheapest even so" if advice.neither else start
    yield f"{start}: {_told(advice, best)}"
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


def _runs(fc: Forecast) -> str:
    """Say what the advice rests on, and how far it goes."""
    runs = f"from {len(fc.curve.n)} runs at {len(np.unique(fc.curve.n))} sizes up to {given(float(fc.curve.n[-1]))}"
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
    """Say what an option is, costs and saves, with its chances."""
    more, pay = option.n - advice.options[0].n, f"for {number(option.spend)}"
    bound = advice.beyond and option.n >= advice.most * (1 - 1e-9)  # the best number is at least this
    labels = f"{'at least ' if bound else ''}{size(more)} more labels ({size(option.n)} in all)"
    what = {
        "nothing": "buy nothing",
        "labels": f"buy {labels} {pay}" if more > 0 else "buy labels, of which the best number is 0",
        "engineers": f"pay engineers for {number(option.months)} months, {pay}",
        "both": f"pay engineers for {number(option.months)} months and buy {labels}, {pay} together" if more > 0
        else "pay engineers and buy labels, of which the best number is 0",
    }[option.name]  # fmt: skip
    chance = (
        ""
        if bound
        else f" It is best with probability {probability(option.best)} (expected regret {number(option.regret)})."
    )
    saving = "" if option.name == "nothing" else f" {_saving(option)}"
    return f"{what}.{saving}{_cost(advice, option)}{chance}"


def _cost(advice: Advice, option: Option) -> str:
    """Say what error and money cost together; nothing of a score whose best is nominal, which has no error."""
    if advice.forecast.curve.scale.nominal:
        return ""
    between = f"90 % interval {number(option.low)} to {number(option.high)}"
    return f" Error and money together cost {number(option.cost)} ({between})."


def _saving(option: Option) -> str:
    """Say what an option saves over doing nothing, or costs more, with its 90 % interval."""
    low, middle, high = option.saving_low, option.saving, option.saving_high
    if middle >= 0:
        ends = f"{number(low)} to {number(high)}" if low >= 0 else f"{number(-low)} lost to {number(high)} saved"
        return f"It saves {number(middle)} over doing nothing (90 % interval {ends})."
    ends = f"{number(-high)} to {number(-low)}" if high <= 0 else f"{number(high)} less to {number(-low)} more"
    return f"It costs {number(-middle)} more than doing nothing (90 % interval {ends})."


def _limits(advice: Advice) -> Iterator[str]:
    owned = advice.options[0].n
    if advice.most <= owned:
        yield (
            f"We can't say whether labels pay: beyond the {given(owned)} owned any forecast is a guess, or no more exist. "
            "Measure larger sizes first."
        )
    elif advice.beyond:
        yield (f"Beyond {size(advice.most)} any forecast is a guess. Measure again there: more labels may pay.")
    elif advice.best.n >= advice.most:
        yield f"It pays to buy all {given(advice.most)} examples that exist."
