#!/usr/bin/env bash
# MLPClassifier(early_stopping=True) on few rows keeps the weights of its first pass, without a warning.
#
# Versions: scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, CPython 3.11, Linux x86-64.
# A guess from memory: early stopping helps most where data are few, and a validation set that is too small is refused, as
# GradientBoostingClassifier refuses it. But the tenth that is held out has no least size. Of 20 rows it is 2: their
# score stays at 0, so no pass is better than the first, and the first pass's weights come back. The accuracy is that of guessing.
# A learning curve measured so has a plateau at its small sizes that comes from the option, not from the data.
#
# Output seen:
#   20 rows: early stopping 0.099 after 12 passes; without 0.774
#   400 rows: early stopping 0.889 after 50 passes; without 0.960
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X = X / 16
learn, test, y_learn, y_test = train_test_split(X, y, test_size=597, stratify=y, random_state=0)


def accuracy(n, **options):
    some, _, its, _ = train_test_split(learn, y_learn, train_size=n, stratify=y_learn, random_state=0)
    model = MLPClassifier(max_iter=400, random_state=0, **options).fit(some, its)
    return model.score(test, y_test), model.n_iter_


gaps = []
for n in (20, 400):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stopped, passes = accuracy(n, early_stopping=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        whole, _ = accuracy(n)
    print(f"{n} rows: early stopping {stopped:.3f} after {passes} passes; without {whole:.3f}")
    gaps.append(whole - stopped if not caught else 0.0)
sys.exit(0 if gaps[0] > 0.4 and gaps[1] > 0.03 else "changed: few rows are refused, warned of, or learnt from")
PY
