#!/usr/bin/env bash
# MLPClassifier(warm_start=True), fitted again on a larger subset, stops after one pass, at the loss of the smaller one.
#
# Versions: scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, CPython 3.11, Linux x86-64.
# A guess from memory: warm_start goes on from the weights, so a growing subset costs few passes and ends about where a fresh
# fit does. But the best loss so far is kept too. The training loss of a small subset is low, and that of a larger one starts
# above it. So no pass is an improvement, and n_iter_no_change counts from the passes of *all* fits: the third fit is stopped
# after a single pass, with a message about convergence at most. Who measures a learning curve so gets one that is too flat.
# The solver lbfgs keeps no such number, and goes on as one would think.
#
# Output seen:
#   100 rows: passes 100, accuracy 0.609
#   400 rows: passes 11, accuracy 0.690
#   1600 rows: passes 1, accuracy 0.751
#   1600 rows, fitted afresh: passes 100, accuracy 0.924
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import sys

from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X = X / 16


def net(**options):
    return MLPClassifier(hidden_layer_sizes=(32,), max_iter=100, random_state=0, **options)


growing, passes = net(warm_start=True), []
for n in (100, 400, 1600):
    growing.fit(X[:n], y[:n])
    passes.append(growing.n_iter_)
    print(f"{n} rows: passes {growing.n_iter_}, accuracy {growing.score(X[1600:], y[1600:]):.3f}")
fresh = net().fit(X[:1600], y[:1600])
print(f"1600 rows, fitted afresh: passes {fresh.n_iter_}, accuracy {fresh.score(X[1600:], y[1600:]):.3f}")
worse = growing.score(X[1600:], y[1600:]) < fresh.score(X[1600:], y[1600:]) - 0.1
sys.exit(0 if passes[0] == fresh.n_iter_ == 100 and passes[2] == 1 and worse else "changed: the third fit goes on")
PY
