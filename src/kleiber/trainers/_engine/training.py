"""A task trained, several in one pass, a net tried once, an epoch timed: what `trainers/torch.py` hands on to PyTorch."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from kleiber.datasets import Dataset
from kleiber.errors import KleiberError
from kleiber.trainers._engine.batch import batch_size
from kleiber.trainers._engine.data import Examples, Scale, watched
from kleiber.trainers._engine.length import Length, length_for
from kleiber.trainers._engine.loop import fit
from kleiber.trainers._engine.nets import build_net, fresh, optimiser_of, pads
from kleiber.trainers._engine.options import Options
from kleiber.trainers._engine.packed import Packed
from kleiber.trainers._engine.precision import settle
from kleiber.trainers._engine.running import Ground, Running, measured
from kleiber.trainers._engine.single import Single
from kleiber.trainers._job import Check
from kleiber.trainers._made import line_of
from kleiber.trainers._metrics import not_measured
from kleiber.trainers._task import Diverged, Outcome, Task

LOOK = 256  # validation examples that are
STEPS = 20  # and steps that are timed where a study's time is asked for before it runs


def train(task: Task, options: Options) -> Outcome:
    """Train the task's net from a fresh start, or go on where it paused, and measure the best epoch's weights."""
    with prepared(task.device, options) as device:
        ground = Ground.of(task, options, device)
        one = Running(task, options, ground)
        length = length_for(task.params, task.n, options)
        trainee = Single(
            *(one.net, one.optimiser, ground.examples, ground.watched, length, task.seed64),
            *(options.schedule, options.augment, options.precision),
        )
        fit(trainee, [one.standing], [one.rules], [one.report()], length.legs, task.until or length.legs)
        result = one.result(length, trainee.evaluate)
    if isinstance(result, Diverged):
        raise Diverged(result.epoch, str(result))  # itself, it would hold this frame, and the net with it
    return result


def train_together(tasks: Sequence[Task], options: Options) -> list[Outcome | Diverged]:
    """Train tasks of one size, batch size and optimiser in one pass; `trainers/torch.py` says what it raises."""
    if options.augment:
        raise ValueError("augmented images are drawn trial by trial")
    first = tasks[0]
    with prepared(first.device, options) as device:
        rungs = {id(task.train): task for task in tasks}
        grounds = {key: Ground.of(task, options, device) for key, task in rungs.items()}
        each = [Running(task, options, grounds[id(task.train)]) for task in tasks]
        if len({(one.standing.legs, len(one.standing.begun)) for one in each if not one.standing.ended}) > 1:
            raise ValueError("trials that stand at unlike epochs are not trained together")
        length = length_for(first.params, first.n, options)
        trainee = Packed(
            [one.net for one in each],
            [one.optimiser for one in each],
            [one.ground.examples for one in each],
            [one.ground.watched for one in each],
            length,
            [task.seed64 for task in tasks],
            *(options.schedule, options.precision),
            pads=pads(first.net),
        )
        standings, rules, reports = zip(*((one.standing, one.rules, one.report()) for one in each), strict=True)
        fit(trainee, standings, rules, reports, length.legs, first.until or length.legs)
        for place, i in enumerate(trainee.places):
            trainee.release(place, each[i].net, each[i].optimiser)
        return [one.result(length) for one in each]


def check(study: Check) -> None:
    """Refuse a device, metric, hyper-parameter or net that cannot be trained, by trying each once."""
    dataset, device = study.dataset, device_of(study.device)
    names = measured(dataset.task, study.metrics)
    if study.metric not in names:
        raise KleiberError(not_measured(study.metric, dataset.task, names))
    outputs = len(dataset.classes) if dataset.task == "classification" else 1
    shape = Scale.of(dataset.train.take(np.arange(2)), dataset.task).shape
    try:
        net = build_net(study.net, shape, outputs, study.params)
        given = tuple(net(torch.zeros(2, *shape)).shape)
        if given != (2, outputs):
            raise KleiberError(
                f"net {study.net!r} gives {given} for two examples, but the data need {(2, outputs)}. Its last layer must "
                f"have {outputs} outputs; a function of (shape, outputs) receives that number"
            )
        optimiser_of(net, study.params, device)
        batch_size(study.params, 2)
    except KleiberError:
        raise
    except Exception as error:  # the border to anybody's code
        said = f"{type(error).__name__}: {error}{line_of(study.net, error)}"
        raise KleiberError(f"net {study.net!r} with {dict(study.params)}: {said}") from error


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
        trainee.evaluate(Examples(look, scale, device))
        looked = (time.perf_counter() - trained) / len(look)
    watch = len(
        watched(dataset.validation, dataset.task, options.watch, n, "stops" if options.length == "early-stop" else "looks")
    )
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
        said = str(error).splitlines()[0]
        raise KleiberError(f"this machine has no device {name!r} ({said}); leave out --device, or name cpu") from error
    return device
