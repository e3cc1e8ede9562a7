"""How much luck do searches leave? Thousands of simulated studies on a model of trained settings of the preset `origin`.

    python -m benchmarks.search_emulated --bank FILE [--draws 100] [--studies 200]

The bank has settings of the preset's space trained as its studies train them, half drawn from the whole space and half
with an effective rate lr / (1 - momentum) of .006 to .3. It is made where FILE lacks some of `--draws` a size (half as many
at 1,600), on one core: losses of 1,000 validation images after each epoch, and of 3,000 test images at the end. Gaussian
processes of rate, momentum, decay, widths and ln n then give the losses of any setting. To them come what no setting
explains (sd .010, of a setting) and the noise of a run (sd .018 to .008, as docs/origin.md has it). A study at 200 to 1,600
takes 20 draws a size with the preset's halving; told is ln of what its winner's loss is expected to be. The first stage
ranks by the losses after the fourth epoch with noise of sd .012: real halving loses next to no winner (`pruning.py`).

Result of 2026-11-29, a bank of 206 settings (63, 63, 49 and 31 by size; 13 minutes of one core), PyTorch 2.13 on the CPU,
150 studies of each search, 120 with a pilot; the simulations take some minutes besides:

    random, 20 draws: sd 0.0258 (0.0307 0.0220 0.0221 0.0275); loss 2.066 1.923 1.752 1.600; slope 0.1240 (sd 0.0185);
      180k examples
    random, 24 draws: sd 0.0222 (0.0263 0.0207 0.0178 0.0231); loss 2.049 1.920 1.748 1.596; slope 0.1215 (sd 0.0157);
      216k examples
    random, 100 draws: sd 0.0116 (0.0140 0.0117 0.0099 0.0103); loss 2.026 1.889 1.716 1.568; slope 0.1246 (sd 0.0076);
      678k examples
    quasi-random, 20 draws: sd 0.0181 (0.0215 0.0170 0.0171 0.0163); loss 2.054 1.915 1.750 1.595; slope 0.1223 (sd
      0.0118); 180k examples
    quasi-random, 20 draws, pilot 60: sd 0.0137 (0.0152 0.0138 0.0126 0.0131); loss 2.027 1.899 1.723 1.578; slope 0.1224
      (sd 0.0084); 205k examples
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from kleiber import preset
from kleiber.datasets import Dataset, load_dataset
from kleiber.halving import ranked, survivors
from kleiber.ladder import order
from kleiber.seeds import derive_seed, generator
from kleiber.space import coordinates, setting
from kleiber.study.narrowing import draws
from kleiber.trainers import torch as trainer
from kleiber.trainers._task import Diverged, Task

Array = NDArray[np.float64]
Search = Callable[[int], list[dict[str, Any]]]

SIZES = (200, 400, 800, 1600)
SHARES = {200: 1.0, 400: 1.0, 800: 0.8, 1600: 0.5}  # of the draws
EXAMINED = 3000  # test images
NOISE = {200: 0.018, 400: 0.012, 800: 0.009, 1600: 0.008}  # sd of ln loss from run to run
OWN, RANKED = 0.010, 0.012  # sd of what a setting has of its own, and of the first stage's ranking
ORIGIN = preset("origin")
SPACE, KEEP, STAGES = ORIGIN.space, ORIGIN.search.keep, len(ORIGIN.search.stages)


def trained(dataset: Dataset, n: int, number: int, pause: Path) -> dict[str, Any]:
    """Train a draw at a size, by the preset's rules; one from the whole space that learnt nothing at first is stopped."""
    chance, good = generator("bank", n, number), bool(number % 2)
    params = setting(SPACE, chance.random(len(SPACE)).tolist())
    while good and not 0.006 < params["lr"] / max(1 - params["momentum"], 1e-9) < 0.3:
        params = setting(SPACE, chance.random(len(SPACE)).tolist())
    replicate, history = int(chance.integers(12)), []
    part = dataset.train.take(order(dataset.train.y, stratified=True, seed=0, replicate=replicate)[:n])

    def report(epoch: int, loss: float, *, train_loss: float | None = None) -> None:
        del history[epoch - 1 :]
        history.append(float(loss))

    fields: dict[str, Any] = {"kind": dataset.task, "classes": dataset.classes, "chance": dataset.chance, "net": "lenet"}
    fields |= {"metrics": (), "device": "cpu", "report": report, "params": {**ORIGIN.params, **params}, "purpose": "search"}
    seed = derive_seed("bank", "train", n, number)
    task = Task(part, dataset.validation, None, n, replicate, seed, until=1, pause=pause, **fields)
    options, test = trainer.Options(**ORIGIN.training_options()), None
    try:
        trainer.train(task, options)
        if good or history[0] < 2.3:
            few = np.sort(order(dataset.test.y, stratified=True, seed=5, replicate=0)[:EXAMINED])
            on = replace(task, until=None, pause=None, resume=pause, test=dataset.test.take(few))
            test = (trainer.train(on, options).test or {})["loss"]
    except Diverged:
        test = None
    return {"n": n, "number": number, "params": params, "history": history, "test": test}


