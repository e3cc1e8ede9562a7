"""The training engine beside the origin's loop, in turn in one run: images a second, and share of the machine's own rate.

    python -m benchmarks.engine [--device cpu] [--rounds 3] [--packed 50]

Images a second are training images of a rung of 6,400 on one core of the CPU, the port's two loader processes included; it
is timed with none as well, since there they cost more than they bring. The engine is timed with batches of 4 as the port,
and of 64 as "auto" has them. FLOP of an image are counted for forward and backward pass; the convolution rate is that of
the middle net's second layer, its forward pass alone, measured in the same run. Packed trials are trained once in tens and
once alone from the same seeds; they are the same where rounding has not grown into another path, so the mean difference
says whether there is a bias.

Results of 2026-11-26, one core of an AMD EPYC with convolutions of 84 GFLOP/s, PyTorch 2.13, medians of five:

    default widths: convolution GFLOP/s 84, port 955, port, no loader process 2096, engine, batches of 4 3187,
      engine, batches of 64 10028
    10.50 times the port, 4.78 times without loader processes; 38% of the convolution rate
    middle widths: convolution GFLOP/s 85, port 432, port, no loader process 579, engine, batches of 4 818,
      engine, batches of 64 1176
    2.72 times the port, 2.03 times without loader processes; 82% of the convolution rate
    packed: 50 trials, largest difference after the first epoch 3.7e-05; at the end mean +5.97e-07 (standard error
      7.5e-07), median absolute 2.5e-08; in tens 0.38 times as fast

The port, whose three processes share the core, is what varies: five runs on such machines gave 2.58, 2.72, 2.73, 2.82 and
2.92 times it at the middle widths (engine 1159 to 1199, port 402 to 465). At the default ones it was 7.35 before narrow
layers filled the vectors, and 8.48, 9.72 and 10.50 since (engine 9934 to 10450, port 955 to 1233). On a machine with
convolutions of 34 GFLOP/s and a second core for the port's loaders: 5.38 (before) and 1.96 times the port.
"""

import argparse
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch import nn

from benchmarks import origin_port as port
from kleiber.datasets import Dataset, load_dataset
from kleiber.errors import KleiberError
from kleiber.trainers import Diverged, Task
from kleiber.trainers import torch as trainer
from kleiber.trainers._engine.batch import batch_size
from kleiber.trainers._engine.data import Examples, Scale
from kleiber.trainers._engine.length import Length
from kleiber.trainers._engine.nets import fresh
from kleiber.trainers._engine.precision import settle
from kleiber.trainers._engine.single import Single
from kleiber.trainers._engine.training import prepared

N, SHAPE = 6400, (3, 32, 32)
NETS = {"default": port.WIDTHS, "middle": port.MIDDLE}
SETTING = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}


def images_a_second(dataset: Dataset, widths: Mapping[str, int], batch: int, device: str, steps: int) -> float:
    """Give the engine's training images a second in steps of a leg, normalising and everything else included."""
    with prepared(device, trainer.Options()) as place:
        part = dataset.train.take(np.arange(N))
        scale = Scale.of(part, dataset.task)
        net, optimiser = fresh("lenet", scale.shape, len(dataset.classes), {**SETTING, **widths}, place)
        examples = Examples(part, scale, place)
        trainee = Single(net, optimiser, examples, examples, Length(N, batch, 9, 9 * steps), 0)
        trainee.train(1)
        settle(place)
        started = time.perf_counter()
        trainee.train(2)
        settle(place)
        return steps * batch / (time.perf_counter() - started)


def flop_of(widths: Mapping[str, int]) -> float:
    """Count the floating-point operations of one training image: three times those of the forward pass, less the gradient
    of the images, which nobody asks for."""
    c1, c2, f1, f2 = (widths[name] for name in ("conv1", "conv2", "fc1", "fc2"))
    first, rest = 28 * 28 * c1 * 75, 10 * 10 * c2 * c1 * 25 + 25 * c2 * f1 + f1 * f2 + f2 * 10
    return 2.0 * (2 * first + 3 * rest)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those that it starts, on one core and one thread of it, where the system can."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    try:
        with port.one_thread():
            yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def convolution_rate(device: str, rounds: int = 20) -> float:
    """Measure the FLOP a second of the middle net's second convolution, forward, batches of 64."""
    place, width = torch.device(device), port.MIDDLE["conv2"]
    layer = nn.Conv2d(width, width, 5).to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.randn(64, width, 14, 14, device=place).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        layer(x)
        settle(place)
        started = time.perf_counter()
        for _ in range(rounds):
            layer(x)
        settle(place)
    return rounds * 64 * 2 * 100 * width * width * 25 / (time.perf_counter() - started)


