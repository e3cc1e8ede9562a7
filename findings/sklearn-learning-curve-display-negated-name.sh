#!/usr/bin/env bash
# LearningCurveDisplay(negate_score=True) is named "Log loss", draws positive losses, and holds negative scores.
#
# Versions: scikit-learn 1.9.1, matplotlib 3.11.2, scipy 1.17.1, numpy 2.4.6, CPython 3.11, Linux x86-64.
# A guess from memory: what a display holds is what it draws. But negate_score changes the drawing and the name alone: the
# attribute test_scores keeps scikit-learn's negated values, beside a score_name that says "Log loss". Who reads the numbers
# out of the object by its name has a log loss below zero, and must look at the sign or at the drawn lines.
#
# Output seen:
#   name: Log loss; label of the axis: Log loss
#   test_scores: -0.805 -0.540 -0.422
#   drawn:        0.805  0.540  0.422
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 matplotlib==3.11.2 scipy==1.17.1 numpy==2.4.6
MPLBACKEND=Agg MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore - <<'PY'
import sys

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LearningCurveDisplay

X, y = load_digits(return_X_y=True)
shown = LearningCurveDisplay.from_estimator(
    LogisticRegression(max_iter=300),
    X[:600] / 16,
    y[:600],
    scoring="neg_log_loss",
    negate_score=True,
    score_type="test",
    train_sizes=[0.2, 0.6, 1.0],
    cv=3,
)
held, drawn = shown.test_scores.mean(axis=1), shown.lines_[0].get_ydata()
print(f"name: {shown.score_name}; label of the axis: {shown.ax_.get_ylabel()}")
print("test_scores:", *(f"{value:.3f}" for value in held))
print("drawn:      ", *(f"{value:6.3f}" for value in drawn))
same = all(held < 0) and all(drawn > 0) and shown.score_name == "Log loss"
sys.exit(0 if same else "changed: what is held has the sign of what is drawn")
PY
