"""Anybody's own training code: a k-nearest-neighbour classifier from scikit-learn, on digits.

kleiber run examples/own_training.py
"""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

import kleiber


@kleiber.trainer
def train(task):
    """Fit on the rung, measure on the validation set and, for score trials, on the test set."""
    model = KNeighborsClassifier(n_neighbors=min(task.params["neighbours"], task.n))
    model.fit(flat(task.train.x), task.train.y)
    metrics = {"accuracy": model.score(flat(task.validation.x), task.validation.y)}
    if task.test is not None:
        metrics["test_accuracy"] = model.score(flat(task.test.x), task.test.y)
    return metrics


def flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1).astype(float)


study = kleiber.Study(
    name="neighbours-on-digits",
    data="digits",
    trainer=train,
    sizes=[40, 80, 160, 320, 640],
    replicates=4,
    metric="error",
    search={"trials": 6, "space": {"neighbours": {"low": 1, "high": 15}}},
)
