"""A framework at work without a trace: no file, no line of a log, no tracker's run, and the process as it was before."""

import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from kleiber.trainers._untouched import untouched

TRACKERS = {
    "WANDB_MODE": "disabled",
    "COMET_MODE": "disabled",
    "NEPTUNE_MODE": "debug",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_MLFLOW_INTEGRATION": "TRUE",
}  # the environment in which trackers, called by a user's own code, keep nothing

ADVICE = ("PossibleUserWarning", "FutureWarning", "DeprecationWarning", "PendingDeprecationWarning")


@contextmanager
def quiet(seed: int, loggers: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Seed all generators and let a block compute on one thread; give a folder that goes away, and what is warned of.

    seed: of 32 bits. loggers: names of those that say nothing below an error meanwhile. The warnings are in the list when
    the block has ended.
    """
    precision, cudnn = torch.get_float32_matmul_precision(), _flags()
    named = [logging.getLogger(name) for name in loggers]
    levels = [each.level for each in named]
    with untouched(seed) as warned, tempfile.TemporaryDirectory(prefix="kleiber-") as folder:
        os.environ.update(TRACKERS)  # `untouched` puts back what was there
        torch.set_num_threads(1)
        for each in named:
            each.setLevel(logging.ERROR)
        try:
            yield folder, warned
        finally:
            torch.set_float32_matmul_precision(precision)
            for flag, value in cudnn.items():
                setattr(torch.backends.cudnn, flag, value)
            for each, level in zip(named, levels, strict=True):
                each.setLevel(level)


@contextmanager
def importing() -> Iterator[None]:
    """Let a block import a framework: what the import draws, warns of or sets in the environment does not stay."""
    with untouched(0):
        yield


def worth_telling(warned: Sequence[str]) -> list[str]:
    """Give the first warnings that a user can act on: none of a framework's advice on loaders, none of its own code."""
    return [each for each in warned if each.partition(":")[0] not in ADVICE][:3]


def _flags() -> dict[str, Any]:
    return {flag: getattr(torch.backends.cudnn, flag) for flag in ("deterministic", "benchmark")}
