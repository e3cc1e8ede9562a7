"""`kleiber.learning_curve` beside scikit-learn's own: are the scores equal, and what does each take?

Result, 2026-11-29, two cores of an AMD EPYC that had other work too, scikit-learn 1.9.1, five folds, sizes 50 to 800. With
one job seconds are of the processor, on one thread; with two they are of the wall. The least of three turns each.

    data     estimator  jobs largest difference   ours s theirs s  ratio
    digits   logistic      1            0.0e+00     0.20     0.22  0.911
    digits   forest        1            0.0e+00     1.89     1.80  1.050
    digits   boosting      1            0.0e+00     3.11     2.83  1.097
    digits   svm           1            0.0e+00     0.33     0.33  1.020
    letter   logistic      1            0.0e+00     0.29     0.29  0.969
    letter   forest        1            0.0e+00     2.19     2.11  1.037
    letter   boosting      1            0.0e+00     4.32     4.55  0.948
    letter   svm           1            0.0e+00     0.57     0.57  0.991
    total                  1                       12.90    12.71  1.014
    digits   logistic      2            0.0e+00     0.30     0.38  0.794
    digits   forest        2            0.0e+00     0.82     0.84  0.968
    digits   boosting      2            0.0e+00     1.37     1.43  0.959
    digits   svm           2            0.0e+00     0.18     0.21  0.842
    letter   logistic      2            0.0e+00     0.12     0.14  0.848
    letter   forest        2            0.0e+00     0.84     0.83  1.008
    letter   boosting      2            0.0e+00     1.72     1.76  0.979
    letter   svm           2            0.0e+00     0.29     0.31  0.940
    total                  2                        5.64     5.91  0.955

With two jobs the largest fits go out first, so that neither process waits for the other's last one.
"""

import gzip
import os
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

import kleiber

DATA = Path(os.environ.get("KLEIBER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

SIZES = [50, 100, 200, 400, 800]
TURNS = 3


def estimators():
    yield "logistic", make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    yield "forest", RandomForestClassifier(n_estimators=60, random_state=0)
    yield "boosting", GradientBoostingClassifier(n_estimators=8, random_state=0)
    yield "svm", SVC()


def tables(folder: Path):
    yield "digits", *load_digits(return_X_y=True)
    rows = gzip.decompress((folder / "tabular" / "letter.tsv.gz").read_bytes()).decode().splitlines()
    cells = [row.split("\t") for row in rows[1:3001]]
    yield "letter", np.array([[float(cell) for cell in row[:-1]] for row in cells]), np.array([row[-1] for row in cells])


def main() -> None:
    """Take turns at each, and print scores' largest difference and the ratio of the total times."""
    print(f"{'data':8} {'estimator':10} {'jobs':>4} {'largest difference':>18} {'ours s':>8} {'theirs s':>8} {'ratio':>6}")
    for jobs in (1, 2):
        total = np.zeros(2)
        for data, X, y in tables(DATA):
            for name, estimator in estimators():
                difference, ours, theirs = compared(estimator, X, y, jobs)
                total += ours, theirs
                times = f"{ours:8.2f} {theirs:8.2f} {ours / theirs:6.3f}"
                print(f"{data:8} {name:10} {jobs:4d} {difference:18.1e} {times}", flush=True)
        print(
            f"{'total':8} {'':10} {jobs:4d} {'':18} {total[0]:8.2f} {total[1]:8.2f} {total[0] / total[1]:6.3f}", flush=True
        )


def compared(estimator, X, y, jobs):
    """Give the largest difference of scores, and the seconds of each: the least of some turns, who begins alternating."""
    seconds = {"ours": [], "theirs": []}
    found = {}
    for turn in range(TURNS + (jobs > 1)):
        for who in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            clock = time.process_time if jobs == 1 else time.perf_counter  # other work on the machine counts in the second
            started = clock()
            with warnings.catch_warnings(), threadpool_limits(1):
                warnings.simplefilter("ignore")
                found[who] = RUN[who](estimator, X, y, jobs)
            seconds[who].append(clock() - started)
    difference = max(np.abs(a - b).max() for a, b in zip(found["ours"], found["theirs"], strict=True))
    return difference, min(seconds["ours"]), min(seconds["theirs"])


def ours(estimator, X, y, jobs):
    lc = kleiber.learning_curve(estimator, X, y, cv=5, sizes=SIZES, n_jobs=jobs)
    return lc.train_scores, lc.test_scores


def theirs(estimator, X, y, jobs):
    return learning_curve(estimator, X, y, cv=5, train_sizes=SIZES, shuffle=True, random_state=0, n_jobs=jobs)[1:3]


RUN = {"ours": ours, "theirs": theirs}

if __name__ == "__main__":
    main()
