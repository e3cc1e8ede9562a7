"""The learning rate along a trial's steps, as a factor of the `lr` of its hyper-parameters."""

import math
from collections.abc import Callable

RISE = {"constant": 0.0, "one-cycle": 0.3, "warm-up": 0.05}  # share of the steps in which the rate rises
FIRST, LAST = 1 / 25, 1e-4  # factors at the start and the end of one cycle


def _constant(share: float) -> float:
    return 1.0


def _one_cycle(share: float) -> float:
    """Smith 2018, "A disciplined approach to neural network hyper-parameters", section 4: up, then down to almost none."""
    rise = RISE["one-cycle"]
    if share < rise:
        return FIRST + (1.0 - FIRST) * 0.5 * (1.0 - math.cos(math.pi * share / rise))
    return LAST + (1.0 - LAST) * 0.5 * (1.0 + math.cos(math.pi * (share - rise) / (1.0 - rise)))


def _warm_up(share: float) -> float:
    """Up along a line, then down along a cosine (Loshchilov and Hutter 2017, "SGDR", equation 5, without restarts)."""
    rise = RISE["warm-up"]
    if share < rise:
        return share / rise
    return 0.5 * (1.0 + math.cos(math.pi * (share - rise) / (1.0 - rise)))


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": _constant, "one-cycle": _one_cycle, "warm-up": _warm_up}


def factor(schedule: str, step: int, total: int) -> float:
    """Give the factor at a step (from 0) of `total`."""
    return SCHEDULES[schedule]((step + 0.5) / total)