def bank(file: Path, wanted: int) -> list[dict[str, Any]]:
    """Give what the bank has, once all that is wanted has been trained."""
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    have = {(row["n"], row["number"]) for row in rows}
    places = [(n, number) for number in range(wanted) for n in SIZES if number < SHARES[n] * wanted]
    left = [place for place in places if place not in have]
    dataset = load_dataset("cifar10", seed=0) if left else None
    for n, number in left:
        assert dataset is not None
        rows.append(trained(dataset, n, number, file.with_suffix(".pt")))
        with file.open("a") as out:
            out.write(json.dumps(rows[-1]) + "\n")
        if len(rows) % 20 == 0:
            print(f"{len(rows)} settings trained", flush=True)
    return rows


def seen(n: float, settings: list[dict[str, Any]]) -> Array:
    """Give what the losses of settings are told from, `(m, 8)`: ln of effective rate and momentum, decay, widths, ln n."""
    at = np.array([coordinates(SPACE, params) for params in settings])
    names = list(SPACE)
    rest = np.maximum(1 - np.array([params["momentum"] for params in settings]), 1e-3)
    rate = np.log([params["lr"] for params in settings]) - np.log(rest)
    widths = [np.log([params[name] for params in settings]) / 2 for name in ("conv1", "conv2")]
    others = [at[:, names.index(name)] for name in ("weight_decay", "fc1", "fc2")]
    return np.stack([(rate + 3) / 3, -np.log(rest) / 2, *others, *widths, np.full(len(at), np.log(n / 400) / 2)], axis=1)


def smooth(x: Array, y: Array) -> Callable[[Array], Array]:
    """Fit a Gaussian process with a length for each column by maximal posterior density, and give its mean."""
    level, scale, dims = y.mean(), y.std(), x.shape[1]
    target = (y - level) / scale

    def kernel(a: Array, b: Array, theta: Array) -> Array:
        squares = (((a[:, None] - b[None]) / np.exp(theta[:dims])) ** 2).sum(-1)
        return np.asarray(np.exp(theta[dims]) * np.exp(-0.5 * squares) + 1.0)

    def solved(theta: Array) -> tuple[Any, Array]:
        root = linalg.cho_factor(kernel(x, x, theta) + (np.exp(theta[-1]) + 1e-6) * np.eye(len(x)), lower=True)
        return root, linalg.cho_solve(root, target)

    def loss(theta: Array) -> float:
        root, weights = solved(theta)
        prior = ((theta[:dims] - 0.5) ** 2).sum() / 4.5 + theta[dims] ** 2 / 8 + (theta[-1] + 3) ** 2 / 8
        return float(0.5 * target @ weights + np.log(np.diag(root[0])).sum() + prior)

    found = optimize.minimize(loss, np.r_[np.full(dims, 0.3), 0.0, -3.0], method="L-BFGS-B", options={"maxiter": 40}).x
    weights = solved(found)[1]
    return lambda a: np.asarray(level + scale * kernel(a, x, found) @ weights)


