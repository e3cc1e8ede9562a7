"""`learning_curve(incremental=True)` beside the mode from scratch: what does it take, and how far are the scores apart?

    python -m benchmarks.incremental

Result, 2026-11-29, digits, scikit-learn 1.9.1, on a machine with much other work; of the nets, three turns of three splits

    net of 32                time 0.47, scores apart 0.0142 (another seed 0.0154), at the largest size -0.0015 on the mean

The others were not run to their end. A single curve of three folds took 0.86 of the time with logistic regression. Its
means were apart by up to 0.0028.
"""

import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import kleiber

NETS = {
    "net of 32": MLPClassifier((32,), max_iter=400, learning_rate_init=3e-3),
    "net of 64": MLPClassifier((64,), max_iter=400, learning_rate_init=3e-3),
    "logistic": LogisticRegression(max_iter=1000),
}


def main() -> None:
    """Print, for each estimator, the ratio of processor times and how far scores are apart, beside another seed's."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    for name, estimator in NETS.items():
        seconds, scores = np.zeros(2), {"scratch": [], "grown": [], "seed": []}
        for turn in range(3):
            ones = [clone(estimator).set_params(random_state=seed) for seed in (turn, 100 + turn)]
            for what, one, grown in (("scratch", ones[0], False), ("grown", ones[0], True), ("seed", ones[1], False)):
                started = time.process_time()
                with warnings.catch_warnings(), threadpool_limits(1):
                    warnings.simplefilter("ignore")
                    lc = kleiber.learning_curve(one, X, y, replicates=3, random_state=turn, incremental=grown)
                scores[what].append(lc.test_scores)
                if what != "seed":
                    seconds[int(grown)] += time.process_time() - started
        apart, seed = (np.sqrt(np.mean((np.array(scores[w]) - scores["scratch"]) ** 2)) for w in ("grown", "seed"))
        last = np.mean(np.array(scores["grown"])[:, -1] - np.array(scores["scratch"])[:, -1])
        print(
            f"    {name:24} time {seconds[1] / seconds[0]:.2f}, scores apart {apart:.4f} (another seed {seed:.4f}), "
            f"at the largest size {last:+.4f} on the mean",
            flush=True,
        )


if __name__ == "__main__":
    main()
