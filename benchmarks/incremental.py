"""`learning_curve(incremental=True)` beside the mode from scratch: what does it take, and how far are the scores apart?

    python -m benchmarks.incremental

Result, 2026-11-29, digits, scikit-learn 1.9.1, on a machine with much other work; of the nets, three turns of three splits

    net of 32                time 0.47, scores apart 0.0142 (another seed 0.0154), at the largest size -0.0015 on the mean

The others were not run to their end here. A shorter try had three turns of two splits, its fits timed by the wall at a load
of 15. Least and most of the turns:

    logistic, lbfgs          time 0.74 to 0.84, scores apart by 0.003 at most
    logistic, C = 100        time 0.56 to 0.73, by 0.011
    logistic, newton-cg      time 0.54 to 0.69, by 0.006
    logistic, saga           time 0.56 to 0.92, by 0.006
    SGD, constant rate       time 0.48 to 0.62, by 0.031
    SGD, numbers             time 0.36 to 0.71, by 0.037
    SGD, rate "optimal"      time 0.99 to 1.25, by 0.078: it is refused since
    Lasso                    time 0.54 to 1.03, by 0.025
    ElasticNet               time 0.81 to 1.76, by 0.003
"""

import time
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import kleiber

CLASSES = {
    "net of 32": MLPClassifier((32,), max_iter=400, learning_rate_init=3e-3),
    "logistic, lbfgs": LogisticRegression(max_iter=2000),
    "logistic, C = 100": LogisticRegression(C=100, max_iter=5000),
    "logistic, newton-cg": LogisticRegression(solver="newton-cg", max_iter=2000),
    "logistic, saga": LogisticRegression(solver="saga", max_iter=2000),
    "SGD, constant rate": SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01),
    "SGD, adaptive rate": SGDClassifier(loss="log_loss", learning_rate="adaptive", eta0=0.1),
}
NUMBERS = {
    "SGD, numbers": SGDRegressor(),
    "Lasso": Lasso(0.001, max_iter=5000, selection="random"),
    "ElasticNet": ElasticNet(0.001, max_iter=5000, selection="random"),
}


def main() -> None:
    """Print, for each estimator, the ratio of processor times and how far scores are apart, beside another seed's."""
    X, y = load_digits(return_X_y=True)
    X, chance = X / 16, np.random.default_rng(0)
    numbers = X @ chance.normal(size=X.shape[1]) + 0.3 * chance.normal(size=len(X))
    both = [(name, one, y) for name, one in CLASSES.items()] + [(name, one, numbers) for name, one in NUMBERS.items()]
    for name, estimator, y in both:
        seconds, scores = np.zeros(2), {"scratch": [], "grown": [], "seed": []}
        for turn in range(2):
            ones = [clone(estimator).set_params(random_state=seed) for seed in (turn, 100 + turn)]
            for what, one, grown in (("scratch", ones[0], False), ("grown", ones[0], True), ("seed", ones[1], False)):
                started = time.process_time()
                with warnings.catch_warnings(), threadpool_limits(1):
                    warnings.simplefilter("ignore")
                    lc = kleiber.learning_curve(one, X, y, replicates=2, random_state=turn, incremental=grown)
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
