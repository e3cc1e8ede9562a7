"""PyTorch on tensors in memory, by the origin's rules unless told otherwise: SGD, and early stopping.

An epoch ends with the loss on the watched validation examples; training stops when that has risen `patience` epochs in a
row, or at the last epoch, and the weights of the best epoch are those that are kept and measured.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from safetensors.torch import save_file
from torch import nn

from kleiber.datasets import Dataset, Part
from kleiber.errors import KleiberError
from kleiber.trainers._engine import checkpoint, rates
from kleiber.trainers._engine.data import Examples, Scale, watched
from kleiber.trainers._engine.length import Length, batch_size, length_of
from kleiber.trainers._engine.loop import Rules, Standing, fit
from kleiber.trainers._engine.nets import OWN, build_net, optimiser_of, pads
from kleiber.trainers._engine.packed import Packed
from kleiber.trainers._engine.precision import settle
from kleiber.trainers._engine.single import Single, copied, evaluate
from kleiber.trainers._job import Check
from kleiber.trainers._metrics import measure, metric_name
from kleiber.trainers._task import Diverged, Outcome, Task

LOOK = 256  # validation examples that are
STEPS = 20  # and steps that are timed where a study's time is asked for before it runs

PACK = 32  # trials in one pass on a GPU

PAUSES = True  # a search may stop its trials after some epochs, and let the best go on


class Options(BaseModel):
    """The training policy: what every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    length: Literal["early-stop", "epochs", "steps"] = "early-stop"
    """How long a trial trains: until its loss rises, for `epochs` at every size, or for `steps` at every size."""
    epochs: int = Field(default=15, ge=1)
    """Largest number of passes over the rung; of an equal number of steps, how often the validation is looked at."""
    steps: int | None = Field(default=None, ge=1)
    """Steps at every size, for length = "steps"."""
    patience: int = Field(default=3, ge=1)
    """Rises of the validation loss in a row after which training stops, for length = "early-stop"."""
    hopeless_after: int | None = Field(default=3, ge=1)
    """Epochs after which a search trial that has not yet beaten guessing is given up, counted from where the learning rate
    stops rising; None: never."""
    schedule: Literal["constant", "one-cycle", "warm-up"] = "constant"
    """The learning rate along the steps: as it is, up and down once, or up shortly and down along a cosine."""
    augment: tuple[Literal["flip", "shift"], ...] = ()
    """What images become before they are learnt from: mirrored at random, moved at random."""
    watch: int | Literal["auto", "all"] = "auto"
    """Validation examples looked at after each epoch, the same at each: "auto" is half the rung's, from 1,000 up. A search
    is judged by them; score trials are measured on all."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Numbers of the forward pass; "auto" times both at the start, on the trial's own device."""
    deterministic: bool = True
    """Whether a GPU must give the same bits again, trial by trial; the CPU always does. Trials in one pass agree with
    single ones within rounding."""

    @model_validator(mode="after")
    def _steps_where_they_count(self) -> "Options":
        if (self.length == "steps") != (self.steps is not None):
            raise ValueError("steps is the number of steps at every size: give it with length = 'steps', and only then")
        if isinstance(self.watch, int) and self.watch < 1:
            raise ValueError("watch is a number of validation examples of at least 1, 'auto' or 'all'")
        return self


def train(task: Task, options: Options) -> Outcome:
    """Train the task's net from a fresh start, or go on where it paused, and measure the best epoch's weights."""
    with prepared(task.device, options) as device:
        scale = Scale.of(task.train, task.kind)
        net, optimiser = fresh(task, scale, device)
        length = length_for(task, options)
        watch = watched(task.validation, task.kind, options.watch, task.n)
        trainee = Single(
            net,
            optimiser,
            Examples(task.train, scale, device),
            Examples(watch, scale, device),
            length,
            task.seed,
            options.schedule,
            options.augment,
            options.precision,
        )
        standing = checkpoint.load(task.resume, net, optimiser)
        before = 0 if standing is None else standing.legs
        standing = standing or Standing(best=trainee.weights(0))
        for leg, loss in enumerate(standing.history, 1):
            task.report(leg, loss)
        rules = rules_for(task, options, watch)
        fit(trainee, [standing], [rules], [task.report], length.legs, task.until or length.legs)
        if standing.diverged:
            raise Diverged(standing.legs, standing.ended)
        if task.pause is not None:
            checkpoint.save(task.pause, net, optimiser, standing)
        return outcome(task, options, net, standing, scale, device, length.seen(standing.legs) - length.seen(before))


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
        parts = {id(task.train): task.train for task in tasks}
        scales = {key: Scale.of(part, first.kind) for key, part in parts.items()}
        examples = {key: Examples(part, scales[key], device) for key, part in parts.items()}
        made = [fresh(task, scales[id(task.train)], device) for task in tasks]
        standings = [checkpoint.load(task.resume, *one) for task, one in zip(tasks, made, strict=True)]
        begun = [standing or Standing(best=copied(net)) for standing, (net, _) in zip(standings, made, strict=True)]
        before = [standing.legs for standing in begun]
        if len({standing.legs for standing in begun if not standing.ended}) > 1:
            raise ValueError("trials that stand at unlike epochs are not trained together")
        length = length_for(first, options)
        watch = watched(first.validation, first.kind, options.watch, first.n)
        # The watched examples are scaled as each trial's own rung is; one scale serves all where they share the rung.
        looks = {key: Examples(watch, scale, device) for key, scale in scales.items()}
        trainee = Packed(
            [net for net, _ in made],
            [optimiser for _, optimiser in made],
            [examples[id(task.train)] for task in tasks],
            [looks[id(task.train)] for task in tasks],
            length,
            [task.seed for task in tasks],
            options.schedule,
            options.precision,
            pads=pads(first.net),
        )
        for task, standing in zip(tasks, begun, strict=True):
            for leg, loss in enumerate(standing.history, 1):
                task.report(leg, loss)
        fit(
            trainee,
            begun,
            [rules_for(task, options, watch) for task in tasks],
            [task.report for task in tasks],
            length.legs,
            first.until or length.legs,
        )
        for place, i in enumerate(trainee.places):
            trainee.release(place, *made[i])
        for task, one, standing in zip(tasks, made, begun, strict=True):
            if task.pause is not None and not standing.diverged:
                checkpoint.save(task.pause, *one, standing)
        found: list[Outcome | Diverged] = []
        for task, (net, _), standing, legs in zip(tasks, made, begun, before, strict=True):
            if standing.diverged:
                found.append(Diverged(standing.legs, standing.ended))
                continue
            seen = length.seen(standing.legs) - length.seen(legs)
            found.append(outcome(task, options, net, standing, scales[id(task.train)], device, seen))
        return found


