"""Synchronous successive halving: after each stage the best share of a size's trials go on, the others do not.

Source: Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization", algorithm 1,
with stages and share given rather than derived. All trials of a stage are settled before the next begins, and which go on
depends on their results alone: the same for any number of workers.
"""

import math
from collections.abc import Sequence


def survivors(trials: int, stages: int, keep: float) -> list[int]:
    """Give how many trials each stage has, the first with all of them: `stages` pauses and the last stretch to the end."""
    counts = [trials]
    for _ in range(stages):
        counts.append(math.ceil(counts[-1] * keep))
    return counts


def ranked(losses: Sequence[float | None]) -> list[int]:
    """Give the places of the losses from the smallest up; None never goes on, ties go to the first."""
    return [place for _, place in sorted((loss, place) for place, loss in enumerate(losses) if loss is not None)]
