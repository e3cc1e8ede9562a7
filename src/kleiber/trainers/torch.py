"""PyTorch on tensors in memory, by the origin's rules unless told otherwise: SGD, and early stopping.

An epoch ends with the loss on the watched validation examples; training stops when that has risen `patience` epochs in a
row, or at the last epoch, and the weights of the best epoch are those that are kept and measured.

PyTorch itself takes seconds to import, so it comes with `_engine/training.py`, and that with the first call that trains or
tries a net: a process that only describes, plans or hands out trials never has it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kleiber import plugins
from kleiber.datasets import Dataset
from kleiber.trainers._engine.batch import batch_size, optimiser_name
from kleiber.trainers._job import Check
from kleiber.trainers._task import Diverged, Outcome, Task

with plugins.needing("torch", "the trainer torch"):
    from kleiber.trainers._engine.length import length_for
    from kleiber.trainers._engine.options import Options

PACK = 32  # trials in one pass on a GPU

PAUSES = True  # a search may stop its trials after some epochs, and let the best go on


def train(task: Task, options: Options) -> Outcome:
    """Train the task's net from a fresh start, or go on where it paused, and measure the best epoch's weights."""
    outcome: Outcome = _engine().train(task, options)
    return outcome


def train_together(tasks: Sequence[Task], options: Options) -> list[Outcome | Diverged]:
    """Train tasks of one size in one pass, each to what `train` gives for it, within rounding.

    Raises `ValueError` for nets that cannot be stacked, for batches of unlike size, and where the tasks do not stand at the
    same epoch.
    """
    if len({pack_key(task.params, task.n) for task in tasks}) > 1:
        raise ValueError("trials of unlike batches or optimisers are not trained together")
    outcomes: list[Outcome | Diverged] = _engine().train_together(tasks, options)
    return outcomes


def pack_size(device: str) -> int:
    """Give how many trials gain by being trained in one pass: many on a GPU, whose work for one is too small; else one."""
    return PACK if device.partition(":")[0] == "cuda" else 1


def pack_key(params: Mapping[str, Any], n: int) -> tuple[int, str]:
    """Give what trials of a size must share to be trained in one pass: batch size and optimiser."""
    return batch_size(params, n), optimiser_name(params)


def imports(reference: str) -> str:
    """Name what `get_ready` imports."""
    return "PyTorch"


def get_ready(reference: str) -> None:
    """Import PyTorch, before the first task needs it."""
    _engine()


def check(study: Check) -> None:
    """Refuse a device, metric, hyper-parameter or net that cannot be trained, by trying each once."""
    _engine().check(study)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most."""
    length = length_for(params, n, options)
    return length.seen(length.legs) / n


def pace(net: str, dataset: Dataset, params: Mapping[str, Any], n: int, options: Options, where: str) -> float:
    """Give the seconds of an epoch of a rung of n on a device, its look at the validation included: a few are timed."""
    return float(_engine().pace(net, dataset, params, n, options, where))


def _engine() -> Any:
    return plugins.heavy("trainers._engine.training")