def packed_difference(dataset: Dataset, trials: int, device: str) -> tuple[float, np.ndarray, float]:
    """Train trials of small widths, in tens and alone; give the largest relative difference after the first epoch, the
    relative differences at the end, and how many times faster the tens are."""
    chance = np.random.default_rng(0)
    part = dataset.train.take(np.arange(200))
    options = trainer.Options(epochs=6, hopeless_after=None, watch=500)
    draws = [
        {
            "lr": float(10 ** chance.uniform(-3, -1.5)),
            "momentum": float(chance.uniform(0.3, 0.9)),
            "weight_decay": float(10 ** chance.uniform(-6, -3)),
            **{name: int(chance.integers(10, 30)) for name in ("conv1", "conv2")},
            **{name: int(chance.integers(30, 100)) for name in ("fc1", "fc2")},
        }
        for _ in range(trials)
    ]
    histories: dict[str, list[list[float]]] = {"alone": [], "together": []}

    def task(seed: int, params: Mapping[str, float], kind: str) -> Task:
        history: list[float] = []
        histories[kind].append(history)
        return Task(
            train=part, validation=dataset.validation, test=None, n=len(part), replicate=0, seed64=seed, purpose="search",
            params=params, kind=dataset.task, classes=dataset.classes, chance=dataset.chance, net="lenet", metrics=(),
            device=device, report=lambda epoch, loss, train_loss: history.append(loss),
        )  # fmt: skip

    started = time.perf_counter()
    single = [trainer.train(task(i, params, "alone"), options) for i, params in enumerate(draws)]
    middle = time.perf_counter()
    packs = [range(start, min(start + 10, trials)) for start in range(0, trials, 10)]
    together = [o for pack in packs for o in trainer.train_together([task(i, draws[i], "together") for i in pack], options)]
    faster = (middle - started) / (time.perf_counter() - middle)
    first = max(abs(b[0] / a[0] - 1) for a, b in zip(histories["alone"], histories["together"], strict=True))
    final = [
        b.validation["loss"] / a.validation["loss"] - 1
        for a, b in zip(single, together, strict=True)
        if not isinstance(b, Diverged)
    ]
    return first, np.array(final), faster


def compare(dataset: Dataset, device: str, rounds: int) -> None:
    """Time the port and the engine in turn, and print medians and ratios."""
    for name, widths in NETS.items():
        steps = 400 if name == "default" else 100
        free = batch_size({}, N)
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            rate = convolution_rate(device)
            for label, value in (
                ("convolution GFLOP/s", rate / 1e9),
                ("port", port.images_a_second({**SETTING, **widths}, n=N, steps=steps)),
                ("port, no loader process", port.images_a_second({**SETTING, **widths}, n=N, steps=steps, num_workers=0)),
                ("engine, batches of 4", images_a_second(dataset, widths, 4, device, steps)),
                (f"engine, batches of {free}", images_a_second(dataset, widths, free, device, steps // 4)),
            ):
                found.setdefault(label, []).append(value)
        middle = {label: float(np.median(values)) for label, values in found.items()}
        engine = middle[f"engine, batches of {free}"]
        print(f"{name} widths: " + ", ".join(f"{label} {value:.0f}" for label, value in middle.items()))
        bare, share = engine / middle["port, no loader process"], engine * flop_of(widths) / middle["convolution GFLOP/s"]
        print(
            f"  {engine / middle['port']:.2f} times the port, {bare:.2f} times without loader processes; "
            f"{share / 1e9:.0%} of the convolution rate",
            flush=True,
        )


def main() -> None:
    """Print what each takes, and by how much they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--packed", type=int, default=50, help="trials trained together and alone; 0: none")
    options = parser.parse_args()
    try:
        dataset = load_dataset("cifar10", seed=0, options={})
    except KleiberError as error:
        print(f"skipped: {error}")
        return
    with one_core() if options.device == "cpu" else nullcontext():
        compare(dataset, options.device, options.rounds)
    if options.packed:
        first, final, faster = packed_difference(dataset, options.packed, options.device)
        error = final.std(ddof=1) / np.sqrt(len(final))
        print(
            f"packed: {len(final)} trials, largest difference after the first epoch {first:.1e}; at the end mean "
            f"{final.mean():+.2e} (standard error {error:.1e}), median absolute {np.median(np.abs(final)):.1e}; "
            f"in tens {faster:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
