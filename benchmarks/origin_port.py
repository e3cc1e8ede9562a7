"""What the origin's way of training costs: its loop and its random search, ported, on CIFAR-10.

    python -m benchmarks.origin_port [--n 200] [--trials 3] [--num-workers 2] [--seed 0] [--same-trials-as kleiber]

Last run 2026-11-25, two cores of an AMD EPYC, PyTorch 2.13. Idle, medians of three: 547 images a second at the default
widths, 209 at the middle ones (687 and 227 with `--num-workers 0`). With `--same-trials-as kleiber`, n=200, three trials,
CIFAR-10 (JPEG), not idle (193 and 115 images a second when it began, so its seconds are too many): 928 s, of which 47
training and 881 validation; 12, 15 and 15 epochs, validation loss 2.1098, 2.3020 and 2.3034; winner's test loss 2.1050,
accuracy 0.2358.

The loop is that of the article of 2019, for cost: images become tensors one by one in two worker processes of PyTorch's
DataLoader, batches of 4, plain SGD, `loss.item()` after each step, the whole validation set in batches of 4 after each
epoch. Its mistakes are mended: distinct images in a subset, the weights of the best epoch, the trial with the best
validation loss, averages over all examples, a seed. A validation loss that is no number is no rise, so that such a trial
runs to its last epoch, as there. One thread computes, and the workers are processes of their own.
"""

import argparse
import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils import data

from kleiber import KleiberError, ladder, preset
from kleiber.datasets import Dataset, Part, load_dataset
from kleiber.study.schedule import SEARCH_REPLICATE, schedule, search_trials

BATCH_SIZE = 4
EPOCHS = 15
PATIENCE = 3  # rises of the validation loss in a row
NUM_WORKERS = 2
WIDTHS = {"conv1": 6, "conv2": 16, "fc1": 120, "fc2": 84}
FIXED = {**WIDTHS, "lr": 1e-3, "momentum": 0.9, "weight_decay": 0.1}  # experiment 1
MIDDLE = {"conv1": 55, "conv2": 55, "fc1": 115, "fc2": 115}  # of the ranges that the search draws from

Params = Mapping[str, float]
Try = tuple[Params, int]  # what a trial of a search trains with: hyper-parameters and seed


class Images(data.Dataset[tuple[torch.Tensor, int]]):
    """RGB images `(m, height, width, 3)` uint8 and labels `(m,)`, transformed one by one when asked for."""

    def __init__(self, part: Part) -> None:
        self.x, self.labels = part.x, part.y.tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return normalize(to_tensor(Image.fromarray(self.x[i]))), self.labels[i]


def to_tensor(image: Image.Image) -> torch.Tensor:
    """Give an image as `(3, height, width)` float32 in [0, 1], step by step as torchvision's ToTensor does."""
    pixels = torch.from_numpy(np.array(image, np.uint8, copy=True))
    return pixels.permute((2, 0, 1)).contiguous().to(torch.float32).div(255)


def normalize(tensor: torch.Tensor) -> torch.Tensor:
    """Give (tensor - .5) / .5 by channel, step by step as torchvision's Normalize does."""
    mean, std = (torch.as_tensor((0.5,) * 3, dtype=tensor.dtype).view(-1, 1, 1) for _ in range(2))
    return tensor.clone().sub_(mean).div_(std)