class Emulated:
    """Losses of settings that nobody trained."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        whole = [row for row in rows if row["test"] is not None and row["test"] < 2.5 and len(row["history"]) > 4]
        x = np.concatenate([seen(row["n"], [row["params"]]) for row in whole])
        kept = [[min(row["history"][:4]), min(row["history"]), row["test"]] for row in whole]
        self._means = [smooth(x, column) for column in np.log(kept).T]
        self.settings = len(whole)

    def search(self, n: int, settings: list[dict[str, Any]], chance: np.random.Generator) -> tuple[list[int], Array]:
        """Give the places of settings as halving ranks them, the best first, and the ln losses that they really have."""
        x, count = seen(n, settings), len(settings)
        fourth, last, test = (mean(x) for mean in self._means)
        rate = 3 * x[:, 0] - 3
        hopeless = (rate < np.log(0.004)) | (rate > 0)
        fourth, last, test = (
            np.minimum(np.where(hopeless, np.log(2.303), loss), np.log(2.6)) for loss in (fourth, last, test)
        )
        own = chance.normal(0, OWN, count)
        first = fourth + 0.3 * own + chance.normal(0, RANKED, count)
        fourth = fourth + 0.7 * own + chance.normal(0, 1.3 * NOISE[n], count)
        last = last + own + chance.normal(0, NOISE[n], count)
        going, places = list(range(count)), []
        for losses, goes in zip((first, fourth, last), [*survivors(count, STAGES, KEEP)[1:], 0], strict=True):
            by = [going[place] for place in ranked(losses[going].tolist())]
            going, places = by[:goes], by[goes:] + places
        return places, test + own


def cost(trials: int) -> int:
    """Give the epochs that halving runs of so many trials."""
    counts, ends = survivors(trials, STAGES, KEEP), [0, *ORIGIN.search.stages, ORIGIN.epochs]
    return sum(count * (end - start) for count, start, end in zip(counts, ends[:-1], ends[1:], strict=True))


def study(world: Emulated, sampler: str, trials: int, pilot: int, seed: int) -> tuple[list[float], int]:
    """Give the ln losses of each size's winner in one study, and the epochs x examples that it takes, scores included."""
    chance, told = np.random.default_rng([seed, trials, pilot]), []
    if pilot:
        tried = draws(SPACE, derive_seed(seed, "pilot"), pilot)
        told = [tried[place] for place in world.search(SIZES[0], tried, chance)[0]]
    found = []
    for n in SIZES:
        if sampler == "random":
            settings = [setting(SPACE, point) for point in chance.random((trials, len(SPACE))).tolist()]
        else:
            settings = draws(SPACE, derive_seed(seed, n), trials, told)
        places, losses = world.search(n, settings, chance)
        found.append(float(losses[places[0]]))
    scores = ORIGIN.replicates * ORIGIN.epochs
    return found, cost(pilot) * SIZES[0] * bool(pilot) + sum((cost(trials) + scores) * n for n in SIZES)


def main() -> None:
    """Make the bank where it is not whole, and tell of each search what its studies come to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--studies", type=int, default=200)
    options = parser.parse_args()
    world = Emulated(bank(options.bank, options.draws))
    print(f"{world.settings} settings trained to their end")
    searches = [("random", 20, 0), ("random", 24, 0), ("random", 100, 0), ("quasi-random", 20, 0)]
    searches += [("quasi-random", 20, pilot) for pilot in (20, 40, 60, 80)] + [("quasi-random", 17, 60)]
    for sampler, trials, pilot in searches:
        every = [study(world, sampler, trials, pilot, seed) for seed in range(options.studies)]
        logs = np.array([found for found, _ in every])
        slopes = -np.polyfit(np.log(SIZES), logs.T, 1)[0]
        spread = logs.std(axis=0, ddof=1)
        print(
            f"{sampler}, {trials} draws, pilot {pilot}: sd {np.sqrt(np.mean(spread**2)):.4f} "
            f"({' '.join(f'{sd:.4f}' for sd in spread)}); loss {' '.join(f'{x:.3f}' for x in np.exp(logs.mean(axis=0)))}; "
            f"slope {slopes.mean():.4f} (sd {slopes.std(ddof=1):.4f}); {every[0][1] / 1000:,.0f}k examples",
            flush=True,
        )


if __name__ == "__main__":
    main()
