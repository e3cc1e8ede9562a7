"""Does the effect of a hyper-parameter, forecast from trials at 200 to 1,600, hold at 6,400?

    python -m benchmarks.what_if [--trials 20] [--bases 10]                       # a surrogate, minutes
    python -m benchmarks.what_if --of origin [--trials 30] [--bases 4] [--out out/what_if]

`origin`: the trials of the preset `origin` on CIFAR-10, each to its end, in a ledger under `--out`. A base is one of the
better quarter at 1,600, trained at 6,400 on the subset that holds the smaller ones, with and without one hyper-parameter
drawn anew; the base once more with another seed, which tells the noise of a run. What was trained is kept there, so that
the same line goes on where it stopped, and `--judge-only` judges what there is. A base takes seven minutes of a processor,
the small sizes thirteen, on a machine with other work.

The surrogate: random trials of a net of one hidden layer (scikit-learn's `MLPClassifier`, 12 passes) on Fashion-MNIST at
14 x 14 pixels, its bases from the better half.

Result of `--of origin --trials 30 --bases 8`, 2026-11-29: how many measured changes of the loss lie in their 90 %
intervals, and the root mean square error of the log change, beside that of forecasting no change.
A run's ln loss varies by 0.011 from seed to seed.

    conv1: 8 of 8 inside; error 0.015 of 0.015
    conv2: 7 of 8 inside; error 0.055 of 0.030
    fc1: 8 of 8 inside; error 0.017 of 0.016
    fc2: 6 of 8 inside; error 0.019 of 0.019
    lr: 4 of 8 inside; error 0.167 of 0.363
    momentum: 8 of 8 inside; error 0.063 of 0.125
    weight_decay: 7 of 8 inside; error 0.018 of 0.016
    all: 48 of 56 = 0.86

Widths and weight decay change the loss by little more than chance, and are forecast no better than by no change at all.
"""

import argparse
import gzip
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks import what_if_origin
from kleiber.answers.settings.surface import Trial
from kleiber.answers.settings.what_if import effects_of
from kleiber.errors import Refused
from kleiber.seeds import generator

DATA = Path(os.environ.get("KLEIBER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SIZES, LARGE = (200, 400, 800, 1600), 6400
SPACE = {
    "learning_rate_init": {"low": 1e-4, "high": 1e-1, "log": True},
    "width": {"low": 4, "high": 128, "log": True},
    "alpha": {"low": 1e-4, "high": 10.0, "log": True},
}


class Change(NamedTuple):
    """A hyper-parameter of a base drawn anew, and what that did to ln loss at the large size."""

    name: str
    base: dict
    value: object
    truth: float


def fashion(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the test part of Fashion-MNIST, 10,000 images, as means of 2 x 2 pixels in random order."""
    files = (folder / "fashion-mnist" / f"t10k-{name}-ubyte.gz" for name in ("images-idx3", "labels-idx1"))
    x, y = (gzip.decompress(file.read_bytes()) for file in files)
    order = generator(0, "fashion").permutation(10_000)
    pixels = np.frombuffer(x, np.uint8, offset=16).reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(10_000, -1)
    return (pixels / 255).astype(np.float32)[order], np.frombuffer(y, np.uint8, offset=8)[order]


def drawn(chance: np.random.Generator) -> dict:
    """Draw a setting from the space."""
    found = {name: float(e["low"] * (e["high"] / e["low"]) ** chance.random()) for name, e in SPACE.items()}
    return {**found, "width": round(found["width"])}


def measured(x, y, n: int, setting: dict, seed: int) -> float:
    """Train on the first n, and give the loss on the last 2,000."""
    rest = {key: value for key, value in setting.items() if key != "width"}
    net = MLPClassifier((setting["width"],), max_iter=12, batch_size=max(n // 25, 8), random_state=seed, **rest)
    p = net.fit(x[:n], y[:n]).predict_proba(x[-2000:])
    return float(-np.log(np.maximum(p[np.arange(2000), np.searchsorted(net.classes_, y[-2000:])], 1e-12)).mean())


def surrogate(folder: Path, count: int, bases: int) -> tuple[list[Trial], list[Change]]:
    """Train the surrogate's trials, and its bases with and without each change."""
    x, y = fashion(folder)
    seed, trials = 0, []
    for n in SIZES:
        for number in range(count):
            setting, seed = drawn(generator(0, "trial", n, number)), seed + 1
            trials.append(Trial(n, setting, measured(x, y, n, setting, seed)))
    best = sorted((t for t in trials if t.n == SIZES[-1]), key=lambda t: t.loss)[: count // 2]
    changes = []
    for place, base in enumerate(best[:bases]):
        before, other = measured(x, y, LARGE, base.params, 1000 + place), drawn(generator(0, "change", place))
        for name in SPACE:
            after = measured(x, y, LARGE, {**base.params, name: other[name]}, 2000 + place)
            changes.append(Change(name, base.params, other[name], float(np.log(after / before))))
    return trials, changes


def judged(trials: list[Trial], space: dict, changes: list[Change]) -> Iterator[str]:
    """Say of each hyper-parameter how many measured changes lie in their intervals, and how large the errors are."""
    inside, every = 0, 0
    for name in space:
        some = [one for one in changes if one.name == name]
        if not some:
            continue
        try:
            found = effects_of(trials, space, [(one.base, {name: one.value}) for one in some], at=LARGE)
        except Refused as refusal:
            yield f"{name}: refused: {refusal}"
            continue
        truth = np.array([one.truth for one in some])
        held = sum(one.run.low <= np.expm1(real) <= one.run.high for one, real in zip(found, truth, strict=True))
        errors = np.log1p([one.change.median for one in found]) - truth
        inside, every = inside + held, every + len(some)
        rms, spread = (float(np.sqrt(np.mean(np.square(values)))) for values in (errors, truth))
        yield f"{name}: {held} of {len(some)} inside; error {rms:.3f} of {spread:.3f}"
    if every:
        yield f"all: {inside} of {every} = {inside / every:.2f}"


def main() -> None:
    """Measure the trials and the pairs, and say how many effects lie in their 90 % intervals."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", choices=("surrogate", "origin"), default="surrogate")
    parser.add_argument("--trials", type=int, default=None, help="at each size: 20, or 30 of the origin")
    parser.add_argument("--bases", type=int, default=None, help="settings that are changed: 10, or 4 of the origin")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=Path("out/what_if"))
    parser.add_argument("--judge-only", action="store_true", help="train nothing more: judge what the origin's folder has")
    asked = parser.parse_args()
    with threadpool_limits(1):
        if asked.of == "surrogate":
            trials, changes = surrogate(asked.data, asked.trials or 20, asked.bases or 10)
            space = SPACE
        else:
            run = what_if_origin.Run(asked.out, SIZES, LARGE, asked.trials or 30, asked.bases or 4)
            if not asked.judge_only:
                run.train()
            trials, space = run.trials()
            changes = [Change(*one) for one in run.changes()]
            print(f"    a run's ln loss at {LARGE:,} varies by {run.noise():.3f} from seed to seed")
    for line in judged(trials, space, changes):
        print(f"    {line}")


if __name__ == "__main__":
    main()
