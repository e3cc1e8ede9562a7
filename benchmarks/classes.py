"""Is the class that `by_class` names as gaining most really the one? And does it keep silent where none differs?

    python -m benchmarks.classes [--worlds 20] [--data FOLDER] [--only simulated|real]

Simulated worlds have curves of 2, 5 or 10 classes at 100 to 3,200 examples, three subsets each, noise of 5 %, and test sets
of 100 or 1,000 examples a class. Real studies are of digits, Fashion-MNIST (14 x 14 pixels), letter, fars, connect_4, sleep
and adult with logistic regression and discriminant analysis (loss) and a forest (error), five subsets of up to 1,600. What
gains most is measured from there to twice as many, on other test examples, as the mean of eight subsets. Its parts are the
classes, or three sources that have every third class; where none differs, they are drawn at random.

Result, 2026-11-29, scikit-learn 1.9.1:

    simulated, differ: 120 worlds, named in 69, rightly in 63
    simulated, alike: 120 worlds, named in 1
    real, differ: 39 studies, named in 8, rightly in 7
    real, alike: 21 studies, named in 0

The rule, four tenths of the way from chance to certainty, was chosen on 12 of the simulated worlds a kind and on 51 of the
real studies. In 20 worlds a kind that nobody had looked at it named 69 of 120, 63 of them rightly, and 2 of the 120 alike.
A probability of 0.7 for any number of classes named 45 (44 rightly) and 5 (4). It keeps silent in most real studies of this
size: the gain of a class is known to 30 to 100 % there.
"""

import argparse
import gzip
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kleiber import ladder
from kleiber.answers.classes.by_class import ByClass, by_class, gains_of
from kleiber.answers.classes.parts import Part
from kleiber.curves.curve import make_curve
from kleiber.importers import Row, Table
from kleiber.seeds import generator
from kleiber.trainers._parts import of_each

DATA = Path(os.environ.get("KLEIBER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SIZES = np.array([100, 200, 400, 800, 1600, 3200])
REPLICATES, TRUTH = 5, 8  # subsets that are seen, and that the truth is the mean of
TABLES = ("letter", "fars", "connect_4", "sleep", "adult")


def simulated(worlds: int) -> Iterator[tuple[str, str, ByClass, str | None]]:
    """Give what is named in drawn worlds and what gains most, None where none does: 2, 5 or 10 classes of 100 or 1,000."""
    for number in range(worlds):
        for k in (2, 5, 10):
            for m in (100, 1000):
                for differ in (True, False):
                    chance = generator(0, "classes", number, k, m, differ)
                    a, b, c = np.ones(k), np.full(k, 0.35), np.full(k, 0.1)
                    if differ:
                        a, b = np.exp(chance.normal(0, 0.5, k)), np.exp(chance.normal(np.log(0.35), 0.4, k))
                        c = np.abs(chance.normal(0, 0.12, k))
                    luck = chance.uniform(1.5, 3.0, k) / np.sqrt(m)
                    test = np.exp(luck * chance.normal(size=k))  # of the test set, at all sizes alike
                    n = np.repeat(SIZES, 3)
                    label = np.tile(np.arange(3), len(SIZES))
                    loss = (c + a * (n[:, None] / 100.0) ** -b) * test * np.exp(chance.normal(0, 0.05, (len(n), k)))
                    parts = [
                        Part(str(i), make_curve(n, loss[:, i], replicate=map(str, label), model=str(i)), m, luck[i])
                        for i in range(k)
                    ]
                    gain = a * ((SIZES[-1] / 100.0) ** -b - (SIZES[-1] / 50.0) ** -b)
                    yield (
                        "differ" if differ else "alike",
                        f"{k} classes of {m}",
                        gains_of(parts, by="class"),
                        str(gain.argmax()) if differ else None,
                    )


def estimators():
    """Give estimators with the metric that each is judged by."""
    yield "logistic", make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=50)), "loss"
    yield "lda", make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2)), "loss"
    yield "forest", RandomForestClassifier(30, random_state=0), "error"


def data(folder: Path):
    """Give names, inputs and targets 0 to k - 1 of the real data sets, in random order."""
    yield "digits", *_kept("digits", *load_digits(return_X_y=True))
    yield "fashion_mnist", *_kept("fashion_mnist", *_fashion(folder / "fashion-mnist"))
    for name in TABLES:
        yield name, *_kept(name, *_table(folder / "tabular" / f"{name}.tsv.gz"))