def pack_size(device: str) -> int:
    """Give how many trials gain by being trained in one pass: many on a GPU, whose work for one is too small; else one."""
    return PACK if torch.device(device).type == "cuda" else 1


def pack_key(params: Mapping[str, Any], n: int) -> tuple[int, str]:
    """Give what trials of a size must share to be trained in one pass: batch size and optimiser."""
    return batch_size(params, n), str(params.get("optimiser", OWN["optimiser"]))


def check(study: Check) -> None:
    """Refuse a device, metric, hyper-parameter or net that cannot be trained, by trying each once."""
    dataset, device = study.dataset, device_of(study.device)
    measured = _measured(dataset.task, study.metrics)
    if study.metric not in measured:
        raise KleiberError(
            f"metric: {study.metric!r} is not measured; there are {', '.join(measured)}, and more by metrics"
        )
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
    length = length_of(options.length, options.epochs, options.steps, n, batch_size(params, n))
    return length.seen(length.legs) / n


def pace(net: str, dataset: Dataset, params: Mapping[str, Any], n: int, options: Options, where: str) -> float:
    """Give the seconds of an epoch of a rung of n on a device, its look at the validation included: a few are timed."""
    part = dataset.train.take(np.arange(min(n, len(dataset.train))))
    batch = batch_size(params, len(part))
    with prepared(where, options) as device:
        scale = Scale.of(part, dataset.task)
        outputs = len(dataset.classes) if dataset.task == "classification" else 1
        module = build_net(net, scale.shape, outputs, params)
        module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        examples = Examples(part, scale, device)
        steps = min(STEPS, -(-len(part) // batch))
        optimiser = optimiser_of(module, params, device)
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


def fresh(task: Task, scale: Scale, device: torch.device) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Give the task's net as it starts, drawn from its seed, with its optimiser."""
    torch.manual_seed(task.seed)
    net = build_net(task.net, scale.shape, task.outputs, task.params)
    net.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net, optimiser_of(net, task.params, device)


def length_for(task: Task, options: Options) -> Length:
    """Give how long the task's net trains at most."""
    return length_of(options.length, options.epochs, options.steps, task.n, batch_size(task.params, task.n))


def rules_for(task: Task, options: Options, watch: Part) -> Rules:
    """Give when the task ends before that; a rate that still rises has not yet had its chance."""
    patience = options.patience if options.length == "early-stop" else None
    hopeless = options.hopeless_after if task.purpose == "search" else None
    if hopeless is not None:
        hopeless += ceil(rates.RISE[options.schedule] * options.epochs)
    guess = task.chance.get("loss", float("inf"))
    if task.kind == "regression" and (spread := float(np.var(task.validation.y))) > 0:
        guess *= float(np.var(watch.y)) / spread  # the examples that are watched may spread less, or more
    return Rules(patience, hopeless, guess)


def outcome(
    task: Task,
    options: Options,
    net: nn.Module,
    standing: Standing,
    scale: Scale,
    device: torch.device,
    examples: int,
) -> Outcome:
    """Measure the best weights: a score trial on all of validation and test, a search trial on what it watched."""
    net.load_state_dict(standing.best)
    if task.weights is not None:
        task.weights.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.contiguous() for name, value in net.state_dict().items()}, task.weights)
    validation = task.validation
    if task.purpose == "search":
        validation = watched(validation, task.kind, options.watch, task.n)
    return Outcome(
        validation=_metrics(net, validation, task, scale, device),
        test=None if task.test is None else _metrics(net, task.test, task, scale, device),
        epochs=standing.legs,
        examples=examples,
        message=standing.ended or f"paused after epoch {standing.legs}",
        versions={"torch": torch.__version__, "device": str(device)},
    )


def _metrics(net: nn.Module, part: Part, task: Task, scale: Scale, device: torch.device) -> dict[str, float]:
    loss, outputs = evaluate(net, Examples(part, scale, device))
    if task.kind == "regression":
        outputs = outputs[:, 0] * scale.target[1] + scale.target[0]
    return {name: measure(name, outputs, np.asarray(part.y), loss) for name in _measured(task.kind, task.metrics)}


def _measured(kind: str, metrics: tuple[str, ...]) -> list[str]:
    standard = ("loss", "error") if kind == "classification" else ("loss", "rmse")
    return list(dict.fromkeys((*standard, *(metric_name(name, kind) for name in metrics))))
