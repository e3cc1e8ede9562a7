"""scikit-learn's learning_curve, its arrays in an .npz."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, learning_curve

from study import SIZES, folder, write_truth

x, y = load_digits(return_X_y=True)
sizes = [n for n in SIZES if n < 1600] + [1400]
cv = ShuffleSplit(n_splits=2, test_size=0.2, random_state=0)
found = learning_curve(LogisticRegression(max_iter=200), x / 16, y, train_sizes=sizes, cv=cv, shuffle=True, random_state=0)
out = folder()
np.savez(out / "curve.npz", train_sizes=found[0], train_scores=found[1], test_scores=found[2])
rows = [
    {"n": int(n), "best": float(score), "last": float(score)}
    for n, scores in zip(found[0], found[2], strict=True)
    for score in scores
]
write_truth(out, rows)