def _kept(name: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give up to 12,000 examples in random order, without classes that have less than one in a hundred."""
    order = generator(0, name).permutation(len(y))[:12_000]
    codes = np.unique(y[order], return_inverse=True)[1]
    known, counts = np.unique(codes, return_counts=True)
    kept = np.isin(codes, known[counts >= 0.01 * len(codes)])
    return x[order][kept].astype(np.float32), np.unique(codes[kept], return_inverse=True)[1]


def _fashion(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the test part of Fashion-MNIST, 10,000 images, as means of 2 x 2 pixels."""
    x, y = (
        gzip.decompress((folder / f"t10k-{name}.gz").read_bytes()) for name in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    pixels = np.frombuffer(x, np.uint8, offset=16).reshape(-1, 14, 2, 14, 2)
    return pixels.mean(axis=(2, 4)).reshape(len(pixels), -1), np.frombuffer(y, np.uint8, offset=8)


def _table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a table whose last column is the target; words become indicators of their column's ten most frequent."""
    lines = list(dict.fromkeys(gzip.decompress(path.read_bytes()).decode().splitlines()))
    chosen = generator(0, path.name).permutation(len(lines) - 1)[:12_000] + 1
    columns = list(zip(*(lines[i].split("\t") for i in chosen), strict=True))
    inputs = []
    for column in columns[:-1]:
        try:
            inputs.append(np.array(column, dtype=np.float32))
        except ValueError:
            values = np.array(column)
            names, counts = np.unique(values, return_counts=True)
            inputs += [(values == name).astype(np.float32) for name in names[np.argsort(-counts)[:10]]]
    return np.nan_to_num(np.stack(inputs, axis=1)), np.array(columns[-1])


def real(folder: Path) -> Iterator[tuple[str, str, ByClass, str | None]]:
    """Give what is named from five subsets a size and what gains most on other test examples, by the mean of eight.

    Parts are the classes, and three sources, each of which has every third class. The negative control has the same
    examples in three groups drawn at random, which gain alike.
    """
    for name, x, y in data(folder):
        half = len(y) // 4
        judge, truth, pool = np.split(np.arange(len(y)), [half, 2 * half])
        most = max(n for n in (200, 400, 800, 1600) if 2 * n <= len(pool) * 0.95)
        sizes = [most >> step for step in range(6) if most >> step >= max(25, 3 * (y.max() + 1))][::-1]
        ways = {"class": y, "source": y % 3, "chance": generator(0, "groups").integers(0, 3, len(y))}
        for kind, estimator, metric in estimators():
            rows = {way: [] for way in ways}
            after = {way: {most: [], 2 * most: []} for way in ways}
            for replicate in range(TRUTH):
                order = pool[ladder.order(y[pool], stratified=True, seed=0, replicate=replicate)]
                for n in [*sizes, 2 * most] if replicate < REPLICATES else [most, 2 * most]:
                    said = _judged(estimator, x, y, order[:n], np.concatenate([judge, truth]), metric)
                    for way, parts in ways.items():
                        if n >= most:
                            after[way][n].append(_means(said[half:], parts[truth]))
                        if replicate < REPLICATES and n <= most:
                            rows[way] += _rows(said[:half], parts[judge], n, replicate, metric)
            for way, parts in ways.items():
                gain = np.mean(after[way][most], axis=0) - np.mean(after[way][2 * most], axis=0)
                if len(np.unique(parts)) > 2 or way == "class":
                    right = None if way == "chance" else str(gain.argmax())
                    found = by_class(Table((), parts=tuple(rows[way])), metric=metric)
                    yield "alike" if way == "chance" else "differ", f"{name}, {kind}, by {way}", found, right


def _judged(estimator, x, y, train, test, metric) -> np.ndarray:
    """Give the loss, or the error, of each test example."""
    fitted = estimator.fit(x[train], y[train])
    if metric == "error":
        return (fitted.predict(x[test]) != y[test]).astype(float)
    p = fitted.predict_proba(x[test])
    return -np.log(np.maximum(p[np.arange(len(test)), np.searchsorted(fitted.classes_, y[test])], 1e-7))


def _means(values: np.ndarray, y: np.ndarray) -> list[float]:
    return [float(values[y == label].mean()) for label in np.unique(y)]


def _rows(values: np.ndarray, y: np.ndarray, n: int, replicate: int, metric: str) -> list[Row]:
    names = [str(label) for label in range(int(y.max()) + 1)]
    losses = values if metric == "loss" else None
    measured = of_each(y, names, wrong=values.astype(bool), losses=losses)
    return [Row("model", key, n, value, replicate=str(replicate), seed="0") for key, value in measured.items()]


def main() -> None:
    """Print each real study, and how often a class was named, and rightly."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", choices=("simulated", "real"))
    asked = parser.parse_args()
    sources = {"simulated": lambda: simulated(asked.worlds), "real": lambda: real(asked.data)}
    for source, worlds in sources.items():
        if asked.only in (None, source):
            counts = {"differ": [0, 0, 0], "alike": [0, 0, 0]}
            by_kind: dict[str, list[int]] = {}
            for truth, told, found, right in worlds():
                one = [1, found.named is not None, found.named is not None and found.named == right]
                counts[truth] = [a + b for a, b in zip(counts[truth], one, strict=True)]
                by_kind[f"{told}, {truth}"] = [
                    a + b for a, b in zip(by_kind.get(f"{told}, {truth}", [0, 0, 0]), one, strict=True)
                ]
                if source == "real":
                    print(
                        f"    {told}, {truth}: named {found.named} ({found.parts[0].most:.2f}); most gains {right}",
                        flush=True,
                    )
            if source == "simulated":
                for kind, (every, named, right) in by_kind.items():
                    print(f"    {kind}: {every} worlds, named in {named}, rightly in {right}")
            print(f"    {source}: {counts}", flush=True)


if __name__ == "__main__":
    main()