class LeNet(nn.Module):
    """The origin's net: conv 5x5 - ReLU - max-pool 2, twice, and three linear layers, for square images of a side."""

    def __init__(self, params: Params, side: int, classes: int) -> None:
        super().__init__()
        conv1, conv2, fc1, fc2 = (int(params[name]) for name in WIDTHS)
        self.conv1 = nn.Conv2d(3, conv1, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(conv1, conv2, 5)
        self.fc1 = nn.Linear(conv2 * (((side - 4) // 2 - 4) // 2) ** 2, fc1)
        self.fc2 = nn.Linear(fc1, fc2)
        self.fc3 = nn.Linear(fc2, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(functional.relu(self.conv1(x)))
        x = self.pool(functional.relu(self.conv2(x)))
        x = x.view(len(x), -1)
        x = functional.relu(self.fc1(x))
        x = functional.relu(self.fc2(x))
        return self.fc3(x)


@dataclass(frozen=True, slots=True)
class Trained:
    """A net with the weights of its best epoch, the validation loss after each epoch, and where the seconds went."""

    net: nn.Module = field(repr=False)
    history: tuple[float, ...]
    training_seconds: float
    validation_seconds: float

    @property
    def epochs(self) -> int:
        return len(self.history)

    @property
    def validation_loss(self) -> float:
        """The smallest validation loss, mean cross-entropy in nats; inf where it never was a number."""
        return min((loss for loss in self.history if math.isfinite(loss)), default=math.inf)


@dataclass(frozen=True, slots=True)
class Tested:
    """Mean cross-entropy in nats and share of right answers on the test set, and the seconds that it took."""

    loss: float
    accuracy: float
    seconds: float


def train(
    dataset: Dataset,
    index: NDArray[np.int64],
    params: Params,
    *,
    seed: int,
    epochs: int = EPOCHS,
    num_workers: int = NUM_WORKERS,
) -> Trained:
    """Train on the images `index` `(n,)` of the pool, by the origin's loop and rule of stopping; the test set is not read.

    params: any of `FIXED`, which has the defaults. num_workers: processes that load; 0 loads in this one. The result is
    the same for any number of them. Raises `KleiberError` for a hyper-parameter that the origin does not have.
    """
    settings, history, spent = complete(params), [], [0.0, 0.0]
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = LeNet(settings, dataset.train.x.shape[1], len(dataset.classes))
        best, lowest = net, math.inf
        step = stepper(net, settings)
        batches = loader(dataset.train.take(index), num_workers, shuffle=torch.Generator().manual_seed(seed))
        held_out = loader(dataset.validation, num_workers)
        while len(history) < epochs and rises(history) < PATIENCE:
            start = time.perf_counter()
            running_loss = 0.0
            for images, labels in batches:
                running_loss += step(images, labels)
            middle = time.perf_counter()
            history.append(mean_loss(net, held_out))
            if history[-1] < lowest:
                best, lowest = copy.deepcopy(net), history[-1]
            spent = [spent[0] + middle - start, spent[1] + time.perf_counter() - middle]
    return Trained(best, tuple(history), *spent)


def on_test_set(dataset: Dataset, trained: Trained, *, num_workers: int = NUM_WORKERS) -> Tested:
    """Measure a net's best weights on the test set, which the origin does for the best trial of a search alone."""
    start, right, total = time.perf_counter(), 0, 0.0
    with one_thread(), torch.no_grad():
        for images, labels in loader(dataset.test, num_workers):
            outputs = trained.net(images)
            total += functional.cross_entropy(outputs, labels).item() * len(labels)
            right += (outputs.argmax(1) == labels).sum().item()
    m = len(dataset.test)
    return Tested(total / m, right / m, time.perf_counter() - start)


def images_a_second(
    params: Params, n: int = 6400, steps: int = 400, *, num_workers: int = NUM_WORKERS, seed: int = 0
) -> float:
    """Give how many images a second the loop trains on in an epoch of n random images of 32x32, 10 classes.

    Timed are so many steps, and the start of the epoch, in which the workers start; the rest of it is multiplied.
    """
    chance = np.random.default_rng(seed)
    part = Part(chance.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8), chance.integers(0, 10, n))
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        step = stepper(LeNet(complete(params), 32, 10), complete(params))
        batches = loader(part, num_workers, shuffle=torch.Generator().manual_seed(seed))
        return n / pass_seconds(batches, step, steps)


def epoch_seconds(
    dataset: Dataset, index: NDArray[np.int64], params: Params, *, steps: int = 200, num_workers: int = NUM_WORKERS
) -> tuple[float, float]:
    """Give the seconds of an epoch's training on the images `index` of the pool, and of its validation, from some steps."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = LeNet(complete(params), dataset.train.x.shape[1], len(dataset.classes))
        batches = loader(dataset.train.take(index), num_workers, shuffle=torch.Generator().manual_seed(0))
        training = pass_seconds(batches, stepper(net, complete(params)), steps)
        with torch.no_grad():
            validation = pass_seconds(loader(dataset.validation, num_workers), adder(net), steps)
    return training, validation


def pass_seconds(batches: data.DataLoader, use: Callable[[torch.Tensor, torch.Tensor], float], steps: int) -> float:
    """Give the seconds of a pass over all batches, from the time until the first is there and that of some steps."""
    for images, labels in islice(batches, 20):  # the first steps set up memory
        use(images, labels)
    seen, start = 0, time.perf_counter()
    coming = iter(batches)
    next(coming)
    begun = time.perf_counter()
    for images, labels in islice(coming, steps):
        use(images, labels)
        seen += len(labels)
    return begun - start + (time.perf_counter() - begun) / seen * len(batches.dataset)


def stepper(net: nn.Module, settings: Params) -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Give the step of the loop: from a batch to an update of the net, and the batch's loss as a number."""
    rates = {name: float(settings[name]) for name in ("lr", "momentum", "weight_decay")}
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), **rates)

    def step(images: torch.Tensor, labels: torch.Tensor) -> float:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mean_loss(net: nn.Module, batches: data.DataLoader) -> float:
    """Give the mean cross-entropy over all examples of a loader."""
    add = adder(net)
    with torch.no_grad():
        return sum(add(images, labels) for images, labels in batches) / len(batches.dataset)


def adder(net: nn.Module) -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Give what the loop does with a batch of the validation set: the sum of its cross-entropies."""

    def add(images: torch.Tensor, labels: torch.Tensor) -> float:
        return functional.cross_entropy(net(images), labels).item() * len(labels)

    return add


def rises(history: list[float]) -> int:
    """Count the rises in a row at the end of a history of losses; what is not a number neither rises nor is risen to."""
    count = 0
    while count + 1 < len(history) and history[-1 - count] > history[-2 - count]:
        count += 1
    return count


def loader(part: Part, num_workers: int, shuffle: torch.Generator | None = None) -> data.DataLoader:
    """Give the loader of a part in batches of 4: in its order, or in one drawn anew each epoch."""
    return data.DataLoader(
        Images(part), batch_size=BATCH_SIZE, shuffle=shuffle is not None, generator=shuffle, num_workers=num_workers
    )


def complete(params: Params) -> Params:
    """Give the hyper-parameters with defaults for those left out; raises `KleiberError` for one that is unknown."""
    if strangers := sorted(set(params) - set(FIXED)):
        raise KleiberError(f"origin_port: unknown hyper-parameter {', '.join(strangers)}; it has {', '.join(FIXED)}")
    return {**FIXED, **params}


@contextmanager
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def own_trials(dataset: Dataset, n: int, count: int, seed: int) -> tuple[NDArray[np.int64], list[Try]]:
    """Give n distinct images of the pool and the origin's draws of hyper-parameters, by a generator of this seed."""
    chance = np.random.default_rng(seed)
    index = chance.choice(len(dataset.train), n, replace=False)
    return index, [(draw(chance), seed + i) for i in range(count)]


def draw(chance: np.random.Generator) -> dict[str, float]:
    rates = {"lr": (-6, -1), "weight_decay": (-6, -3), "momentum": (-1, 0)}
    widths = {"conv1": (10, 100), "conv2": (10, 100), "fc1": (30, 200), "fc2": (30, 200)}
    drawn: dict[str, float] = {name: 10 ** chance.uniform(*ends) for name, ends in rates.items()}
    return drawn | {name: int(chance.integers(*ends, endpoint=True)) for name, ends in widths.items()}


def same_trials(dataset: Dataset, n: int, count: int, seed: int) -> tuple[NDArray[np.int64], list[Try]]:
    """Give the subset and the first draws of a random search at size n of kleiber's preset "origin" with this seed."""
    study = preset("origin", seed=seed, sizes=[n])
    search = {"trials": count, "sampler": "random", "pilot": 0}
    plan = schedule(study.changed(search=study.search.model_copy(update=search)), dataset)
    order = ladder.order(dataset.train.y, stratified=plan.stratified, seed=seed, replicate=SEARCH_REPLICATE)
    trials, _ = search_trials(plan, n, {})
    return order[:n], [({name: trial.params[name] for name in plan.space}, trial.seed) for trial in trials]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--num-workers", type=int, default=NUM_WORKERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--same-trials-as", choices=["kleiber"])
    options = parser.parse_args()
    for name, widths in {"default": WIDTHS, "middle": MIDDLE}.items():
        speed = images_a_second(widths, num_workers=options.num_workers)
        print(f"{name} widths {'/'.join(map(str, widths.values()))}: {speed:.0f} images a second")
    try:
        dataset = load_dataset("cifar10", seed=options.seed)
    except KleiberError as error:
        print(f"skipped: {error}")
        raise SystemExit(0) from None
    trials_of = same_trials if options.same_trials_as else own_trials
    index, tries = trials_of(dataset, options.n, options.trials, options.seed)
    print(f"{dataset.name}, n={options.n}, {len(tries)} trials:")
    found: list[Trained] = []
    for params, seed in tries:
        found.append(train(dataset, index, params, seed=seed, num_workers=options.num_workers))
        print(f"trial {len(found) - 1}: {told(params, found[-1])}", flush=True)
    best = min(found, key=lambda trained: trained.validation_loss)
    tested = on_test_set(dataset, best, num_workers=options.num_workers)
    training, validation = sum(t.training_seconds for t in found), sum(t.validation_seconds for t in found)
    print(f"winner: trial {found.index(best)}, test loss {tested.loss:.4f}, accuracy {tested.accuracy:.4f}")
    print(f"seconds: {training:.1f} training, {validation:.1f} validation, {tested.seconds:.1f} test")


def told(params: Params, trained: Trained) -> str:
    settings = " ".join(f"{name}={value:.3g}" for name, value in sorted(params.items()))
    return (
        f"validation loss {trained.validation_loss:.4f}, {trained.epochs} epochs, {trained.training_seconds:.1f} s "
        f"training, {trained.validation_seconds:.1f} s validation; {settings}"
    )


if __name__ == "__main__":
    main()
