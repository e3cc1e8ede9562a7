"""In which numbers a step is computed: float32, or bfloat16 where it is faster.

On a CPU a rule says where (`working.py`), so that the same seeds give the same numbers. On a GPU it is measured, for those
who do not ask for the same bits again.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

STEPS = 12  # steps that are timed of each
GAIN = 0.9  # share of float32's time that bfloat16 must stay under to be taken

Step = Callable[[str], object]

_CHOSEN: dict[tuple[object, ...], str] = {}


def context(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Give the context of a forward pass."""
    if precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def chosen(asked: str, device: torch.device, step_of: Callable[[], tuple[tuple[object, ...], Step]]) -> str:
    """Give the precision asked for, or, for "auto" on a GPU, the faster by the clock, once for each key in a process.

    step_of: gives the key and what takes one training step in a precision, on copies, so that nothing is learnt from it; it
    is called for "auto" on a GPU alone. Where a GPU must give the same bits again, "auto" is float32.
    """
    if asked != "auto":
        return asked
    if device.type != "cuda" or torch.backends.cudnn.deterministic:
        return "float32"
    key, step = step_of()
    place = (device.type, *key)
    if place not in _CHOSEN:
        times = {name: _seconds(step, name, device) for name in ("float32", "bfloat16")}
        _CHOSEN[place] = "bfloat16" if times["bfloat16"] < GAIN * times["float32"] else "float32"
    return _CHOSEN[place]


def _seconds(step: Step, name: str, device: torch.device) -> float:
    for _ in range(3):
        step(name)
    settle(device)
    started = time.perf_counter()
    for _ in range(STEPS):
        step(name)
    settle(device)
    return time.perf_counter() - started


def settle(device: torch.device) -> None:
    """Wait until a device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
