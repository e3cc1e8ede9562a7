"""PyTorch on tensors in memory, by the origin's rules unless told otherwise: SGD, and early stopping.

An epoch ends with the loss on the watched validation examples; training stops when that has risen `patience` epochs in a
row, or at the last epoch, and the weights of the best epoch are those that are kept and measured.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from kleiber.datasets import Dataset
from kleiber.errors import KleiberError
from kleiber.trainers._engine.data import Examples, Scale, watched
from kleiber.trainers._engine.length import Length, batch_size
from kleiber.trainers._engine.loop import fit
from kleiber.trainers._engine.nets import OWN, build_net, fresh, optimiser_of, pads
from kleiber.trainers._engine.options import Options
from kleiber.trainers._engine.packed import Packed
from kleiber.trainers._engine.precision import settle
from kleiber.trainers._engine.running import Ground, Running, length_for, measured
from kleiber.trainers._engine.single import Single, evaluate
from kleiber.trainers._job import Check
from kleiber.trainers._task import Diverged, Outcome, Task

LOOK = 256  # validation examples that are
STEPS = 20  # and steps that are timed where a study's time is asked for before it runs

PACK = 32  # trials in one pass on a GPU

PAUSES = True  # a search may stop its trials after some epochs, and let the best go on


def train(task: Task, options: Options) -> Outcome:
    """Train the task's net from a fresh start, or go on where it paused, and measure the best epoch's weights."""
    with prepared(task.device, options) as device:
        ground = Ground.of(task, options, device)
        one = Running(task, options, ground)
        length = length_for(task.params, task.n, options)
        trainee = Single(
            *(one.net, one.optimiser, ground.examples, ground.watched, length, task.seed),
            *(options.schedule, options.augment, options.precision),
        )
        fit(trainee, [one.standing], [one.rules], [one.report()], length.legs, task.until or length.legs)
        result = one.result(length)
    if isinstance(result, Diverged):
        raise Diverged(result.epoch, str(result))  # itself, it would hold this frame, and the net with it
    return result


def train_together(tasks: Sequence[Task], options: Options) -> list[Outcome | Diverged]:
    """Train tasks of one size in one pass, each to what `train` gives for it, within rounding.

    Raises `ValueError` for nets that cannot be stacked, for batches of unlike size, and where the tasks do not stand at the
    same epoch.
    """
    if options.augment:
        raise ValueError("augmented images are drawn trial by trial")
    if len({pack_key(task.params, task.n) for task in tasks}) > 1:
        raise ValueError("trials of unlike batches or optimisers are not trained together")
    first = tasks[0]
    with prepared(first.device, options) as device:
        rungs = {id(task.train): task for task in tasks}
        grounds = {key: Ground.of(task, options, device) for key, task in rungs.items()}
        each = [Running(task, options, grounds[id(task.train)]) for task in tasks]
        if len({one.standing.legs for one in each if not one.standing.ended}) > 1:
            raise ValueError("trials that stand at unlike epochs are not trained together")
        length = length_for(first.params, first.n, options)
        trainee = Packed(
            [one.net for one in each],
            [one.optimiser for one in each],
            [one.ground.examples for one in each],
            [one.ground.watched for one in each],
            length,
            [task.seed for task in tasks],
            *(options.schedule, options.precision),
            pads=pads(first.net),
        )
        standings, rules, reports = zip(*((one.standing, one.rules, one.report()) for one in each), strict=True)
        fit(trainee, standings, rules, reports, length.legs, first.until or length.legs)
        for place, i in enumerate(trainee.places):
            trainee.release(place, each[i].net, each[i].optimiser)
        return [one.result(length) for one in each]


def pack_size(device: str) -> int:
    """Give how many trials gain by being trained in one pass: many on a GPU, whose work for one is too small; else one."""
    return PACK if torch.device(device).type == "cuda" else 1


def pack_key(params: Mapping[str, Any], n: int) -> tuple[int, str]:
    """Give what trials of a size must share to be trained in one pass: batch size and optimiser."""
    return batch_size(params, n), str(params.get("optimiser", OWN["optimiser"]))


def check(study: Check) -> None:
    """Refuse a device, metric, hyper-parameter or net that cannot be trained, by trying each once."""
    dataset, device = study.dataset, device_of(study.device)
    names = measured(dataset.task, study.metrics)
    if study.metric not in names:
        raise KleiberError(f"metric: {study.metric!r} is not measured; there are {', '.join(names)}, and more by metrics")
    outputs = len(dataset.classes) if dataset.task == "classification" else 1
    shape = Scale.of(dataset.train.take(np.arange(2)), dataset.task).shape
    try:
        net = build_net(study.net, shape, outputs, study.params)
        given = tuple(net(torch.zeros(2, *shape)).shape)
        if given != (2, outputs):
            raise KleiberError(f"net {study.net!r} gives {given} for two examples, but the data need {(2, outputs)}")
        optimiser_of(net, study.params, device)
        batch_size(study.params, 2)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise KleiberError(f"net {study.net!r} with {dict(study.params)}: {type(error).__name__}: {error}") from error


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most."""
    length = length_for(params, n, options)
    return length.seen(length.legs) / n


def pace(net: str, dataset: Dataset, params: Mapping[str, Any], n: int, options: Options, where: str) -> float:
    """Give the seconds of an epoch of a rung of n on a device, its look at the validation included: a few are timed."""
    part = dataset.train.take(np.arange(min(n, len(dataset.train))))
    batch = batch_size(params, len(part))
    with prepared(where, options) as device:
        scale = Scale.of(part, dataset.task)
        outputs = len(dataset.classes) if dataset.task == "classification" else 1
        module, optimiser = fresh(net, scale.shape, outputs, params, device)
        examples = Examples(part, scale, device)
        steps = min(STEPS, -(-len(part) // batch))
        trainee = Single(
            *(module, optimiser, examples, examples, Length(len(part), batch, 2, 2 * steps), 0),
            options.schedule, options.augment, options.precision,
        )  # fmt: skip
        trainee.train(1)  # the first steps cost more than those after them
        settle(device)
        started = time.perf_counter()
        trainee.train(2)
        settle(device)
        trained = time.perf_counter()
        look = dataset.validation.take(np.arange(min(LOOK, len(dataset.validation))))
        evaluate(module, Examples(look, scale, device))
        looked = (time.perf_counter() - trained) / len(look)
    watch = len(watched(dataset.validation, dataset.task, options.watch, n))
    return (trained - started) / (steps * batch) * n + looked * watch


@contextmanager
def prepared(name: str, options: Options) -> Iterator[torch.device]:
    """Give the device, with PyTorch set to one thread and, where asked, to the same bits each time, until the end.

    What was set before is set again: numbers too small to be normal, which would slow a net of dead units, are zero here,
    but not in the caller's arithmetic; and neither is a random number drawn from the caller's generators.
    """
    device = device_of(name)
    threads, flushed = torch.get_num_threads(), bool(torch.tensor(5e-324, dtype=torch.float64) * 1.0 == 0)
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if device.type == "cuda":
        cudnn.deterministic, cudnn.benchmark = options.deterministic, not options.deterministic
        cudnn.allow_tf32 = matmul.allow_tf32 = options.precision != "float32"
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield device
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)
        cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32 = before


def device_of(name: str) -> torch.device:
    """Give the device of a name; raises `KleiberError` where this machine has none of that name."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise KleiberError(f"device {name!r} is not to be had on this machine: {str(error).splitlines()[0]}") from error
    return device
