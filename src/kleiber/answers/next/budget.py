"""How to spend a budget on runs: what they cost, the sizes to choose from, and the plan that tells the most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kleiber import seeds
from kleiber.answers.next.question import DRAWS, View, variance_removed

Array = NDArray[np.float64]

MOST_RUNS = 10_000  # of one size in a plan
FEW_BOUGHT = 1.02  # sizes up to so many times the examples owned are not worth a purchase
CLEARLY = 0.8  # beyond reach, the plan is taken where it leaves less than this part of what the plain rule leaves


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
    if costs.owned <= reach < FEW_BOUGHT * costs.owned and costs.price:
        reach = costs.owned
    return np.unique(np.append(grid, np.floor(reach + 1e-9)) if reach >= smallest else grid)


def proposed(view: View, costs: Costs, budget: float) -> tuple[list[tuple[int, int]], float, bool]:
    """Give the plan, what it promises, and whether it is better than one run at the largest affordable size.

    It has to be clearly so where the question lies beyond that size, since there the design rests on the laws most.
    """
    affordable = affordable_places(view, costs, budget)
    plan, plan_cut = plan_budget(view, costs, budget, affordable)
    if not plan:
        return [], 0.0, False
    one = np.zeros(len(view.sizes))
    one[affordable[-1]] = 1.0
    part = 1.0 if view.where <= view.sizes[affordable[-1]] else CLEARLY
    return plan, plan_cut, 1.0 - plan_cut < part * (1.0 - view.cut(one))


def affordable_places(view: View, costs: Costs, budget: float) -> list[int]:
    """Give the places of the sizes of which the budget pays for a run."""
    return [i for i, n in enumerate(view.sizes) if costs.of(n, 1) <= budget * (1 + 1e-9)]


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
        removed, slope = variance_removed(view, runs)
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


def chosen(view: View, costs: Costs, place: int, runs: int, random_state: int) -> Choice:
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
