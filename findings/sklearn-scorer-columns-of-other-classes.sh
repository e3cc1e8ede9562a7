#!/usr/bin/env bash
# A scorer of probabilities pairs columns with the wrong classes, silently, if fit and test have different classes of one number.
#
# Versions: scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, CPython 3.11, Linux x86-64.
# A guess from memory: the scorer knows from estimator.classes_ which column is whose, or refuses. It refuses only where the
# numbers of classes differ. Where a small training subset lacks one class, and the test rows lack another, both have nine:
# the scorer takes the i-th column for the i-th class of the test rows. The log loss is finite and wrong, and nothing warns.
# Small subsets of a learning curve meet this. One must lay the columns out by classes_ oneself.
#
# Output seen:
#   fitted on classes 0 1 2 3 4 5 6 7 8, tested on classes 1 2 3 4 5 6 7 8 9
#   accuracy 0.83, log loss of the scorer 6.60
#   log loss with the columns in their places 1.80
#   warnings: 0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer

X, y = load_digits(return_X_y=True)
X = X / 16
learn = np.flatnonzero(y[:900] != 9)
test = 900 + np.flatnonzero(y[900:] != 0)
model = LogisticRegression(max_iter=1000).fit(X[learn], y[learn])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    scored = -get_scorer("neg_log_loss")(model, X[test], y[test])
laid = np.full((len(test), 10), 1e-6)
laid[:, model.classes_] = model.predict_proba(X[test])
laid /= laid.sum(axis=1, keepdims=True)
right = -np.log(laid[np.arange(len(test)), y[test]]).mean()
print("fitted on classes", *model.classes_, end=", ")
print("tested on classes", *np.unique(y[test]).tolist())
print(f"accuracy {model.score(X[test], y[test]):.2f}, log loss of the scorer {scored:.2f}")
print(f"log loss with the columns in their places {right:.2f}")
print(f"warnings: {len(caught)}")
wrong = np.isfinite(scored) and scored > 2 * right and not caught
sys.exit(0 if wrong else "changed: the scorer minds which class a column is of")
PY
