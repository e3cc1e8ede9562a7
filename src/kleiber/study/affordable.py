"""How many search trials a budget buys, the same number at each size: in epochs, in hours, or in money for hours."""

from kleiber.datasets import Dataset
from kleiber.errors import KleiberError
from kleiber.study.cost import cost, seconds_of
from kleiber.study.schedule import Schedule

MOST = 1000  # trials at a size


def affordable(
    plan: Schedule, dataset: Dataset, *, epochs: float | None = None, hours: float | None = None, device: str = "cpu"
) -> int:
    """Give the largest number of trials whose whole study, scores included, costs at most so many epochs or worker hours.

    An epoch is a pass over a size's examples. Trials are counted with all the epochs that they may run, so that early
    stopping leaves some of the budget over. Raises `KleiberError` where one trial at each size is too many already, and
    where hours are asked of a trainer that cannot tell its pace.
    """
    if (epochs is None) == (hours is None):
        raise KleiberError("budget: give it in epochs or in hours, and not in both")
    budget = 3600.0 * hours if hours is not None else epochs or 0.0
    unit = "epochs" if hours is None else "hours"
    each: dict[int, float] | None = None
    if hours is not None:
        paces = {n: seconds_of(plan, dataset, {n: 1.0}, device) for n in plan.sizes}
        each = {n: pace for n, pace in paces.items() if pace is not None}
        if len(each) < len(paces):
            raise KleiberError("budget: this trainer cannot say how long an epoch takes; give the budget in epochs")

    def price(trials: int) -> float:
        search = {**plan.study.search.model_dump(), "trials": trials}
        study = plan.study.changed(search=search)
        run = cost(plan.of(study), {}).epochs
        return sum(count * (1.0 if each is None else each[n]) for n, count in run.items())

    low, high = 0, MOST
    if not plan.space:
        raise KleiberError("budget: this study has no search, so a budget can't choose its trials")
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if price(middle) <= budget else (low, middle - 1)
    if low == 0:
        least = price(1) / (1.0 if hours is None else 3600.0)
        given = epochs if hours is None else hours
        raise KleiberError(f"budget: {given:g} {unit} are too little for one trial at each size, which takes {least:.3g}")
    return low
