"""A paused trial's file, whose writer is killed (W04)."""

import itertools
import multiprocessing
import random
import time
from pathlib import Path

import torch
from dev.faults.harness import until
from torch import nn

from kleiber.trainers._engine import checkpoint
from kleiber.trainers._engine.loop import Standing


def _net() -> tuple[nn.Module, torch.optim.Optimizer]:
    net = nn.Linear(300, 300)
    return net, torch.optim.SGD(net.parameters(), lr=0.1)


def _write(path: Path, first: int) -> None:
    """Save one trial again and again, each time with its number in all weights."""
    torch.set_num_threads(1)
    net, optimiser = _net()
    for number in itertools.count(first):
        with torch.no_grad():
            for weights in net.parameters():
                weights.fill_(number)
        checkpoint.save(path, net, optimiser, Standing(best={}, legs=number))


def torn_checkpoints(folder: Path, short: bool) -> str:
    """Kill a process that saves a trial, at random times; what is there loads, whole, and is never older than before."""
    path, kills, moments = folder / "trial.pt", 5 if short else 50, random.Random(4)
    seen = 0
    for _ in range(kills):
        child = multiprocessing.get_context("fork").Process(target=_write, args=(path, seen + 1))
        child.start()
        until(lambda child=child: path.exists() or not child.is_alive(), "a trial is saved")  # type: ignore[misc]
        time.sleep(moments.uniform(0.0, 0.2))
        child.kill()
        child.join()
        net, optimiser = _net()
        standing = checkpoint.load(path, net, optimiser)
        assert standing is not None, "the last file does not load"
        values = {float(value) for weights in net.parameters() for value in weights.detach().unique()}
        assert values == {float(standing.legs)}, "the file is of two savings"
        assert standing.legs >= seen, "the file is older than the one before"
        seen = standing.legs
    return f"{kills} kills while a trial was saved ({seen} savings): the last whole file loads each time"
